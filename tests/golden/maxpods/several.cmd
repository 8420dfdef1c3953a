vpcbox maxpods t3.medium m5.large p5.48xlarge g4ad.16xlarge
