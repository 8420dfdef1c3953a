/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - vpcbox-lab: a whole AWS VPC on one Linux machine. The verbs of its command line. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "awsd.h"
#include "enter.h"
#include "fault.h"
#include "faultcmd.h"
#include "kubelet.h"
#include "lab.h"
#include "labpod.h"
#include "opt.h"
#include "podserver.h"
#include "podshim.h"
#include "tour.h"

enum { OK = 0, FAILED = 1, USAGE = 100, DOWN_MS = 10000, NAME_MAX_LEN = 64 };

static const char *lab_name, *ns, *output, *type, *vpc, *vpcbox, *region, *env;
static long nodes, zones, subnet_len, hop_limit, call_ms, attach_ms, lag_ms, seed;
static bool detach, step, help;

#define NAME                                                                           \
	{                                                                              \
		'N', "name", "VPCBOX_LAB", OPT_STR, &lab_name, "default", "of the lab" \
	}
#define OUTPUT                                                                  \
	{                                                                       \
		'o', "output", NULL, OPT_STR, &output, "table", "table or json" \
	}
#define VPCBOX                                                  \
	{                                                       \
		0, "vpcbox", "VPCBOX", OPT_STR, &vpcbox, "",    \
			"to run on nodes; none: the one beside" \
	}
#define HELP                                                             \
	{                                                                \
		'h', "help", NULL, OPT_BOOL, &help, "false", "this text" \
	}

static const struct opt up_opts[] = {
	{ 'n', "nodes", NULL, OPT_INT, &nodes, "2", "nodes, 1 to 64" },
	{ 'z', "zones", NULL, OPT_INT, &zones, "3", "availability zones, a subnet each" },
	{ 't', "instance-type", NULL, OPT_STR, &type, "t3.medium", "of every node" },
	{ 0, "vpc-cidr", NULL, OPT_STR, &vpc, "192.168.0.0/16", "of the VPC" },
	{ 0, "subnet-prefix", NULL, OPT_INT, &subnet_len, "24",
	  "length of a zone's subnet, 20 to 24" },
	{ 0, "region", NULL, OPT_STR, &region, "ap-northeast-2", "that it plays" },
	{ 0, "call-ms", NULL, OPT_INT, &call_ms, "40", "milliseconds an EC2 call takes" },
	{ 0, "attach-ms", NULL, OPT_INT, &attach_ms, "250",
	  "until an attached ENI's link is there" },
	{ 0, "imds-lag-ms", NULL, OPT_INT, &lag_ms, "200", "that IMDS is behind EC2" },
	{ 0, "hop-limit", NULL, OPT_INT, &hop_limit, "2",
	  "of IMDS's token answers; 1 shuts pods out" },
	{ 0, "seed", NULL, OPT_INT, &seed, "1", "of ids and addresses" },
	{ 'e', "env", NULL, OPT_STR, &env, "", "for ipamd: \"NAME=VALUE NAME=VALUE\"" },
	{ 'd', "detach", NULL, OPT_BOOL, &detach, "false", "return when it is ready" },
	VPCBOX,
	NAME,
	HELP,
};
static const struct opt name_opts[] = { NAME, HELP };
static const struct opt status_opts[] = { OUTPUT, NAME, HELP };
static const struct opt pod_opts[] = {
	{ 'n', "namespace", NULL, OPT_STR, &ns, "default", "of the pod" },
	OUTPUT,
	NAME,
	HELP,
};
static const struct opt tour_opts[] = {
	{ 's', "step", NULL, OPT_BOOL, &step, "false", "wait for Enter after each step" },
	VPCBOX,
	HELP,
};

/* The verb that runs, and the word that pod has before its options. Operands only in argv from here
 * on. */
static const char *verb_name, *action = "";

static int usage_error(const struct err *e)
{
	fprintf(stderr, "vpcbox-lab %s: %s; see 'vpcbox-lab %s --help'\n", verb_name, e->msg,
		verb_name);
	return USAGE;
}

static int failed(const struct err *e)
{
	fprintf(stderr, "vpcbox-lab: %s: %s\n", verb_name, e->msg);
	return FAILED;
}

/* ---- up, tour, down ---- */

static int find_vpcbox(char *path, struct err *e)
{
	if (lab_vpcbox(vpcbox, path))
		return 0;
	return *vpcbox ? fail(e, errno, "--vpcbox %s:", vpcbox)
		       : fail(e, ENOENT, "no vpcbox beside this program; name it with --vpcbox");
}

