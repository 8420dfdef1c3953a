/* SPDX-License-Identifier: Apache-2.0 */
/* podargs.c - maxpods' options, read as its users write them. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "opt.h"
#include "podargs.h"

static const char usage[] =
	"vpcbox maxpods [OPTION...] TYPE...\n"
	"       vpcbox maxpods --from-imds [OPTION...]\n"
	"       vpcbox maxpods --list [OPTION...] [PATTERN...]\n"
	"       max-pods-calculator.sh --instance-type TYPE --cni-version X.Y [OPTION...]\n\n"
	"How many pods a node of an EC2 instance type has addresses for: the number for kubelet's\n"
	"--max-pods, and why. The limits of all types are built in; nothing is asked of AWS "
	"unless\n"
	"an option says so. Called as max-pods-calculator.sh it prints the number alone, wants a\n"
	"CNI version, passes over what it does not know, asks EC2 about types that the table has\n"
	"not got, and exits 1 whatever went wrong.\n\n"
	"Exit status: 0 done, 1 no such type or none that fits, 100 usage, 111 the system refused.";
static const char examples[] =
	"  vpcbox maxpods t3.medium                       17, and how it comes about\n"
	"  vpcbox maxpods --explain --cni-prefix-delegation-enabled m5.large\n"
	"                                                 what each authority says, and where they "
	"differ\n"
	"  vpcbox maxpods -o number --from-imds           for a script on the node\n"
	"  vpcbox maxpods --list --min-pods 58 --max-vcpus 8 --arch arm64 --sort pods\n"
	"  vpcbox maxpods --list 'm7g.*' -o json\n"
	"  vpcbox maxpods --limits new.json x99.large     limits as `aws ec2 "
	"describe-instance-types`\n"
	"                                                 printed them\n";

enum { OPTIONS = 27 };
static void option_table(struct pod_args *a, struct opt *out)
{
	const struct opt table[OPTIONS] = {
		{ 't', "instance-type", NULL, OPT_STR, &a->type, NULL, "type to look up" },
		{ 0, "instance-type-from-imds", NULL, OPT_BOOL, &a->here, NULL,
		  "the type of this instance" },
		{ 0, "from-imds", NULL, OPT_BOOL, &a->here, NULL, "the same" },
		{ 0, "cni-version", NULL, OPT_STR, &a->version, NULL,
		  "of the VPC CNI: X.Y[.Z]; before 1.9 there are no prefixes" },
		{ 0, "cni-custom-networking-enabled", NULL, OPT_BOOL, &a->custom, NULL,
		  "the primary ENI has no pods" },
		{ 0, "cni-prefix-delegation-enabled", NULL, OPT_BOOL, &a->prefix, NULL,
		  "16 addresses in the place of one, on nitro" },
		{ 0, "cni-max-eni", NULL, OPT_STR, &a->max_eni, NULL, "no more ENIs than these" },
		{ 0, "show-max-allowed", NULL, OPT_BOOL, &a->uncapped, NULL,
		  "not capped at 110, or 250 with more than 30 vCPUs" },
		{ 0, "ipv6", NULL, OPT_BOOL, &a->ipv6, NULL, "a cluster with IPv6 pods" },
		{ 0, "security-groups-for-pods", NULL, OPT_BOOL, &a->groups, NULL,
		  "the trunk takes an ENI, branch ENIs come on top" },
		{ 0, "explain", NULL, OPT_BOOL, &a->explain, NULL,
		  "what each authority says, with its formula" },
		{ 'o', "output", NULL, OPT_STR, &a->output, NULL, "text, number, json or tsv" },
		{ 0, "describe", NULL, OPT_BOOL, &a->describe, NULL,
		  "ask EC2 what the table does not know" },
		{ 0, "profile", NULL, OPT_STR, &a->profile, NULL, "AWS_PROFILE for asking EC2" },
		{ 'f', "limits", NULL, OPT_STR, &a->file, NULL,
		  "file of newer limits: tabs, or EC2's JSON" },
		{ 'l', "list", NULL, OPT_BOOL, &a->list, NULL, "all types that fit" },
		{ 0, "min-pods", NULL, OPT_INT, &a->min_pods, NULL, "with --list: pods at least" },
		{ 0, "min-vcpus", NULL, OPT_INT, &a->min_vcpus, NULL, "vCPUs at least" },
		{ 0, "max-vcpus", NULL, OPT_INT, &a->max_vcpus, NULL, "vCPUs at most" },
		{ 0, "min-memory", NULL, OPT_INT, &a->min_memory, NULL, "MiB at least" },
		{ 0, "max-memory", NULL, OPT_INT, &a->max_memory, NULL, "MiB at most" },
		{ 0, "arch", NULL, OPT_STR, &a->arch, NULL,
		  "x86_64, arm64, i386, x86_64_mac or arm64_mac" },
		{ 0, "bare-metal", NULL, OPT_BOOL, &a->bare, NULL, "only bare metal" },
		{ 0, "no-bare-metal", NULL, OPT_BOOL, &a->no_bare, NULL, "no bare metal" },
		{ 0, "trunk", NULL, OPT_BOOL, &a->trunk, NULL,
		  "only types with security groups for pods" },
		{ 0, "sort", NULL, OPT_STR, &a->sort, "type", "type, pods, vcpus or memory" },
		{ 'h', "help", NULL, OPT_BOOL, &a->help, NULL, "print this" },
	};

	memcpy(out, table, sizeof(table));
}

void pod_args_help(void)
{
	struct pod_args none = { 0 };
	struct opt o[OPTIONS];

	option_table(&none, o);
	opt_help(o, OPTIONS, usage, examples);
}

/* ---- options among words */

