/* SPDX-License-Identifier: Apache-2.0 */
/* kcells.c - rows of the built-in kinds as kubernetes' printers have them, a function each. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "kcells.h"
#include "str.h"

void kcell_text(struct kcell *c, const char *s)
{
	if (c->n++)
		buf_str(c->out, ",");
	json_quote(s, c->out);
}

void kcell_num(struct kcell *c, int64_t v)
{
	if (c->n++)
		buf_str(c->out, ",");
	buf_int(c->out, v);
}

struct kage kcells_span(int64_t s)
{
	int64_t m = s / 60, h = m / 60, d = h / 24;
	struct kage a;

	if (s < -1)
		snprintf(a.s, sizeof(a.s), "<invalid>");
	else if (s < 120)
		snprintf(a.s, sizeof(a.s), "%" PRId64 "s", s < 0 ? 0 : s);
	else if (m < 10)
		snprintf(a.s, sizeof(a.s), s % 60 ? "%" PRId64 "m%" PRId64 "s" : "%" PRId64 "m", m,
			 s % 60);
	else if (m < 180)
		snprintf(a.s, sizeof(a.s), "%" PRId64 "m", m);
	else if (h < 8)
		snprintf(a.s, sizeof(a.s), m % 60 ? "%" PRId64 "h%" PRId64 "m" : "%" PRId64 "h", h,
			 m % 60);
	else if (h < 48)
		snprintf(a.s, sizeof(a.s), "%" PRId64 "h", h);
	else if (h < 192)
		snprintf(a.s, sizeof(a.s), h % 24 ? "%" PRId64 "d%" PRId64 "h" : "%" PRId64 "d", d,
			 h % 24);
	else if (d < 730)
		snprintf(a.s, sizeof(a.s), "%" PRId64 "d", d);
	else if (d < 2920)
		snprintf(a.s, sizeof(a.s), d % 365 ? "%" PRId64 "y%" PRId64 "d" : "%" PRId64 "y",
			 d / 365, d % 365);
	else
		snprintf(a.s, sizeof(a.s), "%" PRId64 "y", d / 365);
	return a;
}

struct kage kcells_age(const char *since)
{
	char text[24];
	int64_t at;

	/* microseconds of an event are more than we read */
	snprintf(text, sizeof(text), "%.19sZ", since);
	at = strlen(since) >= 20 ? time_parse(text) : -1;
	return at < 0 ? (struct kage) { "<unknown>" } : kcells_span(wall_s() - at);
}

/* ---- what many rows have */

static void name(struct kcell *c)
{
	kcell_text(c, json_str(c->o, "metadata.name", ""));
}

static void age(struct kcell *c)
{
	kcell_text(c, kcells_age(json_str(c->o, "metadata.creationTimestamp", "")).s);
}

static void word(struct kcell *c, const char *path, const char *none)
{
	const char *s = json_str(c->o, path, "");

	kcell_text(c, *s ? s : none);
}

static void number(struct kcell *c, const char *path)
{
	kcell_num(c, json_int(c->o, path, 0));
}

static void joined(struct kcell *c, const char *path, const char *key)
{
	auto_buf struct buf b = { 0 };

	for (const struct json *m = json_first(json_get(c->o, path)); m; m = json_next(m))
		buf_fmt(&b, "%s%s", b.len ? "," : "", json_str(m, key, ""));
	kcell_text(c, b.len ? b.p : "<none>");
}

static void put_pairs(const struct json *map, struct buf *b)
{
	for (const struct json *m = json_first(map); m; m = json_next(m))
		buf_fmt(b, "%s%s=%s", b->len ? "," : "", json_key(m),
			json_text(m) ? json_text(m) : "");
}

static void pairs(struct kcell *c, const char *path)
{
	auto_buf struct buf b = { 0 };

	put_pairs(json_get(c->o, path), &b);
	kcell_text(c, b.len ? b.p : "<none>");
}

static void plain(struct kcell *c)
{
	name(c);
	age(c);
}

static void template_cells(struct kcell *c)
{
	joined(c, "spec.template.spec.containers", "name");
	joined(c, "spec.template.spec.containers", "image");
	pairs(c, "spec.selector.matchLabels");
}

/* ---- workloads */

static void deployment(struct kcell *c)
{
	char text[60];

	name(c);
	snprintf(text, sizeof(text), "%" PRId64 "/%" PRId64,
		 json_int(c->o, "status.readyReplicas", 0), json_int(c->o, "spec.replicas", 0));
	kcell_text(c, text);
	number(c, "status.updatedReplicas");
	number(c, "status.availableReplicas");
	age(c);
	template_cells(c);
}

