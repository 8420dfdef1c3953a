vpcbox maxpods -o tsv a1.2xlarge a1.metal c3.large
