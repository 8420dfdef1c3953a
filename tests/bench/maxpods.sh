#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# maxpods.sh - from exec to the answer, beside the same answer by the AWS CLI and jq against an EC2 on this machine (moto's
# server, where tests/setup.sh has installed both); and the bytes of the table of instance types in the binary.
set -eu
venv=$OUT/tools/venv
tmp=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$tmp"' EXIT
ln -s "$OUT/vpcbox" "$tmp/max-pods-calculator.sh"

# What the original asks, and its jq, without its arithmetic.
cat >"$tmp/peer" <<'END'
#!/bin/sh
set -e
aws ec2 describe-instance-types --instance-types "$1" --output json --query \
	'InstanceTypes[0].{Hypervisor: Hypervisor, NetworkInfo: NetworkInfo, CpuCount: VCpuInfo.DefaultVCpus}' |
	jq -r '.NetworkInfo | .NetworkCards[.DefaultNetworkCardIndex].MaximumNetworkInterfaces * (.Ipv4AddressesPerInterface - 1) + 2'
END
chmod +x "$tmp/peer"

# median ROUNDS COMMAND...: microseconds from exec to exit; the answer must be 17.
median() {
	python3 - "$@" <<'END'
import os, statistics, subprocess, sys, time
rounds, command, took = int(sys.argv[1]), sys.argv[2:], []
for i in range(rounds + 1):
    begin = time.perf_counter()
    out = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    took.append(time.perf_counter() - begin)
    if out.strip() != b"17":
        sys.exit("bench: %s says %s" % (command[0], out))
print(round(statistics.median(took[1:]) * 1e6))
END
}

ours=$(median "${ROUNDS:-200}" "$tmp/max-pods-calculator.sh" --instance-type t3.medium --cni-version 1.12.0)
peer=- theirs=- ratio=-
if [ -x "$venv/bin/aws" ] && command -v jq >/dev/null; then
	port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	export AWS_ENDPOINT_URL="http://127.0.0.1:$port" AWS_ACCESS_KEY_ID=x AWS_SECRET_ACCESS_KEY=x AWS_DEFAULT_REGION=us-east-1
	export NO_PROXY=127.0.0.1 no_proxy=127.0.0.1 PATH="$venv/bin:$PATH"
	moto_server -H 127.0.0.1 -p "$port" >"$tmp/moto" 2>&1 &
	server=$!
	tries=300
	until curl -s -o /dev/null "$AWS_ENDPOINT_URL/moto-api/"; do
		[ $((tries -= 1)) -gt 0 ] || { cat "$tmp/moto" >&2; exit 1; }
		sleep 0.1
	done
	peer='AWS CLI + jq'
	theirs=$(median "${PEER_ROUNDS:-10}" "$tmp/peer" t3.medium)
	ratio=$(awk "BEGIN { printf \"%.4f\", $ours / $theirs }")
fi
printf 'maxpods.exec_to_answer\t%s\tus\t-\t-\t%s\t%s\t%s\n' "$ours" "$peer" "$theirs" "$ratio"

# The table alone: constants of ec2limits.o as they are in the binary.
bytes=$(nm -S "$OUT/vpcbox.debug" | grep -E ' (sizes|nets|kinds|vcpus|mib|branch|families|rows)$' |
	python3 -c 'import sys; sizes = [int(line.split()[1], 16) for line in sys.stdin]; print(sum(sizes) if len(sizes) == 8 else 0)')
[ "$bytes" -gt 8000 ] || { echo "bench: the table's eight lists are not in the binary, each once" >&2; exit 1; }
met=no
[ "$bytes" -le 16384 ] && met=yes
printf 'maxpods.table\t%s\tbytes\t<= 16384\t%s\t-\t-\t-\n' "$bytes" "$met"
