/* SPDX-License-Identifier: Apache-2.0 */
/* podpages.c - what the built-in servers answer. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "podserver.h"
#include "str.h"

static const char game[] =
#include "podgame.def"
	;

static const char welcome[] =
	"<!DOCTYPE html>\n<html>\n<head>\n<title>Welcome to nginx!</title>\n</head>\n<body>\n"
	"<h1>Welcome to nginx!</h1>\n<p>This page stands in for nginx: vpcbox-lab serves it.</p>\n"
	"</body>\n</html>\n";

void podserver_access(const struct httpd_call *c, int status, size_t bytes)
{
	const char *referer = http_header(&c->headers, "referer");
	const char *agent = http_header(&c->headers, "user-agent");
	time_t now = (time_t)wall_s();
	char when[40] = "";
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(when, sizeof(when), "%d/%b/%Y:%H:%M:%S +0000", &tm);
	dprintf(1, "%s - - [%s] \"%s %s HTTP/1.1\" %d %zu \"%s\" \"%s\"\n", ip_text(c->peer).s,
		when, c->method, c->target, status, bytes, *referer ? referer : "-",
		*agent ? agent : "-");
}

static void answer(struct httpd_call *c, int status, const char *type, const char *body, size_t n)
{
	struct http_headers h = { 0 };

	http_add(&h, "Content-Type", type);
	http_add(&h, "Server", "vpcbox-lab");
	podserver_access(c, status, n);
	httpd_reply(c, status, &h, body, n);
}

/* The index, and nothing else. */
static void page(struct httpd_call *c, const char *text, size_t n)
{
	static const char missing[] = "<h1>404 Not Found</h1>\n";

	if (strcmp(c->path, "/") == 0 || strcmp(c->path, "/index.html") == 0)
		answer(c, 200, "text/html", text, n);
	else
		answer(c, 404, "text/html", missing, sizeof(missing) - 1);
}

void podserver_page(struct httpd_call *c)
{
	page(c, welcome, sizeof(welcome) - 1);
}

void podserver_game(struct httpd_call *c)
{
	page(c, game, sizeof(game) - 1);
}

void podserver_ready(struct httpd_call *c)
{
	httpd_reply(c, 200, NULL, "OK", 2);
}

/* ---- echo */

static void pod_lines(struct buf *out)
{
	static const struct {
		const char *name, *env;
	} all[] = { { "node name", "NODE_NAME" },
		    { "pod name", "POD_NAME" },
		    { "pod namespace", "POD_NAMESPACE" },
		    { "pod IP", "POD_IP" } };
	bool any = false;

	for (size_t i = 0; i < COUNT(all); i++)
		if (*str_env(all[i].env)) {
			buf_fmt(out, "\t%s:\t%s\n", all[i].name, str_env(all[i].env));
			any = true;
		}
	if (!any)
		buf_str(out, "\t-no pod information available-\n");
}

static int by_name(const void *a, const void *b)
{
	const struct http_header *x = a, *y = b;

	return strcmp(x->name, y->name);
}

void podserver_echo_text(const struct httpd_call *c, const char *hostname, struct buf *out)
{
	struct http_headers h = c->headers;
	const char *host = http_header(&h, "host");
	bool port = strchr(host, ':');

	buf_fmt(out, "\n\nHostname: %s\n\nPod Information:\n", hostname);
	pod_lines(out);
	buf_fmt(out, "\nServer values:\n\tserver_version=vpcbox-lab: %s\n", VERSION);
	buf_fmt(out,
		"\nRequest Information:\n\tclient_address=%s\n\tmethod=%s\n\treal path=%s\n"
		"\tquery=%s\n\trequest_version=1.1\n\trequest_scheme=http\n"
		"\trequest_uri=http://%s%s%s\n",
		ip_text(c->peer).s, c->method, c->target, c->query, host, port ? "" : ":8080",
		c->target);
	buf_str(out, "\nRequest Headers:\n");
	qsort(h.v, h.n, sizeof(h.v[0]), by_name);
	for (size_t i = 0; i < h.n; i++)
		buf_fmt(out, "\t%s=%s\n", h.v[i].name, h.v[i].value);
	buf_str(out, "\nRequest Body:\n");
	if (c->body_len)
		buf_add(out, c->body, c->body_len);
	else
		buf_str(out, "\t-no body in request-");
	buf_str(out, "\n\n");
}

void podserver_echo(struct httpd_call *c)
{
	auto_buf struct buf text = { 0 };
	char hostname[256] = "";

	gethostname(hostname, sizeof(hostname) - 1);
	podserver_echo_text(c, hostname, &text);
	answer(c, 200, "text/plain", text.p, text.len);
}
