#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# lbctl.sh - the load balancer controller between the real kube-apiserver and `vpcbox-lab aws`: resident memory, AWS calls to
# the same end state, the time until it is ready, and the model of a large group. lbctl.py does the work.
#
# SERVICES (1000), IDLE_S (120), PODS (30000), BALANCERS (50) and TARGETS (1000) of each make it smaller or larger.
. "$(dirname "$0")/../k8slib.sh"
k8s_up >&2
kubectl apply -f deploy/lbctl/crds >&2 || exit 1
kubectl wait --for=condition=Established --timeout=60s crd/targetgroupbindings.elbv2.k8s.aws \
	crd/ingressclassparams.elbv2.k8s.aws >&2 || exit 1
kubectl apply -f deploy/lbctl/ingressclass.yaml >&2 || exit 1
python3 -B tests/bench/lbctl.py "$tmp" "$OUT" "$(k8s_token admin)" || exit 1
"$TOOLS/lbgroup" | awk '{ us = $(NF - 1); printf "lbctl.group_1000_rules.model\t%s\tus\t<= 20000\t%s\t-\t-\t-\n", us, us <= 20000 ? "yes" : "no" }'
