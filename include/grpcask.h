/* SPDX-License-Identifier: Apache-2.0 */
/* grpcask.h - inside the gRPC client: grpc.c has the socket, grpcask.c the frames on it. */
#pragma once
#include "grpc.h"
#include "h2.h"

enum { ASK_HEADS = 8 }; /* header blocks of one reply */
struct grpc_pending {
	struct grpc_to own, *to; /* own: for those who gave only a deadline */
	const struct grpc_method *m;
	int fd;
	struct buf out; /* frames, of which sent are on the wire */
	size_t sent;
	struct buf in;    /* up to the end of the last whole frame, all is read */
	struct buf heads; /* header blocks, one behind the other */
	size_t ends[ASK_HEADS], nheads;
	bool in_block, last; /* CONTINUATION must follow; the block ends the stream */
	struct buf reply;
	int http, status; /* -1 until the header arrives */
	char text[400];   /* grpc-message */
	bool closed;      /* the stream ended, for this reason: */
	uint32_t why;
};

/* Record a status as a failure, in grpc-go's words, and return -1. */
MUST int grpcask_refused(struct err *e, int status, const char *text);
/* The whole request into c->out: a call may be sent before anything is heard. */
MUST int grpcask_request(struct grpc_pending *c, const void *in, struct err *e);
/* Take in the whole frames at the start of c->in. */
MUST int grpcask_frames(struct grpc_pending *c, struct err *e);
/* The answer is complete: its status, or its message into out. */
MUST int grpcask_answer(struct grpc_pending *c, void *out, struct arena *a, struct err *e);
void grpcask_clear(struct grpc_pending *c);
