/* SPDX-License-Identifier: Apache-2.0 */
/* tour.c - walk through the steps in a lab of the tour's own: show, run, check, count. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <regex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "enter.h"
#include "file.h"
#include "iface.h"
#include "lab.h"
#include "pod.h"
#include "tour.h"
#include "toursteps.h"

enum { OUTPUT_MAX = 1 << 20, WIDTH = 100, WAIT_MS = 10000, REPEAT_MS = 50 };

struct tour {
	char name[32];
	int lab; /* the process of "up" */
	int passed, failed;
	bool colour, step;
	struct arena a;
	struct var {
		struct var *next;
		const char *name, *value;
	} * vars;
};

/* ---- values of the running lab ---- */

static void var_set(struct tour *t, const char *name, const char *value)
{
	struct var *v = NEW(&t->a, struct var);

	*v = (struct var) { t->vars, name, arena_str(&t->a, value) };
	t->vars = v;
}

static void node_vars(struct tour *t, const struct json *n)
{
	const char *name = json_str(n, "name", "");
	struct ip ip;

	var_set(t, arena_str(&t->a, name), json_str(n, "ip", ""));
	var_set(t, arena_fmt(&t->a, "%s.public", name), json_str(n, "public_ip", ""));
	if (ip_parse(json_str(n, "ip", ""), &ip)) {
		struct ip gw = ip_add(cidr_network((struct cidr) { ip, 24 }).ip, 1);

		var_set(t, arena_fmt(&t->a, "%s.gw", name), ip_text(gw).s);
	}
	for (const struct json *p = json_first(json_get(n, "pods")); p; p = json_next(p)) {
		const char *pod = json_str(p, "name", ""), *cidr = json_str(p, "ip", "");
		char veth[IFNAMSIZ];
		struct err e;

		var_set(t, arena_str(&t->a, pod),
			arena_fmt(&t->a, "%.*s", (int)strcspn(cidr, "/"), cidr));
		if (pod_veth_name("eni", json_str(p, "namespace", ""), pod, 0, veth, &e) == 0)
			var_set(t, arena_fmt(&t->a, "%s.veth", pod), veth);
	}
}

/* Values of the past stay: a deleted pod keeps its {name}. */
static int vars(struct tour *t, struct err *e)
{
	auto_json struct json *s = NULL;
	struct cidr vpc;

	if (lab_ask(t->name, "/status", &s, e) < 0)
		return -1;
	var_set(t, "vpc", json_str(s, "vpc_cidr", ""));
	if (cidr_parse(json_str(s, "vpc_cidr", ""), &vpc))
		var_set(t, "vpc.dns", ip_text(ip_add(cidr_network(vpc).ip, 2)).s);
	for (const struct json *n = json_first(json_get(s, "nodes")); n; n = json_next(n))
		node_vars(t, n);
	return 0;
}

static const char *var_get(const struct tour *t, const char *name, size_t n)
{
	for (const struct var *v = t->vars; v; v = v->next)
		if (strlen(v->name) == n && memcmp(v->name, name, n) == 0)
			return v->value;
	return NULL;
}

/* {name} becomes its value; what is no name of ours stays. In patterns dots are literal. */
static void expand(const struct tour *t, const char *s, bool pattern, struct buf *out)
{
	buf_str(out, "");
	for (; *s; s++) {
		const char *end = *s == '{' ? strchr(s, '}') : NULL;
		const char *v = end ? var_get(t, s + 1, (size_t)(end - s - 1)) : NULL;

		if (!v) {
			buf_add(out, s, 1);
			continue;
		}
		for (; *v; v++)
			buf_fmt(out, "%s%c", pattern && *v == '.' ? "\\" : "", *v);
		s = end;
	}
}

/* ---- running a command somewhere ---- */

static _Noreturn void run_there(const struct tour *t, const char *place, const char *command)
{
	const char *at = strchr(place, '@');
	char pod[64];
	struct err e = { 0 };
	int child = 0;

	if (at)
		snprintf(pod, sizeof(pod), "%.*s", (int)(at - place), place);
	if (strcmp(place, "you") != 0 &&
	    lab_enter(t->name, at ? at + 1 : place, at ? pod : NULL, &child, &e) < 0)
		die("%s", e.msg);
	if (child)
		_exit(lab_wait(child));
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	die("/bin/sh:");
}

struct child {
	int pid, from;
};

static int start(const struct tour *t, const char *place, const char *command, struct child *c,
		 struct err *e)
{
	int p[2];

