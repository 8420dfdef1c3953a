/* SPDX-License-Identifier: Apache-2.0 */
/* httpd.h - HTTP/1.1 server on the loop. */
#pragma once
#include "arena.h"
#include "http.h"
#include "ip.h"
#include "loop.h"
#include "tls_accept.h"

struct httpd;
/* One request in a handler's hands: answer it exactly once, now or later, from the loop thread.
 * What it was given lives until then. A peer that went away needs no special care. */
struct httpd_call {
	const char *method, *target; /* target: path and query as sent */
	const char *path, *query;    /* split, still percent-encoded; query "" when absent */
	struct http_headers headers;
	const char *body; /* NUL-terminated */
	size_t body_len;
	struct ip peer; /* who asked; none on a Unix socket */
	uint16_t peer_port;
	struct arena a;
	void *arg; /* as given to httpd_new() */
};
typedef void httpd_fn(struct httpd_call *c);
/* What becomes of a request that cannot be read (400, 413, 431; why): the status, headers and text
 * to send. Strings live in a. */
struct httpd_refusal {
	int status;
	const char *why;
	struct http_headers headers;
	struct ip peer;
	uint16_t peer_port;
	struct arena *a;
};
typedef void httpd_refuse_fn(struct httpd_refusal *r, void *arg);

/* Listen on ip:port, or on the Unix socket path (mode 0660, a stale one is replaced) when ip is
 * NULL, in the namespace netns_fd (0: here). Bounded: 256 connections (the longest idle one makes
 * room), 64 KiB of headers, 1 MiB of body, stall_ms for a request to arrive or for the peer to take
 * some of an answer, 60 s idle between requests. Malformed requests are answered 400, 413 or 431
 * and never reach the handler. Who expects "100-continue" is told to as soon as the headers are
 * read. */
struct httpd_at {
	const struct ip *ip;
	uint16_t port; /* 0: any free one, see httpd_port() */
	const char *path;
	int netns_fd;
	int stall_ms;                 /* 0: 10 s */
	int fd;                       /* instead of all these: a listening socket, which it takes */
	struct tls_identity *tls;     /* NULL: plain. It takes a reference of its own */
	size_t max_clients, max_body; /* 0: as above */
	httpd_refuse_fn *refuse;      /* NULL: text/plain that says why */
	bool bare;                    /* no Content-Type of ours, no Date beside the handler's */
};
MUST struct httpd *httpd_new(struct loop *l, const struct httpd_at *at, httpd_fn *fn, void *arg,
			     struct err *e);
uint16_t httpd_port(const struct httpd *d); /* 0 on a Unix socket */
/* Not from within a handler. Calls not answered yet stay valid and still want their httpd_reply().
 */
void httpd_free(struct httpd **d);
#define auto_httpd AUTO(httpd_free)
/* What new connections are shown from now on; those that are there go on as they began. Only of a
 * server that began with TLS. */
void httpd_identity(struct httpd *d, struct tls_identity *id);

/* headers may be NULL. Content-Length, Date and Connection are added; Content-Type too unless the
 * headers have it (text/plain). The call is gone afterwards. */
void httpd_reply(struct httpd_call *c, int status, const struct http_headers *headers,
		 const void *body, size_t n);
/* An answer that comes in pieces (chunked, so never to HTTP/1.0): once begun, any number of pieces
 * whenever they are there, then the end, after which the call is gone. Nothing bounds what waits
 * for a slow peer but stall_ms. False: the peer has gone, only httpd_end() is left to do. */
void httpd_begin(struct httpd_call *c, int status, const struct http_headers *headers);
MUST bool httpd_piece(struct httpd_call *c, const void *p, size_t n);
void httpd_end(struct httpd_call *c);
/* A connection that has left HTTP (101 Switching Protocols): bytes both ways. The owner embeds it,
 * sets both functions, and finds himself again with OWNER(). */
struct httpd_pipe {
	/* What came; n 0: the peer has closed or is gone, nothing more will come and nothing can be
	 * sent, and the pipe is closed: the last call. May close the pipe, or write to it. */
	void (*data)(struct httpd_pipe *p, const void *bytes, size_t n);
	void (*room)(struct httpd_pipe *p); /* all that was written is sent; may be NULL */
	struct httpd_client *client;        /* NULL: closed */
};
/* Answer with that status (0: not at all, the pipe's own bytes are the answer) and hand the
 * connection over; what came behind the request comes to data(), never from within this call. The
 * call is gone afterwards. False: so is the peer, and p was not used. */
MUST bool httpd_switch(struct httpd_call *c, int status, const struct http_headers *headers,
		       struct httpd_pipe *p);
/* Nothing bounds what waits but the peer's taking some of it every stall_ms: ask how much it is.
 * False: closed. Writing never calls data(). */
bool httpd_pipe_write(struct httpd_pipe *p, const void *bytes, size_t n);
size_t httpd_pipe_waiting(const struct httpd_pipe *p);
void httpd_pipe_pause(struct httpd_pipe *p, bool paused); /* no data() meanwhile */
/* What waits is still sent, but nothing is called any more; p may go. Closed is fine. */
void httpd_pipe_close(struct httpd_pipe *p);
/* IP_TTL of the connection's packets from now on (IMDS's hop limit). */
void httpd_ttl(struct httpd_call *c, int ttl);
/* Who asked, on a Unix socket: the user as this process sees it; else (unsigned)-1. */
unsigned httpd_uid(struct httpd_call *c);
