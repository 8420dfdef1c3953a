vpcbox maxpods --list t3.medum; vpcbox maxpods --list -o json t3.medium m5.huge
