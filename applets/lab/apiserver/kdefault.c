/* SPDX-License-Identifier: Apache-2.0 */
/* kdefault.c - what the API server fills in: https://kubernetes.io/docs/reference/kubernetes-api.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kinner.h"

void kset_str(struct json *o, const char *key, const char *v)
{
	if (!json_member(o, key))
		json_add_str(o, key, v);
}

static void num(struct json *o, const char *key, int64_t v)
{
	if (!json_member(o, key))
		json_add_int(o, key, v);
}

void kset_flag(struct json *o, const char *key, bool v)
{
	if (!json_member(o, key))
		json_add_bool(o, key, v);
}

/* The object of that name, made when there is none. */
struct json *kset_object(struct json *o, const char *key)
{
	struct json *v = json_at(o, key);

	if (json_type(v) == JSON_OBJECT)
		return v;
	v = json_object();
	json_add(o, key, v);
	return v;
}

/* fn for each object of a list. */
static void each(struct json *o, const char *key, void (*fn)(struct json *))
{
	struct json *list = json_at(o, key);

	if (json_type(list) != JSON_ARRAY)
		return;
	for (const struct json *m = json_first(list); m; m = json_next(m))
		if (json_type(m) == JSON_OBJECT)
			fn(json_edit(list, m));
}

/* ---- pods */

static void container_port(struct json *p)
{
	kset_str(p, "protocol", "TCP");
}

static void probe(struct json *c, const char *key)
{
	struct json *p = json_at(c, key);

	if (json_type(p) != JSON_OBJECT)
		return;
	num(p, "timeoutSeconds", 1);
	num(p, "periodSeconds", 10);
	num(p, "successThreshold", 1);
	num(p, "failureThreshold", 3);
	if (json_type(json_get(p, "httpGet")) == JSON_OBJECT) {
		kset_str(json_at(p, "httpGet"), "path", "/");
		kset_str(json_at(p, "httpGet"), "scheme", "HTTP");
	}
}

static void field_ref(struct json *env)
{
	struct json *from = json_at(env, "valueFrom"),
		    *ref = json_type(from) == JSON_OBJECT ? json_at(from, "fieldRef") : NULL;

	if (json_type(ref) == JSON_OBJECT)
		kset_str(ref, "apiVersion", "v1");
}

/* Quantities are words, also where the manifest has numbers. */
static void quantities(struct json *r, const char *key)
{
	struct json *map = json_at(r, key);
	auto_json struct json *was = json_type(map) == JSON_OBJECT ? json_copy(map) : NULL;

	for (const struct json *m = json_first(was); m; m = json_next(m)) {
		auto_buf struct buf text = { 0 };

		if (json_type(m) != JSON_NUMBER)
			continue;
		json_print(m, 0, &text);
		json_add_str(map, json_key(m), text.p);
	}
}

/* Limits are requests too, unless said otherwise. */
static void resources(struct json *c)
{
	struct json *r = kset_object(c, "resources");
	const struct json *limits = json_get(r, "limits");

	quantities(r, "limits");
	quantities(r, "requests");
	for (const struct json *m = json_first(limits); m; m = json_next(m)) {
		struct json *requests = kset_object(r, "requests");

		if (!json_member(requests, json_key(m)))
			json_add(requests, json_key(m), json_copy(m));
	}
}

static void container(struct json *c)
{
	const char *image = json_str(c, "image", ""), *name = strrchr(image, '/'),
		   *tag = strchr(name ? name : image, ':');
	bool latest = !strchr(image, '@') && (!tag || strcmp(tag, ":latest") == 0);

	each(c, "ports", container_port);
	each(c, "env", field_ref);
	resources(c);
	kset_str(c, "terminationMessagePath", "/dev/termination-log");
	kset_str(c, "terminationMessagePolicy", "File");
	kset_str(c, "imagePullPolicy", latest ? "Always" : "IfNotPresent");
	probe(c, "livenessProbe");
	probe(c, "readinessProbe");
	probe(c, "startupProbe");
}

static void volume(struct json *v)
{
	static const char *const modes[] = { "configMap", "secret", "projected", "downwardAPI" };
	bool any = false;

	for (size_t i = 0; i < COUNT(modes); i++)
		if (json_type(json_get(v, modes[i])) == JSON_OBJECT)
			num(json_at(v, modes[i]), "defaultMode", 0644);
	if (json_type(json_get(v, "hostPath")) == JSON_OBJECT)
		kset_str(json_at(v, "hostPath"), "type", "");
	for (const struct json *m = json_first(v); m; m = json_next(m))
		any = any || strcmp(json_key(m), "name") != 0;
	if (!any)
		json_add(v, "emptyDir", json_object());
}

