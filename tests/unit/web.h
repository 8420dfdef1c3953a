/* SPDX-License-Identifier: Apache-2.0 */
/* web.h - HTTP servers for tests: on 127.0.0.1, in a thread of their own. */
#pragma once
#include <pthread.h>

#include "httpd.h"

/* One answer of a scripted server, sent when a request's head (and body, by Content-Length) is in.
 */
struct web_step {
	const char *bytes;
	const char *head; /* sent before them */
	size_t len;       /* of bytes; 0: they end with a NUL */
	size_t times;     /* bytes over and over, as long as the client takes them; 0: once */
	bool close;       /* and hang up */
	bool silent;      /* keep the connection open, say nothing, until web_stop() */
};

/* Zero-initialise. */
struct web {
	uint16_t port;
	char url[40];         /* "http://127.0.0.1:PORT" */
	int asked, connected; /* requests and connections of a scripted server: read after
				 web_stop() */
	char heard[512];      /* the head of the last one */

	pthread_t thread;
	int listen;
	const struct web_step *steps;
	size_t n;
	struct loop *loop;
	struct httpd *d;
	struct watch stop;
};
void web_serve(struct web *w, httpd_fn *fn, void *arg);
void web_serve_at(struct web *w, const struct httpd_at *at, httpd_fn *fn, void *arg);
/* After the last step the server hangs up and takes no more. */
void web_script(struct web *w, const struct web_step *steps, size_t n);
void web_stop(struct web *w);
#define auto_web AUTO(web_stop)

/* The loopback device of a test's own namespace is down until somebody needs it. */
void web_loopback(void);
/* A connected blocking socket with a time limit of 20 s for each read and write. */
int web_dial(uint16_t port);
/* Everything that comes until the peer closes, NUL-terminated. */
void web_read_all(int fd, struct buf *out);
