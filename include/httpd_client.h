/* SPDX-License-Identifier: Apache-2.0 */
/* httpd_client.h - inside the HTTP server: httpd.c has the listener and everyone's time limits,
 * httpd_client.c one connection. */
#pragma once
#include "httpd.h"
#include "httpmsg.h"

enum { HTTPD_MAX_BODY = 1024 * 1024 };

struct httpd {
	struct loop *loop;
	struct watch listen;
	struct timer sweep;
	bool sweeping;
	int stall_ms;
	size_t max_clients, max_body;
	struct tls_identity *tls;
	httpd_fn *fn;
	httpd_refuse_fn *refuse;
	bool bare;
	void *arg;
	struct httpd_client *clients;
	size_t nclients;
	char *path; /* of the Unix socket */
};

/* Waits for one thing at a time: a request, the handler, room to send, or the peer's close. */
struct httpd_client {
	struct watch w;
	struct httpd *d;
	struct httpd_client *next, **prev;
	struct tls_accepted *tls; /* NULL: plain */
	bool shaken;
	struct httpd_held *call; /* arriving, or in the handler's hands */
	struct buf in;           /* come, of which `at` bytes are read */
	size_t at;
	struct buf out; /* to send, of which `sent` bytes are gone */
	size_t sent;
	uint32_t events;
	bool closing;   /* no further request is taken */
	bool draining;  /* the answer is out; waiting for the peer's close, lest a reset eats it */
	bool served;    /* has had an answer */
	bool continued; /* to go on with this request's body */
	bool inside;    /* the handler is running below us */
	struct httpd_pipe *pipe; /* it has left HTTP */
	bool paused;             /* the pipe takes nothing */
	uint64_t piped, told;    /* bytes written to it, and of them those known to be sent */
	struct post again;
	bool pieces;   /* the answer has begun and not ended */
	int64_t since; /* when the present wait began or last moved */
	struct ip peer;
	uint16_t peer_port;
};

struct httpd_held {
	struct httpd_call c;
	struct httpd_client *client; /* NULL once the peer is gone */
	struct httpmsg m;
	bool handed;
};

void httpd_client_free(struct httpd_client *c);
/* The watch's callback. */
void httpd_client_ready(struct watch *w, uint32_t events);
/* Do all that can be done without waiting; below zero: nothing more to be had from this peer. */
int httpd_client_pump(struct httpd_client *c);
/* Put the head of an answer, and its body, behind what is to be sent. */
void httpd_client_answer(struct httpd_client *c, int status, const struct http_headers *h,
			 const void *body, size_t n, bool head_only);
/* The call's part of httpd_switch(): the connection is the pipe's, the call gone. */
void httpd_call_free(struct httpd_held *k);
/* Hand what has come to the pipe; false: the client is gone. httpd_pipe.c */
bool httpd_pipe_feed(struct httpd_client *c);
bool httpd_client_busy(const struct httpd_client *c); /* the handler has its request */
