/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - snat: the node's source NAT, connmark and policy rules, by hand: show, compare, apply.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "applet.h"
#include "facts.h"
#include "host.h"
#include "json.h"
#include "opt.h"
#include "str.h"

enum { DONE = 0, DIFFERS = 1, USAGE = 100, SYSTEM = 111 };

static const char usage[] =
	"vpcbox snat [VERB] [OPTION...]\n\n"
	"  plan   print the rules this node should have and what differs (the default)\n"
	"  check  print only what differs\n"
	"  apply  make it so; what is right already is not touched\n"
	"  clean  remove all of it\n"
	"  show   print the rules this node should have, without looking at those it has\n\n"
	"The rules are those of Amazon's VPC CNI, as iptables and nft list them: NAT to the "
	"node's\n"
	"primary address for what leaves the VPC, connection marks, the policy rules 1024 and "
	"1535,\n"
	"and the MTU of the primary link. What no option tells is asked of the instance metadata\n"
	"service. Exit status: 0 done or no difference, 1 differs, 100 usage, 111 the system "
	"refused.";
static const char examples[] =
	"  vpcbox snat plan --primary-if=eth0 --primary-ip=192.168.0.10 --vpc-cidr=192.168.0.0/16\n"
	"  vpcbox snat apply                    on an EC2 instance\n"
	"  vpcbox snat check -o json            for a monitor: exit status 1 when rules are "
	"missing\n"
	"  vpcbox snat show --external-snat=true\n"
	"                                       what would remain if a NAT gateway did the work";

struct args {
	struct snat_args facts;
	const char *output;
	const char *env[8]; /* given to host_config_env() under their names */
	bool help;
};

#define CONFIG(i, name, var, def, help)                      \
	{                                                    \
		0, name, var, OPT_STR, &a->env[i], def, help \
	}

enum { OPTIONS = 14 };
static void option_table(struct args *a, struct opt *out)
{
	const struct opt table[OPTIONS] = {
		{ 'i', "primary-if", NULL, OPT_STR, &a->facts.iface, NULL,
		  "name of the primary link" },
		{ 'm', "primary-mac", NULL, OPT_STR, &a->facts.mac, NULL, "or its MAC address" },
		{ 'a', "primary-ip", NULL, OPT_STR, &a->facts.ip, NULL, "address to translate to" },
		{ 'c', "vpc-cidr", NULL, OPT_STR, &a->facts.cidrs, NULL,
		  "the VPC's CIDRs, which are not translated, between commas" },
		CONFIG(0, "exclude-snat-cidrs", "AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS", NULL,
		       "further CIDRs not to translate"),
		CONFIG(1, "external-snat", "AWS_VPC_K8S_CNI_EXTERNALSNAT", "false",
		       "true: translation is done elsewhere"),
		CONFIG(2, "randomize-snat", "AWS_VPC_K8S_CNI_RANDOMIZESNAT", "prng",
		       "ports: prng, hashrandom or none"),
		CONFIG(3, "node-port-support", "AWS_VPC_CNI_NODE_PORT_SUPPORT", "true",
		       "false: no marks for NodePorts"),
		CONFIG(4, "external-service-cidrs", "AWS_EXTERNAL_SERVICE_CIDRS", NULL,
		       "always routed by the main table"),
		CONFIG(5, "connmark", "AWS_VPC_K8S_CNI_CONNMARK", "0x80", "the mark"),
		CONFIG(6, "veth-prefix", "AWS_VPC_K8S_CNI_VETHPREFIX", NULL,
		       "beginning of pod link names (eni; may be empty)"),
		CONFIG(7, "mtu", "AWS_VPC_ENI_MTU", "9001", "of the primary link"),
		{ 'o', "output", NULL, OPT_STR, &a->output, "text", "text or json" },
		{ 'h', "help", NULL, OPT_BOOL, &a->help, NULL, "print this" },
	};

	memcpy(out, table, sizeof(table));
}

/* The options that have an environment variable are given to its one reader under that name. */
static int read_config(const struct opt *o, struct host_config *c, struct arena *a, struct err *e)
{
	auto_buf struct buf complaints = { 0 };

	for (size_t i = 0; i < OPTIONS; i++) {
		const char *const *value = o[i].dst;

		if (o[i].env && *value && setenv(o[i].env, *value, 1) < 0)
			return fail(e, errno, "setenv:");
	}
	host_config_env(c, a, &complaints);
	if (complaints.len == 0)
		return 0;
	/* A person is there to put it right, so the default in brackets is not taken. */
	return fail(e, EINVAL, "%.*s", (int)strcspn(complaints.p, "(\n") - 1, complaints.p);
}

/* ---- output */

static struct json *lines(const struct buf *text, struct arena *a)
{
	struct strs l = str_split(text->len ? text->p : "", "\n", a);
	struct json *out = json_array();

	for (size_t i = 0; i < l.n; i++)
		json_push_str(out, l.v[i]);
	return out;
}

