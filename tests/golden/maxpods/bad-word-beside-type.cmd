vpcbox maxpods --instance-type t3.medium m5.large; vpcbox maxpods --from-imds m5.large; vpcbox maxpods --from-imds --instance-type m5.large