	if (pipe2(p, O_CLOEXEC) < 0)
		return fail(e, errno, "pipe:");
	fflush(stdout);
	c->pid = fork();
	if (c->pid < 0)
		return fail(e, errno, "fork:");
	if (c->pid == 0) {
		if (dup2(p[1], 1) < 0 || dup2(p[1], 2) < 0)
			die("dup:");
		run_there(t, place, command);
	}
	close(p[1]);
	c->from = p[0];
	return 0;
}

static int finish(struct child *c, struct buf *out, struct err *e)
{
	int rc = fd_read(c->from, "the output", OUTPUT_MAX, out, e);

	fd_free(&c->from);
	buf_str(out, "");
	while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
		;
	return rc;
}

static int run(const struct tour *t, const char *place, const char *command, struct buf *out,
	       struct err *e)
{
	struct child c;

	return start(t, place, command, &c, e) < 0 ? -1 : finish(&c, out, e);
}

/* tcpdump says "listening on ..." when it does; what it says up to then is not shown. */
static int start_capture(const struct tour *t, const struct step *s, struct child *c, struct err *e)
{
	auto_buf struct buf said = { 0 };
	char command[160], byte;

	snprintf(command, sizeof(command),
		 "timeout 10 tcpdump -Z root -i %s -nn --immediate-mode -c 2 icmp", s->dev);
	if (start(t, s->capture, command, c, e) < 0)
		return -1;
	while (read(c->from, &byte, 1) == 1) {
		buf_add(&said, &byte, 1);
		if (byte == '\n' && strstr(said.p, "listening on"))
			return 0;
	}
	return fail(e, EIO, "tcpdump on %s: %s", s->capture, said.len ? said.p : "no answer");
}

/* ---- showing ---- */

static const char *tint(const struct tour *t, const char *code)
{
	return t->colour ? code : "";
}

static void wrapped(const char *s)
{
	size_t column = 0;

	while (*s) {
		size_t n = strcspn(s, " ");

		if (column && column + 1 + n > WIDTH) {
			putchar('\n');
			column = 0;
		} else if (column) {
			putchar(' ');
			column++;
		}
		printf("%.*s", (int)n, s);
		column += n;
		s += n + strspn(s + n, " ");
	}
	puts("\n");
}

static void indented(const char *s)
{
	while (*s) {
		size_t n = strcspn(s, "\n");

		printf("    %.*s\n", (int)n, s);
		s += n + (s[n] == '\n');
	}
}

/* Each line behind the prompt of its place. */
static void prompt(const struct tour *t, const char *place, const char *command)
{
	bool you = strcmp(place, "you") == 0;

	while (*command) {
		size_t n = strcspn(command, "\n");

		printf("  %s%.*s%s %.*s%s\n", tint(t, "\033[1m"),
		       you ? 0 : (int)strcspn(place, "@"), place, you ? "$" : "#", (int)n, command,
		       tint(t, "\033[0m"));
		command += n + (command[n] == '\n');
	}
}

static void show_capture(const struct tour *t, const struct step *s)
{
	char line[80];

	snprintf(line, sizeof(line), "tcpdump -i %s -nn icmp &", s->dev);
	prompt(t, s->capture, line);
}

/* ---- claims ---- */

static bool matches(const struct tour *t, const char *pattern, const char *text)
{
	auto_buf struct buf p = { 0 };
	bool negated = *pattern == '!';
	regex_t re;
	int rc;

	expand(t, pattern + negated, true, &p);
	rc = regcomp(&re, p.p, REG_EXTENDED | REG_NOSUB);
	if (rc)
		die("tour: bad pattern '%s'", p.p);
	rc = regexec(&re, text, 0, NULL, 0);
	regfree(&re);
	return (rc == 0) != negated;
}

static void claim(struct tour *t, const char *says, bool holds)
{
	auto_buf struct buf b = { 0 };

	expand(t, says, false, &b);
	printf("  %s%s%s %s\n", tint(t, holds ? "\033[32m" : "\033[31m"),
	       holds ? "ok    " : "not ok", tint(t, "\033[0m"), b.p);
	if (holds)
		t->passed++;
	else
		t->failed++;
}

static bool all_hold(const struct tour *t, const struct step *s, const char *out)
{
	for (size_t i = 0; i < STEP_CLAIMS && s->claims[i].says; i++)
		if (!matches(t, s->claims[i].pattern, out))
			return false;
	return true;
}

/* The command's output, then the capture's. */
static int perform(const struct tour *t, const struct step *s, const char *command, struct buf *out,
		   struct err *e)
{
	int64_t deadline = now_ms() + WAIT_MS;
	struct child capture;

	if (s->capture && start_capture(t, s, &capture, e) < 0)
		return -1;
	do {
		out->len = 0;
		if (run(t, s->place, command, out, e) < 0)
			return -1;
	} while (s->wait && !all_hold(t, s, out->p) && pause_ms(REPEAT_MS, deadline));
	return s->capture ? finish(&capture, out, e) : 0;
}

