vpcbox maxpods --explain --ipv6 m5.metal
