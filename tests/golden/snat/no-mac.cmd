vpcbox snat check --primary-mac=02:00:00:00:00:09
