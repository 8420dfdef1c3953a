AWS_EC2_METADATA_DISABLED=true vpcbox maxpods --from-imds
