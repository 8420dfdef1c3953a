/* SPDX-License-Identifier: Apache-2.0 */
/* probe.c - grpc-health-probe, as kubelet calls it: Go's flags, the original's exit codes. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ipamd.h"
#include "probe.h"
#include "rpc.h"
#include "str.h"

enum { PROBE_USAGE = 1, PROBE_CONNECT, PROBE_RPC, PROBE_UNHEALTHY };

struct probe {
	const char *addr, *service, *connect, *rpc, *agent;
};

/* -name=value, --name=value, or the value as the next word. */
static int parse(struct probe *p, int argc, char **argv, struct err *e)
{
	const struct flag {
		const char *name;
		const char **dst;
	} flags[] = { { "addr", &p->addr },
		      { "service", &p->service },
		      { "connect-timeout", &p->connect },
		      { "rpc-timeout", &p->rpc },
		      { "user-agent", &p->agent } };

	for (int i = 1; i < argc; i++) {
		const char *arg = argv[i] + strspn(argv[i], "-"), *value = strchr(arg, '=');
		size_t n = value ? (size_t)(value - arg) : strlen(arg), k = 0;

		while (k < COUNT(flags) &&
		       (strlen(flags[k].name) != n || memcmp(flags[k].name, arg, n) != 0))
			k++;
		if (arg == argv[i] || arg > argv[i] + 2 || k == COUNT(flags))
			return fail(e, EINVAL, "flag provided but not defined: %s", argv[i]);
		if (!value && ++i == argc)
			return fail(e, EINVAL, "flag needs an argument: -%s", arg);
		*flags[k].dst = value ? value + 1 : argv[i];
	}
	return 0;
}

static int usage(const char *why)
{
	fprintf(stderr,
		"error: %s\n"
		"usage: grpc-health-probe -addr=unix://PATH [-service=NAME] [-connect-timeout=1s] "
		"[-rpc-timeout=1s]\n"
		"exit status: 0 serving, 1 usage, 2 cannot connect, 3 call failed, 4 not serving\n",
		why);
	return PROBE_USAGE;
}

static int ask(const struct probe *p, int64_t connect_ms, int64_t rpc_ms)
{
	auto_arena struct arena a = { 0 };
	struct health_request q = { .service = p->service };
	struct health_reply r = { 0 };
	int64_t now = now_ms();
	struct grpc_to to = { .sock = p->addr + strlen("unix://"),
			      .dial = now + connect_ms,
			      .deadline = now + connect_ms + rpc_ms };
	struct err e;

	if (grpc_ask(&to, &rpc_health, &q, &r, &a, &e) < 0) {
		fprintf(stderr, "error: %s \"%s\": %s\n",
			to.reached ? "health rpc failed" : "failed to connect service", p->addr,
			e.msg);
		return to.reached ? PROBE_RPC : PROBE_CONNECT;
	}
	if (r.status != HEALTH_SERVING) {
		fprintf(stderr, "service unhealthy (responded with \"%s\")\n",
			r.status == HEALTH_NOT_SERVING ? "NOT_SERVING" : "UNKNOWN");
		return PROBE_UNHEALTHY;
	}
	puts("status: SERVING");
	return 0;
}

int probe_main(int argc, char **argv)
{
	struct probe p = { NULL, "", "1s", "1s", "" };
	int64_t connect_ms, rpc_ms;
	struct err e;

	if (parse(&p, argc, argv, &e) < 0)
		return usage(e.msg);
	if (!p.addr)
		return usage("-addr not specified");
	if (!str_prefix(p.addr, "unix://"))
		return usage("only Unix sockets can be probed: -addr=unix:///path");
	if (!str_duration(p.connect, &connect_ms) || connect_ms == 0)
		return usage("-connect-timeout must be a duration above zero, such as 5s");
	if (!str_duration(p.rpc, &rpc_ms) || rpc_ms == 0)
		return usage("-rpc-timeout must be a duration above zero, such as 5s");
	return ask(&p, connect_ms, rpc_ms);
}
