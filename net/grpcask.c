/* SPDX-License-Identifier: Apache-2.0 */
/* grpcask.c - what is said in one call. So little of HTTP/2 (RFC 9113) is needed for it that a
 * session of nghttp2's would cost more than all else together: the frames are handled here, and
 * only the compression of headers (RFC 7541) is nghttp2's. */
#include <errno.h>
#include <stdio.h>

#include "clock.h"
#include "grpcask.h"
#include "str.h"

/* The window is what either side may send unasked (RFC 9113 6.9.2); neither is ever asked for more.
 */
enum { STREAM = 1, MAX_HEADS = 16384, MAX_OUT = 256 * 1024, WINDOW = 65535 };

void grpcask_clear(struct grpc_pending *c)
{
	fd_free(&c->fd);
	buf_free(&c->out);
	buf_free(&c->in);
	buf_free(&c->heads);
	buf_free(&c->reply);
}

static const struct {
	const char *name;
	int num;
} statuses[] = {
#define ROW(id, name, num) { name, num },
	GRPC_STATUSES(ROW)
};

/* The text is grpc-go's, because it ends up in CNI results that people grep. */
int grpcask_refused(struct err *e, int status, const char *text)
{
	if (status < 0 || (size_t)status >= COUNT(statuses))
		status = GRPC_UNKNOWN;
	fail(e, statuses[status].num, "rpc error: code = %s desc = %s", statuses[status].name,
	     text);
	snprintf(e->code, sizeof(e->code), "%s", statuses[status].name);
	return -1;
}

/* Text that ends in a NUL; def when it is no number of a reasonable size. */
static int number(const uint8_t *text, int def)
{
	uint64_t v;

	return str_u64((const char *)text, &v) && v < 1000 ? (int)v : def;
}

static void on_header(struct grpc_pending *c, const nghttp2_nv *nv)
{
	if (h2_is(nv->name, nv->namelen, ":status")) /* values end in a NUL behind their length */
		c->http = number(nv->value, 0);
	else if (h2_is(nv->name, nv->namelen, "grpc-status"))
		c->status = number(nv->value, GRPC_UNKNOWN);
	else if (h2_is(nv->name, nv->namelen, "grpc-message"))
		h2_unescape(c->text, sizeof(c->text), nv->value, nv->valuelen);
}

/* HEADERS, or a CONTINUATION of them. They are kept as they came: see grpcask_answer(). */
static int on_headers(struct grpc_pending *c, const struct h2_frame *f, struct err *e)
{
	bool whole = f->flags & NGHTTP2_FLAG_END_HEADERS;

	if (f->type == NGHTTP2_HEADERS)
		c->last = f->flags & NGHTTP2_FLAG_END_STREAM;
	if (c->heads.len + f->n > MAX_HEADS || c->nheads == ASK_HEADS)
		return grpcask_refused(e, GRPC_RESOURCE_EXHAUSTED,
				       "the reply's headers are too long");
	buf_add(&c->heads, f->p, f->n);
	c->in_block = !whole;
	if (!whole)
		return 0;
	c->ends[c->nheads++] = c->heads.len;
	c->closed = c->last;
	return 0;
}

static int on_data(struct grpc_pending *c, const struct h2_frame *f, struct err *e)
{
	if (c->reply.len + f->n >= WINDOW)
		return grpcask_refused(e, GRPC_RESOURCE_EXHAUSTED,
				       "the reply is longer than 64 KiB");
	buf_add(&c->reply, f->p, f->n);
	c->closed = f->flags & NGHTTP2_FLAG_END_STREAM;
	return 0;
}

static void on_reset(struct grpc_pending *c, uint32_t why)
{
	c->closed = true;
	c->why = why;
}

/* What concerns the connection. */
static int on_control(struct grpc_pending *c, const struct h2_frame *f, struct err *e)
{
	bool ack = f->flags & NGHTTP2_FLAG_ACK;

	if (f->type == NGHTTP2_SETTINGS && !ack) {
		c->to->reached = true;
		h2_put_frame(&c->out, NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, 0, "", 0);
	} else if (f->type == NGHTTP2_PING && !ack && f->n == 8) {
		h2_put_frame(&c->out, NGHTTP2_PING, NGHTTP2_FLAG_ACK, 0, f->p, f->n);
	} else if (f->type == NGHTTP2_GOAWAY && f->n >= 8 && h2_u32(f->p) < STREAM) {
		on_reset(c, NGHTTP2_REFUSED_STREAM);
	}
	if (c->out.len > MAX_OUT)
		return grpcask_refused(e, GRPC_INTERNAL, "the server asks and does not listen");
	return 0;
}

