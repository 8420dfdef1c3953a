/* SPDX-License-Identifier: Apache-2.0 */
/* kubeconfig_exec.c - the two programs that make EKS's tokens are not run: what they were to be
 * asked is read from the stanza. */
#include <errno.h>
#include <string.h>

#include "kubeconfig.h"
#include "str.h"

/* One way to make a token. */
struct program {
	const char *command;  /* without its folder */
	const char *verbs[2]; /* the words beside the options, in this order */
	const char *cluster[3], *role[3], *region, *profile;
	const char *passed_over; /* an option with a value that changes nothing */
};
static const struct program programs[] = {
	{ "aws",
	  { "eks", "get-token" },
	  { "--cluster-name", "--cluster-id" },
	  { "--role-arn", "--role" },
	  "--region",
	  "--profile",
	  "--output" },
	{ "aws-iam-authenticator",
	  { "token" },
	  { "--cluster-id", "-i" },
	  { "--role", "-r" },
	  "--region",
	  NULL,
	  NULL },
};

static bool is(const char *word, size_t n, const char *option)
{
	return option && strlen(option) == n && strncmp(word, option, n) == 0;
}

/* Where the value of an option goes; NULL: it is none of the program's. */
static const char **place(const struct program *p, struct kube_config *out, const char **nowhere,
			  const char *word, size_t n)
{
	for (size_t i = 0; i < COUNT(p->cluster); i++) {
		if (is(word, n, p->cluster[i]))
			return &out->eks_cluster;
		if (is(word, n, p->role[i]))
			return &out->eks_role;
	}
	if (is(word, n, p->region))
		return &out->eks_region;
	if (is(word, n, p->profile))
		return &out->eks_profile;
	return is(word, n, p->passed_over) ? nowhere : NULL;
}

/* The option at *arg, which is left at its last word. */
static int option(const struct program *p, struct kube_config *out, const struct json **arg,
		  struct arena *a, struct err *e)
{
	const char *word = json_text(*arg), *equals = strchr(word, '='), *value, *nowhere;
	size_t n = equals ? (size_t)(equals - word) : strlen(word);
	const char **to = place(p, out, &nowhere, word, n);

	if (!to)
		return fail(e, ENOTSUP,
			    "exec: %s's argument %.*s is not supported (vpcbox makes EKS's tokens "
			    "itself and runs no plugin)",
			    p->command, (int)(n < 60 ? n : 60), word);
	if (!equals)
		*arg = json_next(*arg);
	value = equals ? equals + 1 : json_text(*arg);
	if (!value || !*value)
		return fail(e, EINVAL, "exec: %s's argument %.*s has no value", p->command,
			    (int)(n < 60 ? n : 60), word);
	*to = arena_str(a, value);
	return 0;
}

static int arguments(const struct program *p, struct kube_config *out, const struct json *args,
		     struct arena *a, struct err *e)
{
	size_t verbs = 0;

	for (const struct json *arg = json_first(args); arg; arg = json_next(arg)) {
		const char *word = json_text(arg), *want;

		if (!word)
			return fail(e, EINVAL, "exec: args: a %s where strings are wanted",
				    json_type_name(arg));
		if (*word == '-') {
			if (option(p, out, &arg, a, e) < 0)
				return -1;
			continue;
		}
		want = verbs < COUNT(p->verbs) ? p->verbs[verbs] : NULL;
		if (!want || strcmp(word, want) != 0)
			return fail(
				e, ENOTSUP,
				"exec: %s's argument %.60s is not supported (vpcbox makes EKS's "
				"tokens itself and runs no plugin)",
				p->command, word);
		verbs++;
	}
	if (verbs < COUNT(p->verbs) && p->verbs[verbs])
		return fail(e, ENOTSUP, "exec: %s without %s is not supported", p->command,
			    p->verbs[verbs]);
	if (!out->eks_cluster)
		return fail(e, EINVAL, "exec: %s is told no cluster (%s)", p->command,
			    p->cluster[0]);
	return 0;
}

/* Arguments come before the environment, so this is read first. Values may be secret. */
static int environment(struct kube_config *out, const struct json *env, struct arena *a,
		       struct err *e)
{
	for (const struct json *v = json_first(env); v; v = json_next(v)) {
		const char *name = json_str(v, "name", ""), *value = json_str(v, "value", "");

		if (strcmp(name, "AWS_PROFILE") == 0) {
			out->eks_profile = *value ? arena_str(a, value) : NULL;
		} else if (strcmp(name, "AWS_REGION") == 0) {
			out->eks_region = *value ? arena_str(a, value) : NULL;
		} else if (strcmp(name, "AWS_DEFAULT_REGION") == 0) {
			if (*value && !out->eks_region)
				out->eks_region = arena_str(a, value);
		} else if (strcmp(name, "AWS_STS_REGIONAL_ENDPOINTS") != 0) {
			return fail(e, ENOTSUP,
				    "exec: the variable '%.60s' is not supported (vpcbox makes "
				    "EKS's tokens itself; set it for vpcbox)",
				    name);
		}
	}
	return 0;
}

int kubeconfig_exec(struct kube_config *out, const struct json *exec, struct arena *a,
		    struct err *e)
{
	const char *command = json_str(exec, "command", ""), *name = strrchr(command, '/');

	name = name ? name + 1 : command;
	for (size_t i = 0; i < COUNT(programs); i++) {
		if (strcmp(programs[i].command, name) != 0)
			continue;
		if (environment(out, json_get(exec, "env"), a, e) < 0)
			return -1;
		return arguments(&programs[i], out, json_get(exec, "args"), a, e);
	}
	return fail(e, ENOTSUP,
		    "exec: the plugin '%.100s' is not run: vpcbox starts no programs; of plugins "
		    "it takes the place of `aws eks get-token` and aws-iam-authenticator alone",
		    command);
}