static int walk(struct tour *t, const struct step *s, struct err *e)
{
	auto_buf struct buf text = { 0 }, command = { 0 }, out = { 0 };

	if (s->chapter)
		printf("%s== %s ==%s\n\n", tint(t, "\033[1;36m"), s->chapter, tint(t, "\033[0m"));
	if (vars(t, e) < 0)
		return -1;
	expand(t, s->text, false, &text);
	wrapped(text.p);
	expand(t, s->command, false, &command);
	if (s->capture)
		show_capture(t, s);
	prompt(t, s->place, command.p);
	if (perform(t, s, command.p, &out, e) < 0 || vars(t, e) < 0)
		return -1;
	indented(out.p);
	for (size_t i = 0; i < STEP_CLAIMS && s->claims[i].says; i++)
		claim(t, s->claims[i].says, matches(t, s->claims[i].pattern, out.p));
	putchar('\n');
	fflush(stdout);
	while (t->step && getchar() != '\n')
		if (feof(stdin))
			break;
	return 0;
}

/* ---- the lab of the tour, and what it must leave behind ---- */

static int note_link(const struct iface *i, void *arg)
{
	buf_fmt(arg, "%d %s\n", i->index, i->name);
	return 0;
}

static int host_links(struct buf *out, struct err *e)
{
	auto_nl struct nl nl = { 0 };

	buf_str(out, "");
	return nl_open(&nl, 0, e) < 0 ? -1 : iface_each(&nl, note_link, out, e);
}

static int start_lab(struct tour *t, const char *vpcbox, struct err *e)
{
	struct lab_options o = {
		.world = { .nodes = 2,
			   .zones = 3,
			   .subnet_len = 24,
			   .hop_limit = 2,
			   .type = "t3.medium",
			   .region = "ap-northeast-2",
			   .seed = 1,
			   .call_ms = 40,
			   .attach_ms = 250,
			   .imds_lag_ms = 200 },
		.name = t->name,
		.vpcbox = vpcbox,
	};

	if (!cidr_parse("192.168.0.0/16", &o.world.vpc))
		die("tour: bad CIDR");
	printf("Starting a VPC with two nodes ...\n\n");
	return lab_start(&o, &t->lab, e);
}

/* What "you" type in the tour is this program, in this lab. */
static void own_path(const struct tour *t, const char *vpcbox)
{
	auto_buf struct buf path = { 0 };
	const char *old = getenv("PATH");

	buf_fmt(&path, "%.*s:%s", (int)(strrchr(vpcbox, '/') - vpcbox), vpcbox, old ? old : "/bin");
	setenv("PATH", path.p, 1);
	setenv("VPCBOX_LAB", t->name, 1);
}

/* The last claim: the lab is gone, and this machine's links are what they were. */
static int last_claims(struct tour *t, const struct buf *before, struct err *e)
{
	auto_buf struct buf after = { 0 };
	int status = 0, pid;

	kill(t->lab, SIGTERM);
	while (waitpid(t->lab, &status, 0) < 0 && errno == EINTR)
		;
	claim(t, "the lab has ended cleanly", WIFEXITED(status) && WEXITSTATUS(status) == 0);
	claim(t, "its control socket is gone", lab_find(t->name, &pid, e) < 0);
	if (host_links(&after, e) < 0)
		return -1;
	claim(t, "this machine's own links are as before", strcmp(before->p, after.p) == 0);
	return 0;
}

static int tour(struct tour *t, const char *vpcbox, struct err *e)
{
	auto_buf struct buf before = { 0 };

	if (host_links(&before, e) < 0 || start_lab(t, vpcbox, e) < 0)
		return -1;
	own_path(t, vpcbox);
	putchar('\n');
	for (size_t i = 0; i < tour_nsteps; i++)
		if (walk(t, &tour_steps[i], e) < 0)
			return -1;
	return last_claims(t, &before, e);
}

int tour_main(const char *vpcbox, bool step)
{
	struct tour t = { .step = step };
	struct err e = { 0 };

	if (geteuid()) {
		fputs("vpcbox-lab: tour: needs root, because the tcpdump that it shows does; "
		      "'vpcbox-lab up' does not\n",
		      stderr);
		return 1;
	}
	snprintf(t.name, sizeof(t.name), "tour-%d", (int)getpid());
	t.colour = isatty(1) && !getenv("NO_COLOR");
	if (tour(&t, vpcbox, &e) < 0)
		claim(&t, e.msg, false);
	printf("%d passed, %d failed\n", t.passed, t.failed);
	arena_free(&t.a);
	return t.failed != 0;
}
