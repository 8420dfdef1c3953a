vpcbox maxpods --help