static int on_frame(struct grpc_pending *c, struct h2_frame *f, struct err *e)
{
	bool follows = f->type == NGHTTP2_CONTINUATION;

	if (!f->stream && !c->in_block)
		return on_control(c, f, e);
	/* the stream is the only one, and nothing may come between the parts of a block */
	if (f->stream != STREAM || follows != c->in_block || !h2_unpad(f) ||
	    f->type == NGHTTP2_PUSH_PROMISE)
		return grpcask_refused(e, GRPC_INTERNAL, "a frame out of place");
	if (f->type == NGHTTP2_HEADERS || follows)
		return on_headers(c, f, e);
	if (f->type == NGHTTP2_DATA)
		return on_data(c, f, e);
	if (f->type == NGHTTP2_RST_STREAM && f->n == 4)
		on_reset(c, h2_u32(f->p));
	return 0;
}

/* All whole frames that are there. */
int grpcask_frames(struct grpc_pending *c, struct err *e)
{
	const uint8_t *p = (const uint8_t *)c->in.p;
	size_t at = 0;
	struct h2_frame f;
	int n = 0;

	while (!c->closed && (n = h2_next(p + at, c->in.len - at, &f)) > 0) {
		if (on_frame(c, &f, e) < 0)
			return -1;
		at += (size_t)n;
	}
	if (n < 0)
		return grpcask_refused(e, GRPC_INTERNAL, "a frame is too large");
	c->in.len -= at;
	memmove(c->in.p, c->in.p + at, c->in.len);
	return 0;
}

/* grpc-timeout: at most eight digits are allowed, in any unit. */
static void timeout_text(char *out, size_t size, int left_ms)
{
	if (left_ms < 100000000)
		snprintf(out, size, "%dm", left_ms);
	else
		snprintf(out, size, "%dS", left_ms / 1000);
}

static void put_headers(struct grpc_pending *c)
{
	static const char post_http[] = { '\x83', '\x86' }; /* :method and :scheme, RFC 7541 A */
	auto_buf struct buf block = { 0 };
	char timeout[16];

	timeout_text(timeout, sizeof(timeout), deadline_left(c->to->deadline));
	buf_add(&block, post_http, sizeof(post_http));
	h2_put_header(&block, ":path", c->m->path);
	h2_put_header(&block, ":authority", "localhost"); /* what grpc-go says on a Unix socket */
	h2_put_header(&block, "content-type", "application/grpc");
	h2_put_header(&block, "te", "trailers");
	h2_put_header(&block, "grpc-timeout", timeout);
	h2_put_frame(&c->out, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, STREAM, block.p,
		     block.len);
}

/* There is one call, and a server that knows (RFC 9113 6.8) hangs up when it has answered. It would
 * otherwise be woken when we exit, and run on our processor before we are gone. */
static void put_goaway(struct buf *out)
{
	static const char last[8]; /* none of its streams, no error */

	h2_put_frame(out, NGHTTP2_GOAWAY, 0, 0, last, sizeof(last));
}

/* Nothing has to be heard from the server before a request may be sent, so all of it goes at once.
 */
int grpcask_request(struct grpc_pending *c, const void *in, struct err *e)
{
	auto_buf struct buf body = { 0 };

	h2_open(&body);
	pb_encode(c->m->in, in, &body);
	h2_seal(&body);
	if (body.len > WINDOW)
		return grpcask_refused(e, GRPC_RESOURCE_EXHAUSTED,
				       "the request is longer than 64 KiB");
	buf_str(&c->out, NGHTTP2_CLIENT_MAGIC);
	h2_put_frame(&c->out, NGHTTP2_SETTINGS, 0, 0, "", 0);
	put_headers(c);
	for (size_t at = 0, n; at < body.len; at += n) {
		n = body.len - at < H2_MAX_FRAME ? body.len - at : H2_MAX_FRAME;
		h2_put_frame(&c->out, NGHTTP2_DATA,
			     at + n == body.len ? NGHTTP2_FLAG_END_STREAM : 0, STREAM, body.p + at,
			     n);
	}
	put_goaway(&c->out);
	return 0;
}

