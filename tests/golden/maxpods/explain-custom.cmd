vpcbox maxpods --explain --cni-custom-networking-enabled m5.24xlarge
