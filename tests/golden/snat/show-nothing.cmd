vpcbox snat show $F --external-snat=true --node-port-support=false
