AWS_VPC_K8S_CNI_EXTERNALSNAT=true vpcbox snat show $F
