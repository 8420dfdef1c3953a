/* SPDX-License-Identifier: Apache-2.0 */
/* kubelet.c - the verb `vpcbox-lab kubelet`: its options, its loop. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "file.h"
#include "kubelet.h"
#include "log.h"
#include "opt.h"

enum { FILE_MAX = 1024 * 1024, USAGE = 100 };

static const char *server, *token_file, *ca_file, *node, *labels, *log_file, *server_name;
static long max_pods, cpus, memory_mib;
static bool help;

static const struct opt opts[] = {
	{ 's', "server", "KUBELET_SERVER", OPT_STR, &server, "", "of the API: https://HOST:PORT" },
	{ 0, "token-file", "KUBELET_TOKEN_FILE", OPT_STR, &token_file, "",
	  "bearer token, ours and that of those who ask us" },
	{ 0, "ca", "KUBELET_CA", OPT_STR, &ca_file, "", "certificates of the API server's CA" },
	{ 0, "tls-server-name", "KUBELET_TLS_SERVER_NAME", OPT_STR, &server_name, "",
	  "in the API server's certificate; none: the host of --server" },
	{ 'n', "node", "KUBELET_NODE", OPT_STR, &node, "", "name; none: the instance's DNS name" },
	{ 0, "max-pods", "KUBELET_MAX_PODS", OPT_INT, &max_pods, "110", "that it says to hold" },
	{ 0, "cpus", "KUBELET_CPUS", OPT_INT, &cpus, "2", "that it says to have" },
	{ 0, "memory-mib", "KUBELET_MEMORY_MIB", OPT_INT, &memory_mib, "4096",
	  "that it says to have" },
	{ 0, "node-labels", "KUBELET_NODE_LABELS", OPT_STR, &labels, "",
	  "NAME=VALUE,... beside EKS's own" },
	{ 0, "log", "KUBELET_LOG", OPT_STR, &log_file, "stderr", "file, stderr or stdout" },
	{ 'h', "help", NULL, OPT_BOOL, &help, "false", "this text" },
};

static void on_signal(struct watch *w, uint32_t events)
{
	struct kubelet *k = OWNER(w, struct kubelet, signals);

	(void)events;
	while (signals_take(w))
		loop_stop(k->loop);
}

static int signals_begin(struct kubelet *k, struct err *e)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigset_t set;

	sigaction(SIGPIPE, &ignore, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	k->signals.fn = on_signal;
	return signals_add(k->loop, &k->signals, &set, e);
}

static int client(struct kubelet *k, struct err *e)
{
	auto_buf struct buf ca = { 0 };
	struct kube_config c = { .server = server,
				 .token_file = *token_file ? token_file : NULL,
				 .server_name = *server_name ? server_name : NULL,
				 .ns = "default" };
	struct kube_options o = { .config = &c, .agent = "vpcbox-lab-kubelet/" VERSION };

	if (*ca_file && file_read(ca_file, FILE_MAX, &ca, e) < 0)
		return -1;
	if (*ca_file && !ca.len)
		return fail(e, EINVAL, "--ca: %s is empty", ca_file);
	c.ca = ca.len ? ca.p : NULL;
	return kube_new(&k->kube, &o, e);
}

static int begin(struct kubelet *k, struct arena *a, struct err *e)
{
	struct podwatch_options o = { .changed = kpod_changed, .listed = kpods_listed, .arg = k };

	if (kubelet_facts_read(&k->f, a, e) < 0)
		return -1;
	k->f.node = *node ? node : k->f.dns;
	k->tick.fn = kubelet_tick;
	k->token_file = token_file;
	k->loop = loop_new(e);
	if (!k->loop || signals_begin(k, e) < 0 || client(k, e) < 0 || kubelet_serve(k, e) < 0 ||
	    kubeevents_new(&k->events, k->kube, k->f.node, e) < 0 || kubelet_register(k, e) < 0 ||
	    kubelet_lease_begin(k, e) < 0)
		return -1;
	kubelet_load(k);
	o.kube = k->kube;
	o.loop = k->loop;
	o.node = k->f.node;
	return podwatch_start(&k->watch, &o, e);
}

/* Its pods go on; the next one finds them. */
static int run(void)
{
	static struct kubelet k;
	struct arena a = { 0 };
	struct err e = { 0 };

	k.f = (struct kubelet_facts) {
		.max_pods = max_pods, .cpus = cpus, .memory_mib = memory_mib, .labels = labels
	};
	if (log_open(log_file, LOG_INFO, &e) < 0 || begin(&k, &a, &e) < 0) {
		dprintf(2, "vpcbox-lab: kubelet: %s\n", e.msg);
		return 1;
	}
	log_info("the kubelet serves node=%s max-pods=%ld", k.f.node, k.f.max_pods);
	return loop_run(k.loop, &e) < 0;
}

int kubelet_main(int argc, char **argv)
{
	struct err e = { 0 };
	int at = opt_parse(opts, COUNT(opts), argc, argv, &e);

	if (at >= 0 && help) {
		opt_help(opts, COUNT(opts), "vpcbox-lab kubelet [OPTION...]",
			 "  vpcbox-lab exec node1 -- vpcbox-lab kubelet --server "
			 "https://192.168.0.20 --token-file /etc/token --ca /etc/ca.crt\n");
		return 0;
	}
	if (at >= 0 && at < argc)
		at = fail(&e, EINVAL, "unexpected argument '%s'", argv[at]);
	if (at >= 0 && !*server)
		at = fail(&e, EINVAL, "--server is missing: the API server's URL");
	if (at >= 0 && max_pods < 1)
		at = fail(&e, EINVAL, "--max-pods: '%ld' is less than 1", max_pods);
	if (at < 0) {
		dprintf(2, "vpcbox-lab: kubelet: %s; 'vpcbox-lab kubelet --help' lists options\n",
			e.msg);
		return USAGE;
	}
	return run();
}
