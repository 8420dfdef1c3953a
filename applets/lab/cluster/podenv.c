/* SPDX-License-Identifier: Apache-2.0 */
/* podenv.c - env, envFrom, $(NAME). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "podenv.h"

static const char *lookup(const struct strs *env, const char *name, size_t n)
{
	for (size_t i = 0; i < env->n; i++)
		if (strncmp(env->v[i], name, n) == 0 && env->v[i][n] == '=')
			return env->v[i] + n + 1;
	return NULL;
}

static void set(struct strs *env, const char *name, const char *value, struct arena *a)
{
	const char *entry = arena_fmt(a, "%s=%s", name, value);
	size_t n = strlen(name) + 1;

	for (size_t i = 0; i < env->n; i++)
		if (strncmp(env->v[i], entry, n) == 0) {
			env->v[i] = entry;
			return;
		}
	strs_add(env, entry, a);
}

const char *podenv_expand(const char *s, const struct strs *env, struct arena *a)
{
	auto_buf struct buf out = { 0 };

	buf_str(&out, "");
	while (*s) {
		const char *end = s[0] == '$' && s[1] == '(' ? strchr(s, ')') : NULL;
		const char *value = end ? lookup(env, s + 2, (size_t)(end - s) - 2) : NULL;

		if (value) {
			buf_str(&out, value);
			s = end + 1;
		} else if (s[0] == '$' && s[1] == '$') {
			buf_str(&out, "$");
			s += 2;
			/* what was escaped is not read again */
			if (*s == '(') {
				buf_str(&out, "(");
				s++;
			}
		} else {
			buf_add(&out, s++, 1);
		}
	}
	return arena_str(a, out.p);
}

/* ---- where values come from */

/* metadata.labels['x'] and the like. */
static const char *subscript(const struct json *pod, const char *path)
{
	static const char *const maps[] = { "metadata.labels", "metadata.annotations" };
	char key[320];

	for (size_t i = 0; i < COUNT(maps); i++) {
		size_t n = strlen(maps[i]), len = strlen(path);

		if (!str_prefix(path, maps[i]) || path[n] != '[' || len < n + 4)
			continue;
		snprintf(key, sizeof(key), "%.*s", (int)(len - n - 4), path + n + 2);
		return json_str(json_member(json_get(pod, maps[i]), key), "", "");
	}
	return NULL;
}

static const char *field(const struct podenv_from *f, const char *path, struct err *e)
{
	const char *found = subscript(f->pod, path);

	if (found)
		return found;
	if (strcmp(path, "status.podIP") == 0 || strcmp(path, "status.podIPs") == 0)
		return f->pod_ip;
	if (strcmp(path, "status.hostIP") == 0 || strcmp(path, "status.hostIPs") == 0)
		return f->host_ip;
	if (strcmp(path, "spec.nodeName") == 0)
		return f->node;
	if (strcmp(path, "spec.serviceAccountName") == 0)
		return json_str(f->pod, path, "default");
	if (strcmp(path, "metadata.name") == 0 || strcmp(path, "metadata.namespace") == 0 ||
	    strcmp(path, "metadata.uid") == 0)
		return json_str(f->pod, path, "");
	fail(e, EINVAL, "unsupported fieldPath: %s", path);
	return NULL;
}

/* A Secret's data are base64. */
static const char *datum(const char *kind, const struct json *v, struct arena *a)
{
	auto_buf struct buf out = { 0 };

	if (strcmp(kind, "secrets") != 0)
		return json_str(v, "", "");
	buf_str(&out, "");
	(void)!base64_decode(json_str(v, "", ""), &out);
	return arena_str(a, out.p ? out.p : "");
}

/* *value NULL: it is optional, and not there. */
static int from_key(const struct podenv_from *f, const char *kind, const struct json *ref,
		    const char **value, struct arena *a, struct err *e)
{
	const char *name = json_str(ref, "name", ""), *key = json_str(ref, "key", "");
	const struct json *o = f->object(f->arg, kind, name, e), *v;
	bool optional = json_bool(ref, "optional", false);

	*value = NULL;
	if (!o)
		return optional && e->num == ENOENT ? 0 : -1;
	v = json_member(json_get(o, "data"), key);
	if (v)
		*value = datum(kind, v, a);
	if (v || optional)
		return 0;
	return fail(e, ENOENT, "couldn't find key %s in %s %s/%s", key,
		    strcmp(kind, "secrets") == 0 ? "Secret" : "ConfigMap",
		    json_str(f->pod, "metadata.namespace", ""), name);
}

static int value_of(const struct podenv_from *f, const struct json *env, const struct strs *so_far,
		    const char **value, struct arena *a, struct err *e)
{
	const struct json *from = json_get(env, "valueFrom"), *ref;

	if (!from) {
		*value = podenv_expand(json_str(env, "value", ""), so_far, a);
		return 0;
	}
	if ((ref = json_get(from, "configMapKeyRef")))
		return from_key(f, "configmaps", ref, value, a, e);
	if ((ref = json_get(from, "secretKeyRef")))
		return from_key(f, "secrets", ref, value, a, e);
	if ((ref = json_get(from, "fieldRef"))) {
		*value = field(f, json_str(ref, "fieldPath", ""), e);
		return *value ? 0 : -1;
	}
	*value = "0"; /* resourceFieldRef: nothing is limited here */
	return 0;
}

static int add_all(const struct podenv_from *f, const struct json *source, struct strs *out,
		   struct arena *a, struct err *e)
{
	const char *prefix = json_str(source, "prefix", ""), *kind = "configmaps";
	const struct json *ref = json_get(source, "configMapRef"), *o;

	if (!ref) {
		ref = json_get(source, "secretRef");
		kind = "secrets";
	}
	o = f->object(f->arg, kind, json_str(ref, "name", ""), e);
	if (!o)
		return json_bool(ref, "optional", false) && e->num == ENOENT ? 0 : -1;
	for (const struct json *v = json_first(json_get(o, "data")); v; v = json_next(v))
		set(out, arena_fmt(a, "%s%s", prefix, json_key(v)), datum(kind, v, a), a);
	return 0;
}

int podenv_make(const struct podenv_from *f, struct strs *out, struct arena *a, struct err *e)
{
	const struct json *c = f->container, *j;

	set(out, "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", a);
	set(out, "HOSTNAME",
	    json_bool(f->pod, "spec.hostNetwork", false) ? f->node
							 : json_str(f->pod, "metadata.name", ""),
	    a);
	for (j = json_first(json_get(c, "envFrom")); j; j = json_next(j))
		if (add_all(f, j, out, a, e) < 0)
			return -1;
	for (j = json_first(json_get(c, "env")); j; j = json_next(j)) {
		const char *value = NULL;

		if (value_of(f, j, out, &value, a, e) < 0)
			return -1;
		if (value)
			set(out, json_str(j, "name", ""), value, a);
	}
	return 0;
}

struct strs podenv_command(const struct json *container, const char *own, const struct strs *env,
			   struct arena *a)
{
	const struct json *command = json_get(container, "command");
	const struct json *args = json_get(container, "args"), *j;
	struct strs out = { 0 };

	for (j = json_first(command); j; j = json_next(j))
		strs_add(&out, podenv_expand(json_str(j, "", ""), env, a), a);
	for (j = json_first(args); j; j = json_next(j))
		strs_add(&out, podenv_expand(json_str(j, "", ""), env, a), a);
	if (!out.n && own)
		strs_add(&out, own, a);
	return out;
}
