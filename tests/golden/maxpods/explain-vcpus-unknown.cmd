vpcbox maxpods --explain g4ad.16xlarge
