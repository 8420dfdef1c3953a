vpcbox snat check $F --primary-if=eth7
