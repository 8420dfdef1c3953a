# SPDX-License-Identifier: Apache-2.0
# annotations.awk - docs/annotations.md from the table that lbctl is built with (make docs):
#   LC_ALL=C awk -f tools/annotations.awk applets/lbctl/annotations.def >docs/annotations.md
BEGIN { FS = "\"" }

# ROW(id, scope, kind, "suffix", "default", "words"), LATER(id, scope, kind, "suffix", "nothing", "feature", "words")
/^(ROW|LATER)\(/ {
	later = $0 ~ /^LATER/
	if (NF != (later ? 9 : 7) || split($1, head, /[(,] */) != 5) { print FILENAME ":" FNR ": not a row" > "/dev/stderr"; failed = 1; exit 1 }
	nlb = head[3] ~ /ON_SERVICE/
	name = $2 (substr($2, length($2)) == "." ? ($2 ~ /actions|conditions|transforms/ && !nlb ? "NAME" : $2 ~ /control-port/ ? "SERVICE.PORT" : $2 ~ /group/ ? "PORT" : "PROTOCOL-PORT") : "")
	type = kind[head[4]]
	if (later) line = "| `" name "` | " type " | " $6 " | " $8 " |"
	else line = "| `" name "` | " type " | " $4 " | " $6 (head[3] ~ /ON_BACKEND/ ? " (also on the Service)" : "") " |"
	text[nlb, later] = text[nlb, later] line "\n"
}
BEGIN {
	kind["STR"] = "text"; kind["BOOL"] = "boolean"; kind["INT"] = "number"
	kind["LIST"] = "list"; kind["MAP"] = "map"; kind["JSON"] = "JSON"
}
END {
	if (failed) exit 1
	print "<!-- SPDX-License-Identifier: Apache-2.0; made by tools/annotations.awk (make docs): change applets/lbctl/annotations.def -->"
	print "# Annotations\n"
	print "What `vpcbox lbctl` reads, under the names of aws-load-balancer-controller. Booleans are those of Go (`true`, `1`, `t` ...);"
	print "a list is `a, b`; a map is `k=v, k2=v2`, with `\\,` for a comma in a value. Nonsense gives a Warning event that names the"
	print "annotation and its value, and the object keeps its last good state. In the load balancer of an Ingress, an annotation of the"
	print "Service wins over that of the Ingress where it counts on both.\n"
	print "## On a Service: `service.beta.kubernetes.io/`\n"
	print "| annotation | type | default | what it says |\n|---|---|---|---|"
	printf "%s", text[1, 0]
	print "\n## On an Ingress: `alb.ingress.kubernetes.io/`\n"
	print "| annotation | type | default | what it says |\n|---|---|---|---|"
	printf "%s", text[0, 0]
	print "\n## Not built yet\n"
	print "An object that asks for one of these is refused with a Warning event and keeps its last good state. Values that ask for nothing"
	print "(`false`, `none`, settings of a feature that is not switched on) are accepted.\n"
	print "| annotation | type | feature | what it says |\n|---|---|---|---|"
	printf "%s", text[1, 1] text[0, 1]
}
