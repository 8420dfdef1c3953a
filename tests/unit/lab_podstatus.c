/* SPDX-License-Identifier: Apache-2.0 */
/* lab_podstatus.c - a pod's status from what its containers do. */
#include "podstatus.h"
#include "test.h"

static struct json *parse(const char *text)
{
	struct err e;

	return json_parse(text, strlen(text), &e);
}

/* Of a pod whose spec is given: "PHASE Ready=STATUS/REASON/message". */
static const char *summary(const char *pod, const struct podrun *v, size_t n, struct arena *a)
{
	auto_json struct json *p = parse(pod), *s = NULL;
	struct podstatus_in in = { .pod = p,
				   .v = v,
				   .n = n,
				   .networked = true,
				   .ip = "10.0.0.9",
				   .host_ip = "10.0.0.1",
				   .now_s = 100 };
	const char *out;

	CHECK(p);
	s = podstatus_make(&in);
	out = json_str(s, "phase", "");
	out = arena_str(a, out);
	for (const struct json *c = json_first(json_get(s, "conditions")); c; c = json_next(c))
		if (strcmp(json_str(c, "type", ""), "Ready") == 0)
			out = arena_fmt(a, "%s %s/%s/%s", out, json_str(c, "status", ""),
					json_str(c, "reason", ""), json_str(c, "message", ""));
	return out;
}

static struct podrun running(bool ready)
{
	return (struct podrun) {
		.name = "c", .state = PODRUN_RUNNING, .started = true, .ready = ready
	};
}

static struct podrun ended(int code)
{
	return (struct podrun) { .name = "c",
				 .state = PODRUN_ENDED,
				 .end = { .is = true, .code = code, .reason = "x" } };
}

static const char always[] = "{\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}}";
static const char never[] =
	"{\"spec\":{\"restartPolicy\":\"Never\",\"containers\":[{\"name\":\"c\"}]}}";

TEST(a_pods_phase_follows_its_containers)
{
	auto_arena struct arena a = { 0 };
	struct podrun c = { .name = "c", .reason = "ContainerCreating" };

	CHECK_STR(summary(always, &c, 1, &a),
		  "Pending False/ContainersNotReady/containers with unready status: [c]");
	c.last.is = true;
	CHECK_STR(summary(always, &c, 1, &a),
		  "Running False/ContainersNotReady/containers with unready status: [c]");
	c = running(true);
	CHECK_STR(summary(always, &c, 1, &a), "Running True//");
	c = running(false);
	CHECK_STR(summary(always, &c, 1, &a),
		  "Running False/ContainersNotReady/containers with unready status: [c]");
	c = ended(0);
	CHECK_STR(summary(always, &c, 1, &a),
		  "Running False/ContainersNotReady/containers with unready status: [c]");
	CHECK_STR(summary(never, &c, 1, &a), "Succeeded False/PodCompleted/");
	c = ended(3);
	CHECK_STR(summary(never, &c, 1, &a), "Failed False/PodFailed/");
}

TEST(init_containers_come_first)
{
	static const char pod[] = "{\"spec\":{\"initContainers\":[{\"name\":\"i\"}],\"containers\":"
				  "[{\"name\":\"c\"}]}}";
	auto_arena struct arena a = { 0 };
	struct podrun v[2] = { ended(1), { .name = "c", .reason = "PodInitializing" } };

	snprintf(v[0].name, sizeof(v[0].name), "i");
	v[0].init = true;
	CHECK_STR(summary(pod, v, 2, &a),
		  "Pending False/ContainersNotReady/containers with unready status: [c]");
	v[0].end.code = 0;
	v[1] = running(true);
	CHECK_STR(summary(pod, v, 2, &a), "Running True//");
	CHECK(podstatus_again(NULL, &(struct podrun) { .init = true, .end.code = 1 }));
	CHECK(!podstatus_again(NULL, &(struct podrun) { .init = true }));
	CHECK(podstatus_again(NULL, &(struct podrun) { .init = true, .sidecar = true }));
}

