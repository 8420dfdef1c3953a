vpcbox maxpods -f known.json --security-groups-for-pods m5.large; vpcbox maxpods -f known.json -o tsv m5.large; vpcbox maxpods -f known.tsv -o tsv m5.large