static const struct opt *option_of(const struct opt *o, size_t n, const char *arg)
{
	size_t len = strcspn(arg, "=");

	for (size_t i = 0; i < n; i++) {
		if (arg[0] == '-' && arg[1] == o[i].c && o[i].c && !arg[2])
			return &o[i];
		if (str_prefix(arg, "--") && strlen(o[i].name) == len - 2 &&
		    strncmp(arg + 2, o[i].name, len - 2) == 0)
			return &o[i];
	}
	return NULL;
}

/* opt_parse() ends at the first word: options go in front, words behind. What is neither stays an
 * option, for it to complain of; the script passes over it, and over words. */
static char **arrange(struct pod_args *in, const struct opt *o, int *argc, char **argv,
		      struct strs *ignored, struct arena *a)
{
	char **out = arena_get(a, ((size_t)*argc + 1) * sizeof(*out));
	int n = 1;

	out[0] = argv[0];
	for (int i = 1; i < *argc; i++) {
		const struct opt *p = option_of(o, OPTIONS, argv[i]);
		bool option = argv[i][0] == '-' && argv[i][1];

		if (strcmp(argv[i], "--") == 0 && !in->script) {
			while (++i < *argc)
				strs_add(&in->words, argv[i], a);
			break;
		}
		if (!p && in->script)
			strs_add(ignored, argv[i], a);
		else if (!option)
			strs_add(&in->words, argv[i], a);
		else
			out[n++] = argv[i];
		in->chosen = in->chosen || (p && p->type == OPT_INT);
		in->has_max_vcpus = in->has_max_vcpus || (p && p->dst == &in->max_vcpus);
		in->has_max_memory = in->has_max_memory || (p && p->dst == &in->max_memory);
		if (p && p->type != OPT_BOOL && !strchr(argv[i], '=') && i + 1 < *argc)
			out[n++] = argv[++i];
		/* The script's help comes when it is met, whatever else is wrong. */
		if (p && p->dst == &in->help && in->script)
			break;
	}
	*argc = n;
	return out;
}

int pod_args_read(struct pod_args *in, int argc, char **argv, struct strs *ignored, struct arena *a,
		  struct err *e)
{
	struct opt o[OPTIONS];

	option_table(in, o);
	argv = arrange(in, o, &argc, argv, ignored, a);
	return opt_parse(o, OPTIONS, argc, argv, e) < 0 ? -1 : 0;
}

/* ---- what they mean */

static int check_output(struct pod_args *in, struct err *e)
{
	static const char *const names[] = { [FORMAT_TEXT] = "text",
					     [FORMAT_NUMBER] = "number",
					     [FORMAT_JSON] = "json",
					     [FORMAT_TSV] = "tsv" };

	in->format = in->script ? FORMAT_NUMBER : FORMAT_TEXT;
	if (!in->output) {
		if (in->explain || in->list)
			in->format = FORMAT_TEXT;
		return 0;
	}
	for (size_t i = 0; i < COUNT(names); i++) {
		if (strcmp(in->output, names[i]) != 0)
			continue;
		in->format = (enum format)i;
		return 0;
	}
	return fail(e, EINVAL, "--output: '%.40s' is not text, number, json or tsv", in->output);
}

