vpcbox maxpods c5.metal --show-max-allowed
