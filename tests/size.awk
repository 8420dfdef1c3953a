# SPDX-License-Identifier: Apache-2.0
# size.awk - bytes that each room and library keeps in the executable, from the linker's map and the file's
# total size. `make size`.
function whose(file,   p, n) {
	if (match(file, /lib[a-z0-9_]+\.a/)) {
		n = substr(file, RSTART + 3, RLENGTH - 5)
		if (n == "c") return "library  musl"
		if (n ~ /^gcc/) return "library  libgcc"
		return "library  " n
	}
	if (match(file, /[a-z0-9]+\.a\(/)) return "room     " substr(file, RSTART, RLENGTH - 3)
	if (match(file, /applets\/[a-z]+/)) return "applet   " substr(file, RSTART + 8, RLENGTH - 8)
	if (file ~ /main\.o$/) return "room     main"
	if (file ~ /crt[1in]\.o$/) return "library  musl"
	return "other    " file
}
function hex(s,   i, v) {
	v = 0
	for (i = 3; i <= length(s); i++) v = v * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1
	return v
}
/^Linker script and memory map/ { on = 1 }
/^\/DISCARD\// { on = 0 }
!on { next }
# A long section name puts address, size and file on the next line.
/^ \.[^ ]+$/ { section = $1; next }
/^ \.[^ ]+ +0x/ { section = $1; address = $2; size = $3; file = $4 }
/^ +0x[0-9a-f]+ +0x[0-9a-f]+ .*\.o/ || /^ +0x[0-9a-f]+ +0x[0-9a-f]+ .*\.a\(/ {
	if (section == "") next
	address = $1; size = $2; file = $3
}
# A piece ends where the next begins, whatever the map says of its size. Equal strings of all files are kept once,
# in a place that says nothing of their owners: each owner's share is what its strings take before that.
function settle(next_at) {
	if (last == "") return
	if (next_at >= last_at && next_at < last_at + last_size) last_size = next_at - last_at
	if (last_section ~ /^\.t?bss/) memory[last] += last_size
	else if (last_section ~ /\.str[0-9.]+$/) { strings[last] += before; before_all += before; strings_all += last_size }
	else bytes[last] += last_size
	last = ""
}
/\(size before relaxing\)/ { before = hex($1) }
file != "" {
	if (hex(address) && hex(size) && section !~ /^\.(debug|comment|note)/) {
		settle(hex(address))
		last = whose(file); last_at = hex(address); last_size = before = hex(size); last_section = section
	}
	file = ""; section = ""
}
END {
	settle(-1)
	for (w in strings) bytes[w] += int(strings[w] * strings_all / before_all)
	print "bytes in the file, zeroed memory beyond it:"
	for (w in bytes) known += bytes[w]
	bytes["headers and padding"] = total - known
	for (w in memory) if (!(w in bytes)) bytes[w] = 0
	for (w in bytes) if (bytes[w] + memory[w]) printf "%8d %8d  %s\n", bytes[w], memory[w], w | "sort -k3,3r -k1,1nr"
	close("sort -k3,3r -k1,1nr")
	printf "%8d           stripped\n", total
}
