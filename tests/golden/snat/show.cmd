vpcbox snat show $F
