/* SPDX-License-Identifier: Apache-2.0 */
/* fakeipamd.c - a scripted stand-in for the address daemon and the network-policy agent:
 *
 *   fakeipamd [KEY=VALUE]...
 *     sock=PATH         the daemon's socket (default /var/run/aws-node/ipamd.sock; "" for none)
 *     npa=PATH          the agent's socket (default: there is no agent)
 *     log=FILE          a line for every request
 *     checkpoint=FILE   write one before each answer, as the real daemon does
 *     ip=ADDRESS,DEVICE,TABLE   an allocation of every reply; repeat it for more. ADDRESS may be
 *                       V4+V6. Without any, 10.100.x.y counts up and DelNetwork wants the pod
 *                       that got it
 *     policy=MODE  vlan=N  reason=TEXT   fields of the replies
 *     add= del= health= npadd= npdel=   how to answer: ok, false (Success=false, not serving),
 *                       never, or STATUS:TEXT, a gRPC status number and its message; add=late
 *                       answers after a fifth of a second
 *
 * Ends at SIGTERM or SIGINT. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "checkpoint.h"
#include "clock.h"
#include "file.h"
#include "rpc.h"

enum { IPS_MAX = 40, FIRST = 2, LATE_MS = 200 };

static struct {
	const char *sock, *npa, *log, *checkpoint, *policy, *vlan, *reason, *add, *del, *health,
		*npadd, *npdel;
	struct ip_alloc ip[IPS_MAX];
	size_t nips;
	struct lease leases[4096];
	uint32_t at[4096]; /* which address each lease has */
	size_t nleases;
	uint32_t next;
	int out;
	struct loop *loop;
} agent = { .sock = "/var/run/aws-node/ipamd.sock" };

static const struct {
	const char *key, **value;
} keys[] = {
	{ "sock", &agent.sock },     { "npa", &agent.npa },     { "log", &agent.log },
	{ "policy", &agent.policy }, { "vlan", &agent.vlan },   { "reason", &agent.reason },
	{ "add", &agent.add },       { "del", &agent.del },     { "health", &agent.health },
	{ "npadd", &agent.npadd },   { "npdel", &agent.npdel }, { "checkpoint", &agent.checkpoint },
};

static void trace(const struct grpc_method *m, const struct pb_msg *type, const void *in)
{
	auto_buf struct buf b = { 0 };

	if (!agent.log)
		return;
	buf_fmt(&b, "%s ", strrchr(m->path, '/') + 1);
	pb_print(type, in, &b);
	buf_str(&b, "\n");
	if (write(agent.out, b.p, b.len) < 0)
		die("write %s:", agent.log);
}

/* True: the script has already answered, or never will. */
static bool scripted(struct grpc_call *c, const char *how, bool *success)
{
	const char *text = how ? strchr(how, ':') : NULL;

	*success = !how || strcmp(how, "false") != 0;
	if (text)
		grpc_refuse(c, (enum grpc_status)strtol(how, NULL, 10), text + 1);
	return text || (how && strcmp(how, "never") == 0);
}

static const char *nth(uint32_t i, struct arena *a)
{
	i += FIRST;
	return arena_fmt(a, "10.100.%u.%u", i / 250 % 250, 1 + i % 250);
}

static void allocate(struct pb_list *ips, uint32_t i, struct arena *a)
{
	struct ip_alloc *out;

	for (size_t k = 0; k < agent.nips; k++) {
		out = pb_push(ips, sizeof(*out), a);
		*out = agent.ip[k];
	}
	if (agent.nips)
		return;
	out = pb_push(ips, sizeof(*out), a);
	*out = (struct ip_alloc) { nth(i, a), "", 1, 2 };
}

static char *keep(const char *s)
{
	size_t n = strlen(s) + 1;

	return memcpy(xalloc(n), s, n);
}

static void save(void)
{
	struct err e;

	if (agent.checkpoint &&
	    checkpoint_save(agent.checkpoint, agent.leases, agent.nleases, &e) < 0)
		die("%s", e.msg);
}

static size_t find(const char *container)
{
	size_t i = 0;

	while (i < agent.nleases && strcmp(agent.leases[i].container, container) != 0)
		i++;
	return i;
}

static uint32_t lease(const struct add_request *q, struct arena *a)
{
	size_t i = find(q->container_id);

	if (i == COUNT(agent.leases))
		die("more than %zu pods", i);
	if (i == agent.nleases) {
		agent.at[i] = agent.next++;
		agent.leases[agent.nleases++] = (struct lease) {
			keep(q->network_name),
			keep(q->container_id),
			keep(q->ifname),
			{ 0 },
			wall_ns(),
			keep(q->pod_namespace),
			keep(q->pod_name),
			1,
		};
		(void)ip_parse(nth(agent.at[i], a), &agent.leases[i].ip);
	}
	save();
	return agent.at[i];
}

struct later {
	struct timer t;
	struct grpc_call *c;
	struct add_reply r; /* what it points to is the call's */
};

static void on_later(struct timer *t)
{
	struct later *l = OWNER(t, struct later, t);

	grpc_reply(l->c, &l->r);
	timer_stop(t);
	free(l);
}

static void answer_later(struct grpc_call *c, const struct add_reply *r)
{
	struct later *l = xalloc(sizeof(*l));
	struct err e;

	*l = (struct later) { .t.fn = on_later, .c = c, .r = *r };
	if (timer_set(agent.loop, &l->t, LATE_MS, &e) < 0)
		die("%s", e.msg);
}

