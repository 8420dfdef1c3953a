max-pods-calculator.sh --instance-type g4ad.16xlarge --cni-version 1.12.0
