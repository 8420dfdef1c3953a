AWS_VPC_K8S_CNI_EXTERNALSNAT=yes vpcbox snat apply $F
