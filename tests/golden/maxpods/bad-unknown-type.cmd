vpcbox maxpods t3.mediun
