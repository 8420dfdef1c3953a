vpcbox maxpods "$(printf 'm5.\033[31m')"
