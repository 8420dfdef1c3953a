vpcbox maxpods --help >/dev/full; echo $?; max-pods-calculator.sh --help >/dev/full
