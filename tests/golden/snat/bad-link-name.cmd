vpcbox snat show $F --primary-if=averyveryverylongname
