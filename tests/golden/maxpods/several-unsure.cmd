vpcbox maxpods -o number t3.medium g4ad.16xlarge bmn-sf1.metal; vpcbox maxpods -o tsv g4ad.16xlarge; vpcbox maxpods -o tsv --list 'g4ad.*'
