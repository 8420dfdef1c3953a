vpcbox maxpods --limits bad.tsv x99.large
