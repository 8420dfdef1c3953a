/* SPDX-License-Identifier: Apache-2.0 */
/* grpcd.h - inside the gRPC server: grpcd.c has the connections, grpcd_call.c what runs on them. */
#pragma once
#include "grpc.h"
#include "h2.h"

enum {
	MAX_HEADERS = 8 * 1024, /* of one request, counted as HPACK does */
	MAX_HELD = 256 * 1024   /* bytes of unfinished requests on one connection */
};

struct grpcd {
	struct loop *loop;
	struct watch listen;
	struct timer sweep;
	bool sweeping;
	const struct grpc_handler *h;
	size_t n;
	nghttp2_session_callbacks *cb;
	nghttp2_option *opt;
	struct h2_pool spare; /* of the last peer that went */
	struct peer *peers;
	size_t npeers;
	char *path;
};

struct peer {
	struct watch w;
	struct grpcd *d;
	struct peer *next, **prev;
	nghttp2_session *h2;
	struct h2_pool pool; /* the session's memory */
	struct grpc_call *calls;
	struct buf out; /* serialised frames, of which sent are on the wire */
	size_t sent, held;
	bool greeted, inside, blocked; /* SETTINGS seen; within mem_recv; socket full */
	int64_t active;                /* now_ms() when bytes last moved */
};

/* Lives until its stream is closed and, if a handler has it, until that has answered. */
struct grpc_call {
	struct peer *peer; /* NULL once the peer is gone */
	struct grpc_call *next, **prev;
	int32_t stream;
	const struct grpc_handler *h;
	struct arena a;
	struct buf in;
	struct h2_body out;
	size_t headers;
	bool typed, coded; /* content-type is ours; the message is compressed */
	bool handed, answered;
	int64_t since;
};

/* grpcd.c */
int peer_flush(struct peer *p); /* below zero: nothing more can be sent, peer_free() it */
void peer_free(struct peer *p);

/* grpcd_call.c */
void calls_hook(nghttp2_session_callbacks *cb);
void call_leave(struct grpc_call *c); /* its stream is over */
