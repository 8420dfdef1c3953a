vpcbox maxpods -o xml t3.medium
