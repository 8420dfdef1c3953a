/* SPDX-License-Identifier: Apache-2.0 */
/* grpcd_call.c - from an HTTP/2 stream to a handler and back. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "grpcd.h"

static void call_free(struct grpc_call *c)
{
	arena_free(&c->a);
	buf_free(&c->in);
	buf_free(&c->out.b);
	free(c);
}

/* The stream is over. A handler that still has the call will free it by answering. */
void call_leave(struct grpc_call *c)
{
	*c->prev = c->next;
	if (c->next)
		c->next->prev = c->prev;
	c->peer->held -= c->in.len;
	c->peer = NULL;
	if (!c->handed || c->answered)
		call_free(c);
}

static nghttp2_ssize on_read(nghttp2_session *s, int32_t id, uint8_t *to, size_t room,
			     uint32_t *flags, nghttp2_data_source *src, void *arg)
{
	const nghttp2_nv end[] = { H2_NV("grpc-status", "0") };
	size_t n;

	(void)arg;
	if (h2_body_read(src->ptr, to, room, &n)) {
		*flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
		if (nghttp2_submit_trailer(s, id, end, COUNT(end)) != 0)
			return NGHTTP2_ERR_CALLBACK_FAILURE;
	}
	return (nghttp2_ssize)n;
}

/* Queue an answer; outside mem_recv also send it. The call may be gone afterwards. */
static void answer(struct grpc_call *c, const nghttp2_nv *nv, size_t n,
		   const nghttp2_data_provider2 *body)
{
	struct peer *peer = c->peer;

	c->answered = true;
	if (!peer) {
		call_free(c);
		return;
	}
	if (nghttp2_submit_response2(peer->h2, c->stream, nv, n, body) != 0)
		nghttp2_submit_rst_stream(peer->h2, NGHTTP2_FLAG_NONE, c->stream,
					  NGHTTP2_INTERNAL_ERROR);
	if (!peer->inside && !peer->blocked && peer_flush(peer) < 0)
		peer_free(peer);
}

void grpc_reply(struct grpc_call *c, const void *out)
{
	const nghttp2_nv nv[] = { H2_NV(":status", "200"),
				  H2_NV("content-type", "application/grpc") };
	nghttp2_data_provider2 body = { { .ptr = &c->out }, on_read };

	h2_open(&c->out.b);
	pb_encode(c->h->m->out, out, &c->out.b);
	h2_seal(&c->out.b);
	answer(c, nv, COUNT(nv), &body);
}

/* Headers and trailers in one frame, no body. */
void grpc_refuse(struct grpc_call *c, enum grpc_status s, const char *text)
{
	auto_buf struct buf escaped = { 0 };
	char number[4];

	snprintf(number, sizeof(number), "%d", (int)s);
	h2_escape(&escaped, text);
	const nghttp2_nv nv[] = { H2_NV(":status", "200"),
				  H2_NV("content-type", "application/grpc"),
				  H2_NV("grpc-status", number),
				  H2_PAIR("grpc-message", escaped.p, escaped.len) };
	answer(c, nv, COUNT(nv) - (escaped.len ? 0 : 1), NULL);
}

/* The whole request is here. */
static void dispatch(struct grpc_call *c)
{
	struct err e;
	size_t n;
	const char *msg = h2_message(&c->in, &n);
	const nghttp2_nv not_grpc[] = { H2_NV(":status", "415") };
	void *in;
	bool ok;

	c->handed = true;
	if (!c->typed) {
		answer(c, not_grpc, COUNT(not_grpc), NULL);
	} else if (!c->h) {
		grpc_refuse(c, GRPC_UNIMPLEMENTED, "unknown service or method");
	} else if (c->coded || (c->in.len && c->in.p[0])) {
		grpc_refuse(c, GRPC_UNIMPLEMENTED, "compression is not supported");
	} else if (!msg) {
		grpc_refuse(c, GRPC_INTERNAL, "request is not exactly one message");
	} else {
		in = arena_get(&c->a, c->h->m->in->size);
		ok = pb_decode(c->h->m->in, in, msg, n, &c->a, &e) == 0;
		c->peer->held -= c->in.len;
		buf_free(&c->in);
		if (ok)
			c->h->fn(c, in, &c->a, c->h->arg);
		else
			grpc_refuse(c, GRPC_INTERNAL, e.msg);
	}
}

