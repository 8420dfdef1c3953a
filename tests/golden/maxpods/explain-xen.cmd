vpcbox maxpods --explain --cni-prefix-delegation-enabled t2.micro
