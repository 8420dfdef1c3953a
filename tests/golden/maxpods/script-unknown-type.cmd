max-pods-calculator.sh --instance-type t3.mediun --cni-version 1.12.0
