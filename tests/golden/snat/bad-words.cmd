vpcbox snat show show
