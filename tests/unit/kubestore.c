/* SPDX-License-Identifier: Apache-2.0 */
/* kubestore.c - objects, what is kept of them, and a store that follows a watch. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "buf.h"
#include "kubestore.h"
#include "test.h"

static struct kube_object *object(enum kube_kind kind, const char *text)
{
	struct err e = { 0 };
	auto_json struct json *j = json_parse(text, strlen(text), &e);
	struct kube_object *o = j ? kube_object(kind, j, &e) : NULL;

	if (!o)
		die("%s: %s", text, e.msg);
	return o;
}

static struct kube_object *service(const char *ns, const char *name, const char *version)
{
	auto_buf struct buf b = { 0 };

	buf_fmt(&b,
		"{\"metadata\":{\"namespace\":\"%s\",\"name\":\"%s\",\"resourceVersion\":\"%s\"},"
		"\"spec\":{\"type\":\"LoadBalancer\"}}",
		ns, name, version);
	return object(KUBE_SERVICE, b.p);
}

TEST(a_kube_object_is_its_struct_behind_a_count)
{
	auto_object struct kube_object *o = service("a", "web", "7"), *same = kube_ref(o);
	const struct kube_service *s = kube_of(o);

	CHECK(o == same && o->kind == KUBE_SERVICE && o->refs == 2);
	kube_unref(&same);
	CHECK(!same && o->refs == 1);
	kube_unref(&same);
	CHECK_STR(s->type, "LoadBalancer");
	CHECK_STR(kube_meta(o)->name, "web");
	CHECK_STR(kube_meta(o)->version, "7");
}

TEST(an_object_that_cannot_be_read_is_named)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "{\"metadata\":{\"namespace\":\"a\",\"name\":\"b\"},\"spec\":{\"type\":5}}",
		  "Service a/b: a: spec/type is not a string but of type number" },
		{ "{\"metadata\":{\"name\":\"\"}}", "Service without a name" },
		{ "{\"metadata\":{\"name\":[\"a\"]}}",
		  "Service /: metadata/name is not a string but of type array" },
		{ "[]", "Service: not an object" },
		{ "{}", "Service without a name" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err e = { 0 };
		auto_json struct json *j = json_parse(cases[i].text, strlen(cases[i].text), &e);

		CHECK(!kube_object(KUBE_SERVICE, j, &e));
		CHECK_INT(e.num, EBADMSG);
		CHECK_STR(e.msg, cases[i].want);
	}
}

TEST(the_head_of_an_unreadable_object_has_names_and_no_more)
{
	static const char text[] =
		"{\"metadata\":{\"namespace\":\"a\",\"name\":\"b\",\"uid\":\"u\","
		"\"resourceVersion\":\"9\",\"labels\":7},\"spec\":{\"type\":5}}";
	struct err e = { 0 };
	auto_json struct json *j = json_parse(text, strlen(text), &e), *none = json_object();
	auto_object struct kube_object *o = kube_object_head(KUBE_SERVICE, j, &e);
	const struct kube_service *s = kube_of(o);

	CHECK_STR(s->ns, "a");
	CHECK_STR(s->name, "b");
	CHECK_STR(s->uid, "u");
	CHECK_STR(s->version, "9");
	CHECK_STR(s->type, "");
	CHECK(!s->labels.n && !s->ports.n && !s->class);
	CHECK(!kube_object_head(KUBE_SERVICE, none, &e) && e.num == EBADMSG);
	CHECK_STR(e.msg, "Service without a name");
	CHECK(!kube_object_head(KUBE_SERVICE, NULL, &e));
}

#define POD                                                                                  \
	"{\"metadata\":{\"namespace\":\"a\",\"name\":\"p\",\"annotations\":{"                \
	"\"kubernetes.io/psp\":\"x\",\"vpc.amazonaws.com/pod-eni\":\"[]\"},\"labels\":{"     \
	"\"app\":\"p\"}},\"status\":{\"conditions\":["                                       \
	"{\"type\":\"Ready\",\"status\":\"True\"},"                                          \
	"{\"type\":\"ContainersReady\",\"status\":\"True\",\"reason\":\"r\","                \
	"\"lastTransitionTime\":\"2026-01-02T03:04:05Z\"},"                                  \
	"{\"type\":\"target-health.elbv2.k8s.aws/b\",\"status\":\"False\",\"reason\":\"R\"," \
	"\"message\":\"M\",\"lastTransitionTime\":\"2026-01-02T03:04:05Z\"}]}}"

TEST(of_pods_and_nodes_only_what_is_read_is_kept)
{
	auto_object struct kube_object *o = object(KUBE_POD, POD), *n = NULL, *s = NULL;
	const struct kube_pod *p = kube_of(o);
	const struct kube_node *node;

	CHECK_INT((long long)p->annotations.n, 1);
	CHECK_STR(tag_get(&p->annotations, "vpc.amazonaws.com/pod-eni"), "[]");
	CHECK_INT((long long)p->labels.n, 0);
	CHECK_INT((long long)p->conditions.n, 2);
	CHECK_STR(p->conditions.v[0].type, "ContainersReady");
	CHECK_STR(p->conditions.v[0].status, "True");
	CHECK_STR(p->conditions.v[0].reason, "");
	CHECK_STR(p->conditions.v[0].since, "");
	CHECK_STR(p->conditions.v[1].reason, "R");
	CHECK_STR(p->conditions.v[1].message, "M");
	CHECK_STR(p->conditions.v[1].since, "2026-01-02T03:04:05Z");
	n = object(KUBE_NODE, "{\"metadata\":{\"name\":\"n\",\"annotations\":{\"k\":\"v\"},"
			      "\"labels\":{\"l\":\"w\"}},\"status\":{\"conditions\":["
			      "{\"type\":\"DiskPressure\",\"status\":\"False\"},"
			      "{\"type\":\"Ready\",\"status\":\"Unknown\",\"message\":\"m\"}]}}");
	node = kube_of(n);
	CHECK(node->annotations.n == 0 && node->labels.n == 1 && node->conditions.n == 1);
	CHECK_STR(node->conditions.v[0].status, "Unknown");
	s = object(KUBE_SERVICE,
		   "{\"metadata\":{\"name\":\"s\",\"annotations\":{\"a\":\"1\","
		   "\"kubectl.kubernetes.io/last-applied-configuration\":\"{}\",\"b\":\"2\"}}}");
	CHECK_INT((long long)kube_meta(s)->annotations.n, 2);
	CHECK_STR(kube_meta(s)->annotations.v[1].key, "b");
}

/* "ns/name@version" of all in their order. */
static const char *all(const struct kubestore *s, const char *ns, struct buf *b)
{
	const struct kube_object *o = NULL;

	b->len = 0;
	buf_str(b, "");
	while ((o = kubestore_next(s, KUBE_SERVICE, ns, o)))
		buf_fmt(b, "%s/%s@%s ", kube_meta(o)->ns, kube_meta(o)->name,
			kube_meta(o)->version);
	return b->p;
}

