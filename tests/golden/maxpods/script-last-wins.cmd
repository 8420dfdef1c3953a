max-pods-calculator.sh --instance-type m5.large --cni-version 1.12.0 --instance-type t3.medium
