vpcbox snat show $F -o json
