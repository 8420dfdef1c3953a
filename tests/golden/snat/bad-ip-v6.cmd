vpcbox snat show $F --primary-ip=2001:db8::1
