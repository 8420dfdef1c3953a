/* SPDX-License-Identifier: Apache-2.0 */
/* httpd_pipe.c - a connection of the HTTP server that has become bytes both ways. */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "httpd_client.h"

/* In a call of the pipe's owner nothing is freed below him: what must go goes afterwards. */
bool httpd_pipe_feed(struct httpd_client *c)
{
	auto_buf struct buf in = { 0 };
	size_t at = c->at;

	c->inside = true;
	if (c->pipe && !c->out.len && c->told < c->piped) {
		c->told = c->piped;
		if (c->pipe->room)
			c->pipe->room(c->pipe);
	}
	if (c->pipe && !c->paused && c->in.len > at) {
		in = c->in;
		c->in = (struct buf) { 0 };
		c->at = 0;
		c->pipe->data(c->pipe, in.p + at, in.len - at);
	}
	c->inside = false;
	if (httpd_client_pump(c) < 0) {
		httpd_client_free(c);
		return false;
	}
	return true;
}

static void on_again(struct post *p)
{
	httpd_pipe_feed(OWNER(p, struct httpd_client, again));
}

/* From the loop, so that the owner is never called from within his own call. */
static void again(struct httpd_client *c)
{
	c->again.fn = on_again;
	loop_post(c->d->loop, &c->again);
}

bool httpd_switch(struct httpd_call *call, int status, const struct http_headers *headers,
		  struct httpd_pipe *p)
{
	struct httpd_held *k = OWNER(call, struct httpd_held, c);
	struct httpd_client *c = k->client;

	if (!c) {
		httpd_call_free(k);
		return false;
	}
	c->closing = false;
	if (status)
		httpd_client_answer(c, status, headers, NULL, 0, true);
	c->call = NULL;
	c->pipe = p;
	p->client = c;
	httpd_call_free(k);
	again(c);
	return true;
}

bool httpd_pipe_write(struct httpd_pipe *p, const void *bytes, size_t n)
{
	struct httpd_client *c = p->client;

	if (!c)
		return false;
	if (!n)
		return true;
	if (!c->out.len)
		c->since = now_ms();
	buf_add(&c->out, bytes, n);
	c->piped += n;
	if (!c->inside)
		again(c);
	return true;
}

size_t httpd_pipe_waiting(const struct httpd_pipe *p)
{
	return p->client ? p->client->out.len - p->client->sent : 0;
}

void httpd_pipe_pause(struct httpd_pipe *p, bool paused)
{
	if (!p->client || p->client->paused == paused)
		return;
	p->client->paused = paused;
	again(p->client);
}

void httpd_pipe_close(struct httpd_pipe *p)
{
	struct httpd_client *c = TAKE(p->client);

	if (!c)
		return;
	c->pipe = NULL;
	c->closing = true;
	buf_free(&c->in);
	c->at = 0;
	if (!c->inside)
		again(c);
}
