vpcbox maxpods --arch arm64 t3.medium
