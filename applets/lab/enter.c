/* SPDX-License-Identifier: Apache-2.0 */
/* enter.c - setns() into a node, and from there into a pod. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "enter.h"
#include "http.h"
#include "lab.h"

enum { ASK_MS = 10000 };

/* Anybody may bind the address, so it is asked whose it is. *pid is the lab's process. */
static int dial(const char *name, struct conn *c, int *pid, struct err *e)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct ucred who;
	socklen_t n, size = sizeof(who);

	lab_socket(name, at.sun_path + 1, sizeof(at.sun_path) - 1);
	n = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(at.sun_path + 1));
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return fail(e, errno, "socket:");
	if (connect(c->fd, (struct sockaddr *)&at, n) < 0)
		return fail(e, ENOENT, "no lab named '%s' is up; start one with 'vpcbox-lab up -d'",
			    name);
	if (getsockopt(c->fd, SOL_SOCKET, SO_PEERCRED, &who, &size) < 0)
		return fail(e, errno, "credentials of the lab:");
	if (who.uid != geteuid())
		return fail(e, EACCES, "the lab '%s' belongs to user %u", name, (unsigned)who.uid);
	*pid = who.pid;
	snprintf(c->peer, sizeof(c->peer), "lab '%s'", name);
	if (fcntl(c->fd, F_SETFL, O_NONBLOCK) < 0)
		return fail(e, errno, "control socket:");
	return 0;
}

int lab_find(const char *name, int *pid, struct err *e)
{
	auto_conn struct conn c = { 0 };

	return dial(name, &c, pid, e);
}

int lab_tell(const char *name, const char *method, const char *path, const struct json *body,
	     struct json **out, struct err *e)
{
	auto_arena struct arena a = { 0 };
	auto_http struct http_client http = { .host = "lab" };
	auto_buf struct buf text = { 0 };
	struct http_request q = { .method = method, .target = path, .max_body = 64 << 20 };
	struct http_response r;
	int pid;

	if (body) {
		json_print(body, 0, &text);
		q.body = text.p;
		q.body_len = text.len;
	}
	if (dial(name, &http.conn, &pid, e) < 0 ||
	    http_do(&http, &q, &r, &a, now_ms() + ASK_MS, e) < 0)
		return -1;
	*out = json_parse(r.body, r.body_len, e);
	if (r.status == 200)
		return *out ? 0 : -1;
	fail(e, EINVAL, "%s", json_str(*out, "error", "the lab refused it without a word"));
	json_free(out);
	return -1;
}

int lab_ask(const char *name, const char *path, struct json **out, struct err *e)
{
	return lab_tell(name, "GET", path, NULL, out, e);
}

static const struct json *find_node(const struct json *status, const char *name)
{
	for (const struct json *n = json_first(json_get(status, "nodes")); n; n = json_next(n))
		if (strcmp(json_str(n, "name", ""), name) == 0 ||
		    strcmp(json_str(n, "hostname", ""), name) == 0 ||
		    strcmp(json_str(n, "instance", ""), name) == 0)
			return n;
	return NULL;
}

/* Where the namespaces of a place lie, seen from here: through the lab's own /proc. */
static int place_proc(const char *lab, const char *place, int lab_pid, char *out, size_t size,
		      struct err *e)
{
	auto_json struct json *status = NULL;
	const struct json *node;

	if (strcmp(place, "vpc") == 0 || strcmp(place, "internet") == 0) {
		snprintf(out, size, "/proc/%d/ns", lab_pid);
		return 0;
	}
	if (lab_ask(lab, "/status", &status, e) < 0)
		return -1;
	node = find_node(status, place);
	if (!node)
		return fail(e, ENOENT, "no node '%s'; there are node1 to node%zu, vpc and internet",
			    place, json_count(json_get(status, "nodes")));
	snprintf(out, size, "/proc/%d/root/proc/%d/ns", lab_pid, (int)json_int(node, "pid", 0));
	return 0;
}

static int open_ns(const char *dir, const char *what, struct err *e)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, what);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? fail(e, errno, "open %s:", path) : fd;
}

