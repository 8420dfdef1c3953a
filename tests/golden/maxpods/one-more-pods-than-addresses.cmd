vpcbox maxpods m5.large --security-groups-for-pods --cni-max-eni 2 --explain; vpcbox maxpods t3.medium --ipv6
