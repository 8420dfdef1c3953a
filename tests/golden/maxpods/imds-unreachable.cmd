vpcbox maxpods --from-imds
