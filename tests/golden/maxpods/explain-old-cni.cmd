vpcbox maxpods --explain --cni-prefix-delegation-enabled --cni-version 1.8.0 m5.large
