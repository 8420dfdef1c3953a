vpcbox maxpods --list --arch sparc
