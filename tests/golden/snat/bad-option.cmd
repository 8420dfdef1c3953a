vpcbox snat --primary-ipp=1
