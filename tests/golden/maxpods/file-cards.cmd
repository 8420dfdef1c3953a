vpcbox maxpods -f cards.tsv --list -o tsv 'x9*'; vpcbox maxpods -f cards.tsv x98.large x97.large; vpcbox maxpods -f cards.tsv -o json x99.large | grep network_cards
