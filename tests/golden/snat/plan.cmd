vpcbox snat plan $F
