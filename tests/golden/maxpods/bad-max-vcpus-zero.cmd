vpcbox maxpods --list --max-vcpus 0; vpcbox maxpods --list --max-memory=0; vpcbox maxpods --max-vcpus 0 t3.medium
