vpcbox snat check $F -o json --external-snat=true --node-port-support=false
