vpcbox maxpods --limits new.tsv x99.large
