vpcbox snat $F --external-snat=true --node-port-support=false show
