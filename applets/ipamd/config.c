/* SPDX-License-Identifier: Apache-2.0 */
/* config.c - one list of settings is the options, the variables, the defaults and the help. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config.h"
#include "json.h"
#include "opt.h"
#include "str.h"

enum { LEAST_TIMEOUT_S = 10 };

#define SETTINGS(S)                                                                           \
	S(NUMBER, target.warm_eni, "warm-eni-target", "WARM_ENI_TARGET", "1",                 \
	  "spare ENIs to keep, unless one of the next two is set")                            \
	S(NUMBER, target.warm_ip, "warm-ip-target", "WARM_IP_TARGET", "0",                    \
	  "addresses to keep free; 0: no such target")                                        \
	S(NUMBER, target.min_ip, "minimum-ip-target", "MINIMUM_IP_TARGET", "0",               \
	  "addresses to have in all; 0: no such target")                                      \
	S(NUMBER, max_eni, "max-eni", "MAX_ENI", "0",                                         \
	  "ENIs to use at most; 0: what the instance type allows")                            \
	S(NUMBER, cooldown_s, "ip-cooldown-period", "IP_COOLDOWN_PERIOD", "30",               \
	  "seconds before a released address is used again")                                  \
	S(TRUTH, subnet_discovery, "subnet-discovery", "ENABLE_SUBNET_DISCOVERY", "true",     \
	  "create ENIs in subnets tagged kubernetes.io/role/cni too")                         \
	S(TRUTH, manage_untagged, "manage-untagged-eni", "MANAGE_UNTAGGED_ENI", "true",       \
	  "use attached ENIs that nobody has tagged")                                         \
	S(TEXT, cluster, "cluster-name", "CLUSTER_NAME", "", "for tags on ENIs, and subnets") \
	S(TEXT, policy_mode, NULL, "NETWORK_POLICY_ENFORCING_MODE", "",                       \
	  "none, strict or standard: told to the plugin")                                     \
	S(TEXT, store, "backing-store", "AWS_VPC_K8S_CNI_BACKING_STORE",                      \
	  "/var/run/aws-node/ipam.json", "the checkpoint: who holds which address")           \
	S(TEXT, log_file, "log-file", "AWS_VPC_K8S_CNI_LOG_FILE",                             \
	  "/host/var/log/aws-routed-eni/ipamd.log", "a file, stdout or stderr")               \
	S(TEXT, log_level, "log-level", "AWS_VPC_K8S_CNI_LOGLEVEL", "Debug",                  \
	  "debug, info, warn, error or fatal")                                                \
	S(NUMBER, http_timeout_s, "http-timeout", "HTTP_TIMEOUT", "10",                       \
	  "seconds that one attempt at a call to AWS may take, at least 10")                  \
	S(TEXT, aws_endpoints, "aws-api-endpoints", "VPCBOX_AWS_API_ENDPOINTS", "",           \
	  "SERVICE=URL,... in the place of AWS's own")                                        \
	S(TEXT, aws_throttle, "aws-api-throttle", "VPCBOX_AWS_API_THROTTLE", "",              \
	  "SERVICE:regex=rate:burst,... for calls to AWS, in the place of our defaults")      \
	S(TRUTH, aws_log, "aws-log", "VPCBOX_AWS_LOG", "false", "a log line for each call to AWS")

/* Variables that are refused when they are not what we have, in words that name the matter. */
static const struct refusal {
	const char *env;
	bool must_be;
	const char *matter;
} refusals[] = {
	{ "ENABLE_IPv4", true, "a node without IPv4 pods" },
	{ "ENABLE_IPv6", false, "IPv6 pods" },
	{ "ENABLE_PREFIX_DELEGATION", false, "prefix delegation" },
	{ "AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG", false, "custom networking" },
	{ "ENABLE_POD_ENI", false, "security groups for pods" },
	{ "ENABLE_MULTI_NIC", false, "pods on several network cards" },
	{ "ANNOTATE_POD_IP", false, "annotating pods with their address" },
	{ "ENABLE_V6_EGRESS", false, "IPv6 egress" },
	{ "DISABLE_NETWORK_RESOURCE_PROVISIONING", false, "addresses that others provision" },
	{ "ENABLE_IMDS_ONLY_MODE", false, "running without EC2" },
};
/* Variables that are known and change nothing yet. */
static const char *const idle[] = {
	"AWS_MANAGE_ENIS_NON_SCHEDULABLE",
	"CLUSTER_ENDPOINT",
	"DISABLE_INTROSPECTION",
	"DISABLE_LEAKED_ENI_CLEANUP",
	"DISABLE_METRICS",
	"ENI_CONFIG_ANNOTATION_DEF",
	"ENI_CONFIG_LABEL_DEF",
	"INTROSPECTION_BIND_ADDRESS",
	"POD_SECURITY_GROUP_ENFORCING_MODE",
	"WARM_PREFIX_TARGET",
};

