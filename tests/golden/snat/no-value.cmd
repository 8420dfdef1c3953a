vpcbox snat check --primary-if
