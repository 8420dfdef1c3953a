max-pods-calculator.sh --instance-type t3.medium --cni-version 2
