vpcbox maxpods --list --bare-metal --max-memory 200000 --trunk --sort pods
