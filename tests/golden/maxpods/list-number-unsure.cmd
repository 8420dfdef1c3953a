vpcbox maxpods --list -o number 'g4ad.*x*' bmn-sf1.metal
