/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint.h - Amazon's ipam.json, "vpc-cni-ipam/1" (spec-ipamd 18): who holds which address. */
#pragma once
#include "arena.h"
#include "buf.h"
#include "ip.h"

struct lease {
	const char *network, *container, *ifname; /* the CNI key; "" when unknown */
	struct ip ip;
	int64_t since_ns;         /* unix nanoseconds */
	const char *pod_ns, *pod; /* "" when the file has none */
	int interfaces;           /* 0 when the file has none */
};
struct leases {
	struct lease *v;
	size_t n;
};
/* One line of JSON and a newline, in Amazon's key order. */
void checkpoint_text(const struct lease *v, size_t n, struct buf *out);
/* The same in pieces, for who keeps them: begin, the leases with commas between them, end. */
void checkpoint_begin(struct buf *out);
void checkpoint_lease(const struct lease *l, struct buf *out);
void checkpoint_end(struct buf *out);
/* Strings go to a. EBADMSG names what is wrong, and the version when it is another one. */
MUST int checkpoint_parse(const char *text, size_t n, struct leases *out, struct arena *a,
			  struct err *e);
/* A file that does not exist is an empty list. */
MUST int checkpoint_load(const char *path, struct leases *out, struct arena *a, struct err *e);
/* Durable: temporary file, fsync (a no-op on a tmpfs, where the file normally lives), rename. */
MUST int checkpoint_write(const char *path, const struct buf *text, struct err *e);
MUST int checkpoint_save(const char *path, const struct lease *v, size_t n, struct err *e);
