vpcbox snat show $F -o yaml
