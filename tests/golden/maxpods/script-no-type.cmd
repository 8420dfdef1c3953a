max-pods-calculator.sh --cni-version 1.12.0
