max-pods-calculator.sh --instance-type t3.medium --cni-version v1.12.0
