/* SPDX-License-Identifier: Apache-2.0 */
/* conf.c - what aws-cni takes from its configuration and from CNI_ARGS
 * (spec-cni-dataplane 2.2, 2.3).
 */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "cni.h"
#include "log.h"

enum { VETH_PREFIX_MAX = 4, SHOWN = 60 };

static const char ANNOTATIONS[] = "io.kubernetes.cri.pod-annotations";

static int wrong_type(const struct json *v, const char *key, const char *want, struct err *e)
{
	auto_buf struct buf text = { 0 };

	json_print(v, 0, &text);
	return fail(e, EBADMSG, "%s must be %s, not %s: %.*s", key, want, json_type_name(v), SHOWN,
		    text.p);
}

int cni_text(const struct json *j, const char *key, const char **out, struct err *e)
{
	const struct json *v = json_member(j, key);
	enum json_type t = json_type(v);

	if (t == JSON_NONE || t == JSON_NULL)
		return 0;
	if (t != JSON_STRING)
		return wrong_type(v, key, "a string", e);
	*out = json_text(v);
	return 0;
}

/* An object or nothing. */
static int member(const struct json *j, const char *key, const struct json **out, struct err *e)
{
	const struct json *v = json_member(j, key);
	enum json_type t = json_type(v);

	*out = NULL;
	if (t == JSON_NONE || t == JSON_NULL)
		return 0;
	if (t != JSON_OBJECT)
		return wrong_type(v, key, "an object", e);
	*out = v;
	return 0;
}

/* The runtime fills these in because the conflist asks for them as a capability. */
static int annotations(struct cni *c, struct err *e)
{
	const struct json *config, *all;
	const char *nic = "";

	if (member(c->json, "runtimeConfig", &config, e) < 0 ||
	    member(config, ANNOTATIONS, &all, e) < 0)
		return -1;
	for (const struct json *v = json_first(all); v; v = json_next(v))
		if (json_type(v) != JSON_STRING)
			return wrong_type(v, json_key(v), "a string", e);
	if (cni_text(all, "k8s.amazonaws.com/nicConfig", &nic, e) < 0)
		return -1;
	c->multi_nic = strcmp(nic, "multi-nic-attachment") == 0;
	return 0;
}

int cni_conf(struct cni *c, struct err *e)
{
	const char *unused = "", *log_file = "";
	const struct {
		const char *key, **out;
	} texts[] = {
		{ "vethPrefix", &c->veth_prefix },
		{ "mtu", &c->mtu },
		{ "pluginLogFile", &log_file },
		{ "pluginLogLevel", &c->log_level },
	};
	c->veth_prefix = "eni";
	c->mtu = "9001";
	c->log_level = "";
	for (size_t i = 0; i < COUNT(texts); i++)
		if (cni_text(c->json, texts[i].key, texts[i].out, e) < 0)
			return -1;
	/* needed by branch ENIs only, yet a number here is a mistake now */
	if (cni_text(c->json, "podSGEnforcingMode", &unused, e) < 0 || annotations(c, e) < 0)
		return -1;
	if (cni_prev(c, e) < 0)
		return wrap(e, "could not parse prevResult");
	c->log_file = log_file;
	if (strlen(c->veth_prefix) > VETH_PREFIX_MAX)
		return fail(e, EINVAL,
			    "conf.VethPrefix can be at most 4 characters long, vethPrefix is "
			    "\"%s\"",
			    c->veth_prefix);
	if (strpbrk(c->veth_prefix, "/: \t\n\v\f\r"))
		return fail(e, EINVAL, "vethPrefix \"%s\" cannot begin an interface name",
			    c->veth_prefix);
	return 0;
}

static int read_bool(const char *s, bool *out, struct err *e)
{
	if (strcmp(s, "1") == 0 || strcasecmp(s, "true") == 0)
		*out = true;
	else if (strcmp(s, "0") == 0 || strcasecmp(s, "false") == 0)
		*out = false;
	else
		return fail(e, EINVAL, "IgnoreUnknown must be true or false, not \"%s\"", s);
	return 0;
}

/* One K=V, cut in place; *unknown is set to the first pair whose key means nothing to us. */
static int argument(struct cni *c, char *pair, bool *ignore, const char **unknown, struct err *e)
{
	const struct {
		const char *key, **out;
	} keys[] = {
		{ "K8S_POD_NAME", &c->pod },
		{ "K8S_POD_NAMESPACE", &c->pod_ns },
		{ "K8S_POD_INFRA_CONTAINER_ID", &c->infra },
		{ "K8S_POD_UID", &c->uid },
	};
	char *eq = strchr(pair, '=');

	if (!eq || strchr(eq + 1, '='))
		return fail(e, EINVAL, "\"%s\" is not of the form KEY=VALUE", pair);
	*eq = '\0';
	if (strcmp(pair, "IgnoreUnknown") == 0)
		return read_bool(eq + 1, ignore, e);
	for (size_t i = 0; i < COUNT(keys); i++)
		if (strcmp(pair, keys[i].key) == 0) {
			*keys[i].out = eq + 1;
			return 0;
		}
	if (!*unknown)
		*unknown = pair;
	return 0;
}

int cni_args(struct cni *c, struct err *e)
{
	char *next = arena_str(&c->a, c->args), *pair;
	const char *unknown = NULL;
	bool ignore = false;

	c->pod = c->pod_ns = c->infra = c->uid = "";
	while (*c->args && next) {
		pair = next;
		next = strchr(pair, ';');
		if (next)
			*next++ = '\0';
		if (argument(c, pair, &ignore, &unknown, e) < 0)
			return wrap(e, "CNI_ARGS");
	}
	if (unknown && !ignore)
		return fail(e, EINVAL,
			    "CNI_ARGS: unknown key \"%s\" (and IgnoreUnknown is not set)", unknown);
	return 0;
}

/* stdout is the result's. */
void cni_log(struct cni *c)
{
	const char *file = c->log_file;
	struct err e;

	if (c->logging || !file)
		return;
	c->logging = true;
	if (strcmp(file, "stdout") == 0)
		file = "stderr";
	if (log_open(file, log_level(c->log_level), &e) < 0)
		log_warn("%s", e.msg);
	log_info("%s container=%s netns=%s ifname=%s args=%s path=%s config=%s", c->command,
		 c->container, c->netns, c->ifname, c->args, c->path, c->in.p);
}
