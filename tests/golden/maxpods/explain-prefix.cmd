vpcbox maxpods --explain --cni-prefix-delegation-enabled m5.large
