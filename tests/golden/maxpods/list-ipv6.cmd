vpcbox maxpods --list --ipv6 't*.small' --sort vcpus
