vpcbox maxpods --ipv6 --cni-custom-networking-enabled m5.large
