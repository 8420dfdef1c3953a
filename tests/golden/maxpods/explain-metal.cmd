vpcbox maxpods --explain --cni-prefix-delegation-enabled --show-max-allowed c5.metal
