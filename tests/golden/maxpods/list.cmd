vpcbox maxpods --list --min-pods 58 --max-vcpus 4 --arch arm64 --sort memory 'm7g*.*' 'r7g.*'
