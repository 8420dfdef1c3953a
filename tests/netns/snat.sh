#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# snat.sh - the rules that snat writes beside those that the real iptables and nft write, in a network namespace of
# its own: every variant of the configuration, damage, transitions, others' rules, older releases' leavings.
[ "${SNAT_NS:-}" ] || exec unshare -rnm env SNAT_NS=1 sh "$0" "$@"
. "$(dirname "$0")/../lib.sh"

S=AWS-SNAT-CHAIN-0
ip link add eth0 type veth peer name up0
ip link set eth0 up mtu 9001
ip link set up0 up

# ---- reference: what Amazon's agent does, by real commands in its order
ref_nat() {
	iptables -t nat -N $S
	[ "$ext" = false ] || return 0
	iptables -t nat -A POSTROUTING -m comment --comment 'AWS SNAT CHAIN' -j $S
	for c in $vpc; do
		iptables -t nat -I $S 1 -d "$c" -m comment --comment 'AWS SNAT CHAIN' -j RETURN
	done
	for c in $excl; do
		if [ "$c" = 0.0.0.0/0 ]; then
			iptables -t nat -I $S 1 -m comment --comment 'AWS SNAT CHAIN EXCLUSION' -j RETURN
		else
			iptables -t nat -I $S 1 -d "$c" -m comment --comment 'AWS SNAT CHAIN EXCLUSION' -j RETURN
		fi
	done
	case $random in
	prng) r=--random-fully ;;
	hashrandom) r=--random ;;
	none) r= ;;
	esac
	# shellcheck disable=SC2086
	iptables -t nat -A $S ! -o vlan+ -m comment --comment 'AWS, SNAT' -m addrtype ! --dst-type LOCAL \
		-j SNAT --to-source 192.168.0.10 $r
}
mangle() { iptables -t mangle "$1" PREROUTING -m comment --comment 'AWS, primary ENI' "$2" "$3" $4 -j CONNMARK $5; }
ref_mangle() {
	[ "$port" = false ] ||
		mangle -A -i eth0 '-m addrtype --dst-type LOCAL --limit-iface-in' "--set-mark $mark/$mark"
	[ "$port$ext" = falsetrue ] || mangle -A -i "$prefix+" '' "--restore-mark --mask $mark"
	[ "$port" = false ] || mangle -A -i vlan+ '' "--restore-mark --mask $mark"
}
ref_native() {
	[ "$ext" = false ] || return 0
	exempt=
	for c in $vpc $excl; do
		net=${c%/*}
		[ "$c" != 0.0.0.0/0 ] || net='& 0.0.0.0 == 0.0.0.0' c=$net
		exempt="counter ip daddr $c return
		$exempt"
	done
	nft -f - <<-END
		table ip aws-cni {
			chain nat-prerouting {
				type nat hook prerouting priority -90; policy accept;
				fib daddr type local return
				${prefix:+iifname \"$prefix*\"} counter jump snat-mark
				counter meta mark set ct mark & $mark
			}
			chain snat-mark {
				$exempt
				counter ct mark set ct mark | $mark
			}
		}
	END
}
ref_rule() { [ "$port$ext" = falsetrue ] || ip rule add fwmark $mark/$mark lookup main prio 1024; }
# A rule is what it does: without counters, handles, and the remarks of the listing tools.
saved() { iptables-save | sed '/^#/d;s/\[[0-9]*:[0-9]*\]//'; }
native() { nft -s list table ip aws-cni 2>/dev/null; }
state() { nft -as list ruleset 2>/dev/null; }
flush() { nft flush ruleset; }

# snat VERB [OPTION...]: with the configuration in ext, port, vpc, excl, random, mark, prefix
snat() {
	verb=$1
	shift
	env AWS_VPC_K8S_CNI_EXTERNALSNAT=$ext AWS_VPC_CNI_NODE_PORT_SUPPORT=$port AWS_VPC_K8S_CNI_RANDOMIZESNAT=$random \
		AWS_VPC_K8S_CNI_CONNMARK=$mark AWS_VPC_K8S_CNI_VETHPREFIX="$prefix" \
		AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS="$(echo $excl | tr ' ' ,)" \
		"$VPCBOX" snat "$verb" --primary-if=eth0 --primary-ip=192.168.0.10 --vpc-cidr="$(echo $vpc | tr ' ' ,)" "$@"
}
status() {
	"$@" >"$tmp/out" 2>"$tmp/err"
	echo $?
}
defaults() { ext=false port=true vpc='192.168.0.0/16 100.64.0.0/16' excl='' random=prng mark=0x80 prefix=eni; }

# ---- every variant: equal to the reference, adopted from it, stable, healed, removed
# rules TABLE: as arguments for iptables, one rule a line
rules() { iptables -t "$1" -S | sed -n "s/^-A //p"; }
each_rule() { # each_rule VERB: of all rules, in the tables that hold some
	for t in nat mangle; do
		rules $t >"$tmp/rules.$t"
		while read -r rule; do
			eval "iptables -t $t $1 $rule" || return 1
		done <"$tmp/rules.$t"
	done
}
variant() {
	name=$1
	flush
	ref_nat && ref_mangle && ref_native && ref_rule
	nat=$(iptables -t nat -S) man=$(iptables -t mangle -S) save=$(saved) table=$(native)
	before=$(state)
	same "$name: the rules that iptables and nft wrote are found to be right" "$(snat check)" ''
	snat apply
	same "$name: and apply leaves them as they are" "$(state)" "$before"
	flush
	ip rule del prio 1024 2>/dev/null
	same "$name: check of an empty system exits 1" "$(status snat check)" 1
	check "$name: apply succeeds" snat apply
	same "$name: iptables -t nat -S is equal" "$(iptables -t nat -S)" "$nat"
	same "$name: iptables -t mangle -S is equal" "$(iptables -t mangle -S)" "$man"
	same "$name: iptables-save is equal" "$(saved)" "$save"
	same "$name: nft list table ip aws-cni is equal" "$(native)" "$table"
	same "$name: show prints the same rules" "$(snat show | grep '^-[AN]')" \
		"$( (echo "$nat" && echo "$man") | grep '^-[AN]')"
	same "$name: show prints the same table" "$(snat show | sed -n '/^table/,$p')" "$table"
	same "$name: check exits 0" "$(status snat check)" 0
	before=$(state)
	snat apply
	same "$name: a second apply changes nothing" "$(state)" "$before"
	check "$name: iptables -C finds every rule" each_rule -C
	check "$name: iptables -D deletes every rule" each_rule -D
	[ ! "$table" ] || nft flush table ip aws-cni
	snat apply
	same "$name: apply puts all back" "$(saved; native)" "$save${table:+
$table}"
	snat clean
	same "$name: clean removes all" "$(iptables-save | grep -c -e '^-A' -e AWS; native; ip rule | grep 1024)" 0
}

defaults && variant default
defaults && port=false && variant 'no NodePorts'
defaults && ext=true && variant 'external SNAT'
defaults && ext=true port=false && variant 'external SNAT, no NodePorts'
defaults && random=hashrandom && variant hashrandom
defaults && random=none && variant 'no randomisation'
defaults && mark=0x4000 && variant 'another mark'
defaults && prefix=veth && variant 'another prefix'
defaults && prefix='' && variant 'no prefix'
defaults && vpc=10.0.0.0/8 && variant 'one CIDR'
defaults && vpc='10.0.0.0/9 172.16.0.0/12 192.168.128.0/17 198.51.100.7/32' && variant 'odd lengths'
defaults && excl='10.12.0.0/16 10.13.0.0/16' && variant 'two exclusions'
defaults && excl=0.0.0.0/0 && variant 'everything excluded'

# ---- others' rules are theirs
flush && defaults
iptables -t nat -N KUBE-SERVICES
iptables -t nat -A PREROUTING -j KUBE-SERVICES
iptables -t nat -A POSTROUTING -s 172.17.0.0/16 -j MASQUERADE
iptables -t nat -A KUBE-SERVICES -d 10.100.0.1/32 -p tcp -m tcp --dport 443 -j DNAT --to-destination 192.168.0.10:6443
iptables -t mangle -A PREROUTING -i eth0 -m comment --comment 'AWS, primary ENI' -j MARK --set-xmark 0x1/0x1
iptables -t mangle -P FORWARD DROP
iptables -A FORWARD -i eth0 -j ACCEPT
nft -f - <<'END'
table inet mine {
	chain mine {
		type filter hook input priority 0; policy accept;
		ct state established accept
	}
}
END
foreign() { saved | grep -v AWS-SNAT-CHAIN | grep -v 'primary ENI.*CONNMARK' | grep -v '^COMMIT'; nft list table inet mine; }
before=$(foreign)
snat apply
same 'foreign rules, chains and policies survive apply' "$(foreign)" "$before"
ext=true port=false
snat apply
same 'and a change of configuration' "$(foreign)" "$before"
defaults
snat apply && snat clean
same 'and clean' "$(foreign)" "$before"
snat apply
iptables -t nat -A POSTROUTING -m comment --comment 'AWS SNAT CHAIN' -j RETURN
before=$(state)
snat apply
same 'a foreign rule with our comment is not ours' "$(state)" "$before"

# ---- damage to our own chain (specification 4.4, 4.7, 7.3)
chain() { iptables -t nat -S $S | sed -n "s/^-A $S //p" | sed 's/ -m comment --comment "AWS SNAT CHAIN[^"]*" -j RETURN//;s/.*-j SNAT.*/SNAT/'; }
flush && defaults && vpc='10.10.0.0/16 10.11.0.0/16'
iptables -t nat -N $S
iptables -t nat -A $S -d 10.11.0.0/16 -m comment --comment 'AWS SNAT CHAIN' -j RETURN
iptables -t nat -A $S -d 10.10.0.0/16 -m comment --comment 'AWS SNAT CHAN' -j RETURN
iptables -t nat -A $S -d 10.12.0.0/16 -m comment --comment 'AWS SNAT CHAIN EXCLUSION' -j RETURN
iptables -t nat -A $S -m comment --comment 'AWS, SNAT' -m addrtype ! --dst-type LOCAL -j SNAT --to-source 192.168.0.10
snat apply
same 'stale exclusions, wrong comments and the old form of SNAT are replaced, SNAT is last' "$(chain)" '-d 10.10.0.0/16
-d 10.11.0.0/16
SNAT'
iptables -t nat -A $S -d 10.99.0.0/16 -j RETURN
iptables -t nat -I $S 1 -j ACCEPT
snat apply
same 'what is not ours goes from our chain' "$(chain)" '-d 10.10.0.0/16
-d 10.11.0.0/16
SNAT'
iptables -t nat -D $S 3
iptables -t nat -I $S 1 ! -o vlan+ -m comment --comment 'AWS, SNAT' -m addrtype ! --dst-type LOCAL -j SNAT \
	--to-source 192.168.0.10 --random-fully
snat apply
same 'SNAT in front moves to the end' "$(chain)" '-d 10.10.0.0/16
-d 10.11.0.0/16
SNAT'
vpc="$vpc 10.12.0.0/16"
snat apply
same 'a CIDR more is inserted, the rest stays' "$(chain)" '-d 10.12.0.0/16
-d 10.10.0.0/16
-d 10.11.0.0/16
SNAT'
ext=true
snat apply
same 'external SNAT empties the chain' "$(iptables -t nat -S | grep AWS)" "-N $S"
same 'and removes the table aws-cni' "$(native)" ''
has 'but leaves the NodePort marks' "$(iptables -t mangle -S)" '--set-xmark'

flush && defaults
snat apply
prefix=veth
snat apply
same 'another prefix: the rule of the old one stays, the new one is last' \
	"$(iptables -t mangle -S PREROUTING | sed -n 's/.* -i \([^ ]*\) .*/\1/p' | tr '\n' ' ')" 'eth0 eni+ vlan+ veth+ '

# ---- what older releases left
flush && defaults
for n in 0 1 2 3 4; do iptables -t nat -N AWS-SNAT-CHAIN-$n; done
for n in 0 1 2 3; do
	iptables -t nat -A AWS-SNAT-CHAIN-$n ! -d 10.$n.0.0/16 -m comment --comment 'AWS SNAT CHAIN' -j AWS-SNAT-CHAIN-$((n + 1))
done
iptables -t nat -A POSTROUTING -m comment --comment 'AWS SNAT CHAIN' -j $S
iptables -t nat -A AWS-SNAT-CHAIN-4 -m comment --comment 'AWS, SNAT' -m addrtype ! --dst-type LOCAL -j SNAT --to-source 192.168.0.10
iptables -t nat -N AWS-CONNMARK-CHAIN-0
iptables -t nat -A PREROUTING -i eni+ -m comment --comment 'AWS, outbound connections' -m state --state NEW -j AWS-CONNMARK-CHAIN-0
iptables -t nat -A PREROUTING -i eni+ -m comment --comment 'AWS, outbound connections' -j AWS-CONNMARK-CHAIN-0
iptables -t nat -A PREROUTING -m comment --comment 'AWS, CONNMARK' -j CONNMARK --restore-mark --mask 0x80
iptables -t nat -A AWS-CONNMARK-CHAIN-0 -d 192.168.0.0/16 -m comment --comment 'AWS CONNMARK CHAIN' -j RETURN
iptables -t nat -A AWS-CONNMARK-CHAIN-0 -m comment --comment 'AWS, CONNMARK' -j CONNMARK --set-xmark 0x80/0x80
iptables -t nat -A PREROUTING -p tcp -j ACCEPT
snat apply
same 'chains of older releases go, with their rules and all that leads to them' "$(iptables -t nat -S | grep -e ^-N -e PREROUTING)" \
	"-P PREROUTING ACCEPT
-N $S
-A PREROUTING -p tcp -j ACCEPT"
same 'and nothing is left to do' "$(snat check)" ''

# ---- the table aws-cni
nft flush chain ip aws-cni nat-prerouting
nft add rule ip aws-cni nat-prerouting counter accept
nft insert rule ip aws-cni snat-mark ip saddr 10.0.0.1 drop
snat apply
same 'foreign rules go from the table aws-cni' "$(snat show | sed -n '/^table/,$p')" "$(native)"
nft -f - <<'END'
delete table ip aws-cni
table ip aws-cni {
	chain nat-prerouting {
		type nat hook prerouting priority -100; policy accept;
	}
}
END
snat apply
has 'a wrong priority is put right' "$(native)" 'priority dstnat + 10'
nft -a list chain ip aws-cni snat-mark >"$tmp/chain"
nft delete rule ip aws-cni snat-mark handle "$(sed -n 's/.*192.168.*handle //p' "$tmp/chain")"
nft add rule ip aws-cni snat-mark ip daddr 192.168.0.0/16 counter return
same 'a rule without its counter in front is not the rule' "$(status snat check)" 1
snat apply
same 'and is replaced' "$(status snat check)" 0

# damaged CHAIN WORDS RULE: what the chain has with these words becomes the rule, which is not the same thing.
damaged() {
	flush && snat apply
	nft replace rule ip aws-cni "$1" handle "$(nft -a list chain ip aws-cni "$1" | sed -n "s/.*$2.* handle //p")" "$3"
	seen=$(status snat check)
	snat apply
	same "not the rule, and replaced: $3" "$seen $(native)" "1 $table"
}
flush && defaults && snat apply
table=$(native)
damaged nat-prerouting 'fib daddr' 'fib daddr type unicast return'
damaged nat-prerouting 'fib daddr' 'fib saddr type local return'
damaged nat-prerouting 'fib daddr' 'fib daddr type local accept'
damaged nat-prerouting 'jump' 'iifname "eni*" jump snat-mark'
damaged nat-prerouting 'jump' 'iifname "eth*" counter jump snat-mark'
damaged nat-prerouting 'jump' 'iifname "eni*" counter goto snat-mark'
damaged nat-prerouting 'meta mark' 'meta mark set ct mark & 0x80'
damaged nat-prerouting 'meta mark' 'counter meta mark set ct mark & 0x40'
damaged nat-prerouting 'meta mark' 'counter ct mark set ct mark & 0x80'
damaged snat-mark '100.64' 'ip daddr 100.64.0.0/16 return'
damaged snat-mark '100.64' 'counter ip saddr 100.64.0.0/16 return'
damaged snat-mark '100.64' 'counter ip daddr 100.64.0.0/17 return'
damaged snat-mark '100.64' 'counter ip daddr 100.64.0.0/16 accept'
damaged snat-mark 'ct mark' 'ct mark set ct mark | 0x80'
damaged snat-mark 'ct mark' 'counter ct mark set 0x80'
damaged snat-mark 'ct mark' 'counter meta mark set ct mark | 0x80'
vpc='192.168.0.0/16 10.99.0.0/16'
snat apply
same 'the table aws-cni follows the CIDRs' "$(native | sed -n 's/.*ip daddr \(.*\) return/\1/p')" '10.99.0.0/16
192.168.0.0/16'

# ---- two writers at once: neither loses a rule
flush && defaults
(i=0 && while [ $i -lt 60 ]; do iptables -t nat -A POSTROUTING -s 10.1.1.$i -j RETURN && i=$((i + 1)); done) &
other=$!
i=0
while [ $i -lt 30 ]; do
	ext=true && snat apply || break
	ext=false && snat apply || break
	i=$((i + 1))
done
wait $other
same 'apply keeps working while iptables changes the same table' "$i" 30
same 'and no rule of the other is lost' "$(iptables -t nat -S | grep -c '10\.1\.1\.')" 60
same 'nor one of ours' "$(status snat check)" 0

i=0
while [ $i -lt 10 ]; do
	flush
	pids=
	for n in 1 2 3 4; do
		snat apply &
		pids="$pids $!"
	done
	# shellcheck disable=SC2086
	wait $pids
	[ "$(saved)" = "$(saved | awk '/^-A/ && seen[$0]++ { next } { print }')" ] || break
	i=$((i + 1))
done
same 'four that apply at once leave one copy of each rule' "$i" 10

# ---- what no option tells is asked of the metadata service
cat >"$tmp/imds.py" <<'END'
from http.server import BaseHTTPRequestHandler, HTTPServer
MAC = "02:00:00:00:00:01"
FACTS = {"mac": MAC, "local-ipv4": "192.168.0.10",
         "network/interfaces/macs/%s/vpc-ipv4-cidr-blocks" % MAC: "192.168.0.0/16\n100.64.0.0/16"}
class Imds(BaseHTTPRequestHandler):
    def answer(self, status, text):
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())
    def do_PUT(self):
        self.answer(200, "token")
    def do_GET(self):
        told = FACTS.get(self.path.replace("/latest/meta-data/", ""))
        known = self.headers.get("X-aws-ec2-metadata-token") == "token"
        self.answer(401 if not known else 200 if told else 404, told or "")
HTTPServer(("127.0.0.1", 1338), Imds).serve_forever()
END
flush && defaults
ip link set lo up
ip link add ens5 type bridge
ip link set ens5 address 02:00:00:00:00:01 mtu 9001 up
python3 "$tmp/imds.py" 2>/dev/null &
imds=$!
asked() { AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1:1338 "$VPCBOX" snat "$@"; }
check 'without options the metadata service is asked' soon 20 asked apply
same 'and tells all that is needed' "$(asked show)" "$(snat show --primary-if=ens5)"
same 'an option comes before it' "$(asked show --primary-ip=192.168.0.11 | grep -c 'to-source 192.168.0.11 ')" 1
kill $imds
same 'without it, one line says which option is missing' "$(status asked apply)" 111
has 'and why' "$(cat "$tmp/err")" 'vpcbox snat: --primary-mac is not given and the metadata service does not tell: '
ip link del ens5

# ---- refusals
flush && defaults
vpc=
same 'no CIDR at all is refused' "$(status snat apply)" 111
has 'with the reason' "$(cat "$tmp/err")" 'exemptCIDRs cannot be empty'
same 'and nothing is half done' "$(iptables-save | grep -c AWS)" 0
defaults
mkfifo "$tmp/owner"
nft -i <"$tmp/owner" >"$tmp/nft" 2>&1 &
owner=$!
exec 9>"$tmp/owner"
echo 'add table ip aws-cni { flags owner; }' >&9
check 'somebody else owns the table aws-cni' soon 20 nft list table ip aws-cni
for verb in apply clean; do
	same "$verb that the kernel refuses fails" "$(status snat "$verb")" 111
	has "$verb that the kernel refuses says so" "$(cat "$tmp/err")" 'table aws-cni: Operation not permitted'
done
same 'what it refuses is not done by halves' "$(iptables-save | grep -c AWS)" 0
exec 9>&-
wait $owner
mount -t tmpfs tmpfs /run
if iptables-legacy -t nat -A OUTPUT -d 127.0.0.9 -j ACCEPT 2>"$tmp/err"; then
	same 'a host with legacy iptables is refused' "$(status snat apply)" 111
	has 'and told so' "$(cat "$tmp/err")" 'legacy iptables'
	iptables-legacy -t nat -F
	same 'legacy tables without rules are no hindrance' "$(status snat apply)" 0
else
	has 'this kernel has no legacy iptables to be refused' "$(cat "$tmp/err")" 'iptables'
fi
finish
