/* SPDX-License-Identifier: Apache-2.0 */
/* up.c - build the world in namespaces of its own and live as their PID 1: when this process ends,
 * by whatever cause, the kernel takes every process, link and mount of the lab with it. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "balancer.h"
#include "control.h"
#include "dnsd.h"
#include "fabric.h"
#include "file.h"
#include "gateway.h"
#include "node.h"
#include "sgwire.h"

/* The Internet's echo: who are you? As ifconfig.co answers curl. */
static void echo_serve(struct httpd_call *c)
{
	char text[64];
	int n = snprintf(text, sizeof(text), "%s\n", ip_text(c->peer).s);

	httpd_reply(c, 200, NULL, text, (size_t)n);
}

/* ---- what the model does to the wire ---- */

static struct node *node_of(struct lab *lab, const struct instance *i)
{
	return &lab->nodes[i->number - 1];
}

/* Root on a node may delete its links, or take the name of one to come. EC2 does not mind. */
static void tell(int rc, const struct err *e)
{
	if (rc < 0)
		dprintf(2, "vpcbox-lab: %s\n", e->msg);
}

static void on_attached(void *arg, struct eni *eni)
{
	struct lab *lab = arg;
	struct err e = { 0 };

	tell(fabric_attach(lab, node_of(lab, eni->host), eni, &e), &e);
}

static void on_groups(void *arg)
{
	struct err e = { 0 };

	tell(sgwire_sync(arg, &e), &e);
}

static void on_detached(void *arg, struct eni *eni)
{
	struct err e = { 0 };

	tell(fabric_detach(arg, eni, &e), &e);
}

static void on_address(void *arg, struct eni *eni, struct ip ip, bool added)
{
	struct err e = { 0 };

	if (eni->attached)
		tell(fabric_address(arg, eni, ip, added, &e), &e);
}

/* ---- the process ---- */

static void on_signal(struct watch *w, uint32_t events)
{
	struct lab *lab = OWNER(w, struct lab, signals);
	struct signalfd_siginfo s;

	(void)events;
	while (read(w->fd, &s, sizeof(s)) == sizeof(s)) {
		if (s.ssi_signo != SIGCHLD)
			loop_stop(lab->loop);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
}

static int watch_signals(struct lab *lab, struct err *e)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	lab->signals.fn = on_signal;
	return signals_add(lab->loop, &lab->signals, &set, e);
}

