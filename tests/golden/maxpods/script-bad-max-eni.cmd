max-pods-calculator.sh --instance-type t3.medium --cni-version 1.12.0 --cni-max-eni two
