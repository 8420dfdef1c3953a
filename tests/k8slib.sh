# SPDX-License-Identifier: Apache-2.0
# k8slib.sh - a real API server for scripts of tests/k8s: etcd and kube-apiserver on loopback, in a network namespace of
# the script's own, with certificates and tokens made for it. Source it first, in place of lib.sh, which it sources:
#     . "$(dirname "$0")/../k8slib.sh"
#     k8s_up
# Then $KUBECONFIG is the administrator's, `kubectl` is the real one, and k8s_config USER FILE makes others.
[ "${K8S_NS:-}" ] || exec unshare -rn env K8S_NS=1 sh "$0" "$@"
. "$(dirname "$0")/../lib.sh"
K8S=$TOOLS/k8s
PATH=$K8S:$PATH
ip link set lo up
k8s_pids=
trap 'k8s_down; rm -rf "$tmp"' EXIT

# The processes are this script's children.
k8s_down() {
	for pid in $k8s_pids; do
		kill "$pid" 2>/dev/null
	done
	for pid in $k8s_pids; do
		wait "$pid" 2>/dev/null
	done
	k8s_pids=
}

# cert NAME SUBJECT [EXTENSION]...: NAME.crt and NAME.key in $tmp/pki by its CA
k8s_cert() {
	name=$1 subject=$2
	shift 2
	printf '%s\n' 'basicConstraints=CA:FALSE' "$@" >"$pki/$name.ext"
	openssl ecparam -genkey -name prime256v1 -noout -out "$pki/$name.key" &&
		openssl req -new -key "$pki/$name.key" -subj "$subject" -out "$pki/$name.csr" &&
		openssl x509 -req -in "$pki/$name.csr" -CA "$pki/ca.crt" -CAkey "$pki/ca.key" -CAcreateserial -days 2 \
			-extfile "$pki/$name.ext" -out "$pki/$name.crt"
}

k8s_pki() {
	pki=$tmp/pki
	mkdir -p "$pki"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$pki/ca.key" -subj /CN=test-ca -days 2 \
		-out "$pki/ca.crt" -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
	k8s_cert api /CN=kube-apiserver "subjectAltName=DNS:kubernetes.default.svc,IP:127.0.0.1" \
		extendedKeyUsage=serverAuth,clientAuth
	k8s_cert admin /O=system:masters/CN=admin extendedKeyUsage=clientAuth
	openssl genrsa -out "$pki/sa.key" 2048
	openssl rsa -in "$pki/sa.key" -pubout -out "$pki/sa.pub"
	for user in admin:system:masters nobody:; do
		echo "$(openssl rand -hex 16),${user%%:*},${user%%:*},\"${user#*:}\""
	done >"$pki/tokens.csv"
}
k8s_token() { awk -F, -v user="$1" '$2 == user { print $1 }' "$tmp/pki/tokens.csv"; }

# k8s_config FILE SERVER CLUSTER-FIELDS USER-FIELDS: a kubeconfig; the fields as inside {}
k8s_config() {
	cat >"$1" <<END
apiVersion: v1
kind: Config
current-context: c
contexts: [{name: c, context: {cluster: k, user: u}}]
clusters: [{name: k, cluster: {server: "$2", $3}}]
users: [{name: u, user: {$4}}]
END
}

# k8s_start NAME COMMAND...: its output goes to $tmp/NAME.log
k8s_start() {
	log=$tmp/$1.log
	shift
	"$@" >"$log" 2>&1 </dev/null &
	k8s_pids="$! $k8s_pids"
}

# A plugin that would add what no controller here brings is left out. k8s_up [APISERVER-OPTION]...
k8s_up() {
	[ -x "$K8S/kube-apiserver" ] || { not_ok 'Kubernetes is there' 'run tests/setup.sh'; finish; }
	k8s_pki >"$tmp/pki.log" 2>&1 || cat "$tmp/pki.log"
	k8s_start etcd etcd --name=e --data-dir="$tmp/etcd" --unsafe-no-fsync --log-level=warn \
		--listen-client-urls=http://127.0.0.1:2379 --advertise-client-urls=http://127.0.0.1:2379 \
		--listen-peer-urls=http://127.0.0.1:2380 --initial-advertise-peer-urls=http://127.0.0.1:2380 \
		--initial-cluster=e=http://127.0.0.1:2380
	k8s_api "$@"
	k8s_config "$tmp/kubeconfig" https://127.0.0.1:6443 "certificate-authority: pki/ca.crt" "token: $(k8s_token admin)"
	KUBECONFIG=$tmp/kubeconfig
	export KUBECONFIG
	soon 90 k8s_ready || { not_ok 'kube-apiserver comes up' "see below"; tail -n 20 "$tmp/api.log" "$tmp/etcd.log"; finish; }
}
k8s_ready() { [ "$(kubectl get --raw /readyz)" = ok ] && kubectl get namespace default; }
k8s_api() {
	k8s_start api kube-apiserver --etcd-servers=http://127.0.0.1:2379 --bind-address=127.0.0.1 --secure-port=6443 \
		--advertise-address=127.0.0.1 --endpoint-reconciler-type=none --service-cluster-ip-range=10.96.0.0/16 \
		--tls-cert-file="$tmp/pki/api.crt" --tls-private-key-file="$tmp/pki/api.key" --cert-dir="$tmp" \
		--client-ca-file="$tmp/pki/ca.crt" --token-auth-file="$tmp/pki/tokens.csv" --authorization-mode=RBAC \
		--service-account-issuer=https://kubernetes.default.svc --service-account-key-file="$tmp/pki/sa.pub" \
		--service-account-signing-key-file="$tmp/pki/sa.key" --disable-admission-plugins=ServiceAccount \
		--allow-privileged=true --profiling=false "$@"
	k8s_api_pid=$!
}
