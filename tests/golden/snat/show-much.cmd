AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS="10.12.0.0/16, 0.0.0.0/0" vpcbox snat show $F,100.64.0.0/10,203.0.113.7/32 --connmark 0x4000 --veth-prefix veth --randomize-snat=none
