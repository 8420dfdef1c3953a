vpcbox snat $F -o json