#define PORTS                                                                             \
	"\"spec\":{\"containers\":[{\"name\":\"c\",\"ports\":[{\"containerPort\":1},"     \
	"{\"name\":\"http\",\"containerPort\":2}]}],\"initContainers\":[{\"name\":\"i\"," \
	"\"restartPolicy\":\"Always\"}]}}"

TEST(of_containers_the_named_ports_are_kept_and_with_quic_their_names)
{
	auto_object struct kube_object *o = object(
		KUBE_POD, "{\"metadata\":{\"name\":\"p\",\"creationTimestamp\":\"t\"}," PORTS);
	auto_object struct kube_object *q =
		object(KUBE_POD,
		       "{\"metadata\":{\"name\":\"p\",\"annotations\":{\"service.beta.kubernetes."
		       "io/aws-load-balancer-quic-enabled-containers\":\"c\"}}," PORTS);
	const struct kube_pod *p = kube_of(o);

	CHECK_INT((long long)p->containers.v[0].ports.n, 1);
	CHECK_STR(p->containers.v[0].ports.v[0].name, "http");
	CHECK_INT(p->containers.v[0].ports.v[0].port, 2);
	CHECK_STR(p->containers.v[0].name, "");
	CHECK_STR(p->init_containers.v[0].restart, "Always");
	p = kube_of(q);
	CHECK_STR(p->containers.v[0].name, "c");
	CHECK_STR(p->init_containers.v[0].name, "i");
}

