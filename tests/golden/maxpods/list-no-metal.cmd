vpcbox maxpods --list --no-bare-metal --min-vcpus 192 --min-memory 1572864 'm*'