/* The model's numbers are ints; what they may be it says itself. */
static int ints_check(const struct opt *opts, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		long v = opts[i].type == OPT_INT ? *(long *)opts[i].dst : 0;

		if (v != (int)v && opts[i].dst != &seed)
			return fail(e, EINVAL, "--%s: %ld is out of range", opts[i].name, v);
	}
	return 0;
}

static int options_of_up(struct lab_options *o, char *path, struct err *e)
{
	o->world = (struct world_config) {
		.nodes = (int)nodes,
		.zones = (int)zones,
		.subnet_len = (int)subnet_len,
		.hop_limit = (int)hop_limit,
		.type = type,
		.region = region,
		.seed = (uint64_t)seed,
		.call_ms = (int)call_ms,
		.attach_ms = (int)attach_ms,
		.imds_lag_ms = (int)lag_ms,
	};
	o->name = lab_name;
	o->detach = detach;
	o->env = env;
	o->vpcbox = path;
	if (ints_check(up_opts, COUNT(up_opts), e) < 0)
		return -1;
	if (nodes < 1 || nodes > LAB_MAX_NODES)
		return fail(e, EINVAL, "--nodes: %ld is not 1 to %d", nodes, LAB_MAX_NODES);
	if (!cidr_parse(vpc, &o->world.vpc))
		return fail(e, EINVAL, "--vpc-cidr: '%s' is not a CIDR", vpc);
	return find_vpcbox(path, e);
}

static int up_main(int argc, char **argv)
{
	struct lab_options o = { 0 };
	struct err e = { 0 };
	char path[PATH_MAX];

	(void)argc;
	(void)argv;
	return options_of_up(&o, path, &e) < 0 ? usage_error(&e) : lab_up(&o);
}

static int tour_verb(int argc, char **argv)
{
	struct err e = { 0 };
	char path[PATH_MAX];

	(void)argc;
	(void)argv;
	return find_vpcbox(path, &e) < 0 ? usage_error(&e) : tour_main(path, step);
}

/* A handle, so that the number of a process that has just gone is nobody else's. */
static int end_process(int pid, struct err *e)
{
	auto_fd int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd gone = { .fd = fd, .events = POLLIN };
	int rc;

	if (fd < 0 || syscall(SYS_pidfd_send_signal, fd, SIGTERM, NULL, 0) < 0)
		return fail(e, errno, "end process %d:", pid);
	do
		rc = poll(&gone, 1, DOWN_MS);
	while (rc < 0 && errno == EINTR);
	return rc > 0 ? 0 : fail(e, ETIMEDOUT, "process %d is still there", pid);
}

static int down_main(int argc, char **argv)
{
	struct err e = { 0 };
	int pid;

	(void)argc;
	(void)argv;
	if (lab_find(lab_name, &pid, &e) < 0 || end_process(pid, &e) < 0)
		return failed(&e);
	return OK;
}

/* ---- status ---- */

static void print_node(const struct json *n)
{
	size_t enis = json_count(json_get(n, "enis")), ips = 0;

	for (const struct json *i = json_first(json_get(n, "enis")); i; i = json_next(i))
		ips += json_count(json_get(i, "ips"));
	printf("%-7s %-12s %-16s %-16s %-17s %5zu/%-2d %4zu %5zu  %s\n", json_str(n, "name", ""),
	       json_str(n, "type", ""), json_str(n, "ip", ""), json_str(n, "public_ip", ""),
	       json_str(n, "zone", ""), enis, (int)json_int(n, "max_enis", 0), ips,
	       json_count(json_get(n, "pods")), json_bool(n, "ready", false) ? "yes" : "no");
}

static void print_status(const struct json *j)
{
	const struct json *n, *p;

	printf("%-7s %-12s %-16s %-16s %-17s %5s/%-2s %4s %5s  %s\n", "NODE", "TYPE", "IP",
	       "PUBLIC IP", "ZONE", "ENIS", "OF", "IPS", "PODS", "READY");
	for (n = json_first(json_get(j, "nodes")); n; n = json_next(n))
		print_node(n);
	for (n = json_first(json_get(j, "nodes")); n; n = json_next(n))
		for (p = json_first(json_get(n, "pods")); p; p = json_next(p))
			printf("pod %-20s %-18s %s\n", json_str(p, "file", ""),
			       json_str(p, "ip", ""), json_str(n, "name", ""));
}

static int status_main(int argc, char **argv)
{
	auto_json struct json *j = NULL;
	auto_buf struct buf text = { 0 };
	struct err e = { 0 };

	(void)argc;
	(void)argv;
	if (lab_ask(lab_name, "/status", &j, &e) < 0)
		return failed(&e);
	if (strcmp(output, "json") != 0) {
		print_status(j);
		return OK;
	}
	json_print(j, 2, &text);
	puts(text.p);
	return OK;
}