static int check_numbers(const struct pod_args *in, struct err *e)
{
	const struct {
		const char *name;
		long v, least;
	} numbers[] = { { "min-pods", in->min_pods, 0 },
			{ "min-vcpus", in->min_vcpus, 0 },
			{ "max-vcpus", in->max_vcpus, in->has_max_vcpus },
			{ "min-memory", in->min_memory, 0 },
			{ "max-memory", in->max_memory, in->has_max_memory } };

	for (size_t i = 0; i < COUNT(numbers); i++)
		if (numbers[i].v < numbers[i].least)
			return fail(e, EINVAL, "--%s: %ld is less than %ld", numbers[i].name,
				    numbers[i].v, numbers[i].least);
	return 0;
}

static int check_filters(const struct pod_args *in, struct err *e)
{
	static const char *const keys[] = { "type", "pods", "vcpus", "memory" };
	bool known = false;

	for (size_t i = 0; i < COUNT(keys); i++)
		known = known || strcmp(in->sort, keys[i]) == 0;
	if (!known)
		return fail(e, EINVAL, "--sort: '%.40s' is not type, pods, vcpus or memory",
			    in->sort);
	if (in->arch && !arch_bit(in->arch))
		return fail(e, EINVAL,
			    "--arch: '%.40s' is not x86_64, arm64, i386, x86_64_mac or "
			    "arm64_mac",
			    in->arch);
	if (in->bare && in->no_bare)
		return fail(e, EINVAL, "--bare-metal and --no-bare-metal leave nothing");
	if (in->list)
		return check_numbers(in, e);
	if (in->arch || in->bare || in->no_bare || in->trunk || in->chosen ||
	    strcmp(in->sort, "type") != 0)
		return fail(e, EINVAL, "options that choose among types need --list");
	return 0;
}

/* The script reckons with any number that it is given; a person is told. */
static int check_enis(struct pod_args *in, struct err *e)
{
	int64_t v;

	if (!in->max_eni || !*in->max_eni)
		return 0;
	if (!str_i64(in->max_eni, &v) || v > INT_MAX || v < INT_MIN || (v < 0 && !in->script))
		return fail(e, EINVAL, "--cni-max-eni: '%.40s' is not a number of ENIs",
			    in->max_eni);
	in->q.has_max_eni = true;
	in->q.max_eni = (long)v;
	return 0;
}

static int check_type(struct pod_args *in, struct err *e)
{
	if (in->list) {
		if (in->here || in->type)
			return fail(e, EINVAL, "--list takes patterns such as 'm5.*', no one type");
		if (in->explain || in->describe)
			return fail(e, EINVAL, "--list goes without --%s, which is for named types",
				    in->explain ? "explain" : "describe");
		return 0;
	}
	if (!in->script && in->here && in->type)
		return fail(e, EINVAL, "--from-imds and --instance-type: say one of them");
	if (in->words.n && (in->here || (in->type && *in->type)))
		return fail(e, EINVAL, "'%.40s' beside --%s: say one of them", in->words.v[0],
			    in->here ? "from-imds" : "instance-type");
	if (in->here || (in->type && *in->type) || in->words.n)
		return 0;
	return fail(e, ENODATA, "say which instance type: %s, or --instance-type-from-imds",
		    in->script ? "--instance-type TYPE" : "TYPE");
}

int pod_args_check(struct pod_args *in, struct err *e)
{
	if (check_output(in, e) < 0 || check_type(in, e) < 0)
		return -1;
	if (in->version && !*in->version)
		in->version = NULL;
	if (in->script && !in->list && !in->version)
		return fail(e, ENODATA, "say which VPC CNI it is: --cni-version X.Y.Z");
	in->q = (struct question) { .prefix = in->prefix,
				    .custom = in->custom,
				    .ipv6 = in->ipv6,
				    .groups = in->groups,
				    .uncapped = in->uncapped,
				    .floor = !in->script };
	if (in->version && cni_version_parse(in->version, &in->q.old_cni, e) < 0)
		return -1;
	if (in->ipv6 && in->custom)
		return fail(e, EINVAL,
			    "--ipv6 and --cni-custom-networking-enabled: ipamd refuses "
			    "custom networking in IPv6 mode");
	if (in->ipv6 && in->uncapped)
		return fail(e, EINVAL,
			    "--ipv6 and --show-max-allowed: addresses are no limit with IPv6, so "
			    "there is no number but the cap");
	if (check_enis(in, e) < 0)
		return -1;
	return check_filters(in, e);
}
