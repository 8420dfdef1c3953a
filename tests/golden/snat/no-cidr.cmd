vpcbox snat apply $F --vpc-cidr=
