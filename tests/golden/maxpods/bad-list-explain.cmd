vpcbox maxpods --list --explain; vpcbox maxpods --list --describe
