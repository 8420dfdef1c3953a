vpcbox snat show $F --vpc-cidr=192.168.0.0/16,10.0.0.0
