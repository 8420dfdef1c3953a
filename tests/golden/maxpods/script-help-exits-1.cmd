max-pods-calculator.sh --help >/dev/null; echo $?; max-pods-calculator.sh --cni-max-eni 1 -h --cni-version >/dev/null; echo $?