static void pod_spec(struct json *spec)
{
	each(spec, "volumes", volume);
	each(spec, "initContainers", container);
	each(spec, "containers", container);
	kset_str(spec, "restartPolicy", "Always");
	num(spec, "terminationGracePeriodSeconds", 30);
	kset_str(spec, "dnsPolicy", "ClusterFirst");
	kset_object(spec, "securityContext");
	kset_str(spec, "schedulerName", "default-scheduler");
	if (json_member(spec, "serviceAccountName"))
		json_add(spec, "serviceAccount",
			 json_copy(json_member(spec, "serviceAccountName")));
}

/* Guaranteed: cpu and memory limits everywhere, equal to the requests. */
static const char *qos(const struct json *spec)
{
	static const char *const what[] = { "cpu", "memory" };
	bool some = false, all = true;

	for (const struct json *c = json_first(json_get(spec, "containers")); c; c = json_next(c)) {
		const struct json *limits = json_get(c, "resources.limits"),
				  *requests = json_get(c, "resources.requests");

		for (size_t i = 0; i < COUNT(what); i++) {
			const struct json *l = json_member(limits, what[i]),
					  *q = json_member(requests, what[i]);

			some = some || l || q;
			all = all && l && json_same(l, q);
		}
	}
	return !some ? "BestEffort" : all ? "Guaranteed" : "Burstable";
}

static void tolerate(struct json *spec, const char *key)
{
	struct json *list = json_at(spec, "tolerations"), *t;

	if (json_type(list) != JSON_ARRAY) {
		list = json_array();
		json_add(spec, "tolerations", list);
	}
	for (const struct json *m = json_first(list); m; m = json_next(m))
		if (strcmp(json_str(m, "key", key), key) == 0 &&
		    strcmp(json_str(m, "effect", "NoExecute"), "NoExecute") == 0)
			return;
	t = json_object();
	json_add_str(t, "key", key);
	json_add_str(t, "operator", "Exists");
	json_add_str(t, "effect", "NoExecute");
	json_add_int(t, "tolerationSeconds", 300);
	json_push(list, t);
}

static void pod(struct json *o, const struct json *old)
{
	struct json *spec = kset_object(o, "spec"), *status;

	pod_spec(spec);
	kset_flag(spec, "enableServiceLinks", true);
	kset_str(spec, "preemptionPolicy", "PreemptLowerPriority");
	num(spec, "priority", 0);
	if (old)
		return;
	tolerate(spec, "node.kubernetes.io/not-ready");
	tolerate(spec, "node.kubernetes.io/unreachable");
	status = kset_object(o, "status");
	kset_str(status, "phase", "Pending");
	kset_str(status, "qosClass", qos(spec));
}

void kdefault_status(const struct kres *r, struct json *o)
{
	struct json *status = json_at(o, "status"), *ips, *one;
	const char *ip = json_str(status, "podIP", "");

	if (!kres_is(r, "pods") || !*ip || json_first(json_get(status, "podIPs")))
		return;
	ips = json_array();
	one = json_object();
	json_add_str(one, "ip", ip);
	json_push(ips, one);
	json_add(status, "podIPs", ips);
}

/* ---- what makes pods */

static void template_pod(struct json *spec)
{
	struct json *t = kset_object(spec, "template");

	kset_object(t, "metadata");
	pod_spec(kset_object(t, "spec"));
}

static void rolling(struct json *o, const char *key, bool surge)
{
	struct json *s = kset_object(o, key), *u;

	kset_str(s, "type", "RollingUpdate");
	if (strcmp(json_str(s, "type", ""), "RollingUpdate") != 0)
		return;
	u = kset_object(s, "rollingUpdate");
	if (surge) {
		kset_str(u, "maxUnavailable", "25%");
		kset_str(u, "maxSurge", "25%");
	} else {
		num(u, "maxUnavailable", 1);
		num(u, "maxSurge", 0);
	}
}

static void deployment(struct json *o)
{
	struct json *spec = kset_object(o, "spec");

	num(spec, "replicas", 1);
	rolling(spec, "strategy", true);
	num(spec, "revisionHistoryLimit", 10);
	num(spec, "progressDeadlineSeconds", 600);
	template_pod(spec);
}

