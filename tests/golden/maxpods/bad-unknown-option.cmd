vpcbox maxpods --explian t3.medium
