/* SPDX-License-Identifier: Apache-2.0 */
/* ipamd_agent.c - a daemon for tests. */
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "file.h"
#include "ipamd_agent.h"

static void on_stop(struct watch *w, uint32_t events)
{
	(void)events;
	loop_stop(w->loop);
}

static void *serve(void *arg)
{
	struct agent *g = arg;
	struct err e;

	CHECK(loop_run(g->d.loop, &e) == 0);
	return NULL;
}

struct cidr agent_cidr(const char *s)
{
	struct cidr c = { 0 };

	CHECK(cidr_parse(s, &c));
	return c;
}

void agent_init(struct agent *g)
{
	g->dir = dir_new();
	snprintf(g->sock, sizeof(g->sock), "%s/deep/down/ipamd.sock", g->dir.path);
	snprintf(g->store, sizeof(g->store), "%s/ipam.json", g->dir.path);
	g->d.config = (struct config) { .policy_mode = "", .cluster = "", .store = g->store };
	g->d.growing = true; /* so that no job starts */
	g->vpc[0] = agent_cidr("10.10.0.0/16");
	g->d.host.vpc = (struct cidrs) { g->vpc, 1 };
	g->d.node.ip = agent_cidr("10.10.0.5/16").ip;
	snprintf(g->d.node.instance, sizeof(g->d.node.instance), "i-1");
	snprintf(g->d.node.region, sizeof(g->d.node.region), "us-west-2");
}

void agent_eni(struct agent *g, const char *id, int device, const char *const *ips)
{
	struct pool_eni eni = { .device = device,
				.table = device ? (uint32_t)device + 1 : 254,
				.ready = true };
	struct err e = { 0 };

	snprintf(eni.id, sizeof(eni.id), "%s", id);
	CHECK(pool_eni_add(&g->d.pool, &eni, &e) == 0);
	for (; *ips; ips++)
		CHECK(pool_net_add(&g->d.pool, id, agent_cidr(*ips), &e) == 0);
	CHECK_STR(e.msg, "");
}

void agent_start(struct agent *g)
{
	struct err e = { 0 };

	g->d.loop = loop_new(&e);
	CHECK(g->d.loop && serve_start(&g->d, g->sock, &e) == 0);
	CHECK_STR(e.msg, "");
	g->stop.fn = on_stop;
	CHECK(watch_add(g->d.loop, &g->stop, eventfd(0, EFD_CLOEXEC), EPOLLIN, &e) == 0);
	CHECK(pthread_create(&g->thread, NULL, serve, g) == 0);
}

void agent_stop(struct agent *g)
{
	uint64_t one = 1;

	if (g->d.loop) {
		CHECK(write(g->stop.fd, &one, sizeof(one)) == sizeof(one));
		pthread_join(g->thread, NULL);
	}
	watch_close(&g->stop);
	ipamd_free(&g->d);
	dir_free(&g->dir);
}

struct leases agent_saved(struct agent *g, struct arena *a)
{
	struct leases l = { 0 };
	struct err e = { 0 };

	CHECK(checkpoint_load(g->store, &l, a, &e) == 0);
	CHECK_STR(e.msg, "");
	return l;
}

void agent_store(struct agent *g, const char *text)
{
	struct err e;

	CHECK(file_replace(g->store, text, strlen(text), 0600, false, &e) == 0);
}
