vpcbox snat --help