static int serve(struct lab *lab, struct err *e)
{
	struct ip imds = ip_v4(0xa9fea9fe), aws = lab_vpc_ip(&lab->w, 10), echo = lab_echo_ip();
	struct httpd_at at = { .ip = &imds, .port = IMDS_PORT };

	lab->elb = (struct elb) { .w = &lab->w, .acm = &lab->acm, .c = elb_in_a_hurry() };
	lab->acm.elb = &lab->elb;
	lab->api = (struct api) {
		.w = &lab->w, .elb = &lab->elb, .acm = &lab->acm, .loop = lab->loop
	};
	lab->api.log_fd =
		open("/run/vpcbox-lab/ec2.log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (lab->api.log_fd < 0)
		return fail(e, errno, "open /run/vpcbox-lab/ec2.log:");
	lab->elb.access_log =
		open("/run/vpcbox-lab/alb.log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (lab->elb.access_log < 0)
		return fail(e, errno, "open /run/vpcbox-lab/alb.log:");
	lab->imds = httpd_new(lab->loop, &at, imds_serve, &lab->api, e);
	at.ip = &aws;
	lab->aws = lab->imds ? httpd_new(lab->loop, &at, aws_serve, &lab->api, e) : NULL;
	at.ip = &echo;
	at.netns_fd = lab->internet;
	lab->echo = lab->aws ? httpd_new(lab->loop, &at, echo_serve, lab, e) : NULL;
	lab->balancer = lab->echo ? balancer_new(lab->loop, &lab->w, &lab->elb, e) : NULL;
	return lab->balancer && dnsd_start(lab, e) == 0 ? 0 : wrap(e, "services of the VPC");
}

/* "ip netns" and enter.c find the Internet by this name. */
static int name_internet(struct lab *lab, struct err *e)
{
	static const char path[] = "/run/netns/internet";
	auto_fd int file = 0;
	char from[64];

	if (mkdirs_for(path, 0755, e) < 0)
		return -1;
	file = open(path, O_RDONLY | O_CREAT | O_CLOEXEC, 0444);
	if (file < 0)
		return fail(e, errno, "create %s:", path);
	snprintf(from, sizeof(from), "/proc/self/fd/%d", lab->internet);
	return mount(from, path, NULL, MS_BIND, NULL) < 0 ? fail(e, errno, "mount %s:", path) : 0;
}

static int build(struct lab *lab, const struct lab_options *o, struct err *e)
{
	struct world *w = &lab->w;

	if (world_init(w, &o->world, e) < 0)
		return -1;
	w->hooks = (struct world_hooks) { on_attached, on_detached, on_address, on_groups, lab };
	lab->loop = loop_new(e);
	if (!lab->loop || watch_signals(lab, e) < 0 || nl_open(&lab->nl, 0, e) < 0 ||
	    fabric_init(lab, e) < 0 || name_internet(lab, e) < 0 || serve(lab, e) < 0)
		return -1;
	for (size_t i = 0; i < w->ninstances; i++) {
		struct node *n = &lab->nodes[lab->nnodes];

		if (node_start(lab, n, &w->instances[i], e) < 0 ||
		    fabric_attach(lab, n, n->i->primary, e) < 0 || fabric_dhcp(n, e) < 0)
			return -1;
		lab->nnodes++;
	}
	if (fabric_gateway(lab, e) < 0 || sgwire_sync(lab, e) < 0)
		return -1;
	for (size_t i = 0; i < lab->nnodes; i++)
		if (node_go(&lab->nodes[i], e) < 0)
			return -1;
	return 0;
}

/* Mounts that only the lab sees: a /proc of its own processes and a /run for its files. */
static int private_mounts(struct err *e)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return fail(e, errno, "make mounts private:");
	if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		return fail(e, errno, "mount /proc (masked by a container runtime?):");
	if (mount("lab", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=64m") < 0)
		return fail(e, errno, "mount a tmpfs on /run:");
	return mkdirs("/run/vpcbox-lab", 0755, e);
}

static int lab_process(const struct lab_options *o, int control, int ready, struct err *e)
{
	static struct lab lab;

	lab.name = o->name;
	lab.vpcbox = o->vpcbox;
	lab.env = o->env;
	/* The address is in the host's namespace: any user of the machine may read the status. */
	if (listen(control, 16) < 0)
		return fail(e, errno, "listen on the control socket:");
	if (private_mounts(e) < 0 || build(&lab, o, e) < 0 || control_start(&lab, control, e) < 0)
		return -1;
	if (control_when_ready(&lab, ready, e) < 0)
		return -1;
	return loop_run(lab.loop, e);
}

/* ---- the parent ---- */

/* Root inside is whoever called outside; nobody else exists. */
static int map_user(int pid, unsigned uid, unsigned gid, struct err *e)
{
	char path[64], line[64];

	snprintf(path, sizeof(path), "/proc/%d/setgroups", pid);
	if (file_write(path, "deny", e) < 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
	snprintf(line, sizeof(line), "0 %u 1", uid);
	if (file_write(path, line, e) < 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/%d/gid_map", pid);
	snprintf(line, sizeof(line), "0 %u 1", gid);
	return file_write(path, line, e);
}

/* A lab in the background must not hold the pipe that its caller's output went to. */
static void leave_stdio(void)
{
	auto_fd int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; fd <= 2; fd++)
		if (null < 0 || dup2(null, fd) < 0)
			die("vpcbox-lab: /dev/null:");
}

static _Noreturn void child(const struct lab_options *o, int control, int ready, int mapped)
{
	struct err e = { 0 };
	char byte;

	if (o->detach)
		leave_stdio();
	else
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	setsid();
	if (read(mapped, &byte, 1) != 1)
		_exit(1);
	close(mapped);
	if (lab_process(o, control, ready, &e) < 0) {
		dprintf(ready, "!%s\n", e.msg);
		_exit(1);
	}
	_exit(0);
}

static int spawn(const struct lab_options *o, int control, int ready[2], int *pid, struct err *e)
{
	unsigned long flags =
		CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC;
	unsigned uid = geteuid(), gid = getegid();
	int mapped[2];

	if (pipe2(mapped, O_CLOEXEC) < 0)
		return fail(e, errno, "pipe:");
	*pid = (int)syscall(SYS_clone, (uid ? flags | CLONE_NEWUSER : flags) | SIGCHLD, NULL, NULL,
			    NULL, NULL);
	if (*pid < 0)
		return fail(e, errno,
			    uid ? "make namespaces (not root, and this kernel refuses user "
				  "namespaces; run "
				  "as root or allow them):"
				: "make namespaces (CAP_SYS_ADMIN is missing here):");
	if (*pid == 0) {
		close(mapped[1]);
		close(ready[0]);
		child(o, control, ready[1], mapped[0]);
	}
	close(mapped[0]);
	if (uid && map_user(*pid, uid, gid, e) < 0)
		return wrap(e, "map user %u", uid);
	if (write(mapped[1], "", 1) != 1)
		return fail(e, errno, "start the lab:");
	close(mapped[1]);
	return 0;
}

/* What the lab says until it is ready: lines for the user, or "!reason". */
static int wait_ready(int fd, struct err *e)
{
	auto_buf struct buf text = { 0 };

	if (fd_read(fd, "the lab's report", 65536, &text, e) < 0)
		return -1;
	if (!text.len)
		return fail(e, EIO, "the lab ended without a word");
	if (text.p[0] == '!')
		return fail(e, EIO, "%.*s", (int)strcspn(text.p + 1, "\n"), text.p + 1);
	fputs(text.p, stdout);
	fflush(stdout);
	return 0;
}

/* Until the lab ends; the signals that end us are passed on. */
static int wait_end(int pid)
{
	int status = 0, sig;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (sigwait(&set, &sig) == 0 && sig != SIGCHLD)
			kill(pid, SIGTERM);
	}
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	fprintf(stderr, "vpcbox-lab: up: the lab was ended by signal %d\n", WTERMSIG(status));
	return 1;
}

const char *lab_vpcbox(const char *given, char out[])
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (*given)
		return realpath(given, out) ? out : NULL;
	self[n > 0 ? n : 0] = '\0';
	slash = strrchr(self, '/');
	if (!slash)
		return NULL;
	slash[1] = '\0';
	if (snprintf(out, PATH_MAX, "%svpcbox", self) >= PATH_MAX)
		return NULL;
	return access(out, X_OK) == 0 ? out : NULL;
}

int lab_start(const struct lab_options *o, int *pid, struct err *e)
{
	auto_fd int control = 0;
	int ready[2];

	if (control_bind(o->name, &control, e) < 0)
		return -1;
	if (pipe2(ready, O_CLOEXEC) < 0)
		return fail(e, errno, "pipe:");
	fflush(stdout);
	if (spawn(o, control, ready, pid, e) < 0)
		return -1;
	close(ready[1]);
	fd_free(&control);
	if (wait_ready(ready[0], e) < 0) {
		kill(*pid, SIGKILL);
		waitpid(*pid, NULL, 0);
		return -1;
	}
	close(ready[0]);
	return 0;
}

int lab_up(const struct lab_options *o)
{
	struct err e = { 0 };
	sigset_t set;
	int pid;

	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (lab_start(o, &pid, &e) < 0) {
		fprintf(stderr, "vpcbox-lab: up: %s\n", e.msg);
		return 1;
	}
	return o->detach ? 0 : wait_end(pid);
}