/* Reset codes and bare HTTP answers become the statuses that the gRPC documents assign. */
static int without_status(const struct grpc_pending *c, struct err *e)
{
	int s = GRPC_INTERNAL;
	char text[100];

	if (c->why == NGHTTP2_REFUSED_STREAM)
		s = GRPC_UNAVAILABLE;
	else if (c->why == NGHTTP2_CANCEL)
		s = GRPC_CANCELLED;
	else if (c->why == NGHTTP2_ENHANCE_YOUR_CALM)
		s = GRPC_RESOURCE_EXHAUSTED;
	if (c->why || c->http == 200 || c->http < 0) {
		snprintf(text, sizeof(text), "stream ended without a status, error code: %s",
			 nghttp2_http2_strerror(c->why));
		return grpcask_refused(e, s, text);
	}
	snprintf(text, sizeof(text), "unexpected HTTP status code received from server: %d",
		 c->http);
	s = c->http == 401                         ? GRPC_UNAUTHENTICATED
	    : c->http == 403                       ? GRPC_PERMISSION_DENIED
	    : c->http == 404                       ? GRPC_UNIMPLEMENTED
	    : c->http == 429 || c->http / 10 == 50 ? GRPC_UNAVAILABLE
						   : GRPC_UNKNOWN;
	return grpcask_refused(e, s, text);
}

/* "grpc-status: 0" in front of the last block, as nghttp2 and grpc-go write it whatever went
 * before. */
static bool is_fine(const struct grpc_pending *c)
{
	static const uint8_t fine[] = { 0x40, 0x88, 0x9a, 0xca, 0xc8, 0xb2,
					0x12, 0x34, 0xda, 0x8f, 0x01, 0x30 };
	size_t from = c->nheads > 1 ? c->ends[c->nheads - 2] : 0;

	return c->last && c->heads.len - from >= sizeof(fine) &&
	       memcmp(c->heads.p + from, fine, sizeof(fine)) == 0;
}

static int read_block(struct grpc_pending *c, nghttp2_hd_inflater *hpack, size_t at, size_t end)
{
	int flags = 0;

	while (!(flags & NGHTTP2_HD_INFLATE_FINAL)) {
		const uint8_t *p = (const uint8_t *)c->heads.p + at;
		nghttp2_nv nv;
		nghttp2_ssize used = nghttp2_hd_inflate_hd3(hpack, &nv, &flags, p, end - at, 1);

		if (used < 0)
			return (int)used;
		at += (size_t)used;
		if (flags & NGHTTP2_HD_INFLATE_EMIT)
			on_header(c, &nv);
	}
	return nghttp2_hd_inflate_end_headers(hpack);
}

static int read_heads(struct grpc_pending *c, struct err *e)
{
	nghttp2_hd_inflater *hpack;
	int rc = 0;

	if (nghttp2_hd_inflate_new(&hpack) != 0)
		die("out of memory");
	for (size_t i = 0; rc >= 0 && i < c->nheads; i++)
		rc = read_block(c, hpack, i ? c->ends[i - 1] : 0, c->ends[i]);
	nghttp2_hd_inflate_del(hpack);
	return rc < 0 ? grpcask_refused(e, GRPC_INTERNAL, nghttp2_strerror(rc)) : 0;
}

/* Nearly all calls are fine, and then there is nothing of interest in the headers. */
int grpcask_answer(struct grpc_pending *c, void *out, struct arena *a, struct err *e)
{
	const char *msg;
	struct err why;
	size_t n;

	if (is_fine(c))
		c->status = GRPC_OK;
	else if (read_heads(c, e) < 0)
		return -1;
	if (c->status < 0)
		return without_status(c, e);
	if (c->status != GRPC_OK)
		return grpcask_refused(e, c->status, c->text);
	msg = h2_message(&c->reply, &n);
	if (!msg)
		return grpcask_refused(e, GRPC_INTERNAL, "reply is not one plain message");
	if (pb_decode(c->m->out, out, msg, n, a, &why) < 0)
		return grpcask_refused(e, GRPC_INTERNAL, why.msg);
	return 0;
}
