vpcbox maxpods --ipv6 t2.micro
