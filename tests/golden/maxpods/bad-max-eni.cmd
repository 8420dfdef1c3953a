vpcbox maxpods --cni-max-eni -1 t3.medium
