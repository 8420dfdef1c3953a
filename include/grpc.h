/* SPDX-License-Identifier: Apache-2.0 */
/* grpc.h - unary gRPC over a Unix socket: one blocking call, or a server on the loop. Plain-text
 * HTTP/2 as grpc-go speaks it (gRPC over HTTP2, RFC 9113, RFC 7541); no streams, no compression. */
#pragma once
#include "loop.h"
#include "pb.h"

struct grpc_method {
	const char *path; /* "/package.Service/Method" */
	const struct pb_msg *in, *out;
};

/* Number, name as Go prints it, errno class our callers branch on. */
#define GRPC_STATUSES(S)                                     \
	S(OK, "OK", 0)                                       \
	S(CANCELLED, "Canceled", ECANCELED)                  \
	S(UNKNOWN, "Unknown", EIO)                           \
	S(INVALID_ARGUMENT, "InvalidArgument", EINVAL)       \
	S(DEADLINE_EXCEEDED, "DeadlineExceeded", ETIMEDOUT)  \
	S(NOT_FOUND, "NotFound", ENOENT)                     \
	S(ALREADY_EXISTS, "AlreadyExists", EEXIST)           \
	S(PERMISSION_DENIED, "PermissionDenied", EACCES)     \
	S(RESOURCE_EXHAUSTED, "ResourceExhausted", EDQUOT)   \
	S(FAILED_PRECONDITION, "FailedPrecondition", ESTALE) \
	S(ABORTED, "Aborted", EAGAIN)                        \
	S(OUT_OF_RANGE, "OutOfRange", ERANGE)                \
	S(UNIMPLEMENTED, "Unimplemented", ENOSYS)            \
	S(INTERNAL, "Internal", EPROTO)                      \
	S(UNAVAILABLE, "Unavailable", EAGAIN)                \
	S(DATA_LOSS, "DataLoss", EIO)                        \
	S(UNAUTHENTICATED, "Unauthenticated", EACCES)
enum grpc_status {
#define GRPC_ENUM(id, name, num) GRPC_##id,
	GRPC_STATUSES(GRPC_ENUM)
};

/* Client: connect, ask, wait, close; blocks until the deadline (clock.h) at most. out is filled,
 * its strings live in a. On failure e->code is
 * the status's name and e->msg reads as grpc-go's errors do: "rpc error: code = Unknown desc =
 * ..."; e->num is the status's class, or connect()'s errno (ENOENT, ECONNREFUSED ...) when nobody
 * listens. */
MUST int grpc_call(const char *sock, const struct grpc_method *m, const void *in, void *out,
		   struct arena *a, int64_t deadline, struct err *e);

/* The same for callers who must know a server that is not there from one that fails. */
struct grpc_to {
	const char *sock;
	int64_t dial, deadline; /* for the server's first word; for its answer */
	bool reached;           /* set: it has spoken HTTP/2 to us */
};
MUST int grpc_ask(struct grpc_to *to, const struct grpc_method *m, const void *in, void *out,
		  struct arena *a, struct err *e);

/* The same in two halves, for callers who have something to do while the server thinks. start
 * sends; finish waits, and ends it whatever comes of it. a must live until then. */
struct grpc_pending;
MUST struct grpc_pending *grpc_start(const char *sock, const struct grpc_method *m, const void *in,
				     struct arena *a, int64_t deadline, struct err *e);
MUST int grpc_finish(struct grpc_pending *p, void *out, struct arena *a, struct err *e);
void grpc_end(struct grpc_pending **p);
#define auto_grpc AUTO(grpc_end)

/* Server. A handler answers its call exactly once, now or later, from the loop thread; what it was
 * given (in, arena) is its own until then. A peer that went away needs no special care. Only root
 * and the server's own user are served. The socket's folder must exist; a stale socket in it is
 * replaced, the new one has mode 0660. */
struct grpcd;
struct grpc_call;
struct grpc_handler {
	const struct grpc_method *m;
	void (*fn)(struct grpc_call *c, const void *in, struct arena *a, void *arg);
	void *arg;
};
/* h stays the caller's and must outlive the server. */
MUST struct grpcd *grpcd_new(struct loop *l, const char *sock, const struct grpc_handler *h,
			     size_t n, struct err *e);
void grpcd_free(struct grpcd **d); /* says GOAWAY; calls still unanswered stay valid */
#define auto_grpcd AUTO(grpcd_free)
void grpc_reply(struct grpc_call *c, const void *out);
void grpc_refuse(struct grpc_call *c, enum grpc_status s, const char *text);
