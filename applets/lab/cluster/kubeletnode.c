/* SPDX-License-Identifier: Apache-2.0 */
/* kubeletnode.c - the node itself: what it is, its Node object, the Lease that says it lives. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "clock.h"
#include "imds.h"
#include "kubelet.h"
#include "log.h"
#include "str.h"

enum { IMDS_MS = 30 * 1000, LEASE_S = 40, BEAT_MS = 10 * 1000, REGISTER_MS = 60 * 1000 };

int kubelet_facts_read(struct kubelet_facts *f, struct arena *a, struct err *e)
{
	static const char base[] = "/latest/meta-data/";
	const struct {
		const char *path, **to;
		bool optional;
	} all[] = {
		{ "instance-id", &f->instance, false },
		{ "instance-type", &f->type, false },
		{ "placement/availability-zone", &f->zone, false },
		{ "placement/region", &f->region, false },
		{ "local-ipv4", &f->ip, false },
		{ "local-hostname", &f->dns, false },
		{ "public-ipv4", &f->public_ip, true },
		{ "public-hostname", &f->public_dns, true },
	};
	int64_t until = now_ms() + IMDS_MS;
	auto_imds struct imds m = { 0 };

	if (imds_init(&m, e) < 0)
		return -1;
	for (size_t i = 0; i < COUNT(all); i++) {
		if (imds_get(&m, arena_fmt(a, "%s%s", base, all[i].path), all[i].to, a, until, e) <
			    0 &&
		    !(all[i].optional && e->num == ENOENT))
			return wrap(e, "what this node is");
		if (!*all[i].to)
			*all[i].to = "";
	}
	return 0;
}

/* ---- the object */

static void address(struct json *list, const char *type, const char *value)
{
	struct json *j;

	if (!*value)
		return;
	j = json_object();
	json_add_str(j, "type", type);
	json_add_str(j, "address", value);
	json_push(list, j);
}

static struct json *addresses(const struct kubelet_facts *f)
{
	struct json *list = json_array();

	address(list, "InternalIP", f->ip);
	address(list, "ExternalIP", f->public_ip);
	address(list, "InternalDNS", f->dns);
	address(list, "Hostname", f->dns);
	address(list, "ExternalDNS", f->public_dns);
	return list;
}

static struct json *labels(const struct kubelet_facts *f)
{
	struct json *j = json_object();
	auto_arena struct arena a = { 0 };
	struct strs more = str_split(f->labels ? f->labels : "", ",", &a);

	json_add_str(j, "beta.kubernetes.io/arch", "amd64");
	json_add_str(j, "beta.kubernetes.io/instance-type", f->type);
	json_add_str(j, "beta.kubernetes.io/os", "linux");
	json_add_str(j, "eks.amazonaws.com/capacityType", "ON_DEMAND");
	json_add_str(j, "eks.amazonaws.com/nodegroup", "ng1");
	json_add_str(j, "failure-domain.beta.kubernetes.io/region", f->region);
	json_add_str(j, "failure-domain.beta.kubernetes.io/zone", f->zone);
	json_add_str(j, "kubernetes.io/arch", "amd64");
	json_add_str(j, "kubernetes.io/hostname", f->node);
	json_add_str(j, "kubernetes.io/os", "linux");
	json_add_str(j, "node.kubernetes.io/instance-type", f->type);
	json_add_str(j, "topology.kubernetes.io/region", f->region);
	json_add_str(j, "topology.kubernetes.io/zone", f->zone);
	for (size_t i = 0; i < more.n; i++) {
		const char *eq = strchr(more.v[i], '=');

		if (eq)
			json_add_str(j, arena_fmt(&a, "%.*s", (int)(eq - more.v[i]), more.v[i]),
				     eq + 1);
	}
	return j;
}

static void condition(struct json *list, const char *type, bool is, const char *reason,
		      const char *message, const char *now)
{
	struct json *j = json_object();

	json_add_str(j, "type", type);
	json_add_str(j, "status", is ? "True" : "False");
	json_add_str(j, "lastHeartbeatTime", now);
	json_add_str(j, "lastTransitionTime", now);
	json_add_str(j, "reason", reason);
	json_add_str(j, "message", message);
	json_push(list, j);
}

static struct json *conditions(int64_t now_s)
{
	struct json *list = json_array();
	char now[21];

	time_rfc3339(now_s, now);
	condition(list, "MemoryPressure", false, "KubeletHasSufficientMemory",
		  "kubelet has sufficient memory available", now);
	condition(list, "DiskPressure", false, "KubeletHasNoDiskPressure",
		  "kubelet has no disk pressure", now);
	condition(list, "PIDPressure", false, "KubeletHasSufficientPID",
		  "kubelet has sufficient PID available", now);
	condition(list, "Ready", true, "KubeletReady", "kubelet is posting ready status", now);
	return list;
}

static struct json *resources(const struct kubelet_facts *f)
{
	struct json *j = json_object();
	char text[32];

	snprintf(text, sizeof(text), "%ld", f->cpus);
	json_add_str(j, "cpu", text);
	json_add_str(j, "ephemeral-storage", "20959212Ki");
	snprintf(text, sizeof(text), "%ldKi", f->memory_mib * 1024);
	json_add_str(j, "memory", text);
	snprintf(text, sizeof(text), "%ld", f->max_pods);
	json_add_str(j, "pods", text);
	return j;
}

static struct json *node_info(const struct kubelet_facts *f)
{
	struct json *j = json_object();
	struct utsname u;

