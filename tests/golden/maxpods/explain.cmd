vpcbox maxpods --explain t3.medium
