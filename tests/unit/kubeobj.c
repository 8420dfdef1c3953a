/* SPDX-License-Identifier: Apache-2.0 */
/* kubeobj.c - objects as the API server writes them, and what selectors select. */
#include <errno.h>
#include <string.h>

#include "kubeobj.h"
#include "test.h"

static int read_kind(enum kube_kind kind, const char *text, void *out, struct arena *a,
		     struct err *e)
{
	auto_json struct json *j = json_parse(text, strlen(text), e);

	return j ? shape_get_json(kube_kinds[kind].shape, out, j, a, e) : -1;
}

TEST(a_service_is_read_with_its_ports_and_its_status)
{
	auto_arena struct arena a = { 0 };
	struct kube_service s;
	struct err e = { 0 };

	CHECK(read_kind(
		      KUBE_SERVICE,
		      "{\"metadata\":{\"namespace\":\"default\",\"name\":\"web\",\"uid\":\"u\","
		      "\"annotations\":{\"a/b\":\"c\"},\"finalizers\":[\"f\"]},"
		      "\"spec\":{\"type\":\"LoadBalancer\",\"allocateLoadBalancerNodePorts\":false,"
		      "\"ports\":[{\"port\":80,\"protocol\":\"TCP\",\"targetPort\":\"http\"},"
		      "{\"port\":81,\"targetPort\":8080,\"nodePort\":30001}],\"ipFamilies\":["
		      "\"IPv4\"]},"
		      "\"status\":{\"loadBalancer\":{\"ingress\":[{\"hostname\":\"h\"}]}}}",
		      &s, &a, &e) == 0);
	CHECK_STR(s.name, "web");
	CHECK_STR(s.type, "LoadBalancer");
	CHECK(s.class == NULL && s.deleted == NULL && s.allocate_node_ports == FLAG_NO);
	CHECK(s.ports.n == 2 && s.ports.v[1].target_port.n == 8080 && !s.ports.v[1].target_port.s);
	CHECK_STR(s.ports.v[0].target_port.s, "http");
	CHECK_STR(tag_get(&s.annotations, "a/b"), "c");
	CHECK_STR(s.status.v[0].hostname, "h");
	CHECK_STR(s.finalizers.v[0], "f");
}

TEST(every_kind_begins_with_the_metadata)
{
	static union {
		struct kube_meta meta;
		char room[4096];
	} u;
	auto_arena struct arena a = { 0 };
	struct err e = { 0 };

	for (int k = 0; k < KUBE_KINDS; k++) {
		CHECK(kube_kinds[k].shape->size <= sizeof(u));
		CHECK(read_kind((enum kube_kind)k,
				"{\"metadata\":{\"namespace\":\"n\",\"name\":\"o\","
				"\"resourceVersion\":\"7\","
				"\"generation\":3,\"deletionTimestamp\":\"2026-01-01T00:00:00Z\"}}",
				&u, &a, &e) == 0);
		CHECK_STR(u.meta.name, "o");
		CHECK_STR(u.meta.version, "7");
		CHECK(u.meta.generation == 3 && u.meta.deleted);
	}
}

TEST(class_parameters_keep_the_tags_of_subnets_as_json)
{
	auto_arena struct arena a = { 0 };
	struct kube_class_params p;
	struct err e = { 0 };

	CHECK(read_kind(KUBE_CLASS_PARAMS,
			"{\"metadata\":{\"name\":\"p\"},\"spec\":{\"group\":{\"name\":\"g\"},"
			"\"subnets\":{\"tags\":{\"k\":[\"a\",\"b\"]}},\"namespaceSelector\":{}}}",
			&p, &a, &e) == 0);
	CHECK_STR(p.subnet_tags, "{\"k\":[\"a\",\"b\"]}");
	CHECK_STR(p.group, "g");
	CHECK(p.namespaces != NULL && !p.capacity_units.set);
}

static bool selects(const char *selector, const char *key, const char *value, struct err *e)
{
	auto_arena struct arena a = { 0 };
	auto_json struct json *j = json_parse(selector, strlen(selector), e);
	struct tag tag = { key, value };
	struct tags labels = { &tag, value ? 1 : 0 };
	struct kube_selector s;
	bool yes = false;

	if (!j || shape_get_json(&kube_selector_shape, &s, j, &a, e) < 0 ||
	    kube_selects(&s, &labels, &yes, e) < 0)
		return false;
	return yes;
}

TEST(a_selector_selects_by_labels_and_by_every_operator)
{
	static const struct {
		const char *selector, *value;
		bool yes;
	} rows[] = {
		{ "{}", NULL, true },
		{ "{\"matchLabels\":{\"k\":\"v\"}}", "v", true },
		{ "{\"matchLabels\":{\"k\":\"v\"}}", "w", false },
		{ "{\"matchLabels\":{\"k\":\"v\"}}", NULL, false },
		{ "{\"matchExpressions\":[{\"key\":\"k\",\"operator\":\"In\",\"values\":[\"u\","
		  "\"v\"]}]}",
		  "v", true },
		{ "{\"matchExpressions\":[{\"key\":\"k\",\"operator\":\"In\",\"values\":[\"u\"]}]}",
		  "v", false },
		{ "{\"matchExpressions\":[{\"key\":\"k\",\"operator\":\"NotIn\",\"values\":[\"u\"]}"
		  "]}",
		  "v", true },
		{ "{\"matchExpressions\":[{\"key\":\"k\",\"operator\":\"NotIn\",\"values\":[\"u\"]}"
		  "]}",
		  NULL, true },
		{ "{\"matchExpressions\":[{\"key\":\"k\",\"operator\":\"NotIn\",\"values\":[\"v\"]}"
		  "]}",
		  "v", false },
		{ "{\"matchExpressions\":[{\"key\":\"k\",\"operator\":\"Exists\"}]}", "v", true },
		{ "{\"matchExpressions\":[{\"key\":\"k\",\"operator\":\"Exists\"}]}", NULL, false },
		{ "{\"matchExpressions\":[{\"key\":\"k\",\"operator\":\"DoesNotExist\"}]}", NULL,
		  true },
		{ "{\"matchExpressions\":[{\"key\":\"k\",\"operator\":\"DoesNotExist\"}]}", "v",
		  false },
	};
	struct err e = { 0 };

	for (size_t i = 0; i < COUNT(rows); i++) {
		CHECK(selects(rows[i].selector, "k", rows[i].value, &e) == rows[i].yes);
		CHECK_STR(e.msg, "");
	}
}

TEST(a_selector_that_is_none_is_refused)
{
	struct err e = { 0 };

	CHECK(!selects(
		"{\"matchExpressions\":[{\"key\":\"k\",\"operator\":\"Near\",\"values\":[\"v\"]}]}",
		"k", "v", &e));
	CHECK(e.num == EBADMSG && strstr(e.msg, "'Near' is no operator"));
	CHECK(!selects("{\"matchExpressions\":[{\"key\":\"k\",\"operator\":\"In\"}]}", "k", "v",
		       &e));
	CHECK(strstr(e.msg, "no values for operator 'In'"));
}
