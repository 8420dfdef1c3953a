/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - the CNI plugin: aws-cni and egress-cni. stdout carries the result or the error object
 * and nothing else. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "applet.h"
#include "cni.h"
#include "log.h"

static const char HELP[] =
	"usage: CNI_COMMAND=VERB CNI_...=... vpcbox cni <CONFIGURATION\n"
	"\n"
	"A CNI plugin (specification 1.1.0), run by a container runtime as aws-cni or, chained\n"
	"behind it, as egress-cni. It asks the address daemon (vpcbox ipamd) for an address and\n"
	"wires the pod to the node.\n"
	"\n"
	"  ADD, DEL   wire a pod, and take the wiring and the address back\n"
	"  CHECK      compare the kernel's state with the result of ADD (prevResult)\n"
	"  STATUS     is the address daemon there?\n"
	"  GC         nothing to do\n"
	"  VERSION    the versions of the specification that it speaks\n"
	"\n"
	"example: CNI_COMMAND=VERSION vpcbox cni\n";

struct plugin {
	const char *name, *about;
	int (*add)(struct cni *c, struct err *e);
	int (*del)(struct cni *c, struct err *e);
	int (*check)(struct cni *c, struct err *e);
	int (*status)(struct cni *c, struct err *e);
};

/* ---- the verbs of aws-cni */

static int prepare(struct cni *c, const char *verb, struct err *e)
{
	if (cni_conf(c, e) < 0) {
		wrap(e, "%s cmd: error loading config from args", verb);
		return CNI_FAILED;
	}
	if (cni_args(c, e) < 0) {
		wrap(e, "%s cmd: failed to load k8s config from args", verb);
		return CNI_FAILED;
	}
	return 0;
}

static int aws_add(struct cni *c, struct err *e)
{
	int code = prepare(c, "add", e);

	return code ? code : cni_add(c, e);
}

static int aws_del(struct cni *c, struct err *e)
{
	int code = prepare(c, "del", e);

	return code ? code : cni_del(c, e);
}

static int aws_check(struct cni *c, struct err *e)
{
	int code = prepare(c, "check", e);

	return code ? code : cni_check(c, e);
}

static int aws_status(struct cni *c, struct err *e)
{
	return cni_ask_health(c, e) < 0 ? CNI_NOT_AVAILABLE : 0;
}

static const struct plugin plugins[] = {
	{ "aws-cni", "AWS CNI", aws_add, aws_del, aws_check, aws_status },
	{ "egress-cni", "egress CNI plugin", cni_egress_add, cni_egress_del, NULL, NULL },
};

/* ---- the frame */

static int call(int (*fn)(struct cni *c, struct err *e), const char *least, struct cni *c,
		struct err *e)
{
	int code = cni_version_check(c, least, e);

	return code || !fn ? code : fn(c, e);
}

/* DEL in the plugin's own namespace is done, and then complained about, as by the original. */
static int del(const struct plugin *p, struct cni *c, struct err *e)
{
	int code = call(p->del, "", c, e);
	struct err own;

	if (code || !*c->netns || cni_ends_open(c, &own) != CNI_BAD_NETNS)
		return code;
	*e = own;
	return CNI_BAD_NETNS;
}

static int run(const struct plugin *p, struct cni *c, struct err *e)
{
	const char *verb = c->command;

	if (strcmp(verb, "ADD") == 0)
		return call(p->add, "", c, e);
	if (strcmp(verb, "DEL") == 0)
		return del(p, c, e);
	if (strcmp(verb, "CHECK") == 0)
		return call(p->check, "0.4.0", c, e);
	if (strcmp(verb, "STATUS") == 0)
		return call(p->status, "1.1.0", c, e);
	if (strcmp(verb, "GC") == 0)
		return call(NULL, "1.1.0", c, e);
	cni_versions_print(c);
	return 0;
}

static int say(const struct buf *out)
{
	for (size_t sent = 0; sent < out->len;) {
		ssize_t n = write(1, out->p + sent, out->len - sent);

		if (n < 0 && errno != EINTR)
			return -1;
		if (n > 0)
			sent += (size_t)n;
	}
	return 0;
}

/* Without CNI_COMMAND a person has called: say what this is, as the originals do. */
static int about(const struct plugin *p)
{
	auto_buf struct buf known = { 0 };

	cni_versions_text(&known, ", ");
	fprintf(stderr, "%s %s\nCNI protocol versions supported: %s\n", p->about, VERSION, known.p);
	return 0;
}

int cni_main(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/'), *name = slash ? slash + 1 : argv[0];
	const struct plugin *p = &plugins[strcmp(name, plugins[1].name) == 0];
	static struct cni c; /* never freed: the process ends with it */
	struct err e;
	int code;

	if (argc > 1 && strcmp(argv[1], "--help") == 0)
		return fputs(HELP, stdout) < 0;
	code = cni_read(&c, &e);
	if (code && !*c.command)
		return about(p);
	if (!code)
		code = run(p, &c, &e);
	cni_log(&c);
	if (code && c.logging)
		log_error("%s failed container=%s: %s", c.command, c.container, e.msg);
	if (code)
		cni_error_print(&c, code, &e);
	return say(&c.out) < 0 || code;
}
