max-pods-calculator.sh --instance-type t3.medium