TEST(readiness_gates_hold_a_pod_back)
{
	static const char pod[] = "{\"spec\":{\"readinessGates\":[{\"conditionType\":\"a\"},{"
				  "\"conditionType\":\"b\"},{\"conditionType\":\"t\"}],"
				  "\"containers\":[{\"name\":\"c\"}]},\"status\":{\"conditions\":[{"
				  "\"type\":\"b\",\"status\":\"False\"},"
				  "{\"type\":\"t\",\"status\":\"True\"}]}}";
	auto_arena struct arena a = { 0 };
	struct podrun c = running(true);

	CHECK_STR(summary(pod, &c, 1, &a),
		  "Running False/ReadinessGatesNotReady/corresponding condition of pod readiness "
		  "gate \"a\" does not exist., "
		  "the status of pod readiness gate \"b\" is not \"True\", but False");
}

TEST(a_condition_keeps_its_time_until_it_changes)
{
	auto_json struct json *pod = parse(always);
	struct podrun c = running(false);
	struct podstatus_in in = { .pod = pod,
				   .v = &c,
				   .n = 1,
				   .networked = true,
				   .ip = "",
				   .host_ip = "h",
				   .now_s = 100 };
	auto_json struct json *one = podstatus_make(&in), *two = NULL, *three = NULL;
	auto_buf struct buf text = { 0 };

	in.before = one;
	in.now_s = 200;
	two = podstatus_make(&in);
	CHECK(json_same(one, two));
	c.ready = true;
	in.patch = true;
	three = podstatus_make(&in);
	json_print(three, 0, &text);
	CHECK(strstr(text.p, "{\"type\":\"Ready\",\"status\":\"True\",\"lastTransitionTime\":"
			     "\"1970-01-01T00:03:20Z\",\"reason\":null,\"message\":null}"));
	CHECK(strstr(text.p, "{\"type\":\"Initialized\",\"status\":\"True\",\"lastTransitionTime\":"
			     "\"1970-01-01T00:01:40Z\"}"));
}

TEST(restarts_come_slower_and_slower)
{
	static const struct podrun_end brief = { .started_s = 10, .finished_s = 11 };
	static const struct podrun_end lasting = { .started_s = 10, .finished_s = 611 };

	CHECK_INT(podstatus_pause(0, &brief), 0);
	CHECK_INT(podstatus_pause(1, &brief), 10000);
	CHECK_INT(podstatus_pause(2, &brief), 20000);
	CHECK_INT(podstatus_pause(6, &brief), 300000);
	CHECK_INT(podstatus_pause(1000000, &brief), 300000);
	CHECK_INT(podstatus_pause(6, &lasting), 0);
}

TEST(the_quality_of_service_follows_from_requests_and_limits)
{
	static const struct {
		const char *resources, *qos;
	} all[] = {
		{ "{}", "BestEffort" },
		{ "{\"requests\":{\"cpu\":\"1\"}}", "Burstable" },
		{ "{\"limits\":{\"cpu\":\"1\",\"memory\":\"1Gi\"}}", "Guaranteed" },
		{ "{\"requests\":{\"cpu\":\"1\"},\"limits\":{\"cpu\":\"2\",\"memory\":\"1Gi\"}}",
		  "Burstable" },
	};
	auto_arena struct arena a = { 0 };

	for (size_t i = 0; i < COUNT(all); i++) {
		auto_json struct json *pod = parse(arena_fmt(
			&a, "{\"spec\":{\"containers\":[{\"resources\":%s}]}}", all[i].resources));

		CHECK_STR(podstatus_qos(pod), all[i].qos);
	}
}

TEST(a_refused_pod_has_failed)
{
	auto_json struct json *pod = parse(always), *s = NULL;
	struct podstatus_in in = {
		.pod = pod, .rejected = "OutOfpods", .why = "full", .ip = "", .host_ip = ""
	};

	s = podstatus_make(&in);
	CHECK_STR(json_str(s, "phase", ""), "Failed");
	CHECK_STR(json_str(s, "reason", ""), "OutOfpods");
	CHECK_STR(json_str(s, "message", ""), "full");
}
