#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# unbuilt.sh - Gateways and global accelerators with minimal CRDs: each is told that nothing is done for it; unbuilt.py does the work.
. "$(dirname "$0")/../k8slib.sh"
k8s_up
check 'the CRDs are taken' kubectl apply -f deploy/lbctl/crds
check 'and are established' kubectl wait --for=condition=Established --timeout=60s crd/targetgroupbindings.elbv2.k8s.aws \
	crd/ingressclassparams.elbv2.k8s.aws
check 'the class is taken' kubectl apply -f deploy/lbctl/ingressclass.yaml
TMP=$tmp TOKEN=$(k8s_token admin)
export OUT TMP TOKEN
"$TOOLS/venv/bin/python" -B tests/k8s/unbuilt.py "$@" || failed=1
[ "$failed" = 0 ] || tail -n 20 "$tmp/lbctl.log" | sed 's/^/# /'
finish
