AWS_VPC_K8S_CNI_CONNMARK=0x1 vpcbox snat show $F --connmark=0x2 --external-snat=true
