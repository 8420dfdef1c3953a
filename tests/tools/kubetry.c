/* SPDX-License-Identifier: Apache-2.0 */
/* kubetry.c - our Kubernetes client by hand, for scripts. The configuration is KUBECONFIG's.
 *   kubetry config                       what was read of it, without secrets
 *   kubetry do METHOD PATH [QUERY]       the answer; the body is BODY's, its Content-Type TYPE's
 *   kubetry get KIND NS NAME             the fields that the controller reads ("" for no namespace)
 *   kubetry finalizer KIND NS NAME FINALIZER add|remove
 * EKS_TOKEN: what is signed when the configuration wants a token of EKS; PATIENCE_MS. An error is
 * printed as "ERRNO CODE MESSAGE" and ends with 1. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "kube.h"
#include "str.h"

static int64_t patience(void)
{
	uint64_t ms = 20000;

	if (*str_env("PATIENCE_MS") && !str_u64(str_env("PATIENCE_MS"), &ms))
		die("PATIENCE_MS is no number");
	return now_ms() + (int64_t)ms;
}

static int show_config(const struct kube_config *c)
{
	const struct {
		const char *name, *value;
	} all[] = { { "server", c->server },
		    { "server_name", c->server_name },
		    { "proxy", c->proxy },
		    { "ca", c->ca ? "yes" : NULL },
		    { "cert", c->cert ? "yes" : NULL },
		    { "token", c->token ? "yes" : NULL },
		    { "token_file", c->token_file },
		    { "ns", c->ns },
		    { "insecure", c->insecure ? "yes" : NULL },
		    { "eks_cluster", c->eks_cluster },
		    { "eks_region", c->eks_region },
		    { "eks_role", c->eks_role },
		    { "eks_profile", c->eks_profile } };

	for (size_t i = 0; i < COUNT(all); i++)
		if (all[i].value)
			printf("%s=%s\n", all[i].name, all[i].value);
	return 0;
}

static int eks_token(void *arg, char *text, size_t size, int64_t *until, struct err *e)
{
	(void)arg;
	*until = wall_s() + 900;
	if (!*str_env("EKS_TOKEN"))
		return fail(e, ENOENT, "EKS_TOKEN is not set");
	snprintf(text, size, "%s", str_env("EKS_TOKEN"));
	return 0;
}

static void print(const struct json *j)
{
	auto_buf struct buf b = { 0 };

	json_print(j, 0, &b);
	puts(b.p);
}

static int call(struct kube *k, int n, char **arg, struct err *e)
{
	struct kube_call c = { .method = arg[0], .path = arg[1], .query = n > 2 ? arg[2] : NULL };
	auto_json struct json *out = NULL;

	c.body = getenv("BODY");
	c.type = getenv("TYPE");
	if (kube_do(k, &c, &out, patience(), e) < 0)
		return -1;
	print(out);
	return 0;
}

static enum kube_kind kind_of(const char *name)
{
	for (size_t i = 0; i < KUBE_KINDS; i++)
		if (strcmp(kube_kinds[i].kind, name) == 0)
			return (enum kube_kind)i;
	die("no kind %s", name);
}

static int get(struct kube *k, char **arg, struct err *e)
{
	enum kube_kind kind = kind_of(arg[0]);
	const struct shape *s = kube_kinds[kind].shape;
	auto_ptr void *object = xalloc(s->size);
	auto_arena struct arena a = { 0 };
	auto_json struct json *j = NULL;
	const struct kube_meta *m = object;

	if (kube_get(k, kind, arg[1], arg[2], object, &a, patience(), e) < 0)
		return -1;
	j = shape_json(s, object);
	json_add_str(j, "name", m->name);
	json_add_str(j, "uid", m->uid);
	print(j);
	return 0;
}

static int run(struct kube *k, int n, char **arg, struct err *e)
{
	if (n >= 3 && strcmp(arg[0], "do") == 0)
		return call(k, n - 1, arg + 1, e);
	if (n == 4 && strcmp(arg[0], "get") == 0)
		return get(k, arg + 1, e);
	if (n == 6 && strcmp(arg[0], "finalizer") == 0)
		return kube_finalizer(k, kind_of(arg[1]), arg[2], arg[3], arg[4],
				      strcmp(arg[5], "add") == 0, patience(), e);
	die("usage: kubetry config | do METHOD PATH [QUERY] | get KIND NS NAME | finalizer KIND NS "
	    "NAME FINALIZER add|remove");
}

static int failed(const struct err *e)
{
	printf("%d %s %s\n", e->num, *e->code ? e->code : "-", e->msg);
	return 1;
}

int main(int argc, char **argv)
{
	auto_arena struct arena a = { 0 };
	auto_kube struct kube *k = NULL;
	struct kube_config config;
	const struct kube_options o = { .config = &config, .agent = "kubetry", .token = eks_token };
	struct err e = { 0 };

	if (kube_config_load(&config, NULL, NULL, &a, &e) < 0)
		return failed(&e);
	if (argc == 2 && strcmp(argv[1], "config") == 0)
		return show_config(&config);
	if (kube_new(&k, &o, &e) < 0 || run(k, argc - 1, argv + 1, &e) < 0)
		return failed(&e);
	return 0;
}
