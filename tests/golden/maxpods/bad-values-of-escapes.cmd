c=$(printf 'a\033[31m\302\233\177\377b'); for o in --output --arch --sort --cni-max-eni --cni-version --min-pods --x; do vpcbox maxpods --list "$o=$c"; done
