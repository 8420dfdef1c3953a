/* SPDX-License-Identifier: Apache-2.0 */
/* kpodat.c - where a pod's kubelet is, and what it is asked: paths as kube-apiserver's. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kpodat.h"
#include "str.h"

static bool has(const struct json *pod, const char *list, const char *name)
{
	for (const struct json *c = json_first(json_get(pod, list)); c; c = json_next(c))
		if (strcmp(json_str(c, "name", ""), name) == 0)
			return true;
	return false;
}

/* The one that is named, or the default one, or the only one. */
static int container(const char **out, const struct kask *a, const struct json *pod, struct err *e)
{
	const struct json *list = json_get(pod, "spec.containers");
	const char *name = kask_param(a->c, "container");
	const struct json *mark = json_member(json_get(pod, "metadata.annotations"),
					      "kubectl.kubernetes.io/default-container");
	auto_buf struct buf all = { 0 };

	if ((!name || !*name) && json_text(mark))
		name = json_text(mark);
	if ((!name || !*name) && json_count(list) == 1)
		name = json_str(json_first(list), "name", "");
	for (const struct json *c = json_first(list); c; c = json_next(c))
		buf_fmt(&all, "%s%s", all.len ? " " : "", json_str(c, "name", ""));
	if (!name || !*name)
		return kfail(e, "BadRequest",
			     "a container name must be specified for pod %s, choose one of: [%s]",
			     a->name, all.p ? all.p : "");
	if (!has(pod, "spec.containers", name) && !has(pod, "spec.initContainers", name))
		return kfail(e, "BadRequest", "container %s is not valid for pod %s", name,
			     a->name);
	*out = arena_str(&a->c->a, name);
	return 0;
}

/* The query without what names the container. */
static char *query(const struct kask *a)
{
	struct strs p = str_split(a->c->query, "&", &a->c->a);
	auto_buf struct buf b = { 0 };

	for (size_t i = 0; i < p.n; i++)
		if (!str_prefix(p.v[i], "container="))
			buf_fmt(&b, "%s%s", b.len ? "&" : "?", p.v[i]);
	return arena_str(&a->c->a, b.p ? b.p : "");
}

static int node_at(struct kpodat *at, const struct kask *a, const char *node, struct err *e)
{
	const struct kres *nodes = kstore_resource(a->s, "", "nodes");
	auto_json struct json *o = kstore_json(a->s, nodes, "", node);

	if (!o)
		return knot_found(nodes, node, e);
	at->port = (uint16_t)json_int(o, "status.daemonEndpoints.kubeletEndpoint.Port", 10250);
	for (const struct json *m = json_first(json_get(o, "status.addresses")); m;
	     m = json_next(m))
		if (strcmp(json_str(m, "type", ""), "InternalIP") == 0 &&
		    ip_parse(json_str(m, "address", ""), &at->ip) && at->ip.family == IP_V4)
			return 0;
	return kfail(e, "InternalError", "no preferred addresses found; known addresses: []");
}

int kpodat_find(struct kpodat *at, const struct kask *a, struct err *e)
{
	auto_json struct json *pod = kstore_json(a->s, a->r, a->ns, a->name);
	const char *node = json_str(pod, "spec.nodeName", ""), *name = "";
	bool forward = strcmp(a->sub, "portforward") == 0;

	*at = (struct kpodat) { 0 };
	if (!pod)
		return knot_found(a->r, a->name, e);
	if (!forward && container(&name, a, pod, e) < 0)
		return -1;
	if (!*node && strcmp(a->sub, "log") != 0)
		return kfail(e, "BadRequest", "pod %s does not have a host assigned", a->name);
	at->target = forward ? arena_fmt(&a->c->a, "/portForward/%s/%s%s", a->ns, a->name, query(a))
			     : arena_fmt(&a->c->a, "/%s/%s/%s/%s%s",
					 strcmp(a->sub, "log") == 0 ? "containerLogs" : a->sub,
					 a->ns, a->name, name, query(a));
	if (!*node)
		return 0;
	return node_at(at, a, node, e);
}
