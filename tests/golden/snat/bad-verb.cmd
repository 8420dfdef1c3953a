vpcbox snat aply $F