	uname(&u);
	json_add_str(j, "machineID", f->instance);
	json_add_str(j, "systemUUID", f->instance);
	json_add_str(j, "bootID", f->instance);
	json_add_str(j, "kernelVersion", u.release);
	json_add_str(j, "osImage", "vpcbox-lab");
	json_add_str(j, "containerRuntimeVersion", "containerd://lab-" VERSION);
	json_add_str(j, "kubeletVersion", "v1.32.0-vpcbox-lab");
	json_add_str(j, "kubeProxyVersion", "");
	json_add_str(j, "operatingSystem", "linux");
	json_add_str(j, "architecture", "amd64");
	return j;
}

static struct json *status(const struct kubelet_facts *f, int64_t now_s)
{
	struct json *s = json_object(), *ends = json_object(), *port = json_object();

	json_add(s, "capacity", resources(f));
	json_add(s, "allocatable", resources(f));
	json_add(s, "conditions", conditions(now_s));
	json_add(s, "addresses", addresses(f));
	json_add_int(port, "Port", KUBELET_PORT);
	json_add(ends, "kubeletEndpoint", port);
	json_add(s, "daemonEndpoints", ends);
	json_add(s, "nodeInfo", node_info(f));
	return s;
}

struct json *kubelet_node(const struct kubelet_facts *f, int64_t now_s)
{
	struct json *j = json_object(), *meta = json_object(), *spec = json_object();
	char id[200];

	snprintf(id, sizeof(id), "aws:///%s/%s", f->zone, f->instance);
	json_add_str(j, "apiVersion", "v1");
	json_add_str(j, "kind", "Node");
	json_add_str(meta, "name", f->node);
	json_add(meta, "labels", labels(f));
	json_add(j, "metadata", meta);
	json_add_str(spec, "providerID", id);
	json_add(j, "spec", spec);
	json_add(j, "status", status(f, now_s));
	return j;
}

static int send(struct kubelet *k, const char *method, const char *path, const char *type,
		const struct json *body, struct err *e)
{
	auto_buf struct buf text = { 0 };
	struct kube_call c = { .method = method, .path = path, .type = type };

	json_print(body, 0, &text);
	c.body = text.p;
	return kube_do(k->kube, &c, NULL, now_ms() + KUBELET_CALL_MS, e);
}

static int register_once(struct kubelet *k, struct err *e)
{
	static const char merge[] = "application/strategic-merge-patch+json";
	auto_json struct json *node = kubelet_node(&k->f, wall_s());
	auto_json struct json *part = json_object();
	auto_arena struct arena a = { 0 };
	const char *own = kube_path(KUBE_NODE, NULL, k->f.node, NULL, &a);

	if (send(k, "POST", kube_path(KUBE_NODE, NULL, NULL, NULL, &a), NULL, node, e) < 0) {
		if (e->num != EEXIST)
			return -1;
		json_add(part, "metadata", json_copy(json_get(node, "metadata")));
		if (send(k, "PATCH", own, merge, part, e) < 0)
			return -1;
		json_drop(part, "metadata");
	}
	json_add(part, "status", json_copy(json_get(node, "status")));
	return send(k, "PATCH", arena_fmt(&a, "%s/status", own), merge, part, e);
}

/* The API server may come up after us. */
int kubelet_register(struct kubelet *k, struct err *e)
{
	struct backoff pause = { 100, 1000, 0.2, 0 };
	int64_t until = now_ms() + REGISTER_MS;

	while (register_once(k, e) < 0) {
		log_warn("this node is not registered yet: %s", e->msg);
		if (!pause_ms(backoff_next(&pause), until))
			return wrap(e, "register node %s", k->f.node);
	}
	return 0;
}

/* ---- the lease */

struct kubelet_beat {
	struct kubelet *k;
	struct job j;
	struct timer t;
};

static struct json *lease(const struct kubelet *k)
{
	struct json *j = json_object(), *meta = json_object(), *spec = json_object();
	char now[25], micro[40];

	time_iso(wall_ns(), now);
	snprintf(micro, sizeof(micro), "%.23s000Z", now);
	json_add_str(j, "apiVersion", "coordination.k8s.io/v1");
	json_add_str(j, "kind", "Lease");
	json_add_str(meta, "name", k->f.node);
	json_add_str(meta, "namespace", "kube-node-lease");
	json_add(j, "metadata", meta);
	json_add_str(spec, "holderIdentity", k->f.node);
	json_add_int(spec, "leaseDurationSeconds", LEASE_S);
	json_add_str(spec, "renewTime", micro);
	json_add(j, "spec", spec);
	return j;
}

static void beat(struct job *job)
{
	static const char list[] = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";
	struct kubelet_beat *b = OWNER(job, struct kubelet_beat, j);
	auto_json struct json *l = lease(b->k);
	auto_arena struct arena a = { 0 };
	struct err e;

	if (send(b->k, "PATCH", arena_fmt(&a, "%s/%s", list, b->k->f.node),
		 "application/merge-patch+json", l, &e) == 0)
		return;
	if (e.num != ENOENT || send(b->k, "POST", list, NULL, l, &e) < 0)
		log_warn("the lease is not renewed: %s", e.msg);
}

static void beaten(struct job *job)
{
	struct kubelet_beat *b = OWNER(job, struct kubelet_beat, j);
	struct err e;

	if (timer_set(b->k->loop, &b->t, BEAT_MS, &e) < 0)
		die("%s", e.msg);
}

static void on_beat(struct timer *t)
{
	struct kubelet_beat *b = OWNER(t, struct kubelet_beat, t);
	struct err e;

	if (job_start(b->k->loop, &b->j, &e) < 0)
		beaten(&b->j);
}

int kubelet_lease_begin(struct kubelet *k, struct err *e)
{
	k->beat = xalloc(sizeof(*k->beat));
	*k->beat = (struct kubelet_beat) { .k = k,
					   .j = { .run = beat, .done = beaten },
					   .t.fn = on_beat };
	return timer_set(k->loop, &k->beat->t, 0, e);
}
