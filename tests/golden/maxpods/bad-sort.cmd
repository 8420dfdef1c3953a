vpcbox maxpods --list --sort name
