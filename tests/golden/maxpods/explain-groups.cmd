vpcbox maxpods --explain --security-groups-for-pods m5.large
