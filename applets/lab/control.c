/* SPDX-License-Identifier: Apache-2.0 */
/* control.c - what the lab tells about itself. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "control.h"
#include "fault.h"
#include "file.h"
#include "json.h"
#include "node.h"
#include "rpc.h"
#include "str.h"

enum {
	READY_POLL_MS = 20,
	READY_MS = 30000,
	HEALTH_MS = 500,
	POD_FILE_MAX = 256 * 1024,
	OUTPUT_MAX = 1 << 20
};

void lab_socket(const char *name, char *out, size_t size)
{
	snprintf(out, size, "vpcbox-lab/%u/%s", (unsigned)geteuid(), name);
}

static socklen_t address(const char *name, struct sockaddr_un *at)
{
	*at = (struct sockaddr_un) { .sun_family = AF_UNIX };
	lab_socket(name, at->sun_path + 1, sizeof(at->sun_path) - 1);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(at->sun_path + 1));
}

int control_bind(const char *name, int *fd, struct err *e)
{
	struct sockaddr_un at;
	socklen_t n = address(name, &at);
	auto_fd int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (s < 0)
		return fail(e, errno, "control socket:");
	if (bind(s, (struct sockaddr *)&at, n) < 0)
		return errno == EADDRINUSE
			       ? fail(e, EEXIST,
				      "a lab named '%s' is up already; 'vpcbox-lab down' ends it",
				      name)
			       : fail(e, errno, "bind the control socket:");
	*fd = TAKE(s);
	return 0;
}

/* ---- status ---- */

static struct json *eni_json(const struct eni *eni)
{
	struct json *j = json_object(), *ips = json_array();

	json_add_str(j, "id", eni->id);
	json_add_int(j, "device", eni->device);
	json_add_str(j, "mac", mac_text(eni->mac).s);
	json_add_str(j, "subnet", eni->subnet->id);
	json_add_bool(j, "attached", eni->attached);
	for (size_t i = 0; i < eni->nips; i++)
		json_push_str(ips, ip_text(eni->ips[i].ip).s);
	json_add(j, "ips", ips);
	return j;
}

/* The files that labpod.c leaves in the node. */
static struct json *pods_json(const struct node *n)
{
	struct json *list = json_array();
	char dir[64], path[400];
	struct dirent *d;
	DIR *h;

	snprintf(dir, sizeof(dir), "/proc/%d/root/run/vpcbox-lab/pods", n->pid);
	h = opendir(dir);
	while (h && (d = readdir(h))) {
		auto_buf struct buf text = { 0 };
		struct err e;
		struct json *j;

		if (!str_suffix(d->d_name, ".json"))
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, d->d_name);
		if (file_read(path, POD_FILE_MAX, &text, &e) == 0 &&
		    (j = json_parse(text.p, text.len, &e)))
			json_push(list, j);
	}
	if (h)
		closedir(h);
	return list;
}

static bool healthy(const struct node *n)
{
	auto_arena struct arena a = { 0 };
	struct health_request q = { "" };
	struct health_reply r = { 0 };
	struct err e;
	char path[80];

	snprintf(path, sizeof(path), "/proc/%d/root/run/aws-node/ipamd.sock", n->pid);
	return grpc_call(path, &rpc_health, &q, &r, &a, now_ms() + HEALTH_MS, &e) == 0 &&
	       r.status == HEALTH_SERVING;
}

static struct json *node_json(const struct node *n)
{
	const struct instance *i = n->i;
	struct json *j = json_object(), *enis = json_array();

	json_add_str(j, "name", i->name);
	json_add_str(j, "hostname", i->hostname);
	json_add_str(j, "instance", i->id);
	json_add_str(j, "type", i->limits->type);
	json_add_str(j, "zone", i->subnet->zone);
	json_add_str(j, "ip", ip_text(i->primary->ips[0].ip).s);
	json_add_str(j, "public_ip", ip_text(i->public_ip).s);
	json_add_int(j, "pid", n->pid);
	json_add_bool(j, "ready", healthy(n));
	json_add_int(j, "max_enis", i->limits->enis);
	json_add_int(j, "max_ips_per_eni", i->limits->ipv4);
	for (const struct eni *eni = n->lab->w.enis; eni; eni = eni->next)
		if (eni->host == i)
			json_push(enis, eni_json(eni));
	json_add(j, "enis", enis);
	json_add(j, "pods", pods_json(n));
	return j;
}

struct json *control_status(struct lab *lab)
{
	struct json *j = json_object(), *nodes = json_array();

	json_add_str(j, "name", lab->name);
	json_add_str(j, "region", lab->w.c.region);
	json_add_str(j, "vpc", lab->w.vpc_id);
	json_add_str(j, "vpc_cidr", cidr_text(lab->w.c.vpc).s);
	for (size_t i = 0; i < lab->nnodes; i++)
		json_push(nodes, node_json(&lab->nodes[i]));
	json_add(j, "nodes", nodes);
	return j;
}

static void reply(struct httpd_call *c, int status, const struct json *j)
{
	auto_buf struct buf text = { 0 };

	json_print(j, 2, &text);
	httpd_reply(c, status, NULL, text.p, text.len);
}