static void on_add(struct grpc_call *c, const void *in, struct arena *a, void *arg)
{
	struct add_reply r = { .policy_mode = agent.policy ? agent.policy : "" };

	(void)arg;
	trace(&rpc_add, &add_request_pb, in);
	if (scripted(c, agent.add, &r.success))
		return;
	r.vlan_id = agent.vlan ? (int32_t)strtol(agent.vlan, NULL, 10) : 0;
	r.eni_mac = r.eni_gateway = "";
	r.reason = agent.reason;
	if (r.success)
		allocate(&r.ips, lease(in, a), a);
	if (agent.add && strcmp(agent.add, "late") == 0)
		answer_later(c, &r);
	else
		grpc_reply(c, &r);
}

/* True: it had one. */
static bool release(const char *container, uint32_t *at)
{
	size_t i = find(container);
	struct lease *l = &agent.leases[i];
	const char *const owned[] = { l->network, l->container, l->ifname, l->pod_ns, l->pod };

	if (i == agent.nleases)
		return false;
	*at = agent.at[i];
	for (size_t k = 0; k < COUNT(owned); k++)
		free((void *)(uintptr_t)owned[k]);
	agent.leases[i] = agent.leases[--agent.nleases];
	agent.at[i] = agent.at[agent.nleases];
	save();
	return true;
}

static void on_del(struct grpc_call *c, const void *in, struct arena *a, void *arg)
{
	const struct del_request *q = in;
	struct del_reply r = { .policy_mode = agent.policy ? agent.policy : "" };
	uint32_t at = 0;

	(void)arg;
	trace(&rpc_del, &del_request_pb, in);
	if (scripted(c, agent.del, &r.success))
		return;
	if (!release(q->container_id, &at) && !agent.nips) {
		grpc_refuse(c, GRPC_UNKNOWN, "1 error occurred:\n\t* datastore: unknown pod\n\n");
		return;
	}
	r.vlan_id = agent.vlan ? (int32_t)strtol(agent.vlan, NULL, 10) : 0;
	if (r.success)
		allocate(&r.ips, at, a);
	grpc_reply(c, &r);
}

static void on_health(struct grpc_call *c, const void *in, struct arena *a, void *arg)
{
	struct health_reply r = { HEALTH_NOT_SERVING };
	bool well;

	(void)a;
	(void)arg;
	trace(&rpc_health, &health_request_pb, in);
	if (scripted(c, agent.health, &well))
		return;
	if (well)
		r.status = HEALTH_SERVING;
	grpc_reply(c, &r);
}

static void on_policy(struct grpc_call *c, const void *in, struct arena *a, void *arg)
{
	const struct grpc_method *m = arg == &agent.npadd ? &rpc_np_add : &rpc_np_del;
	struct np_reply r;

	(void)a;
	trace(m, &np_request_pb, in);
	if (!scripted(c, *(const char **)arg, &r.success))
		grpc_reply(c, &r);
}

static void add_ip(char *value)
{
	char *device = strchr(value, ','), *table = device ? strchr(device + 1, ',') : NULL;
	char *plus = strchr(value, '+'), *v6 = plus ? plus + 1 : strchr(value, ':') ? value : NULL;

	if (!table || agent.nips == IPS_MAX)
		die("ip=%s is not ADDRESS,DEVICE,TABLE (or one too many)", value);
	*device = '\0';
	if (plus)
		*plus = '\0';
	agent.ip[agent.nips++] = (struct ip_alloc) {
		v6 == value ? "" : value,
		v6 ? v6 : "",
		(int32_t)strtol(device + 1, NULL, 10),
		(int32_t)strtol(table + 1, NULL, 10),
	};
}

static void arguments(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		char *eq = strchr(argv[i], '=');
		bool found = false;

		if (eq)
			*eq++ = '\0';
		for (size_t k = 0; eq && k < COUNT(keys); k++)
			if (strcmp(argv[i], keys[k].key) == 0) {
				*keys[k].value = eq;
				found = true;
			}
		if (eq && strcmp(argv[i], "ip") == 0)
			add_ip(eq);
		else if (!found)
			die("%s: what is that? See the head of fakeipamd.c", argv[i]);
	}
}

static void on_signal(struct watch *w, uint32_t events)
{
	(void)events;
	loop_stop(w->loop);
}

static struct grpcd *serve(struct loop *l, const char *sock, const struct grpc_handler *h, size_t n)
{
	struct grpcd *d;
	struct err e;

	if (!sock || !*sock)
		return NULL;
	d = mkdirs_for(sock, 0755, &e) < 0 ? NULL : grpcd_new(l, sock, h, n, &e);
	if (!d)
		die("%s", e.msg);
	return d;
}

int main(int argc, char **argv)
{
	static const struct grpc_handler daemon[] = {
		{ &rpc_add, on_add, NULL },
		{ &rpc_del, on_del, NULL },
		{ &rpc_health, on_health, NULL },
	};
	static const struct grpc_handler policy[] = {
		{ &rpc_np_add, on_policy, &agent.npadd },
		{ &rpc_np_del, on_policy, &agent.npdel },
	};
	struct watch sig = { .fn = on_signal };
	auto_loop struct loop *l = NULL;
	auto_grpcd struct grpcd *npa = NULL, *ipamd = NULL;
	sigset_t set;
	struct err e;

	arguments(argc, argv);
	if (agent.log) {
		agent.out = open(agent.log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
		if (agent.out < 0)
			die("open %s:", agent.log);
	}
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	l = agent.loop = loop_new(&e);
	if (!l || signals_add(l, &sig, &set, &e) < 0)
		die("%s", e.msg);
	npa = serve(l, agent.npa, policy, COUNT(policy));
	ipamd = serve(l, agent.sock, daemon, COUNT(daemon));
	if (loop_run(l, &e) < 0)
		die("%s", e.msg);
	return 0;
}
