vpcbox maxpods -o json m5.large --security-groups-for-pods
