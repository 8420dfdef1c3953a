/* SPDX-License-Identifier: Apache-2.0 */
/* kubeletvolume.c - a container's volumes: emptyDir, configMap, secret, hostPath (of the node). In
 * the job that starts it. */
#include <errno.h>
#include <string.h>

#include "file.h"
#include "hash.h"
#include "kubelet.h"
#include "str.h"

static const struct json *volume(const struct json *pod, const char *name)
{
	for (const struct json *v = json_first(json_get(pod, "spec.volumes")); v; v = json_next(v))
		if (strcmp(json_str(v, "name", ""), name) == 0)
			return v;
	return NULL;
}

/* A key is a file's name, nothing else. */
static int write_key(const char *dir, const struct json *v, bool secret, struct arena *a,
		     struct err *e)
{
	const char *key = json_key(v), *text = json_str(v, "", "");
	auto_buf struct buf data = { 0 };

	if (!*key || strchr(key, '/') || strcmp(key, ".") == 0 || strcmp(key, "..") == 0)
		return fail(e, EINVAL, "key '%s' is no name for a file", key);
	buf_str(&data, "");
	if (!secret)
		buf_str(&data, text);
	else if (!base64_decode(text, &data))
		return fail(e, EINVAL, "key '%s' is not base64", key);
	return file_replace(arena_fmt(a, "%s/%s", dir, key), data.p, data.len, 0644, false, e);
}

static int fill(const struct json *object, const char *dir, bool secret, struct arena *a,
		struct err *e)
{
	for (const struct json *v = json_first(json_get(object, "data")); v; v = json_next(v))
		if (write_key(dir, v, secret, a, e) < 0)
			return -1;
	return 0;
}

/* *from: the folder that is to be mounted; NULL: nothing. */
static int provide(struct kwork *w, const struct json *v, const char *dir, kubelet_object_fn *get,
		   void *arg, const char **from, struct err *e)
{
	const struct json *config = json_get(v, "configMap"), *secret = json_get(v, "secret");
	const struct json *o, *source = config ? config : secret;
	const char *name = json_str(source, config ? "name" : "secretName", "");

	*from = arena_fmt(&w->a, "%s/volumes/%s", dir, json_str(v, "name", ""));
	if (json_get(v, "hostPath")) {
		*from = json_str(v, "hostPath.path", "");
		return mkdirs(*from, 0755, e);
	}
	if (mkdirs(*from, 0777, e) < 0)
		return -1;
	if (json_get(v, "emptyDir"))
		return 0;
	if (!source) { /* a projected token, a claim: nothing that the lab has */
		*from = NULL;
		return 0;
	}
	o = get(arg, config ? "configmaps" : "secrets", name, e);
	if (o)
		return fill(o, *from, secret, &w->a, e);
	return json_bool(source, "optional", false) && e->num == ENOENT ? 0 : -1;
}

struct json *kubelet_mounts(struct kwork *w, const char *dir, kubelet_object_fn *get, void *arg,
			    struct err *e)
{
	const struct json *list = json_get(kcont_spec(w->pod, w->name), "volumeMounts");
	auto_json struct json *out = json_array();

	for (const struct json *m = json_first(list); m; m = json_next(m)) {
		const char *name = json_str(m, "name", ""), *sub = json_str(m, "subPath", "");
		const struct json *v = volume(w->pod, name);
		const char *from = NULL;
		struct json *j;

		if (!v || strchr(name, '/'))
			return fail(e, EINVAL, "volume '%s' is not among the pod's", name), NULL;
		if (*sub)
			return fail(e, ENOTSUP, "volume '%s': the lab has no subPath", name), NULL;
		if (provide(w, v, dir, get, arg, &from, e) < 0)
			return wrap(e, "volume '%s'", name), NULL;
		if (!from)
			continue;
		j = json_object();
		json_add_str(j, "from", from);
		json_add_str(j, "to", json_str(m, "mountPath", ""));
		json_add_bool(j, "ro", json_bool(m, "readOnly", false));
		json_push(out, j);
	}
	return TAKE(out);
}
