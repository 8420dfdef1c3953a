vpcbox maxpods --describe x99.large
