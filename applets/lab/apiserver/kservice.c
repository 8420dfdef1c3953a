/* SPDX-License-Identifier: Apache-2.0 */
/* kservice.c - what a Service gets: an address of 10.100.0.0/16, node ports, and its defaults. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kinner.h"

enum {
	CLUSTER_IPS = (10 << 24) | (100 << 16), /* 10.100.0.0/16 */
	FIRST_NODE_PORT = 30000,
	NODE_PORTS = 2768
};

struct taken {
	char words[40];
	bool found;
};

static bool is_taken(void *arg, const struct kobj *o)
{
	struct taken *t = arg;

	t->found = memmem(o->text, o->len, t->words, strlen(t->words));
	return !t->found;
}

static bool used(struct kstore *s, struct taken *t)
{
	t->found = false;
	kstore_each(s, kstore_resource(s, "", "services"), NULL, is_taken, t);
	return t->found;
}

static void new_ip(struct kstore *s, char ip[16])
{
	struct taken t;
	uint32_t n;

	for (uint32_t tries = 0; tries < 65000; tries++) {
		n = CLUSTER_IPS + 256 + s->next_ip++ % 65000;
		snprintf(ip, 16, "%u.%u.%u.%u", n >> 24, n >> 16 & 255, n >> 8 & 255, n & 255);
		snprintf(t.words, sizeof(t.words), "\"clusterIP\":\"%s\"", ip);
		if (!used(s, &t))
			return;
	}
}

static uint32_t new_port(struct kstore *s)
{
	struct taken t;
	uint32_t n = FIRST_NODE_PORT;

	for (uint32_t tries = 0; tries < NODE_PORTS; tries++) {
		n = FIRST_NODE_PORT + (s->next_port++ * 733 + 521) % NODE_PORTS;
		snprintf(t.words, sizeof(t.words), "\"nodePort\":%u", n);
		if (!used(s, &t))
			return n;
	}
	return n;
}

static void service_ports(struct kstore *s, struct json *spec, bool node_ports)
{
	struct json *list = json_at(spec, "ports");

	if (json_type(list) != JSON_ARRAY)
		return;
	for (const struct json *m = json_first(list); m; m = json_next(m)) {
		struct json *p = json_edit(list, m);

		if (json_type(p) != JSON_OBJECT)
			continue;
		kset_str(p, "protocol", "TCP");
		if (!json_member(p, "targetPort") && json_member(p, "port"))
			json_add(p, "targetPort", json_copy(json_member(p, "port")));
		if (node_ports && json_int(p, "nodePort", 0) == 0)
			json_add_int(p, "nodePort", new_port(s));
		else if (!node_ports)
			json_drop(p, "nodePort");
	}
}

static void cluster_ips(struct kstore *s, struct json *spec, const struct json *old)
{
	const char *had = json_str(old, "spec.clusterIP", "");
	struct json *ips = json_array(), *families;
	char ip[16] = "";

	if (!*json_str(spec, "clusterIP", "")) {
		if (!*had)
			new_ip(s, ip);
		json_add_str(spec, "clusterIP", *had ? had : ip);
	}
	json_push_str(ips, json_str(spec, "clusterIP", ""));
	json_add(spec, "clusterIPs", ips);
	if (!json_member(spec, "ipFamilies")) {
		families = json_array();
		json_push_str(families, "IPv4");
		json_add(spec, "ipFamilies", families);
	}
	kset_str(spec, "ipFamilyPolicy", "SingleStack");
}

void kdefault_service(struct kstore *s, struct json *o, const struct json *old)
{
	struct json *spec = kset_object(o, "spec");
	const char *type;
	bool balanced;

	kset_str(spec, "sessionAffinity", "None");
	kset_str(spec, "type", "ClusterIP");
	type = json_str(spec, "type", "");
	balanced = strcmp(type, "LoadBalancer") == 0;
	if (strcmp(type, "ExternalName") != 0) {
		cluster_ips(s, spec, old);
		kset_str(spec, "internalTrafficPolicy", "Cluster");
	}
	if (balanced)
		kset_flag(spec, "allocateLoadBalancerNodePorts", true);
	if (balanced || strcmp(type, "NodePort") == 0)
		kset_str(spec, "externalTrafficPolicy", "Cluster");
	service_ports(s, spec,
		      strcmp(type, "NodePort") == 0 ||
			      (balanced && json_bool(spec, "allocateLoadBalancerNodePorts", true)));
	if (!old)
		json_add(kset_object(o, "status"), "loadBalancer", json_object());
}
