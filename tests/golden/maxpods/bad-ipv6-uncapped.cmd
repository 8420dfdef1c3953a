vpcbox maxpods --ipv6 --show-max-allowed m5.large
