vpcbox maxpods -o number m5.large --cni-max-eni 0 --cni-custom-networking-enabled; vpcbox maxpods m5.large --cni-max-eni 0 --cni-custom-networking-enabled --explain
