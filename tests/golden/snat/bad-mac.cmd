vpcbox snat show $F --primary-mac=02:00:00:00:00
