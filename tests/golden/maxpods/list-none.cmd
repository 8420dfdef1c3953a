vpcbox maxpods --list 'zz*'; echo $?; vpcbox maxpods --list -o json 'zz*'
