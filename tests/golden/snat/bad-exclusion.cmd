vpcbox snat apply $F --exclude-snat-cidrs=10.0.0.0/8,fd00::/8