static int on_begin(nghttp2_session *s, const nghttp2_frame *f, void *arg)
{
	struct peer *peer = arg;
	struct grpc_call *c;

	if (f->hd.type != NGHTTP2_HEADERS || f->headers.cat != NGHTTP2_HCAT_REQUEST)
		return 0;
	c = xalloc(sizeof(*c));
	*c = (struct grpc_call) { .peer = peer,
				  .stream = f->hd.stream_id,
				  .next = peer->calls,
				  .prev = &peer->calls,
				  .since = now_ms() };
	if (c->next)
		c->next->prev = &c->next;
	peer->calls = c;
	nghttp2_session_set_stream_user_data(s, c->stream, c);
	return 0;
}

static int on_header(nghttp2_session *s, const nghttp2_frame *f, const uint8_t *name, size_t nlen,
		     const uint8_t *v, size_t vlen, uint8_t flags, void *arg)
{
	struct grpc_call *c = nghttp2_session_get_stream_user_data(s, f->hd.stream_id);
	struct grpcd *d = ((struct peer *)arg)->d;

	(void)flags;
	if (!c)
		return 0;
	c->headers += nlen + vlen + 32;
	if (c->headers > MAX_HEADERS) {
		nghttp2_submit_rst_stream(s, NGHTTP2_FLAG_NONE, c->stream,
					  NGHTTP2_ENHANCE_YOUR_CALM);
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	}
	if (h2_is(name, nlen, ":path")) {
		for (size_t i = 0; i < d->n && !c->h; i++)
			if (h2_is(v, vlen, d->h[i].m->path))
				c->h = &d->h[i];
	} else if (h2_is(name, nlen, "content-type")) {
		/* application/grpc, +proto and the like; never application/grpc-web */
		c->typed = vlen >= 16 && memcmp(v, "application/grpc", 16) == 0 &&
			   (vlen == 16 || v[16] == '+' || v[16] == ';');
	} else if (h2_is(name, nlen, "grpc-encoding")) {
		c->coded = !h2_is(v, vlen, "identity");
	}
	return 0;
}

/* The client reads this reset as RESOURCE_EXHAUSTED. */
static int on_data(nghttp2_session *s, uint8_t flags, int32_t id, const uint8_t *p, size_t n,
		   void *arg)
{
	struct grpc_call *c = nghttp2_session_get_stream_user_data(s, id);
	struct peer *peer = arg;

	(void)flags;
	if (!c || c->handed)
		return 0;
	if (c->in.len + n > H2_PREFIX + H2_MAX_MESSAGE || peer->held + n > MAX_HELD)
		return nghttp2_submit_rst_stream(s, NGHTTP2_FLAG_NONE, id,
						 NGHTTP2_ENHANCE_YOUR_CALM);
	buf_add(&c->in, p, n);
	peer->held += n;
	return 0;
}

static int on_frame(nghttp2_session *s, const nghttp2_frame *f, void *arg)
{
	struct grpc_call *c = nghttp2_session_get_stream_user_data(s, f->hd.stream_id);
	struct peer *peer = arg;

	if (f->hd.type == NGHTTP2_SETTINGS)
		peer->greeted = true;
	if (c && !c->handed && f->hd.flags & NGHTTP2_FLAG_END_STREAM &&
	    (f->hd.type == NGHTTP2_DATA || f->hd.type == NGHTTP2_HEADERS))
		dispatch(c);
	return 0;
}

static int on_close(nghttp2_session *s, int32_t id, uint32_t why, void *arg)
{
	struct grpc_call *c = nghttp2_session_get_stream_user_data(s, id);

	(void)why;
	(void)arg;
	if (c)
		call_leave(c);
	return 0;
}

void calls_hook(nghttp2_session_callbacks *cb)
{
	nghttp2_session_callbacks_set_on_begin_headers_callback(cb, on_begin);
	nghttp2_session_callbacks_set_on_header_callback(cb, on_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(cb, on_data);
	nghttp2_session_callbacks_set_on_frame_recv_callback(cb, on_frame);
	nghttp2_session_callbacks_set_on_stream_close_callback(cb, on_close);
}
