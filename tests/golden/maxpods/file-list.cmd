vpcbox maxpods --limits new.tsv --list 'x99.*' -o tsv
