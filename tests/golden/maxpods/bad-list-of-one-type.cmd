vpcbox maxpods --list --from-imds
