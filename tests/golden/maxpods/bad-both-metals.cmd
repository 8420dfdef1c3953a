vpcbox maxpods --list --bare-metal --no-bare-metal
