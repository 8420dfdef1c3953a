vpcbox maxpods t3.medium
