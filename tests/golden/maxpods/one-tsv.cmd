vpcbox maxpods -o tsv t3.medium
