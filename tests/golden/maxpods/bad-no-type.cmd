vpcbox maxpods
