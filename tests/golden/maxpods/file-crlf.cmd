vpcbox maxpods -f crlf.tsv x99.large
