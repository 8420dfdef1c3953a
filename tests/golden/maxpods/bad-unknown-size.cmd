vpcbox maxpods m5.huge