#define SETTING_ONE(kind, member, name, env, def, help) 1 +
enum { NSETTINGS = SETTINGS(SETTING_ONE) 0 };

/* The options, each with its raw text as the place to write to. */
static void table(struct opt *out, const char **raw)
{
	size_t i = 0;

#define SETTING_OPT(kind, member, name, env, def, help)                      \
	out[i] = (struct opt) { 0, name, env, OPT_STR, &raw[i], def, help }; \
	i++;
	SETTINGS(SETTING_OPT)
}

/* ---- one setting: malformed text is worth its default and a complaint */

static void read_NUMBER(int *dst, const struct opt *o, const char *raw, struct buf *complaints)
{
	int64_t n = 0;

	if (!str_i64(raw, &n) || n < 0 || n > INT_MAX) {
		buf_fmt(complaints, "%s '%.64s' is not a number of 0 or more, taken as %s\n",
			o->env, raw, o->def);
		(void)str_i64(o->def, &n);
	}
	*dst = (int)n;
}

static void read_TRUTH(bool *dst, const struct opt *o, const char *raw, struct buf *complaints)
{
	if (str_bool(raw, dst))
		return;
	buf_fmt(complaints, "%s '%.64s' is neither true nor false, taken as %s\n", o->env, raw,
		o->def);
	(void)str_bool(o->def, dst);
}

static void read_TEXT(const char **dst, const struct opt *o, const char *raw,
		      struct buf *complaints)
{
	(void)o;
	(void)complaints;
	*dst = raw;
}

static int refuse(struct buf *complaints, struct err *e)
{
	for (size_t i = 0; i < COUNT(refusals); i++) {
		const struct refusal *r = &refusals[i];
		const char *v = getenv(r->env);
		bool is = r->must_be;

		if (v && !str_bool(v, &is))
			buf_fmt(complaints, "%s '%.64s' is neither true nor false, taken as %s\n",
				r->env, v, r->must_be ? "true" : "false");
		if (is != r->must_be)
			return fail(
				e, EOPNOTSUPP,
				"%s=%s: vpcbox does not have %s yet; unset the variable, or stay "
				"with Amazon's aws-k8s-agent on this node",
				r->env, v, r->matter);
	}
	return 0;
}

static void tell_idle(struct buf *complaints)
{
	bool any = false;

	for (size_t i = 0; i < COUNT(idle); i++) {
		if (!getenv(idle[i]))
			continue;
		buf_fmt(complaints, "%s%s", any ? ", " : "settings without effect yet: ", idle[i]);
		any = true;
	}
	if (any)
		buf_str(complaints, "\n");
}

/* Unset is fine; set to anything but the three, to nothing even, is not. */
static int check_policy_mode(struct err *e)
{
	static const char *const modes[] = { "none", "strict", "standard" };
	const char *v = getenv("NETWORK_POLICY_ENFORCING_MODE");

	for (size_t i = 0; v && i < COUNT(modes); i++)
		if (strcasecmp(v, modes[i]) == 0)
			return 0;
	if (v)
		return fail(e, EINVAL,
			    "NETWORK_POLICY_ENFORCING_MODE '%.64s' is none of none, strict, "
			    "standard",
			    v);
	return 0;
}

