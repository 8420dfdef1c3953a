max-pods-calculator.sh --profile p --cni-version 1.12.0