TEST(a_kubestore_gives_by_name_and_in_order)
{
	auto_kubestore struct kubestore *s = kubestore_new();
	auto_object struct kube_object *old = NULL, *gone = NULL, *none = service("z", "z", "1");
	auto_buf struct buf b = { 0 };

	CHECK_STR(all(s, "", &b), "");
	kubestore_put(s, service("b", "x", "1"), NULL);
	kubestore_put(s, service("a", "y", "2"), NULL);
	kubestore_put(s, service("a", "x", "3"), NULL);
	kubestore_put(s, service("a-b", "x", "4"), NULL);
	kubestore_put(s, service("a", "y", "5"), &old);
	CHECK_STR(kube_meta(old)->version, "2");
	CHECK_STR(all(s, "", &b), "a/x@3 a/y@5 a-b/x@4 b/x@1 ");
	CHECK_STR(all(s, "a", &b), "a/x@3 a/y@5 ");
	CHECK_STR(all(s, "b", &b), "b/x@1 ");
	CHECK_STR(all(s, "aa", &b), "");
	CHECK_STR(kube_meta(kubestore_get(s, KUBE_SERVICE, "a-b", "x"))->version, "4");
	CHECK(!kubestore_get(s, KUBE_SERVICE, "a", "z") && !kubestore_get(s, KUBE_POD, "a", "x"));
	CHECK_INT((long long)kubestore_count(s, KUBE_SERVICE), 4);
	kubestore_del(s, KUBE_SERVICE, "a", "y", &gone);
	CHECK_STR(kube_meta(gone)->version, "5");
	CHECK_STR(kube_meta(kubestore_next(s, KUBE_SERVICE, "", gone))->version, "4");
	CHECK(!kubestore_next(s, KUBE_SERVICE, "", none));
	kubestore_put(s, TAKE(none), &none);
	CHECK(!none);
	kubestore_del(s, KUBE_SERVICE, "z", "z", NULL);
	kube_unref(&gone);
	kubestore_del(s, KUBE_SERVICE, "a", "y", &gone);
	CHECK(!gone);
	CHECK_STR(all(s, "", &b), "a/x@3 a-b/x@4 b/x@1 ");
}

TEST(a_kubestore_of_thousands_keeps_its_order)
{
	auto_kubestore struct kubestore *s = kubestore_new();
	const struct kube_object *o = NULL, *before = NULL;
	uint32_t dice = 1;
	char name[16];
	size_t n = 0;

	for (int i = 0; i < 5000; i++) {
		dice = dice * 1664525 + 1013904223;
		snprintf(name, sizeof(name), "p%u", dice >> 20);
		kubestore_put(s, service(dice & 4096 ? "a" : "b", name, "1"), NULL);
	}
	for (; (o = kubestore_next(s, KUBE_SERVICE, "", o)); before = o, n++) {
		int c = before ? strcmp(kube_meta(before)->ns, kube_meta(o)->ns) : -1;

		CHECK(c < 0 || (c == 0 && strcmp(kube_meta(before)->name, kube_meta(o)->name) < 0));
		CHECK(kubestore_get(s, KUBE_SERVICE, kube_meta(o)->ns, kube_meta(o)->name) == o);
	}
	CHECK(n == kubestore_count(s, KUBE_SERVICE) && n > 2000);
}

/* ---- following */

static void note(void *arg, enum kube_kind kind, const struct kube_object *old,
		 const struct kube_object *new)
{
	CHECK(kind == KUBE_SERVICE);
	buf_fmt(arg, "%s:%s>%s ", kube_meta(new ? new : old)->name,
		old ? kube_meta(old)->version : "", new ? kube_meta(new)->version : "");
}

