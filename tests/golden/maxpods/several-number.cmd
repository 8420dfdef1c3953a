vpcbox maxpods -o number t3.medium m5.large
