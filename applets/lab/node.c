/* SPDX-License-Identifier: Apache-2.0 */
/* node.c - fork a node into namespaces of its own, give it a root, keep its agent running. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "node.h"
#include "noderoot.h"
#include "str.h"
#include "sysctl.h"

enum { RESTART_MS = 200 };

/* What the aws-node DaemonSet's manifest sets, and what replaces the instance's surroundings. */
static void agent_environment(const struct node *n)
{
	const struct world *w = &n->lab->w;
	auto_arena struct arena a = { 0 };
	struct strs extra = str_split(n->lab->env ? n->lab->env : "", " ", &a);
	char url[128];

	snprintf(url, sizeof(url), "http://ec2.%s.amazonaws.com", w->c.region);
	clearenv();
	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	setenv("AWS_ENDPOINT_URL_EC2", url, 1);
	setenv("AWS_VPC_K8S_CNI_LOG_FILE", "/var/log/aws-routed-eni/ipamd.log", 1);
	setenv("AWS_VPC_K8S_CNI_LOGLEVEL", "DEBUG", 1);
	setenv("CLUSTER_NAME", "vpcbox-lab", 1);
	setenv("ENABLE_IPv4", "true", 1);
	setenv("MY_NODE_NAME", n->i->hostname, 1);
	for (size_t i = 0; i < extra.n; i++) {
		const char *eq = strchr(extra.v[i], '=');

		if (eq)
			setenv(arena_fmt(&a, "%.*s", (int)(eq - extra.v[i]), extra.v[i]), eq + 1,
			       1);
	}
}

/* Where a container runtime would put what its container prints. */
static void catch_output(void)
{
	auto_fd int fd = open(NODE_AGENT_OUTPUT, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	if (fd < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0)
		die("open %s:", NODE_AGENT_OUTPUT);
}

static _Noreturn void agent(const struct node *n)
{
	sigset_t none;

	catch_output();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	agent_environment(n);
	execl("/opt/vpcbox/vpcbox", "aws-k8s-agent", (char *)NULL);
	die("start /opt/vpcbox/vpcbox:");
}

/* PID 1 of the node: start the agent, reap whatever dies, start the agent again when it was it. */
static _Noreturn void node_init(const struct node *n, int go)
{
	int agent_pid = 0, got;
	char byte;

	if (read(go, &byte, 1) != 1)
		_exit(0); /* the lab gave up */
	close(go);
	for (;;) {
		if (!agent_pid) {
			agent_pid = fork();
			if (agent_pid == 0)
				agent(n);
		}
		got = waitpid(-1, NULL, 0);
		if (got < 0 && errno != EINTR)
			die("wait:");
		if (got == agent_pid) {
			agent_pid = 0;
			pause_ms(RESTART_MS, INT64_MAX);
		}
	}
}

/* As the kubelet, the init container and the AMI leave a node. */
static int node_sysctls(struct err *e)
{
	static const char *const settings[][2] = {
		{ "net/ipv4/ip_forward", "1" },
		{ "net/ipv4/conf/all/rp_filter", "0" },
		{ "net/ipv4/conf/default/rp_filter", "2" },
		{ "net/ipv4/tcp_early_demux", "1" },
	};

	for (size_t i = 0; i < COUNT(settings); i++)
		if (sysctl_set(settings[i][0], settings[i][1], true, e) < 0)
			return -1;
	return 0;
}

/* The lab's descriptors are not the node's: keep the two pipes. */
static void close_others(int a, int b)
{
	int low = a < b ? a : b, high = a < b ? b : a;

	syscall(SYS_close_range, 3, low - 1, 0);
	syscall(SYS_close_range, low + 1, high - 1, 0);
	syscall(SYS_close_range, high + 1, ~0u, 0);
}

static _Noreturn void node_main(const struct node *n, int ready, int go)
{
	struct err e = { 0 };

	close_others(ready, go);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setsid();
	if (noderoot_make(n, &e) < 0 || node_sysctls(&e) < 0) {
		(void)!write(ready, e.msg, strlen(e.msg));
		_exit(1);
	}
	(void)!write(ready, "", 1);
	close(ready);
	node_init(n, go);
}

/* A fork into new namespaces. No handler or lock is shared, so the raw system call is safe here:
 * the lab has one thread. */
static int fork_into(unsigned long flags)
{
	return (int)syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);
}

int node_start(struct lab *lab, struct node *n, struct instance *i, struct err *e)
{
	auto_fd int ready = 0;
	char path[64], word[256] = "";
	int up[2], go[2];

	*n = (struct node) { .lab = lab, .i = i };
	if (pipe2(up, O_CLOEXEC) < 0 || pipe2(go, O_CLOEXEC) < 0)
		return fail(e, errno, "pipe:");
	n->pid = fork_into(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID);
	if (n->pid < 0)
		return fail(e, errno, "namespaces of %s:", i->name);
	if (n->pid == 0) {
		close(up[0]);
		close(go[1]);
		node_main(n, up[1], go[0]);
	}
	close(up[1]);
	close(go[0]);
	ready = up[0];
	n->go = go[1];
	if (read(ready, word, sizeof(word) - 1) <= 0 || word[0])
		return fail(e, EIO, "start %s: %s", i->name, word[0] ? word : "it died");
	snprintf(path, sizeof(path), "/proc/%d/ns/net", n->pid);
	n->netns = open(path, O_RDONLY | O_CLOEXEC);
	if (n->netns < 0)
		return fail(e, errno, "open %s:", path);
	return nl_open(&n->nl, n->netns, e);
}

int node_go(struct node *n, struct err *e)
{
	if (write(n->go, "", 1) != 1)
		return fail(e, errno, "start the agent of %s:", n->i->name);
	fd_free(&n->go);
	return 0;
}