static void replica_set(struct kcell *c)
{
	name(c);
	number(c, "spec.replicas");
	number(c, "status.replicas");
	number(c, "status.readyReplicas");
	age(c);
	template_cells(c);
}

static void daemon_set(struct kcell *c)
{
	name(c);
	number(c, "status.desiredNumberScheduled");
	number(c, "status.currentNumberScheduled");
	number(c, "status.numberReady");
	number(c, "status.updatedNumberScheduled");
	number(c, "status.numberAvailable");
	pairs(c, "spec.template.spec.nodeSelector");
	age(c);
	template_cells(c);
}

/* ---- the network */

static void external(struct kcell *c)
{
	auto_buf struct buf b = { 0 };
	const char *type = json_str(c->o, "spec.type", "");
	bool balanced = strcmp(type, "LoadBalancer") == 0;

	if (strcmp(type, "ExternalName") == 0) {
		word(c, "spec.externalName", "<none>");
		return;
	}
	for (const struct json *m =
		     balanced ? json_first(json_get(c->o, "status.loadBalancer.ingress")) : NULL;
	     m; m = json_next(m))
		buf_fmt(&b, "%s%s", b.len ? "," : "",
			json_str(m, "ip", json_str(m, "hostname", "")));
	for (const struct json *m = json_first(json_get(c->o, "spec.externalIPs")); m;
	     m = json_next(m))
		buf_fmt(&b, "%s%s", b.len ? "," : "", json_text(m) ? json_text(m) : "");
	kcell_text(c, b.len ? b.p : balanced ? "<pending>" : "<none>");
}

static void service(struct kcell *c)
{
	auto_buf struct buf ports = { 0 };

	for (const struct json *p = json_first(json_get(c->o, "spec.ports")); p; p = json_next(p)) {
		buf_fmt(&ports, "%s%" PRId64, ports.len ? "," : "", json_int(p, "port", 0));
		if (json_int(p, "nodePort", 0))
			buf_fmt(&ports, ":%" PRId64, json_int(p, "nodePort", 0));
		buf_fmt(&ports, "/%s", json_str(p, "protocol", "TCP"));
	}
	name(c);
	word(c, "spec.type", "");
	word(c, "spec.clusterIP", "<none>");
	external(c);
	kcell_text(c, ports.len ? ports.p : "<none>");
	age(c);
	pairs(c, "spec.selector");
}

static void endpoints(struct kcell *c)
{
	auto_buf struct buf b = { 0 };
	size_t n = 0;
	char more[40];

	for (const struct json *s = json_first(json_get(c->o, "subsets")); s; s = json_next(s)) {
		const struct json *ports = json_get(s, "ports"), *p = json_first(ports);

		do {
			for (const struct json *a = json_first(json_get(s, "addresses")); a;
			     a = json_next(a)) {
				if (n++ >= 3)
					continue;
				buf_fmt(&b, "%s%s", b.len ? "," : "", json_str(a, "ip", ""));
				if (p)
					buf_fmt(&b, ":%" PRId64, json_int(p, "port", 0));
			}
			p = json_next(p);
		} while (p);
	}
	snprintf(more, sizeof(more), " + %zu more...", n > 3 ? n - 3 : 0);
	if (n > 3)
		buf_str(&b, more);
	name(c);
	kcell_text(c, b.len ? b.p : "<none>");
	age(c);
}

static void slice(struct kcell *c)
{
	auto_buf struct buf ports = { 0 };
	auto_buf struct buf at = { 0 };
	size_t n = 0, np = 0;

	for (const struct json *p = json_first(json_get(c->o, "ports")); p; p = json_next(p))
		if (np++ < 3) {
			buf_str(&ports, ports.len ? "," : "");
			buf_int(&ports, json_int(p, "port", 0));
		}
	for (const struct json *e = json_first(json_get(c->o, "endpoints")); e; e = json_next(e))
		for (const struct json *a = json_first(json_get(e, "addresses")); a;
		     a = json_next(a))
			if (n++ < 3)
				buf_fmt(&at, "%s%s", at.len ? "," : "",
					json_text(a) ? json_text(a) : "");
	if (np > 3)
		buf_fmt(&ports, " + %zu more...", np - 3);
	if (n > 3)
		buf_fmt(&at, " + %zu more...", n - 3);
	name(c);
	word(c, "addressType", "");
	kcell_text(c, ports.len ? ports.p : "<unset>");
	kcell_text(c, at.len ? at.p : "<unset>");
	age(c);
}

