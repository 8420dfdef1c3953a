#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# yaml.sh - our YAML and kubectl's: a kind without a schema takes any value, so that what kubectl made of each can be
# read back from the API server.
. "$(dirname "$0")/../k8slib.sh"
k8s_up
ours=$TOOLS/yaml2json

kubectl create -f - >/dev/null <<'END'
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: anythings.example.com}
spec:
  group: example.com
  scope: Cluster
  names: {kind: Anything, plural: anythings, singular: anything, listKind: AnythingList}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}
END
soon 30 kubectl get anythings || not_ok 'a kind without a schema' 'it is not served'

# equal CLAIM NAME: standard input is a YAML text, the value of v
equal() {
	claim=$1 name=$2
	{
		printf 'apiVersion: example.com/v1\nkind: Anything\nmetadata: {name: %s}\nv:\n' "$name"
		sed 's/^/  /'
	} >"$tmp/$name.yaml"
	kubectl create --validate=false -f "$tmp/$name.yaml" >"$tmp/said" 2>&1 || cat "$tmp/said"
	same "$claim" "$("$ours" <"$tmp/$name.yaml" | jq -cS .v)" "$(kubectl get anything "$name" -o json | jq -cS .v)"
}

scalars() { sed 's/^/- /'; }
scalars <<'END' | equal 'booleans and null are what kubectl takes them for' words
y
Y
yes
YES
yEs
n
No
NO
on
On
off
OFF
true
True
tRUE
FALSE
~
null
Null
nULL
"yes"
'null'
!!str on
END
scalars <<'END' | equal 'numbers' numbers
0
-0
+12
007
0777
08
0o17
0x1F
0X1f
0b101
-0b101
-0x10
1_000
_1
1.5
1.
.5
.5e3
1e3
-1.5e+3
.e5
1e
1e999
9223372036854775807
-9223372036854775808
1.2.3.4
10.0.0.0/8
12:30:45
2001-01-01
0x
0b2
1e5f
!!int "12"
!!float 1
"12"
END
equal 'keys, lists and mappings' keys <<'END'
1: a
0x10: b
true: c
"2": d
e f: [a, {b: c}, [], {}]
? g
: - h
  -   i: 1
      j: 2
END
equal 'anchors, aliases and merges' anchors <<'END'
base: &base {a: 1, b: [x, y]}
copy: *base
more: {<<: *base, c: 3}
END
equal 'strings of every style' strings <<'END'
literal: |
  two
    lines

kept: |+
  x

stripped: |-
  x
folded: >
  one
  line

  two
plain: it goes
  on here
double: "a\tb\u00e9\x41 \
  c"
single: 'it''s'
special: "<&> é"
END

# what neither takes, and what we alone refuse
bad() { printf 'apiVersion: example.com/v1\nkind: Anything\nmetadata: {name: bad}\n%b\n' "$1" >"$tmp/bad.yaml"; }
refused() {
	claim=$1
	bad "$2"
	refuse "kubectl refuses $claim" kubectl create -f "$tmp/bad.yaml"
	refuse "so do we" sh -c "$ours <$tmp/bad.yaml"
}
bad 'v: 1\nv: 2'
refuse 'a key that comes twice is refused' sh -c "$ours <$tmp/bad.yaml"
refused 'infinity' 'v: .inf'
refused 'a tab in front' '\tv: 1'
refused 'an open bracket' 'v: [1'
refused 'an alias of nothing' 'v: *x'
refused 'a value that is no integer' 'v: !!int x'

# a whole stream
cat >"$tmp/stream" <<'END'
# a comment
---
apiVersion: example.com/v1
kind: Anything
metadata: {name: one}
---
---
apiVersion: example.com/v1
kind: Anything
metadata: {name: two}
...
END
same 'documents of a stream' "$("$ours" <"$tmp/stream" | jq -r .metadata.name)" \
	"$(kubectl create -f "$tmp/stream" -o 'jsonpath={.metadata.name}{"\n"}')"
finish
