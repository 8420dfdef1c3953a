vpcbox maxpods zz9.large
