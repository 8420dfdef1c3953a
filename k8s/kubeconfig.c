/* SPDX-License-Identifier: Apache-2.0 */
/* kubeconfig.c - where the API server is and who we are: a kubeconfig, or a pod's service account.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "hash.h"
#include "kubeconfig.h"
#include "str.h"
#include "yaml.h"

enum { MAX_FILE = 1024 * 1024 };
static const char POD[] = "/var/run/secrets/kubernetes.io/serviceaccount";

/* The reading of one file. */
struct reading {
	struct kube_config *out;
	struct arena *a;
	const char *path;
	size_t folder; /* of path's bytes, with the last slash */
};

/* ---- fields */

/* A string, NULL when it is absent or empty, as in Go. */
static int string(const struct json *j, const char *name, const char **out, struct reading *r,
		  struct err *e)
{
	const struct json *v = json_member(j, name);

	*out = NULL;
	if (!v || json_type(v) == JSON_NULL)
		return 0;
	if (json_type(v) != JSON_STRING)
		return fail(e, EINVAL, "%s: a %s where a string is wanted", name,
			    json_type_name(v));
	if (*json_text(v))
		*out = arena_str(r->a, json_text(v));
	return 0;
}

static int boolean(const struct json *j, const char *name, bool *out, struct err *e)
{
	const struct json *v = json_member(j, name);

	*out = json_bool(v, "", false);
	if (!v || json_type(v) == JSON_NULL || json_type(v) == JSON_BOOL)
		return 0;
	return fail(e, EINVAL, "%s: a %s where a bool is wanted", name, json_type_name(v));
}

static const char *resolved(const struct reading *r, const char *path)
{
	return *path == '/' ? path : arena_fmt(r->a, "%.*s%s", (int)r->folder, r->path, path);
}

static int whole_file(const char *path, const char **out, struct arena *a, struct err *e)
{
	auto_buf struct buf b = { 0 };

	if (file_read(path, MAX_FILE, &b, e) < 0)
		return -1;
	*out = arena_str(a, b.p ? b.p : "");
	explicit_bzero(b.p, b.len);
	return 0;
}

static void wipe(struct buf *b)
{
	if (b->p)
		explicit_bzero(b->p, b->len);
}

/* base64 that may be broken into lines. What does not decode is not shown. */
static int decoded(const char *name, const char *data, const char **out, struct arena *a,
		   struct err *e)
{
	auto_buf struct buf clean = { 0 }, plain = { 0 };
	bool good;

	for (; *data; data++)
		if (!strchr(" \t\r\n", *data))
			buf_add(&clean, data, 1);
	good = clean.len && base64_decode(clean.p, &plain) && plain.len &&
	       strlen(plain.p) == plain.len;
	if (good)
		*out = arena_str(a, plain.p);
	wipe(&clean);
	wipe(&plain);
	return good ? 0 : fail(e, EINVAL, "%s: not base64 of a text", name);
}

/* name-data, else the file called name; NULL: neither. */
static int pem(const struct json *j, const char *name, const char **out, struct reading *r,
	       struct err *e)
{
	const char *data_name = arena_fmt(r->a, "%s-data", name), *data, *path;

	*out = NULL;
	if (string(j, data_name, &data, r, e) < 0 || string(j, name, &path, r, e) < 0)
		return -1;
	if (data)
		return decoded(data_name, data, out, r->a, e);
	if (!path)
		return 0;
	return whole_file(resolved(r, path), out, r->a, e) < 0 ? wrap(e, "%s", name) : 0;
}

/* Fields that would change who we are, and that we cannot follow. */
static int refused(const struct json *j, struct err *e)
{
	static const char *const names[][2] = {
		{ "username", "API servers take no passwords any more" },
		{ "password", "API servers take no passwords any more" },
		{ "as", "acting as somebody else is not supported" },
		{ "as-uid", "acting as somebody else is not supported" },
		{ "as-groups", "acting as somebody else is not supported" },
		{ "as-user-extra", "acting as somebody else is not supported" },
	};
	const struct json *provider = json_member(j, "auth-provider");

	for (size_t i = 0; i < COUNT(names); i++) {
		const struct json *v = json_member(j, names[i][0]);

		if (json_count(v) || (json_text(v) && *json_text(v)))
			return fail(e, ENOTSUP, "%s: %s", names[i][0], names[i][1]);
	}
	if (json_type(provider) != JSON_OBJECT)
		return 0;
	return fail(e, ENOTSUP,
		    "auth-provider '%.60s' is not supported (clients gave them up with 1.26)",
		    json_str(provider, "name", ""));
}

/* ---- clusters, users, contexts */

static int cluster(const struct json *j, struct reading *r, struct err *e)
{
	struct kube_config *c = r->out;

	if (string(j, "server", &c->server, r, e) < 0 ||
	    string(j, "tls-server-name", &c->server_name, r, e) < 0 ||
	    string(j, "proxy-url", &c->proxy, r, e) < 0 ||
	    boolean(j, "insecure-skip-tls-verify", &c->insecure, e) < 0 ||
	    pem(j, "certificate-authority", &c->ca, r, e) < 0)
		return -1;
	if (!c->server)
		return fail(e, EINVAL, "server: it is missing");
	if (c->insecure && c->ca)
		return fail(e, EINVAL,
			    "insecure-skip-tls-verify: with a certificate-authority it would be "
			    "passed over: leave one of the two away");
	return 0;
}

