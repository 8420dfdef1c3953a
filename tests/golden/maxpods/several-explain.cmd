vpcbox maxpods --explain t3.medium m5.large
