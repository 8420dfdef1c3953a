/* SPDX-License-Identifier: Apache-2.0 */
/* lb_endpoints.c - which pods and nodes are behind a binding. */
#include <errno.h>
#include <stdlib.h>

#include "endpoints.h"
#include "quiet.h"
#include "test.h"

struct world {
	struct lbconfig c;
	struct snapshot s;
	struct arena a;
	struct err e;
	struct endpoints out;
};

static void world_free(struct world *w)
{
	snapshot_free(&w->s);
	arena_free(&w->a);
}
#define auto_world AUTO(world_free)

/* ' stands for ". */
static void put(struct world *w, enum kube_kind kind, const char *text)
{
	auto_json struct json *j = NULL;
	char *copy = arena_str(&w->a, text);
	struct kube_object *o;

	for (char *p = copy; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	j = json_parse(copy, strlen(copy), &w->e);
	o = kube_object(kind, j, &w->e);
	CHECK(o != NULL);
	if (!o)
		return;
	snapshot_put(&w->s, o);
	kube_unref(&o);
}

static void put_service(struct world *w, const char *type, const char *ports)
{
	put(w, KUBE_SERVICE,
	    arena_fmt(&w->a,
		      "{'metadata':{'name':'web','namespace':'ns'},'spec':{'type':'%s','ports':"
		      "[%s]}}",
		      type, ports));
}

static void put_pod(struct world *w, const char *name, const char *node, const char *ready)
{
	put(w, KUBE_POD,
	    arena_fmt(&w->a,
		      "{'metadata':{'name':'%s','namespace':'ns'},'spec':{'nodeName':'%s'},"
		      "'status':{'podIP':'10.0.0.1','conditions':[{'type':'ContainersReady',"
		      "'status':'%s'}]}}",
		      name, node, ready));
}

static void put_node(struct world *w, const char *name, const char *ready, const char *meta,
		     const char *spec)
{
	put(w, KUBE_NODE,
	    arena_fmt(&w->a,
		      "{'metadata':{'name':'%s'%s},'spec':{'providerID':'aws:///zone/i-%s'%s},"
		      "'status':{'conditions':[{'type':'Ready','status':'%s'}]}}",
		      name, meta, name, spec, ready));
}

static void put_slice(struct world *w, const char *name, const char *family, const char *ports,
		      const char *endpoints)
{
	put(w, KUBE_SLICE,
	    arena_fmt(&w->a,
		      "{'metadata':{'name':'%s','namespace':'ns','labels':"
		      "{'kubernetes.io/service-name':'web'}},'addressType':'%s','ports':[%s],"
		      "'endpoints':[%s]}",
		      name, family, ports, endpoints));
}
#define POD_AT(ip, pod, conditions)                         \
	"{'addresses':['" ip "'],'conditions':{" conditions \
	"},'targetRef':{'kind':'Pod','namespace':'ns','name':'" pod "'}}"

static struct kube_binding binding(const char *type, struct int_or_str port)
{
	return (struct kube_binding) {
		.ns = "ns", .name = "b", .service = "web", .target_type = type, .port = port
	};
}

static int find(struct world *w, const char *type, struct int_or_str port)
{
	const struct kube_binding b = binding(type, port);

	if (!w->c.cluster)
		w->c = lbconfig_default();
	return endpoints_find(&w->c, &w->s, &b, &w->out, &w->a, &w->e);
}

/* "ID:PORT ID:PORT" */
static const char *found(struct world *w)
{
	auto_buf struct buf out = { 0 };

	buf_str(&out, "");
	for (size_t i = 0; i < w->out.n; i++)
		buf_fmt(&out, "%s%s:%d", i ? " " : "", w->out.v[i].id, (int)w->out.v[i].port);
	return arena_str(&w->a, out.p);
}

TEST(a_missing_service_or_port_is_a_backend_not_found)
{
	auto_world struct world w = { 0 };

	CHECK_INT(find(&w, "ip", (struct int_or_str) { NULL, 80 }), -1);
	CHECK_INT(w.e.num, ENOENT);
	CHECK_STR(w.e.msg, "backend not found: Service \"web\" not found");
	put_service(&w, "ClusterIP", "{'name':'http','port':80}");
	CHECK_INT(find(&w, "ip", (struct int_or_str) { NULL, 81 }), -1);
	CHECK_INT(w.e.num, ENOENT);
	CHECK_STR(w.e.msg, "backend not found: unable to find port 81 on service ns/web");
	CHECK_INT(find(&w, "ip", (struct int_or_str) { "https", 0 }), -1);
	CHECK_STR(w.e.msg, "backend not found: unable to find port https on service ns/web");
	CHECK_INT(find(&w, "ip", (struct int_or_str) { "http", 0 }), 0);
	CHECK_INT(w.out.n, 0);
}

TEST(pods_are_judged_by_ready_containers_and_nodes)
{
	static const struct {
		const char *conditions, *containers, *node, *want;
	} rows[] = {
		{ "'ready':true", "False", "ready", "10.1.1.1:8080" },
		{ "", "False", "ready", "10.1.1.1:8080" },
		{ "'ready':false", "True", "ready", "10.1.1.1:8080" },
		{ "'ready':false", "False", "ready", "" },
		{ "'ready':false,'terminating':true", "True", "ready", "" },
		{ "'ready':true,'terminating':true", "True", "ready", "10.1.1.1:8080" },
		{ "'ready':false", "True", "unknown", "10.1.1.1:8080" }, /* fails open */
		{ "'ready':false", "True", "down", "" },
		{ "'ready':false", "True", "nowhere", "" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		auto_world struct world w = { 0 };

		put_service(&w, "ClusterIP", "{'name':'http','port':80}");
		put_node(&w, "ready", "True", "", "");
		put_node(&w, "unknown", "Unknown", "", "");
		put_node(&w, "down", "False", "", "");
		put_pod(&w, "a", rows[i].node, rows[i].containers);
		put_slice(&w, "s", "IPv4", "{'name':'http','port':8080}",
			  arena_fmt(&w.a,
				    "{'addresses':['10.1.1.1'],'conditions':{%s},'targetRef':"
				    "{'kind':'Pod','name':'a'}}",
				    rows[i].conditions));
		CHECK_INT(find(&w, "ip", (struct int_or_str) { NULL, 80 }), 0);
		CHECK_STR(found(&w), rows[i].want);
	}
}

TEST(pods_on_lost_nodes_count_only_when_nothing_else_is_there)
{
	auto_world struct world w = { 0 };

	put_service(&w, "ClusterIP", "{'name':'http','port':80}");
	put_node(&w, "unknown", "Unknown", "", "");
	put_pod(&w, "a", "unknown", "True");
	put_pod(&w, "b", "x", "True");
	put_slice(&w, "s", "IPv4", "{'name':'http','port':8080}",
		  POD_AT("10.1.1.1", "a", "'ready':false"));
	CHECK_INT(find(&w, "ip", (struct int_or_str) { NULL, 80 }), 0);
	CHECK_STR(found(&w), "10.1.1.1:8080");
	w.c.gates[GATE_ENDPOINTS_FAIL_OPEN] = false;
	CHECK_INT(find(&w, "ip", (struct int_or_str) { NULL, 80 }), 0);
	CHECK_STR(found(&w), "");
	w.c.gates[GATE_ENDPOINTS_FAIL_OPEN] = true;
	put_slice(&w, "t", "IPv4", "{'name':'http','port':8080}", POD_AT("10.1.1.2", "b", ""));
	CHECK_INT(find(&w, "ip", (struct int_or_str) { NULL, 80 }), 0);
	CHECK_STR(found(&w), "10.1.1.2:8080");
}

TEST(slices_count_by_family_service_and_port_name)
{
	auto_world struct world w = { 0 };
	struct kube_binding six = binding("ip", (struct int_or_str) { NULL, 80 });

	put_service(&w, "ClusterIP", "{'name':'http','port':80},{'name':'other','port':81}");
	put_pod(&w, "a", "n", "True");
	put_pod(&w, "b", "n", "True");
	put_slice(&w, "s4", "IPv4", "{'name':'other','port':9090},{'name':'http','port':8080}",
		  POD_AT("10.1.1.1", "a", "") "," POD_AT("10.1.1.2", "b", ""));
	put_slice(&w, "s5", "IPv4", "{'name':'http'}", POD_AT("10.1.1.9", "a", ""));
	put_slice(&w, "s6", "IPv6", "{'name':'http','port':8080}", POD_AT("fd00:0::A", "a", ""));
	put(&w, KUBE_SLICE,
	    "{'metadata':{'name':'x','namespace':'ns','labels':{'kubernetes.io/service-name':"
	    "'webx'}},'addressType':'IPv4','ports':[{'name':'http','port':8080}],'endpoints':"
	    "[{'addresses':['10.9.9.9'],'targetRef':{'kind':'Pod','name':'a'}}]}");
	CHECK_INT(find(&w, "ip", (struct int_or_str) { NULL, 80 }), 0);
	CHECK_STR(found(&w), "10.1.1.1:8080 10.1.1.2:8080");
	six.ip_address_type = "ipv6";
	CHECK_INT(endpoints_find(&w.c, &w.s, &six, &w.out, &w.a, &w.e), 0);
	CHECK_STR(found(&w), "fd00::a:8080");
}

TEST(a_service_port_without_a_name_takes_any_slice_port)
{
	auto_world struct world w = { 0 };

	put_service(&w, "ClusterIP", "{'port':80}");
	put_pod(&w, "a", "n", "True");
	put_slice(&w, "s", "IPv4", "{'name':'what','port':8080}", POD_AT("10.1.1.1", "a", ""));
	/* Twice in two slices, while the API server moves it from one to the other. */
	put_slice(&w, "t", "IPv4", "{'name':'what','port':8080}", POD_AT("10.1.1.1", "a", ""));
	CHECK_INT(find(&w, "ip", (struct int_or_str) { NULL, 80 }), 0);
	CHECK_STR(found(&w), "10.1.1.1:8080");
}

TEST(endpoints_without_a_known_pod_are_set_aside)
{
	auto_quiet bool q = quiet();
	auto_world struct world w = { 0 };

	put_service(&w, "ClusterIP", "{'name':'http','port':80}");
	put_slice(&w, "s", "IPv4", "{'name':'http','port':8080}",
		  POD_AT("10.1.1.1", "a",
			 "") ","
			     "{'addresses':['10.1.1.2'],'targetRef':{'kind':'Node','name':'x'}},"
			     "{'addresses':['10.1.1.3']},"
			     "{'addresses':[],'targetRef':{'kind':'Pod','name':'a'}}");
	CHECK_INT(find(&w, "ip", (struct int_or_str) { NULL, 80 }), 0);
	CHECK_INT(w.out.n, 0);
	CHECK_INT(w.out.nunknown, 1);
	CHECK_STR(w.out.unknown[0].id, "10.1.1.1");
}

TEST(nodes_are_targets_by_readiness_taints_and_labels)
{
	static const struct {
		const char *ready, *meta, *spec, *want;
	} rows[] = {
		{ "True", "", "", "i-n:30080" },
		{ "False", "", "", "" },
		{ "Unknown", "", "", "i-n:30080" }, /* fails open */
		{ "True", ",'labels':{'node-role.kubernetes.io/master':''}", "", "" },
		{ "True",
		  ",'labels':{'node.kubernetes.io/exclude-from-external-load-balancers':''}", "",
		  "" },
		{ "True",
		  ",'labels':{'alpha.service-controller.kubernetes.io/exclude-balancer':'x'}", "",
		  "" },
		{ "True", ",'labels':{'eks.amazonaws.com/compute-type':'fargate'}", "", "" },
		{ "True", ",'labels':{'eks.amazonaws.com/compute-type':'other'}", "", "i-n:30080" },
		{ "True", "",
		  ",'taints':[{'key':'ToBeDeletedByClusterAutoscaler','effect':'NoSchedule'}]",
		  "" },
		{ "True", "", ",'taints':[{'key':'karpenter.sh/disrupted','effect':'NoSchedule'}]",
		  "" },
		{ "True", "", ",'taints':[{'key':'karpenter.sh/disrupted','effect':'NoExecute'}]",
		  "i-n:30080" },
		{ "True", "", ",'providerID':'eks-hybrid:///r/c/mi-0123'", "" },
		{ "True", "", ",'providerID':''", "" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		auto_quiet bool q = quiet();
		auto_world struct world w = { 0 };

		put_service(&w, "NodePort", "{'name':'http','port':80,'nodePort':30080}");
		put_node(&w, "n", rows[i].ready, rows[i].meta, rows[i].spec);
		CHECK_INT(find(&w, "instance", (struct int_or_str) { NULL, 80 }), 0);
		CHECK_STR(found(&w), rows[i].want);
	}
}

TEST(nodes_are_selected_by_the_bindings_selector)
{
	auto_world struct world w = { 0 };
	struct tag pool = { "pool", "a" };
	struct kube_selector sel = { .labels = { &pool, 1 } };
	struct kube_selector_rule bad = { "k", "Near", { 0 } };
	struct kube_binding b = binding("instance", (struct int_or_str) { NULL, 80 });

	w.c = lbconfig_default();
	put_service(&w, "LoadBalancer", "{'name':'http','port':80,'nodePort':30080}");
	put_node(&w, "n", "True", ",'labels':{'pool':'a'}", "");
	put_node(&w, "m", "True", ",'labels':{'pool':'b'}", "");
	b.nodes = &sel;
	CHECK_INT(endpoints_find(&w.c, &w.s, &b, &w.out, &w.a, &w.e), 0);
	CHECK_STR(found(&w), "i-n:30080");
	sel.rules = (struct kube_selector_rules) { &bad, 1 };
	CHECK_INT(endpoints_find(&w.c, &w.s, &b, &w.out, &w.a, &w.e), -1);
	CHECK(strstr(w.e.msg, "spec.nodeSelector") != NULL);
}

TEST(instance_targets_need_node_ports)
{
	auto_world struct world w = { 0 };

	put_service(&w, "ClusterIP", "{'name':'http','port':80}");
	CHECK_INT(find(&w, "instance", (struct int_or_str) { NULL, 80 }), -1);
	CHECK_STR(w.e.msg, "service type must be either 'NodePort' or 'LoadBalancer': ns/web");
	put_service(&w, "LoadBalancer", "{'name':'http','port':80}");
	CHECK_INT(find(&w, "instance", (struct int_or_str) { NULL, 80 }), -1);
	CHECK(strstr(w.e.msg, "no node port") != NULL);
}
