#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# aws.sh - the AWS layer: bytes of code and tables for each action that is called, then the programs that measure
# calls, signatures and pages. The bytes are those of the object files: each service's functions are linked only where an
# applet calls them.
set -eu

# size SERVICE OBJECT...: its bytes divided by the actions whose names are in it
verbs='Add|Assign|Attach|Authorize|Create|Delete|Deregister|Describe|Detach|Get|List|Modify|Register|Remove|Revoke|Set|Unassign'
bytes_each() {
	service=$1
	shift
	actions=$(strings -a "$@" | grep -xE "($verbs)[A-Z][A-Za-z0-9]+" | sort -u | grep -c .)
	size "$@" | awk -v actions="$actions" -v service="$service" 'NR > 1 { n += $1 }
		END {
			printf "aws.size.%s\t%d\tbytes/action\t-\t-\t-\t-\t-\n", service, n / actions
			printf "aws.size.%s.actions\t%d\tactions\t-\t-\t-\t-\t-\n", service, actions
		}'
}
cd "$OUT/obj/aws"
bytes_each ec2 $(ls ec2*.o | grep -v limits)
bytes_each elbv2 elbv2*.o
bytes_each acm acm.o
bytes_each tagging tagging.o
size shape*.o | awk 'NR > 1 { n += $1 } END { printf "aws.size.shapes\t%d\tbytes\t-\t-\t-\t-\t-\n", n }'
cd - >/dev/null

for program in awscall awssign awspage; do
	[ ! -e "tests/bench/$program.c" ] || "$OUT/tools/$program"
done