/* All descriptors first: after the first setns() the paths mean something else. */
static int join(const char *dir, struct err *e)
{
	static const struct {
		const char *name;
		int flag;
	} kinds[] = { { "user", CLONE_NEWUSER }, { "pid", CLONE_NEWPID }, { "ipc", CLONE_NEWIPC },
		      { "uts", CLONE_NEWUTS },   { "net", CLONE_NEWNET }, { "mnt", CLONE_NEWNS } };
	int fds[COUNT(kinds)];
	struct stat mine, theirs;

	for (size_t i = 0; i < COUNT(kinds); i++) {
		fds[i] = open_ns(dir, kinds[i].name, e);
		if (fds[i] < 0)
			return -1;
	}
	for (size_t i = 0; i < COUNT(kinds); i++) {
		bool same_user = kinds[i].flag == CLONE_NEWUSER && fstat(fds[i], &theirs) == 0 &&
				 stat("/proc/self/ns/user", &mine) == 0 &&
				 mine.st_ino == theirs.st_ino; /* joining one's own is refused */

		if (!same_user && setns(fds[i], kinds[i].flag) < 0)
			return fail(e, errno, "enter the %s namespace:", kinds[i].name);
		close(fds[i]);
	}
	return 0;
}

static int join_named(const char *file, struct err *e)
{
	auto_fd int fd = open(file, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return fail(e, errno, "open %s:", file);
	return setns(fd, CLONE_NEWNET) < 0 ? fail(e, errno, "enter %s:", file) : 0;
}

/* In the pod's network and under its name; everything else is the node's. */
static int join_pod(const char *pod, struct err *e)
{
	const char *dot = strchr(pod, '.');
	char file[128];

	snprintf(file, sizeof(file), "/run/netns/%s", pod);
	if (join_named(file, e) < 0)
		return -1;
	if (unshare(CLONE_NEWUTS) < 0)
		return fail(e, errno, "host name of the pod:");
	pod = dot ? dot + 1 : pod;
	return sethostname(pod, strlen(pod)) < 0 ? fail(e, errno, "set host name:") : 0;
}

/* The working directory, as seen below /.host in a node, so that relative paths mean what they mean
 * outside. */
static void keep_directory(const char *cwd)
{
	char path[PATH_MAX + 8];

	snprintf(path, sizeof(path), "/.host%s", cwd);
	if (chdir(path) < 0 && chdir(cwd) < 0 && chdir("/") < 0)
		die("chdir:");
}

int lab_enter(const char *name, const char *place, const char *pod, int *child, struct err *e)
{
	char dir[64], cwd[PATH_MAX] = "/";
	int lab_pid;

	if (lab_find(name, &lab_pid, e) < 0 ||
	    place_proc(name, place, lab_pid, dir, sizeof(dir), e) < 0)
		return -1;
	if (!getcwd(cwd, sizeof(cwd)))
		snprintf(cwd, sizeof(cwd), "/");
	if (join(dir, e) < 0 ||
	    (strcmp(place, "internet") == 0 && join_named("/run/netns/internet", e) < 0))
		return wrap(e, "%s", place);
	if (pod && join_pod(pod, e) < 0)
		return wrap(e, "pod %s", pod);
	keep_directory(cwd);
	*child = fork(); /* a pid namespace holds for children only */
	return *child < 0 ? fail(e, errno, "fork:") : 0;
}

int lab_pod_node(const char *name, const char *pod, struct buf *node, struct err *e)
{
	auto_json struct json *status = NULL;
	auto_buf struct buf all = { 0 };

	if (lab_ask(name, "/status", &status, e) < 0)
		return -1;
	for (const struct json *n = json_first(json_get(status, "nodes")); n; n = json_next(n))
		for (const struct json *p = json_first(json_get(n, "pods")); p; p = json_next(p)) {
			const char *file = json_str(p, "file", "");

			if (strcmp(file, pod) == 0) {
				buf_str(node, json_str(n, "name", ""));
				return 0;
			}
			buf_fmt(&all, "%s%s", all.len ? ", " : "", file);
		}
	return fail(e, ENOENT, "no pod '%s'; there %s", pod, all.len ? all.p : "are none");
}

int lab_wait(int child)
{
	int status;

	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return 111;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
