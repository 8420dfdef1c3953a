max-pods-calculator.sh --instance-type m5.large --cni-version 1.12.0 --cni-max-eni 0 --cni-custom-networking-enabled
max-pods-calculator.sh --instance-type m5.large --cni-version 1.12.0 --cni-max-eni -1