static int user(const struct json *j, struct reading *r, struct err *e)
{
	struct kube_config *c = r->out;
	const struct json *exec = json_member(j, "exec");

	if (refused(j, e) < 0 || pem(j, "client-certificate", &c->cert, r, e) < 0 ||
	    pem(j, "client-key", &c->key, r, e) < 0 || string(j, "token", &c->token, r, e) < 0 ||
	    string(j, "tokenFile", &c->token_file, r, e) < 0)
		return -1;
	if (c->token_file)
		c->token_file = resolved(r, c->token_file);
	if (!c->cert != !c->key)
		return fail(e, EINVAL, "client-%s: it is missing, the client-%s is there",
			    c->cert ? "key" : "certificate", c->cert ? "certificate" : "key");
	if (json_type(exec) != JSON_OBJECT)
		return 0;
	if (c->token || c->token_file)
		return fail(e, EINVAL, "exec: there is a token as well");
	return kubeconfig_exec(c, exec, r->a, e);
}

/* The value of the list's element of that name, as client-go the first. */
static const struct json *named(const struct json *list, const char *name, const char *member)
{
	for (const struct json *j = json_first(list); j; j = json_next(j))
		if (strcmp(json_str(j, "name", ""), name) == 0)
			return json_member(j, member);
	return NULL;
}

static int apply(const struct json *root, const char *context, struct reading *r, struct err *e)
{
	const char *current = json_str(root, "current-context", ""), *cluster_name, *user_name;
	const struct json *j;

	context = context && *context ? context : current;
	if (!*context)
		return fail(e, EINVAL, "no current-context, and none was named");
	j = named(json_member(root, "contexts"), context, "context");
	if (!j)
		return fail(e, EINVAL, "there is no context '%.100s'", context);
	if (string(j, "namespace", &r->out->ns, r, e) < 0 ||
	    string(j, "cluster", &cluster_name, r, e) < 0 ||
	    string(j, "user", &user_name, r, e) < 0)
		return wrap(e, "context %.100s", context);
	if (!r->out->ns)
		r->out->ns = "default";
	cluster_name = cluster_name ? cluster_name : "";
	j = named(json_member(root, "clusters"), cluster_name, "cluster");
	if (!j)
		return fail(e, EINVAL, "context %.100s: there is no cluster '%.100s'", context,
			    cluster_name);
	if (cluster(j, r, e) < 0)
		return wrap(e, "cluster %.100s", cluster_name);
	if (!user_name)
		return 0;
	j = named(json_member(root, "users"), user_name, "user");
	if (!j)
		return fail(e, EINVAL, "context %.100s: there is no user '%.100s'", context,
			    user_name);
	return user(j, r, e) < 0 ? wrap(e, "user %.100s", user_name) : 0;
}

int kubeconfig_read(struct kube_config *out, const char *text, size_t n, const char *path,
		    const char *context, struct arena *a, struct err *e)
{
	const char *slash = strrchr(path, '/');
	struct reading r = { out, a, path, slash ? (size_t)(slash + 1 - path) : 0 };
	auto_json struct json *root = NULL;

	*out = (struct kube_config) { 0 };
	root = yaml_parse_one(text, n, e);
	if (!root) {
		e->num = EINVAL;
		return wrap(e, "%s", path);
	}
	return apply(root, context, &r, e) < 0 ? wrap(e, "%s", path) : 0;
}

/* ---- where it comes from */

int kubeconfig_pod(struct kube_config *out, const char *folder, struct arena *a, struct err *e)
{
	const char *host = str_env("KUBERNETES_SERVICE_HOST"),
		   *port = str_env("KUBERNETES_SERVICE_PORT");
	size_t n;

	*out = (struct kube_config) { 0 };
	if (!*host || !*port)
		return fail(e, ENOENT,
			    "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are "
			    "not set");
	out->server =
		arena_fmt(a, strchr(host, ':') ? "https://[%s]:%s" : "https://%s:%s", host, port);
	out->token_file = arena_fmt(a, "%s/token", folder);
	if (whole_file(arena_fmt(a, "%s/ca.crt", folder), &out->ca, a, e) < 0 ||
	    whole_file(arena_fmt(a, "%s/namespace", folder), &out->ns, a, e) < 0)
		return wrap(e, "service account");
	n = strcspn(out->ns, " \t\r\n");
	out->ns = n ? arena_fmt(a, "%.*s", (int)n, out->ns) : "default";
	return 0;
}

static int from_path(struct kube_config *out, const char *path, const char *context,
		     struct arena *a, struct err *e)
{
	auto_buf struct buf text = { 0 };
	int rc;

	if (file_read(path, MAX_FILE, &text, e) < 0)
		return wrap(e, "kubeconfig");
	rc = kubeconfig_read(out, text.p ? text.p : "", text.len, path, context, a, e);
	explicit_bzero(text.p, text.len);
	return rc;
}

int kube_config_load(struct kube_config *out, const char *path, const char *context,
		     struct arena *a, struct err *e)
{
	struct strs list = str_split(str_env("KUBECONFIG"), ":", a);
	const char *home = str_env("HOME");

	*out = (struct kube_config) { 0 };
	if (path && *path)
		return from_path(out, path, context, a, e);
	for (size_t i = 0; i < list.n; i++)
		if (access(list.v[i], F_OK) == 0 || i == list.n - 1)
			return from_path(out, list.v[i], context, a, e);
	if (*str_env("KUBERNETES_SERVICE_HOST"))
		return kubeconfig_pod(out, POD, a, e);
	path = arena_fmt(a, "%s/.kube/config", home);
	if (*home && access(path, F_OK) == 0)
		return from_path(out, path, context, a, e);
	return fail(e, ENOENT,
		    "no cluster to speak to: name a kubeconfig (or set KUBECONFIG); there is none "
		    "in ~/.kube/config, and this is no pod");
}
