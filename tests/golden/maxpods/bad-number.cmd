vpcbox maxpods --list --min-pods many