/* {"key": "value", ...}; anything else is ignored whole, as Amazon's agent does. */
static void read_tags(struct config *c, struct buf *complaints)
{
	const char *text = getenv("ADDITIONAL_ENI_TAGS");
	auto_json struct json *j = NULL;
	struct err e;

	if (!text || !*text)
		return;
	j = json_parse(text, strlen(text), &e);
	if (json_type(j) != JSON_OBJECT) {
		buf_fmt(complaints, "ADDITIONAL_ENI_TAGS is ignored: %s\n",
			j ? "not a JSON object" : e.msg);
		return;
	}
	c->extra_tags.v = arena_get(&c->a, json_count(j) * sizeof(*c->extra_tags.v));
	for (const struct json *m = json_first(j); m; m = json_next(m)) {
		if (json_type(m) != JSON_STRING) {
			buf_fmt(complaints, "ADDITIONAL_ENI_TAGS is ignored: '%.64s' is a %s\n",
				json_key(m), json_type_name(m));
			c->extra_tags.n = 0;
			return;
		}
		if (strstr(json_key(m), "k8s.amazonaws.com"))
			buf_fmt(complaints, "ADDITIONAL_ENI_TAGS: the key '%.64s' is reserved\n",
				json_key(m));
		else
			c->extra_tags.v[c->extra_tags.n++] =
				(struct tag) { arena_str(&c->a, json_key(m)),
					       arena_str(&c->a, json_text(m)) };
	}
}

/* Amazon's agent takes nothing below. */
static void check_timeout(struct config *c, struct buf *complaints)
{
	if (c->http_timeout_s >= LEAST_TIMEOUT_S)
		return;
	buf_fmt(complaints, "HTTP_TIMEOUT '%d' is below %d, taken as %d\n", c->http_timeout_s,
		LEAST_TIMEOUT_S, LEAST_TIMEOUT_S);
	c->http_timeout_s = LEAST_TIMEOUT_S;
}

int config_read(struct config *c, int argc, char **argv, struct buf *complaints, struct err *e)
{
	const char *raw[NSETTINGS];
	struct opt opts[NSETTINGS];
	int operand;
	size_t i = 0;

	table(opts, raw);
	operand = opt_parse(opts, NSETTINGS, argc, argv, e);
	if (operand < 0)
		return -1;
	if (operand < argc)
		return fail(e, EINVAL, "unexpected argument '%s'", argv[operand]);
#define SETTING_READ(kind, member, name, env, def, help)       \
	read_##kind(&c->member, &opts[i], raw[i], complaints); \
	i++;
	SETTINGS(SETTING_READ)
	if (check_policy_mode(e) < 0 || refuse(complaints, e) < 0)
		return -1;
	if (aws_endpoints_check(c->aws_endpoints, e) < 0)
		return wrap(e, "--aws-api-endpoints");
	if (aws_throttle_check(c->aws_throttle, e) < 0)
		return wrap(e, "--aws-api-throttle");
	check_timeout(c, complaints);
	read_tags(c, complaints);
	host_config_env(&c->host, &c->a, complaints);
	tell_idle(complaints);
	return 0;
}

void config_free(struct config *c)
{
	arena_free(&c->a);
	*c = (struct config) { 0 };
}

void config_help(void)
{
	const char *raw[NSETTINGS];
	struct opt opts[NSETTINGS];

	table(opts, raw);
	opt_help(opts, NSETTINGS, "vpcbox ipamd [OPTION...]   (also as aws-k8s-agent)",
		 "  WARM_IP_TARGET=5 MINIMUM_IP_TARGET=10 vpcbox ipamd --log-file=stderr\n"
		 "  vpcbox ipamd --warm-eni-target=0 --backing-store=/run/ipam.json");
	puts("\nFurther variables: ADDITIONAL_ENI_TAGS (a JSON object), those of the host's rules\n"
	     "(vpcbox snat --help), and the AWS SDK's AWS_REGION, AWS_ENDPOINT_URL_EC2, "
	     "AWS_CA_BUNDLE,\nAWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, "
	     "AWS_EC2_METADATA_SERVICE_ENDPOINT.\n\nNot built yet, and refused when asked for:");
	for (size_t i = 0; i < COUNT(refusals); i++)
		printf("  %s=%s (%s)\n", refusals[i].env, refusals[i].must_be ? "false" : "true",
		       refusals[i].matter);
	puts("\nExit status: 0 after SIGTERM or SIGINT, 1 a failure that the log tells, 100 wrong "
	     "usage.");
}