static void print_json(const struct buf *want, const struct buf *findings, struct arena *a)
{
	struct json *j = json_object();
	auto_buf struct buf out = { 0 };

	if (findings)
		json_add_bool(j, "equal", findings->len == 0);
	if (want)
		json_add(j, "wanted", lines(want, a));
	if (findings)
		json_add(j, "differences", lines(findings, a));
	json_print(j, 2, &out);
	puts(out.p);
	json_free(&j);
}

static void print_text(const struct buf *want, const struct buf *findings)
{
	if (want)
		fputs(want->p, stdout);
	if (want && findings)
		puts(findings->len ? "\ndifferences:" : "\nno differences");
	if (findings && findings->len)
		fputs(findings->p, stdout);
}

/* ---- verbs */

struct node {
	struct nl route, filter;
	struct host_config config;
	struct host_facts facts;
	struct arena a;
	bool json;
};

static void node_free(struct node *n)
{
	nl_close(&n->route);
	nl_close(&n->filter);
	arena_free(&n->a);
}
#define auto_node AUTO(node_free)

static void report(struct node *n, const struct buf *want, const struct buf *findings)
{
	if (n->json)
		print_json(want, findings, &n->a);
	else
		print_text(want, findings);
}

static int compare(struct node *n, bool with_want, struct err *e)
{
	auto_buf struct buf want = { 0 }, findings = { 0 };

	host_want_text(&n->config, &n->facts, &want);
	if (host_check(&n->route, &n->filter, &n->config, &n->facts, &findings, e) < 0)
		return -1;
	report(n, with_want ? &want : NULL, &findings);
	return findings.len ? DIFFERS : DONE;
}

static int plan(struct node *n, struct err *e)
{
	return compare(n, true, e);
}

static int check(struct node *n, struct err *e)
{
	return compare(n, false, e);
}

static int show(struct node *n, struct err *e)
{
	auto_buf struct buf want = { 0 };

	(void)e;
	host_want_text(&n->config, &n->facts, &want);
	report(n, &want, NULL);
	return DONE;
}

static int apply(struct node *n, struct err *e)
{
	/* First what may be refused as a whole, so that then nothing has been touched. */
	if (host_snat_sync(&n->filter, &n->config, &n->facts, NULL, e) < 0 ||
	    host_rules_sync(&n->route, &n->config, e) < 0)
		return -1;
	return host_primary(&n->route, &n->config, &n->facts, e);
}

static int clean(struct node *n, struct err *e)
{
	struct host_config none = n->config;

	none.external_snat = true;
	none.node_port = false;
	none.external_services = (struct cidrs) { 0 };
	if (host_snat_clean(&n->filter, &n->config, &n->facts, e) < 0)
		return -1;
	return host_rules_sync(&n->route, &none, e);
}

static const struct verb {
	const char *name;
	int (*run)(struct node *n, struct err *e);
} verbs[] = {
	{ "plan", plan },   { "check", check }, { "apply", apply },
	{ "clean", clean }, { "show", show },
};

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < COUNT(verbs); i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

static int run(const struct verb *v, const struct args *in, const struct opt *o, struct err *e)
{
	auto_node struct node n = { .json = strcmp(in->output, "json") == 0 };

	if (!n.json && strcmp(in->output, "text") != 0)
		return fail(e, EINVAL, "--output: '%s' is neither text nor json", in->output);
	if (read_config(o, &n.config, &n.a, e) < 0 || nl_open(&n.route, 0, e) < 0 ||
	    nl_open_proto(&n.filter, NETLINK_NETFILTER, 0, 0, e) < 0 ||
	    snat_facts(&in->facts, &n.route, &n.facts, &n.a, e) < 0)
		return -1;
	return v->run(&n, e);
}

static int failed(const struct err *e)
{
	bool usage_error =
		e->num == EINVAL && (str_prefix(e->msg, "--") || str_prefix(e->msg, "AWS_"));

	fprintf(stderr, "vpcbox snat: %s\n", e->msg);
	return usage_error ? USAGE : SYSTEM;
}

static int bad_usage(const char *why, const char *what)
{
	fprintf(stderr, "vpcbox snat: %s%s; 'vpcbox snat --help' tells more\n", why, what);
	return USAGE;
}

int snat_main(int argc, char **argv)
{
	const char *name = argc > 1 && argv[1][0] != '-' ? argv[1] : NULL;
	const struct verb *v;
	struct opt o[OPTIONS];
	struct args in = { 0 };
	struct err e;
	int rest, rc;

	option_table(&in, o);
	if (name) {
		argc--;
		argv++;
	}
	rest = opt_parse(o, OPTIONS, argc, argv, &e);
	if (rest < 0)
		return bad_usage(e.msg, "");
	if (in.help) {
		opt_help(o, OPTIONS, usage, examples);
		return DONE;
	}
	if (!name && rest < argc)
		name = argv[rest++];
	if (rest < argc)
		return bad_usage("too many words: ", argv[rest]);
	v = find_verb(name ? name : "plan");
	if (!v)
		return bad_usage("no such verb: ", name);
	rc = run(v, &in, o, &e);
	return rc < 0 ? failed(&e) : rc;
}
