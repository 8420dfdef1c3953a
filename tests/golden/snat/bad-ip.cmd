vpcbox snat show $F --primary-ip=192.168.0.256
