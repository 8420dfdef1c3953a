max-pods-calculator.sh --instance-type t3.medium --instance-type-from-imds --cni-version 1.12.0