static const char *apply(struct kubestore *s, const struct kube_change *v, size_t n, struct buf *b)
{
	b->len = 0;
	buf_str(b, "");
	kubestore_apply(s, KUBE_SERVICE, v, n, note, b);
	return b->p;
}
static struct kube_change change(enum kube_event event, const char *name, const char *version)
{
	return (struct kube_change) { event, name ? service("a", name, version) : NULL };
}

TEST(a_store_that_follows_tells_what_came_changed_and_went)
{
	auto_kubestore struct kubestore *s = kubestore_new();
	auto_buf struct buf b = { 0 };
	struct kube_change v[8];

	v[0] = change(KUBE_LIST, NULL, NULL);
	v[1] = change(KUBE_SET, "x", "1");
	v[2] = change(KUBE_SET, "y", "2");
	CHECK_STR(apply(s, v, 3, &b), "x:>1 y:>2 ");
	CHECK(!kubestore_synced(s, KUBE_SERVICE));
	v[0] = change(KUBE_SYNCED, NULL, NULL);
	v[1] = change(KUBE_SET, "x", "3");
	v[2] = change(KUBE_SET, "x", "3");
	v[3] = change(KUBE_GONE, "y", "4");
	v[4] = change(KUBE_GONE, "y", "4");
	v[5] = change(KUBE_KEEP, "x", "5");
	v[6] = change(KUBE_KEEP, "nobody", "5");
	CHECK_STR(apply(s, v, 7, &b), "x:1>3 y:2> ");
	CHECK(kubestore_synced(s, KUBE_SERVICE) && !kubestore_synced(s, KUBE_POD));
}

TEST(a_list_drops_what_is_no_more_even_when_one_before_it_was_given_up)
{
	auto_kubestore struct kubestore *s = kubestore_new();
	auto_buf struct buf b = { 0 };
	struct kube_change v[8];

	v[0] = change(KUBE_LIST, NULL, NULL);
	v[1] = change(KUBE_SET, "kept", "1");
	v[2] = change(KUBE_SET, "gone", "2");
	v[3] = change(KUBE_SET, "unreadable", "3");
	v[4] = change(KUBE_SYNCED, NULL, NULL);
	CHECK_STR(apply(s, v, 5, &b), "kept:>1 gone:>2 unreadable:>3 ");
	v[0] = change(KUBE_LIST, NULL, NULL);
	v[1] = change(KUBE_SET, "gone", "2");
	v[2] = change(KUBE_SET, "brief", "4");
	CHECK_STR(apply(s, v, 3, &b), "brief:>4 ");
	v[0] = change(KUBE_LIST, NULL, NULL);
	v[1] = change(KUBE_KEEP, "unreadable", "9");
	v[2] = change(KUBE_SET, "kept", "1");
	v[3] = change(KUBE_SYNCED, NULL, NULL);
	CHECK_STR(apply(s, v, 4, &b), "brief:4> gone:2> ");
	CHECK_INT((long long)kubestore_count(s, KUBE_SERVICE), 2);
	v[0] = change(KUBE_LIST, NULL, NULL);
	v[1] = change(KUBE_SYNCED, NULL, NULL);
	kubestore_apply(s, KUBE_SERVICE, v, 2, NULL, NULL);
	CHECK_INT((long long)kubestore_count(s, KUBE_SERVICE), 0);
}

/* ---- threads */

static void *drop_many(void *arg)
{
	struct kube_object **o = arg;

	for (int i = 0; i < 1000; i++)
		kube_unref(&o[i]);
	return NULL;
}

TEST(references_may_be_dropped_by_any_thread)
{
	struct kube_object *mine[1000], *his[1000];
	pthread_t th;

	for (int i = 0; i < 1000; i++) {
		mine[i] = service("a", "x", "1");
		his[i] = kube_ref(mine[i]);
	}
	CHECK(pthread_create(&th, NULL, drop_many, his) == 0);
	drop_many(mine);
	pthread_join(th, NULL);
}
