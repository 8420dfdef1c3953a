/* SPDX-License-Identifier: Apache-2.0 */
/* health.c - /healthz and /readyz, and /metrics (spec-lbc-nlb 14.4, 14.5). */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lbctl.h"
#include "str.h"

static void answer(struct httpd_call *c, int status, const char *type, const char *text, size_t n)
{
	struct http_headers h = { 0 };

	http_add(&h, "content-type", type);
	httpd_reply(c, status, &h, text, n);
}

static void on_health(struct httpd_call *c)
{
	const char *trouble = webhooks_trouble(c->arg);

	if (strcmp(c->path, "/readyz") == 0 && trouble)
		answer(c, 503, "text/plain; charset=utf-8", trouble, strlen(trouble));
	else if (strcmp(c->path, "/healthz") == 0 || strcmp(c->path, "/readyz") == 0)
		answer(c, 200, "text/plain; charset=utf-8", "ok", 2);
	else
		answer(c, 404, "text/plain; charset=utf-8", "404 page not found\n", 19);
}

static void gather(struct lbctl *l)
{
	static const char *const queues[QUEUES] = { "service", "ingress", "targetGroupBinding" };
	static const struct {
		enum kube_kind kind;
		const char *name;
	} kinds[] = { { KUBE_SERVICE, "service" },
		      { KUBE_INGRESS, "ingress" },
		      { KUBE_BINDING, "targetgroupbinding" } };

	for (size_t i = 0; i < COUNT(kinds); i++)
		metric_set(l->metrics, M_OBJECTS, (double)kubestore_count(l->store, kinds[i].kind),
			   kinds[i].name);
	for (int q = 0; q < QUEUES; q++)
		metric_set(l->metrics, M_QUEUE_DEPTH, (double)workq_size(l->queues[q]), queues[q]);
	metric_set(l->metrics, M_LEADING, l->leading, l->o.lease);
}

static void on_metrics(struct httpd_call *c)
{
	struct lbctl *l = c->arg;
	auto_buf struct buf text = { 0 };

	if (strcmp(c->path, "/metrics") != 0) {
		answer(c, 404, "text/plain; charset=utf-8", "404 page not found\n", 19);
		return;
	}
	gather(l);
	metrics_text(l->metrics, &text);
	answer(c, 200, "text/plain; version=0.0.4; charset=utf-8", text.p, text.len);
}

/* ":8080", "127.0.0.1:8080", "[::1]:8080"; "0": nobody listens. */
static int listen_at(struct lbctl *l, const char *flag, const char *addr, httpd_fn *fn,
		     struct httpd **out, struct err *e)
{
	const char *colon = strrchr(addr, ':');
	struct ip ip = { 0 };
	struct httpd_at at = { .ip = &ip };
	char host[64];
	uint64_t port;

	if (strcmp(addr, "0") == 0)
		return 0;
	if (!colon || !str_u64(colon + 1, &port) || port > 65535)
		return fail(e, EINVAL, "--%s '%s' is not [ADDRESS]:PORT, nor 0 for none", flag,
			    addr);
	snprintf(host, sizeof(host), "%.*s", (int)(colon - addr), addr);
	if (*host == '[' && host[strlen(host) - 1] == ']') {
		host[strlen(host) - 1] = '\0';
		memmove(host, host + 1, strlen(host));
	}
	if (!ip_parse(*host ? host : "::", &ip))
		return fail(e, EINVAL, "--%s '%s': '%s' is no address", flag, addr, host);
	at.port = (uint16_t)port;
	*out = httpd_new(l->loop, &at, fn, l, e);
	return *out ? 0 : wrap(e, "--%s %s", flag, addr);
}

int health_start(struct lbctl *l, struct err *e)
{
	if (listen_at(l, "health-probe-bind-addr", l->o.health_addr, on_health, &l->health, e) < 0)
		return -1;
	return listen_at(l, "metrics-bind-addr", l->o.metrics_addr, on_metrics, &l->scraped, e);
}

void health_stop(struct lbctl *l)
{
	httpd_free(&l->health);
	httpd_free(&l->scraped);
	metrics_free(&l->metrics);
}
