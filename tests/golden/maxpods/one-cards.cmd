vpcbox maxpods p5.48xlarge
