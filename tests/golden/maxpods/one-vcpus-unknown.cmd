vpcbox maxpods g4ad.16xlarge; vpcbox maxpods -o number g4ad.16xlarge
