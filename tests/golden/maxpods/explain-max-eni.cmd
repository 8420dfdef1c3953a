vpcbox maxpods --explain --cni-max-eni 2 m5.24xlarge