static void ingress(struct kcell *c)
{
	auto_buf struct buf hosts = { 0 };
	auto_buf struct buf at = { 0 };
	size_t n = 0;

	for (const struct json *r = json_first(json_get(c->o, "spec.rules")); r; r = json_next(r)) {
		const char *host = json_str(r, "host", "");

		if (n < 3)
			buf_fmt(&hosts, "%s%s", hosts.len ? "," : "", *host ? host : "*");
		n++;
	}
	if (n > 3)
		buf_fmt(&hosts, " + %zu more...", n - 3);
	for (const struct json *m = json_first(json_get(c->o, "status.loadBalancer.ingress")); m;
	     m = json_next(m))
		buf_fmt(&at, "%s%s", at.len ? "," : "",
			json_str(m, "ip", json_str(m, "hostname", "")));
	name(c);
	word(c, "spec.ingressClassName", "<none>");
	kcell_text(c, hosts.len ? hosts.p : "*");
	kcell_text(c, at.len ? at.p : "");
	kcell_text(c, json_first(json_get(c->o, "spec.tls")) ? "80, 443" : "80");
	age(c);
}

static void ingress_class(struct kcell *c)
{
	const struct json *p = json_get(c->o, "spec.parameters");
	char text[300] = "<none>";

	if (p)
		snprintf(text, sizeof(text), *json_str(p, "apiGroup", "") ? "%s.%s/%s" : "%s%s/%s",
			 json_str(p, "kind", ""), json_str(p, "apiGroup", ""),
			 json_str(p, "name", ""));
	name(c);
	word(c, "spec.controller", "");
	kcell_text(c, text);
	age(c);
}

/* ---- nodes */

static void node_status(struct kcell *c)
{
	const char *text = "Unknown";

	for (const struct json *m = json_first(json_get(c->o, "status.conditions")); m;
	     m = json_next(m))
		if (strcmp(json_str(m, "type", ""), "Ready") == 0)
			text = strcmp(json_str(m, "status", ""), "True") == 0 ? "Ready"
									      : "NotReady";
	if (json_bool(c->o, "spec.unschedulable", false))
		text = strcmp(text, "Ready") == 0      ? "Ready,SchedulingDisabled"
		       : strcmp(text, "NotReady") == 0 ? "NotReady,SchedulingDisabled"
						       : "Unknown,SchedulingDisabled";
	kcell_text(c, text);
}

static void node_roles(struct kcell *c)
{
	static const char prefix[] = "node-role.kubernetes.io/";
	auto_buf struct buf b = { 0 };

	for (const struct json *m = json_first(json_get(c->o, "metadata.labels")); m;
	     m = json_next(m))
		if (str_prefix(json_key(m), prefix) && json_key(m)[sizeof(prefix) - 1])
			buf_fmt(&b, "%s%s", b.len ? "," : "", json_key(m) + sizeof(prefix) - 1);
	kcell_text(c, b.len ? b.p : "<none>");
}

static void address(struct kcell *c, const char *type)
{
	for (const struct json *m = json_first(json_get(c->o, "status.addresses")); m;
	     m = json_next(m))
		if (strcmp(json_str(m, "type", ""), type) == 0) {
			kcell_text(c, json_str(m, "address", ""));
			return;
		}
	kcell_text(c, "<none>");
}

static void node(struct kcell *c)
{
	name(c);
	node_status(c);
	node_roles(c);
	age(c);
	word(c, "status.nodeInfo.kubeletVersion", "");
	address(c, "InternalIP");
	address(c, "ExternalIP");
	word(c, "status.nodeInfo.osImage", "<unknown>");
	word(c, "status.nodeInfo.kernelVersion", "<unknown>");
	word(c, "status.nodeInfo.containerRuntimeVersion", "<unknown>");
}

/* ---- the rest */

static void namespace(struct kcell *c)
{
	name(c);
	word(c, "status.phase", "");
	age(c);
}

static void config_map(struct kcell *c)
{
	name(c);
	kcell_num(c, (int64_t)(json_count(json_get(c->o, "data")) +
			       json_count(json_get(c->o, "binaryData"))));
	age(c);
}

static void secret(struct kcell *c)
{
	name(c);
	word(c, "type", "");
	kcell_num(c, (int64_t)json_count(json_get(c->o, "data")));
	age(c);
}

