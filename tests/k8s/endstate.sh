#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# endstate.sh - every manifest of tests/golden/lbctl through a real kube-apiserver and the controller into the lab's AWS, all at
# once: what then stands is NAME.state, to the letter. endstate.py does the work; UPDATE=1 writes the states anew; arguments: cases.
. "$(dirname "$0")/../k8slib.sh"
k8s_up --service-cluster-ip-range=10.96.0.0/16,fd00:96::/112
check 'the CRDs are taken' kubectl apply -f deploy/lbctl/crds
check 'and are established' kubectl wait --for=condition=Established --timeout=60s crd/targetgroupbindings.elbv2.k8s.aws \
	crd/ingressclassparams.elbv2.k8s.aws
TMP=$tmp TOKEN=$(k8s_token admin)
export OUT TMP TOKEN
"$TOOLS/venv/bin/python" -B tests/k8s/endstate.py "$@" || failed=1
[ "$failed" = 0 ] || tail -n 20 "$tmp/lbctl.log" | sed 's/^/# /'
finish
