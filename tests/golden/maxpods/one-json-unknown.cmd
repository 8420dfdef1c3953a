vpcbox maxpods -o json bmn-sf1.metal