static void service_account(struct kcell *c)
{
	name(c);
	kcell_num(c, (int64_t)json_count(json_get(c->o, "secrets")));
	age(c);
}

static void lease(struct kcell *c)
{
	name(c);
	word(c, "spec.holderIdentity", "");
	age(c);
}

static void definition(struct kcell *c)
{
	name(c);
	word(c, "metadata.creationTimestamp", "");
}

static void event(struct kcell *c)
{
	const char *kind = json_str(c->o, "involvedObject.kind", ""),
		   *last = json_str(c->o, "lastTimestamp", ""),
		   *first = json_str(c->o, "firstTimestamp", "");
	char object[300], source[200];
	size_t n = 0;

	first = *first ? first : json_str(c->o, "eventTime", "");
	last = *last ? last : first;
	for (; kind[n] && n < 60; n++)
		object[n] = kind[n] >= 'A' && kind[n] <= 'Z' ? (char)(kind[n] + 32) : kind[n];
	snprintf(object + n, sizeof(object) - n, "/%.200s",
		 json_str(c->o, "involvedObject.name", ""));
	snprintf(source, sizeof(source),
		 *json_str(c->o, "source.host", "") ? "%.90s, %.90s" : "%.90s%.90s",
		 json_str(c->o, "source.component", json_str(c->o, "reportingComponent", "")),
		 json_str(c->o, "source.host", ""));
	kcell_text(c, kcells_age(last).s);
	word(c, "type", "");
	word(c, "reason", "");
	kcell_text(c, object);
	word(c, "involvedObject.fieldPath", "");
	kcell_text(c, source);
	word(c, "message", "");
	kcell_text(c, kcells_age(first).s);
	kcell_num(c, json_int(c->o, "count", 1));
	name(c);
}

static const struct kcolumns rows[] = {
	{ "pods",
	  { "Name", "Ready", "Status", "Restarts", "Age", "+IP", "+Node", "+Nominated Node",
	    "+Readiness Gates" },
	  kcell_pod },
	{ "deployments",
	  { "Name", "Ready", "Up-to-date", "Available", "Age", "+Containers", "+Images",
	    "+Selector" },
	  deployment },
	{ "replicasets",
	  { "Name", "Desired", "Current", "Ready", "Age", "+Containers", "+Images", "+Selector" },
	  replica_set },
	{ "daemonsets",
	  { "Name", "Desired", "Current", "Ready", "Up-to-date", "Available", "Node Selector",
	    "Age", "+Containers", "+Images", "+Selector" },
	  daemon_set },
	{ "services",
	  { "Name", "Type", "Cluster-IP", "External-IP", "Port(s)", "Age", "+Selector" },
	  service },
	{ "endpoints", { "Name", "Endpoints", "Age" }, endpoints },
	{ "endpointslices", { "Name", "AddressType", "Ports", "Endpoints", "Age" }, slice },
	{ "ingresses", { "Name", "Class", "Hosts", "Address", "Ports", "Age" }, ingress },
	{ "ingressclasses", { "Name", "Controller", "Parameters", "Age" }, ingress_class },
	{ "nodes",
	  { "Name", "Status", "Roles", "Age", "Version", "+Internal-IP", "+External-IP",
	    "+OS-Image", "+Kernel-Version", "+Container-Runtime" },
	  node },
	{ "namespaces", { "Name", "Status", "Age" }, namespace },
	{ "configmaps", { "Name", "Data", "Age" }, config_map },
	{ "secrets", { "Name", "Type", "Data", "Age" }, secret },
	{ "serviceaccounts", { "Name", "Secrets", "Age" }, service_account },
	{ "leases", { "Name", "Holder", "Age" }, lease },
	{ "customresourcedefinitions", { "Name", "Created At" }, definition },
	{ "events",
	  { "Last Seen", "Type", "Reason", "Object", "+Subobject", "+Source", "Message",
	    "+First Seen", "+Count", "+Name" },
	  event },
};

const struct kcolumns *kcells_of(const struct kres *r)
{
	static const struct kcolumns least = { "", { "Name", "Age" }, plain };

	for (size_t i = 0; i < COUNT(rows) && !r->custom; i++)
		if (strcmp(rows[i].plural, r->plural) == 0)
			return &rows[i];
	return &least;
}

void kcells_put(const struct kres *r, const struct json *o, struct buf *out)
{
	struct kcell c = { .out = out, .o = o };

	kcells_of(r)->fn(&c);
}
