vpcbox maxpods --cni-version v1.9 t3.medium
