vpcbox maxpods -f nowhere.tsv t3.medium
