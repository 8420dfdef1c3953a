/* SPDX-License-Identifier: Apache-2.0 */
/* kubeletprobe.c - startup, liveness and readiness; what runs in a container for a while. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "conn.h"
#include "http.h"
#include "kubelet.h"
#include "log.h"

enum { OUTPUT_MAX = 512, ANSWER_MAX = 1024 * 1024 };

static const char *const names[KPROBES][2] = {
	{ "startupProbe", "Startup" },
	{ "livenessProbe", "Liveness" },
	{ "readinessProbe", "Readiness" },
};

/* ---- what a probe does, in a job */

/* Its output, and its end, both before the deadline. */
static int read_output(int fd, struct buf *out, int64_t deadline)
{
	char in[1024];

	for (;;) {
		int rc = fd_wait(fd, POLLIN, deadline);
		ssize_t n = rc > 0 ? read(fd, in, sizeof(in)) : 0;

		if (rc <= 0)
			return -1;
		if (n <= 0)
			return 0;
		if (out->len < OUTPUT_MAX)
			buf_add(out, in,
				(size_t)n < OUTPUT_MAX - out->len ? (size_t)n
								  : OUTPUT_MAX - out->len);
	}
}

static char **exec_argv(int pid, const struct json *command, struct arena *a)
{
	char **v = arena_get(a, (json_count(command) + 4) * sizeof(*v));
	size_t n = 0;

	v[n++] = arena_str(a, "vpcbox-lab");
	v[n++] = arena_str(a, "pod-exec");
	v[n++] = arena_fmt(a, "%d", pid);
	for (const struct json *j = json_first(command); j; j = json_next(j))
		v[n++] = arena_str(a, json_str(j, "", ""));
	return v;
}

int kubelet_exec(int pid, const struct json *command, int64_t deadline, int *status,
		 struct buf *out, struct err *e)
{
	auto_arena struct arena a = { 0 };
	int ends[2], child, rc, st = 0;

	buf_str(out, "");
	if (pipe2(ends, O_CLOEXEC) < 0)
		return fail(e, errno, "pipe:");
	child = kubelet_spawn(exec_argv(pid, command, &a), -1, ends[1], ends[1], e);
	close(ends[1]);
	rc = child < 0 ? -1 : read_output(ends[0], out, deadline);
	close(ends[0]);
	if (child < 0)
		return -1;
	if (rc < 0)
		kill(child, SIGKILL);
	while (waitpid(child, &st, 0) < 0 && errno == EINTR)
		;
	if (rc < 0)
		return fail(e, ETIMEDOUT, "command timed out");
	*status = WIFEXITED(st) ? WEXITSTATUS(st) : 128 + WTERMSIG(st);
	return 0;
}

/* A port by number, or by the name that the container gives it. */
static int port_of(const struct json *port, const struct json *container)
{
	const char *name = json_text(port);

	if (!name)
		return (int)json_int(port, "", 0);
	for (const struct json *p = json_first(json_get(container, "ports")); p; p = json_next(p))
		if (strcmp(json_str(p, "name", ""), name) == 0)
			return (int)json_int(p, "containerPort", 0);
	return (int)strtol(name, NULL, 10);
}

int kubelet_get(const struct json *get, const struct json *container, const char *ip,
		int64_t deadline, struct err *e)
{
	auto_http struct http_client c = { 0 };
	struct http_request q = { .method = "GET",
				  .target = json_str(get, "path", "/"),
				  .max_body = ANSWER_MAX };
	struct http_response r = { 0 };
	auto_arena struct arena a = { 0 };
	const struct json *h;

	if (strcmp(json_str(get, "scheme", "HTTP"), "HTTPS") == 0)
		return fail(e, ENOTSUP, "HTTPS probes are not for the lab");
	snprintf(c.host, sizeof(c.host), "%s", json_str(get, "host", ip));
	snprintf(c.port, sizeof(c.port), "%d", port_of(json_get(get, "port"), container));
	if (*q.target != '/')
		q.target = arena_fmt(&a, "/%s", q.target);
	http_add(&q.headers, "User-Agent", "kube-probe/1.32");
	http_add(&q.headers, "Connection", "close");
	for (h = json_first(json_get(get, "httpHeaders")); h && q.headers.n < HTTP_MAX_HEADERS - 3;
	     h = json_next(h))
		http_add(&q.headers, json_str(h, "name", ""), json_str(h, "value", ""));
	if (http_do(&c, &q, &r, &a, deadline, e) < 0)
		return -1;
	if (r.status >= 200 && r.status < 400)
		return 0;
	return fail(e, EIO, "HTTP probe failed with statuscode: %d", r.status);
}

