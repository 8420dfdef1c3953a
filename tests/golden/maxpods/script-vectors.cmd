max-pods-calculator.sh --instance-type t3.medium --cni-version 1.7.5
max-pods-calculator.sh --instance-type m5.8xlarge --cni-version 1.11.2
max-pods-calculator.sh --instance-type m5.8xlarge --cni-version 1.11.2 --cni-prefix-delegation-enabled
max-pods-calculator.sh --instance-type m5.8xlarge --cni-version 1.11.2 --cni-prefix-delegation-enabled --show-max-allowed
max-pods-calculator.sh --instance-type m5.large --cni-version 1.9.0 --cni-prefix-delegation-enabled
max-pods-calculator.sh --instance-type m5.large --cni-version 1.9.0 --cni-prefix-delegation-enabled --show-max-allowed
max-pods-calculator.sh --instance-type m5.large --cni-version 1.8.0 --cni-prefix-delegation-enabled --show-max-allowed
max-pods-calculator.sh --instance-type m5.large --cni-version 1.12.0 --cni-custom-networking-enabled
max-pods-calculator.sh --instance-type m5.large --cni-version 1.12.0 --cni-custom-networking-enabled --cni-prefix-delegation-enabled --show-max-allowed
max-pods-calculator.sh --instance-type m5.large --cni-version 1.12.0 --cni-max-eni 2
max-pods-calculator.sh --instance-type m5.large --cni-version 1.12.0 --cni-max-eni 2 --cni-prefix-delegation-enabled --show-max-allowed
max-pods-calculator.sh --instance-type m5.large --cni-version 1.12.0 --cni-max-eni 1 --cni-custom-networking-enabled
max-pods-calculator.sh --instance-type m5.large --cni-version 1.12.0 --cni-max-eni 0
max-pods-calculator.sh --instance-type m5.large --cni-version 2.0 --cni-prefix-delegation-enabled --show-max-allowed
max-pods-calculator.sh --instance-type c5.metal --cni-version 1.12.0 --cni-prefix-delegation-enabled --show-max-allowed
max-pods-calculator.sh --instance-type c7g.metal --cni-version 1.12.0 --cni-prefix-delegation-enabled --show-max-allowed
max-pods-calculator.sh --instance-type c6in.32xlarge --cni-version 1.18.0 --show-max-allowed
max-pods-calculator.sh --instance-type c6in.32xlarge --cni-version 1.18.0
max-pods-calculator.sh --instance-type p5.48xlarge --cni-version 1.18.0