/* ---- exec and pod ---- */

static int exec_in(const char *place, const char *pod, char **argv)
{
	struct err e = { 0 };
	int child;

	if (lab_enter(lab_name, place, pod, &child, &e) < 0)
		return failed(&e);
	if (child)
		return lab_wait(child);
	execvp(argv[0], argv);
	fprintf(stderr, "vpcbox-lab: %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

/* What follows the first operand, with or without "--" between; NULL: nothing. */
static char **command(int argc, char **argv)
{
	int at = argc > 1 && strcmp(argv[1], "--") == 0 ? 2 : 1;

	return at < argc ? argv + at : NULL;
}

static int exec_main(int argc, char **argv)
{
	char **cmd = command(argc, argv);
	struct err e = { 0 };

	if (!cmd)
		return fail(&e, EINVAL, "needs a place and a command"), usage_error(&e);
	return exec_in(argv[0], NULL, cmd);
}

static const char *pod_file(const char *pod, struct buf *b)
{
	if (strcmp(ns, "default") != 0)
		buf_fmt(b, "%s.", ns);
	buf_str(b, pod);
	return b->p;
}

static int on_node(const char *node, const char *pod)
{
	struct err e = { 0 };
	int child;

	if (lab_enter(lab_name, node, NULL, &child, &e) < 0)
		return failed(&e);
	if (child)
		return lab_wait(child);
	if (strcmp(action, "add") == 0)
		exit(labpod_add(ns, pod, strcmp(output, "json") == 0));
	exit(strcmp(action, "del") == 0 ? labpod_del(ns, pod) : labpod_check(ns, pod));
}

static int pod_main(int argc, char **argv)
{
	bool run = strcmp(action, "exec") == 0;
	auto_buf struct buf file = { 0 }, node = { 0 };
	char **cmd = run ? command(argc, argv) : NULL;
	struct err e = { 0 };

	if (strcmp(action, "add") == 0 && argc == 2)
		return on_node(argv[0], argv[1]);
	if (!cmd && !((strcmp(action, "del") == 0 || strcmp(action, "check") == 0) && argc == 1))
		return fail(&e, EINVAL,
			    "needs add NODE POD, del POD, check POD, or exec POD -- COMMAND"),
		       usage_error(&e);
	if (lab_pod_node(lab_name, pod_file(argv[0], &file), &node, &e) < 0)
		return failed(&e);
	return run ? exec_in(node.p, file.p, cmd) : on_node(node.p, argv[0]);
}

static int fault_main(int argc, char **argv)
{
	return fault_verb(lab_name, strcmp(output, "json") == 0, action, argc, argv);
}

/* ---- the verbs ---- */

static const struct verb {
	const char *name, *args, *help, *examples;
	const struct opt *opts;
	size_t nopts;
	int (*main)(int argc, char **argv); /* operands */
} verbs[] = {
	{ "up", "[OPTION...]", "build a VPC with nodes that run vpcbox",
	  "  vpcbox-lab up                      two t3.medium nodes, until Ctrl-C\n"
	  "  vpcbox-lab up -d -n 3 -t m5.large  three m5.large nodes in the background\n"
	  "  vpcbox-lab up -e WARM_IP_TARGET=2  with another setting of the agents\n",
	  up_opts, COUNT(up_opts), up_main },
	{ "down", "", "end it; nothing is left", NULL, name_opts, COUNT(name_opts), down_main },
	{ "status", "[-o json]", "nodes, ENIs, addresses, pods", NULL, status_opts,
	  COUNT(status_opts), status_main },
	{ "exec", "NODE|vpc|internet -- COMMAND", "run a command there",
	  "  vpcbox-lab exec node1 -- ip route\n"
	  "  vpcbox-lab exec vpc -- cat /run/vpcbox-lab/ec2.log\n",
	  name_opts, COUNT(name_opts), exec_main },
	{ "pod", "add NODE POD | del POD | check POD | exec POD -- COMMAND",
	  "pods, by the real CNI plugin",
	  "  vpcbox-lab pod add node1 pod-1\n"
	  "  vpcbox-lab pod add -o json node2 pod-2\n"
	  "  vpcbox-lab pod exec pod-1 -- ping -c 1 8.8.8.8\n",
	  pod_opts, COUNT(pod_opts), pod_main },
	{ "fault", "[list | add KIND WHAT | clear [ID]]", "misfortune on request",
	  "  vpcbox-lab fault add call CreateNetworkInterface:2=InternalError\n"
	  "  vpcbox-lab fault add call AssignPrivateIpAddresses=1500ms\n"
	  "  vpcbox-lab fault add shut node1\n"
	  "  vpcbox-lab fault clear\n",
	  status_opts, COUNT(status_opts), fault_main },
	{ "aws", "[OPTION...]", "EC2, ELBv2, ACM and STS of a VPC alone, without root",
	  "  vpcbox-lab aws --listen 127.0.0.1:4566 --provision-ms 0 --register-ms 0 --health-ms "
	  "0\n"
	  "  vpcbox-lab aws --fail CreateRule:3=TooManyRules,DeleteTargetGroup=ResourceInUse\n"
	  "  AWS_ENDPOINT_URL=http://127.0.0.1:4566 aws elbv2 describe-load-balancers\n",
	  awsd_opts, AWSD_OPTS, awsd_verb },
	{ "tour", "[OPTION...]", "the guided walk through it all", "  vpcbox-lab tour --step\n",
	  tour_opts, COUNT(tour_opts), tour_verb },
};

static int check_usage(const struct verb *v, int argc, char **argv, struct err *e)
{
	if (argc && v->main != exec_main && v->main != pod_main && v->main != fault_main)
		return fail(e, EINVAL, "unexpected argument '%s'", argv[0]);
	if (output && strcmp(output, "table") != 0 && strcmp(output, "json") != 0)
		return fail(e, EINVAL, "--output: '%s' is neither table nor json", output);
	if (lab_name && (!*lab_name || strlen(lab_name) > NAME_MAX_LEN))
		return fail(e, EINVAL, "--name: '%s' has not 1 to %d letters", lab_name,
			    NAME_MAX_LEN);
	return 0;
}

static int run_verb(const struct verb *v, int argc, char **argv)
{
	auto_buf struct buf kinds = { 0 };
	struct err e = { 0 };
	char usage[160];
	int at;

	verb_name = v->name;
	if ((v->main == pod_main || v->main == fault_main) && argc > 1 && argv[1][0] != '-') {
		action = argv[1];
		argc--;
		argv++;
	}
	at = opt_parse(v->opts, v->nopts, argc, argv, &e);
	if (at < 0)
		return usage_error(&e);
	if (!help && !awsd_help)
		return check_usage(v, argc - at, argv + at, &e) < 0 ? usage_error(&e)
								    : v->main(argc - at, argv + at);
	snprintf(usage, sizeof(usage), "vpcbox-lab %s %s", v->name, v->args);
	opt_help(v->opts, v->nopts, usage, v->examples);
	if (v->main == fault_main) {
		fault_kinds(&kinds);
		printf("\nkinds and what they are given:\n%s", kinds.p);
	}
	return OK;
}

static int usage(FILE *out, int status)
{
	fputs("vpcbox-lab: a whole AWS VPC on this machine, in namespaces of its own\n\n", out);
	for (size_t i = 0; i < COUNT(verbs); i++)
		fprintf(out, "  vpcbox-lab %-6s %s\n      %s\n", verbs[i].name, verbs[i].args,
			verbs[i].help);
	fputs("\nexamples:\n"
	      "  vpcbox-lab up -d && vpcbox-lab pod add node1 pod-1\n"
	      "  vpcbox-lab pod exec pod-1 -- ping -c 1 8.8.8.8\n"
	      "  vpcbox-lab exec node1 -- ip route\n"
	      "  vpcbox-lab down\n"
	      "\nexit status: 0 done, 1 failed and said why, 100 usage, 111 system;\n"
	      "exec and pod exec give the command's own\n",
	      out);
	return status;
}

/* Those that run inside nodes and pods. */
static const struct {
	const char *name;
	int (*main)(int argc, char **argv);
} inner[] = {
	{ "kubelet", kubelet_main },
	{ "pod-shim", podshim_main },
	{ "pod-exec", podexec_main },
	{ "pod-server", podserver_main },
};

int main(int argc, char **argv)
{
	stdio_keep();
	if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
		return usage(stdout, OK);
	if (argc > 1 && strcmp(argv[1], "--version") == 0)
		return printf("vpcbox-lab %s\n", VERSION) < 0;
	for (size_t i = 0; argc > 1 && i < COUNT(verbs); i++)
		if (strcmp(argv[1], verbs[i].name) == 0)
			return run_verb(&verbs[i], argc - 1, argv + 1);
	for (size_t i = 0; argc > 1 && i < COUNT(inner); i++)
		if (strcmp(argv[1], inner[i].name) == 0)
			return inner[i].main(argc - 1, argv + 1);
	if (argc < 2)
		return usage(stderr, USAGE);
	fprintf(stderr, "vpcbox-lab: no verb '%s'; 'vpcbox-lab --help' lists them\n", argv[1]);
	return USAGE;
}