static int connects(const struct json *tcp, const struct json *container, const char *ip,
		    int64_t deadline, struct err *e)
{
	auto_conn struct conn c = { 0 };
	char port[16];

	snprintf(port, sizeof(port), "%d", port_of(json_get(tcp, "port"), container));
	return conn_open(&c, json_str(tcp, "host", ip), port, deadline, e);
}

static int run_probe(struct kwork *w, struct err *e)
{
	const struct json *c = kcont_spec(w->pod, w->name);
	const struct json *p = json_get(c, names[w->number][0]), *how;
	int64_t until = now_ms() + json_int(p, "timeoutSeconds", 1) * 1000;
	auto_buf struct buf out = { 0 };
	int status = 0;

	if ((how = json_get(p, "httpGet")))
		return kubelet_get(how, c, w->ip, until, e);
	if ((how = json_get(p, "tcpSocket")))
		return connects(how, c, w->ip, until, e);
	if (!(how = json_get(p, "exec.command")))
		return fail(e, ENOTSUP, "a probe of a kind that the lab does not have");
	if (kubelet_exec(w->pid, how, until, &status, &out, e) < 0)
		return -1;
	return status == 0 ? 0 : fail(e, EIO, "%s", out.p);
}

/* ---- what comes of it, on the loop */

static void failed(struct kcont *c, int kind, const char *why, const struct json *pod)
{
	struct kprobe *p = &c->probes[kind];
	char text[160];

	kpod_say(c->pod, true, "Unhealthy", "%s probe failed: %s", names[kind][1], why);
	if (++p->bad < p->bad_wanted)
		return;
	if (kind == KPROBE_READINESS) {
		c->run.ready = false;
		return;
	}
	snprintf(text, sizeof(text), "Container %s failed %s probe, will be restarted", c->run.name,
		 kind == KPROBE_STARTUP ? "startup" : "liveness");
	(void)kcont_stop(c, pod, json_int(pod, "spec.terminationGracePeriodSeconds", 30), text);
}

static void succeeded(struct kcont *c, int kind)
{
	struct kprobe *p = &c->probes[kind];

	if (++p->good < p->good_wanted)
		return;
	if (kind == KPROBE_STARTUP) {
		c->run.started = true;
		p->set = false;
		c->run.ready = !c->probes[KPROBE_READINESS].set;
	} else if (kind == KPROBE_READINESS) {
		c->run.ready = true;
	}
}

static void finish_probe(struct kwork *w)
{
	struct kcont *c = w->c;
	struct kprobe *p = &c->probes[w->number];

	p->busy = false;
	p->next_at = now_ms() + p->period_ms;
	if (!p->set || c->killing || w->pid != c->pid)
		return; /* of an earlier life */
	if (w->rc == 0) {
		p->bad = 0;
		succeeded(c, w->number);
	} else {
		p->good = 0;
		failed(c, w->number, w->e.msg, w->pod);
	}
}

/* ---- when */

void kprobes_begin(struct kcont *c, const struct json *pod)
{
	const struct json *spec = kcont_spec(pod, c->run.name);

	if (c->run.state != PODRUN_RUNNING)
		return;
	for (int i = 0; i < KPROBES; i++) {
		const struct json *j = json_get(spec, names[i][0]);
		struct kprobe *p = &c->probes[i];

		*p = (struct kprobe) { .set = j, .busy = p->busy };
		p->period_ms = json_int(j, "periodSeconds", 10) * 1000;
		p->next_at = now_ms() + json_int(j, "initialDelaySeconds", 0) * 1000;
		p->good_wanted = (int)json_int(j, "successThreshold", 1);
		p->bad_wanted = (int)json_int(j, "failureThreshold", 3);
	}
	c->run.started = !c->probes[KPROBE_STARTUP].set;
	c->run.ready = c->run.started && !c->probes[KPROBE_READINESS].set;
}

void kprobes_go(struct kcont *c, const struct json *pod)
{
	int64_t now = now_ms();

	for (int i = 0; i < KPROBES; i++) {
		struct kprobe *p = &c->probes[i];

		if (!p->set || p->busy || (i != KPROBE_STARTUP && !c->run.started))
			continue;
		if (p->next_at > now) {
			kpod_wake(c->pod, p->next_at);
			continue;
		}
		p->busy = kwork_start_as(c->pod, c, pod, &c->pod->k->probing, i, run_probe,
					 finish_probe);
	}
}