static void replica_set(struct json *o)
{
	struct json *spec = kset_object(o, "spec");

	num(spec, "replicas", 1);
	template_pod(spec);
}

static void daemon_set(struct json *o)
{
	struct json *spec = kset_object(o, "spec");

	rolling(spec, "updateStrategy", false);
	num(spec, "revisionHistoryLimit", 10);
	template_pod(spec);
}

static void stateful_set(struct json *o)
{
	struct json *spec = kset_object(o, "spec"), *update = kset_object(spec, "updateStrategy"),
		    *keep;

	num(spec, "replicas", 1);
	num(spec, "revisionHistoryLimit", 10);
	kset_str(spec, "podManagementPolicy", "OrderedReady");
	kset_str(update, "type", "RollingUpdate");
	if (strcmp(json_str(update, "type", ""), "RollingUpdate") == 0)
		num(kset_object(update, "rollingUpdate"), "partition", 0);
	keep = kset_object(spec, "persistentVolumeClaimRetentionPolicy");
	kset_str(keep, "whenDeleted", "Retain");
	kset_str(keep, "whenScaled", "Retain");
	template_pod(spec);
}

static void job_spec(struct json *spec)
{
	num(spec, "parallelism", 1);
	num(spec, "completions", 1);
	num(spec, "backoffLimit", 6);
	kset_str(spec, "completionMode", "NonIndexed");
	kset_flag(spec, "suspend", false);
	template_pod(spec);
}

/* ---- the rest */

static void namespace(struct json *o, const struct json *old)
{
	struct json *labels = kset_object(kmeta(o), "labels"), *list;

	json_add_str(labels, "kubernetes.io/metadata.name", json_str(o, "metadata.name", ""));
	if (old)
		return;
	list = json_array();
	json_push_str(list, "kubernetes");
	json_add(kset_object(o, "spec"), "finalizers", list);
	json_add_str(kset_object(o, "status"), "phase", "Active");
}

static void slice_port(struct json *p)
{
	kset_str(p, "name", "");
	kset_str(p, "protocol", "TCP");
}

static void subset(struct json *o)
{
	each(o, "ports", container_port);
}

static void secret_bytes(struct json *o)
{
	kset_str(o, "type", "Opaque");
}

/* The forms of a custom resource's names that follow from the others. */
static void definition(struct json *o, const struct json *old)
{
	struct json *names = kset_object(kset_object(o, "spec"), "names");
	const char *kind = json_str(names, "kind", "");
	char text[200];

	snprintf(text, sizeof(text), "%.190sList", kind);
	kset_str(names, "listKind", text);
	snprintf(text, sizeof(text), "%.190s", kind);
	for (char *p = text; *p; p++)
		*p = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
	kset_str(names, "singular", text);
	kset_str(kset_object(kset_object(o, "spec"), "conversion"), "strategy", "None");
	if (!old)
		kcrd_accept(o);
}

/* A row a kind: those that need neither store nor the object before. */
static const struct {
	const char *plural;
	void (*fn)(struct json *);
} simple[] = {
	{ "deployments", deployment }, { "replicasets", replica_set },
	{ "daemonsets", daemon_set },  { "statefulsets", stateful_set },
	{ "secrets", secret_bytes },
};

void kdefault(struct kstore *s, const struct kres *r, struct json *o, const struct json *old)
{
	if (r->custom)
		return;
	for (size_t i = 0; i < COUNT(simple); i++)
		if (strcmp(simple[i].plural, r->plural) == 0)
			simple[i].fn(o);
	if (strcmp(r->plural, "pods") == 0)
		pod(o, old);
	else if (strcmp(r->plural, "services") == 0)
		kdefault_service(s, o, old);
	else if (strcmp(r->plural, "namespaces") == 0)
	namespace(o, old);
	else if (strcmp(r->plural, "customresourcedefinitions") == 0) definition(o, old);
	else if (strcmp(r->plural, "endpointslices") == 0) each(o, "ports", slice_port);
	else if (strcmp(r->plural, "endpoints") == 0) each(o, "subsets", subset);
	else if (strcmp(r->plural, "jobs") == 0) job_spec(kset_object(o, "spec"));
	else if (strcmp(r->plural, "ingresses") == 0 && !old)
		json_add(kset_object(o, "status"), "loadBalancer", json_object());
	else if (r->status && !old && !json_member(o, "status"))
		json_add(o, "status", json_object());
}
