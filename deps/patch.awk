# SPDX-License-Identifier: Apache-2.0
# patch.awk: apply a unified diff to the C files below the current folder; other files are left alone.
# A minimal Debian has awk but no patch(1). Hunks must match exactly, though they may have moved.
function die(what) { print "deps: " FILENAME ": " what > "/dev/stderr"; failed = 1; exit 1 }

function load(name,   line) {
	n = 0; moved = 0; target = name
	while ((getline line < name) > 0) text[++n] = line
	close(name)
	if (!n) die(name " is not there")
}

function save(   i) {
	if (target == "") return
	printf "" > target
	for (i = 1; i <= n; i++) print text[i] > target
	close(target)
	target = ""
}

function fits(at,   i) {
	for (i = 1; i <= olds; i++) if (text[at + i - 1] != old[i]) return 0
	return 1
}

# Look for the hunk's old lines where it says, then ever farther away.
function place(   want, d) {
	want = from + moved
	for (d = 0; d <= n; d++) {
		if (want + d + olds <= n + 1 && fits(want + d)) return want + d
		if (want - d >= 1 && want - d + olds <= n + 1 && fits(want - d)) return want - d
	}
	die("hunk at line " from " does not fit " target)
}

function apply(   at, i) {
	if (!olds && !news) return
	at = place()
	moved = at - from + news - olds
	for (i = n; news > olds && i >= at + olds; i--) text[i + news - olds] = text[i]
	for (i = at + olds; news < olds && i <= n; i++) text[i + news - olds] = text[i]
	n += news - olds
	for (i = 1; i <= news; i++) text[at + i - 1] = new[i]
	olds = news = 0
}

/^--- / && !left { before = $2; next }
/^\+\+\+ / && !left {
	save()
	name = $2
	sub(/^[^\/]*\//, "", name)
	if (name ~ /\.[ch]$/ && before != "/dev/null") load(name)
	next
}
/^@@ / && !left {
	split($0, h, /[ ,@+-]+/)
	match($0, /-[0-9]+(,[0-9]+)?/); o = substr($0, RSTART + 1, RLENGTH - 1)
	match($0, /\+[0-9]+(,[0-9]+)?/); w = substr($0, RSTART + 1, RLENGTH - 1)
	split(o, op, ","); split(w, wp, ",")
	from = op[1]
	oleft = o ~ /,/ ? op[2] : 1
	wleft = w ~ /,/ ? wp[2] : 1
	left = oleft + wleft
	olds = news = 0
	next
}
left {
	c = substr($0, 1, 1); line = substr($0, 2)
	if (c == "\\") next
	if (c != "+") { old[++olds] = line; left-- }
	if (c != "-") { new[++news] = line; left-- }
	if (!left && target != "") apply()
}
END { if (!failed) { if (left) die("ends within a hunk"); save() } }