static void refuse(struct httpd_call *c, int status, const char *why)
{
	auto_json struct json *j = json_object();

	json_add_str(j, "error", why);
	reply(c, status, j);
}

static int fault_new(struct lab *lab, const struct httpd_call *c, struct err *e)
{
	auto_json struct json *j = json_parse(c->body, c->body_len, e);
	int id;

	return j ? fault_add(lab, json_str(j, "kind", ""), json_str(j, "what", ""), &id, e) : -1;
}

/* GET /fault, POST /fault {kind, what}, DELETE /fault/ID, DELETE /fault. The answer is what there
 * is then. */
static void fault_serve(struct httpd_call *c)
{
	struct lab *lab = c->arg;
	auto_json struct json *j = NULL;
	struct err e = { 0 };
	uint64_t id = 0;
	int rc = 0;

	if (strcmp(c->method, "GET") != 0 && httpd_uid(c) != geteuid()) {
		refuse(c, 403, "only the lab's own user may do that");
		return;
	}
	if (c->path[6] && !str_u64(c->path + 7, &id))
		rc = fail(&e, EINVAL, "no such path");
	else if (strcmp(c->method, "POST") == 0)
		rc = fault_new(lab, c, &e);
	else if (strcmp(c->method, "DELETE") == 0)
		rc = fault_clear(lab, (int)id, &e);
	if (rc < 0) {
		refuse(c, 400, e.msg);
		return;
	}
	j = fault_list(lab);
	reply(c, 200, j);
}

static void control_serve(struct httpd_call *c)
{
	auto_json struct json *j = NULL;

	if (strcmp(c->path, "/fault") == 0 || str_prefix(c->path, "/fault/")) {
		fault_serve(c);
		return;
	}
	if (strcmp(c->path, "/status") != 0) {
		refuse(c, 404, "no such path");
		return;
	}
	j = control_status(c->arg);
	reply(c, 200, j);
}

int control_start(struct lab *lab, int fd, struct err *e)
{
	struct httpd_at at = { .fd = fd };

	lab->control = httpd_new(lab->loop, &at, control_serve, lab, e);
	return lab->control ? 0 : -1;
}

/* ---- the first moments ---- */

struct readiness {
	struct timer t;
	struct lab *lab;
	int fd;
	size_t healthy; /* nodes before this one answered */
	int64_t deadline;
};

/* The last line that the agent printed, as far as it is short enough for a message. */
static void last_words(const struct node *n, struct buf *out)
{
	auto_buf struct buf text = { 0 };
	const char *line;
	struct err e;
	char path[96];

	snprintf(path, sizeof(path), "/proc/%d/root%s", n->pid, NODE_AGENT_OUTPUT);
	if (file_read(path, OUTPUT_MAX, &text, &e) < 0 || !text.len) {
		buf_str(out, "it has printed nothing");
		return;
	}
	if (text.p[text.len - 1] == '\n')
		text.p[text.len - 1] = '\0';
	line = strrchr(text.p, '\n');
	buf_fmt(out, "%.300s", line ? line + 1 : text.p);
}

static void not_ready(const struct node *n, int fd)
{
	auto_buf struct buf b = { 0 };

	buf_fmt(&b, "!the agent of %s is not ready after %d s: ", n->i->name, READY_MS / 1000);
	last_words(n, &b);
	buf_str(&b, "\n");
	(void)!write(fd, b.p, b.len);
}

static void summary(struct lab *lab, int fd)
{
	auto_buf struct buf b = { 0 };

	buf_fmt(&b, "%-7s %-50s %-16s %-16s %s\n", "NODE", "HOSTNAME", "IP", "PUBLIC IP", "ZONE");
	for (size_t i = 0; i < lab->nnodes; i++) {
		const struct instance *n = lab->nodes[i].i;

		buf_fmt(&b, "%-7s %-50s %-16s %-16s %s\n", n->name, n->hostname,
			ip_text(n->primary->ips[0].ip).s, ip_text(n->public_ip).s, n->subnet->zone);
	}
	(void)!write(fd, b.p, b.len);
}

/* The agents open their sockets when they are done starting: ask each in turn. */
static void on_ready_timer(struct timer *t)
{
	struct readiness *r = OWNER(t, struct readiness, t);
	struct lab *lab = r->lab;
	struct err e;

	while (r->healthy < lab->nnodes && healthy(&lab->nodes[r->healthy]))
		r->healthy++;
	if (r->healthy < lab->nnodes && now_ms() < r->deadline) {
		if (timer_set(lab->loop, t, READY_POLL_MS, &e) < 0)
			die("vpcbox-lab: %s", e.msg);
		return;
	}
	if (r->healthy < lab->nnodes)
		not_ready(&lab->nodes[r->healthy], r->fd);
	else
		summary(lab, r->fd);
	close(r->fd);
	timer_stop(t);
	free(r);
}

int control_when_ready(struct lab *lab, int fd, struct err *e)
{
	struct readiness *r = xalloc(sizeof(*r));

	*r = (struct readiness) {
		.t.fn = on_ready_timer, .lab = lab, .fd = fd, .deadline = now_ms() + READY_MS
	};
	return timer_set(lab->loop, &r->t, READY_POLL_MS, e);
}
