/* SPDX-License-Identifier: Apache-2.0 */
/* podstatus.c - phase, conditions and containers' states. */
#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "clock.h"
#include "podstatus.h"

enum { PAUSE_MS = 10 * 1000, PAUSE_MAX_MS = 300 * 1000, LONG_RUN_S = 600 };

bool podstatus_again(const struct json *pod, const struct podrun *c)
{
	const char *policy = json_str(pod, "spec.restartPolicy", "Always");
	bool well = c->end.code == 0;

	if (c->sidecar)
		return true;
	if (c->init)
		return !well && strcmp(policy, "Never") != 0;
	return strcmp(policy, "Always") == 0 || (!well && strcmp(policy, "OnFailure") == 0);
}

int64_t podstatus_pause(int restarts, const struct podrun_end *end)
{
	int64_t ms = PAUSE_MS;

	if (restarts <= 0 || end->finished_s - end->started_s >= LONG_RUN_S)
		return 0;
	for (int i = 1; i < restarts && ms < PAUSE_MAX_MS; i++)
		ms *= 2;
	return ms < PAUSE_MAX_MS ? ms : PAUSE_MAX_MS;
}

const char *podstatus_qos(const struct json *pod)
{
	static const char *const what[] = { "cpu", "memory" };
	bool any = false, all = true;

	for (const struct json *c = json_first(json_get(pod, "spec.containers")); c;
	     c = json_next(c))
		for (size_t i = 0; i < COUNT(what); i++) {
			const struct json *l =
				json_member(json_get(c, "resources.limits"), what[i]);
			const struct json *r =
				json_member(json_get(c, "resources.requests"), what[i]);

			any = any || l || r;
			all = all && l && (!r || json_same(l, r));
		}
	return !any ? "BestEffort" : all ? "Guaranteed" : "Burstable";
}

/* ---- phase */

static bool init_done(const struct podrun *c)
{
	if (c->sidecar)
		return c->state == PODRUN_RUNNING && c->started;
	return c->state == PODRUN_ENDED && c->end.code == 0;
}

static bool init_failed(const struct podstatus_in *in, const struct podrun *c)
{
	return !c->sidecar && c->state == PODRUN_ENDED && c->end.code != 0 &&
	       !podstatus_again(in->pod, c);
}

const char *podstatus_phase(const struct podstatus_in *in)
{
	const char *policy = json_str(in->pod, "spec.restartPolicy", "Always");
	size_t waiting = 0, running = 0, stopped = 0, well = 0;

	if (in->rejected)
		return "Failed";
	for (size_t i = 0; i < in->n; i++) {
		const struct podrun *c = &in->v[i];

		if (c->init && init_failed(in, c))
			return "Failed";
		if (c->init && !init_done(c) && !c->sidecar)
			return "Pending";
		if (c->init)
			continue;
		waiting += c->state == PODRUN_WAITING && !c->last.is;
		running += c->state == PODRUN_RUNNING;
		stopped += c->state == PODRUN_ENDED || (c->state == PODRUN_WAITING && c->last.is);
		well += c->state == PODRUN_ENDED && c->end.code == 0;
	}
	if (waiting || (!running && !stopped))
		return "Pending";
	if (running || strcmp(policy, "Always") == 0)
		return "Running";
	if (stopped == well)
		return "Succeeded";
	return strcmp(policy, "Never") == 0 ? "Failed" : "Running";
}

/* ---- containers */

static void add_time(struct json *j, const char *key, int64_t s)
{
	char text[21];

	time_rfc3339(s, text);
	json_add_str(j, key, text);
}

static void add_id(struct json *j, const char *id)
{
	char text[80];

	snprintf(text, sizeof(text), "containerd://%s", id);
	json_add_str(j, "containerID", text);
}

static struct json *ended(const struct podrun_end *e)
{
	struct json *j = json_object(), *outer = json_object();

	json_add_int(j, "exitCode", e->code);
	if (e->signal)
		json_add_int(j, "signal", e->signal);
	json_add_str(j, "reason", e->reason);
	if (*e->message)
		json_add_str(j, "message", e->message);
	add_time(j, "startedAt", e->started_s);
	add_time(j, "finishedAt", e->finished_s);
	if (*e->id)
		add_id(j, e->id);
	json_add(outer, "terminated", j);
	return outer;
}

static struct json *state(const struct podrun *c)
{
	struct json *j = json_object(), *outer = json_object();

	if (c->state == PODRUN_ENDED) {
		json_free(&j);
		json_free(&outer);
		return ended(&c->end);
	}
	if (c->state == PODRUN_RUNNING) {
		add_time(j, "startedAt", c->started_s);
		json_add(outer, "running", j);
		return outer;
	}
	json_add_str(j, "reason", c->reason);
	if (*c->message)
		json_add_str(j, "message", c->message);
	json_add(outer, "waiting", j);
	return outer;
}

static bool counts_as_ready(const struct podrun *c)
{
	if (c->init && !c->sidecar)
		return c->state == PODRUN_ENDED && c->end.code == 0;
	return c->state == PODRUN_RUNNING && c->ready;
}

static const char *image_of(const struct podstatus_in *in, const struct podrun *c)
{
	const struct json *list =
		json_get(in->pod, c->init ? "spec.initContainers" : "spec.containers");

	for (const struct json *j = json_first(list); j; j = json_next(j))
		if (strcmp(json_str(j, "name", ""), c->name) == 0)
			return json_str(j, "image", "");
	return "";
}

static struct json *container(const struct podstatus_in *in, const struct podrun *c)
{
	const char *image = image_of(in, c), *id = "";
	struct json *j = json_object();

	json_add_str(j, "name", c->name);
	json_add(j, "state", state(c));
	json_add(j, "lastState", c->last.is ? ended(&c->last) : json_object());
	json_add_bool(j, "ready", counts_as_ready(c));
	json_add_int(j, "restartCount", c->restarts);
	json_add_str(j, "image", image);
	if (c->state == PODRUN_RUNNING)
		id = c->id;
	else if (c->state == PODRUN_ENDED)
		id = c->end.id;
	else if (c->last.is)
		id = c->last.id;
	json_add_str(j, "imageID", *id ? image : "");
	if (*id)
		add_id(j, id);
	json_add_bool(j, "started", c->state == PODRUN_RUNNING && c->started);
	return j;
}

/* ---- conditions */

static const struct json *condition_of(const struct json *status, const char *type)
{
	for (const struct json *j = json_first(json_get(status, "conditions")); j; j = json_next(j))
		if (strcmp(json_str(j, "type", ""), type) == 0)
			return j;
	return NULL;
}

static struct json *condition(const struct podstatus_in *in, const char *type, bool is,
			      const char *reason, const char *message)
{
	const struct json *old = condition_of(in->before, type);
	const char *status = is ? "True" : "False", *since;
	struct json *j = json_object();
	char now[21];

	time_rfc3339(in->now_s, now);
	since = json_str(old, "lastTransitionTime", now);
	json_add_str(j, "type", type);
	json_add_str(j, "status", status);
	json_add_str(j, "lastTransitionTime",
		     strcmp(json_str(old, "status", status), status) == 0 ? since : now);
	/* What an earlier state had is taken away by name. */
	if (*reason)
		json_add_str(j, "reason", reason);
	else if (in->patch && *json_str(old, "reason", ""))
		json_add(j, "reason", NULL);
	if (*message)
		json_add_str(j, "message", message);
	else if (in->patch && *json_str(old, "message", ""))
		json_add(j, "message", NULL);
	return j;
}

static void names(const struct podstatus_in *in, bool init, struct buf *out)
{
	for (size_t i = 0; i < in->n; i++) {
		const struct podrun *c = &in->v[i];
		bool lacks = init ? c->init && !init_done(c)
				  : (!c->init || c->sidecar) && !counts_as_ready(c);

		if (lacks)
			buf_fmt(out, "%s%s", out->len ? " " : "", c->name);
	}
}

static struct json *initialized(const struct podstatus_in *in, const char *phase)
{
	auto_buf struct buf who = { 0 }, text = { 0 };

	names(in, true, &who);
	if (strcmp(phase, "Succeeded") == 0)
		return condition(in, "Initialized", true, "PodCompleted", "");
	if (!who.len)
		return condition(in, "Initialized", true, "", "");
	buf_fmt(&text, "containers with incomplete status: [%s]", who.p);
	return condition(in, "Initialized", false, "ContainersNotInitialized", text.p);
}

/* The readiness gates that are not met, in words. */
static void gates(const struct podstatus_in *in, struct buf *out)
{
	const struct json *all = json_get(in->pod, "spec.readinessGates");

	for (const struct json *g = json_first(all); g; g = json_next(g)) {
		const char *type = json_str(g, "conditionType", "");
		const struct json *c = condition_of(json_get(in->pod, "status"), type);
		const char *status = json_str(c, "status", ""), *comma = out->len ? ", " : "";

		if (!c)
			buf_fmt(out,
				"%scorresponding condition of pod readiness gate \"%s\" does "
				"not exist.",
				comma, type);
		else if (strcmp(status, "True") != 0)
			buf_fmt(out,
				"%sthe status of pod readiness gate \"%s\" is not \"True\", "
				"but %s",
				comma, type, status);
	}
}

static void readiness(const struct podstatus_in *in, struct json *list, const char *phase)
{
	auto_buf struct buf who = { 0 }, text = { 0 }, unmet = { 0 };
	const char *reason = "";

	names(in, false, &who);
	if (strcmp(phase, "Succeeded") == 0)
		reason = "PodCompleted";
	else if (strcmp(phase, "Failed") == 0)
		reason = "PodFailed";
	else if (who.len)
		reason = "ContainersNotReady";
	if (strcmp(reason, "ContainersNotReady") == 0)
		buf_fmt(&text, "containers with unready status: [%s]", who.p);
	gates(in, &unmet);
	if (!*reason && unmet.len)
		json_push(list, condition(in, "Ready", false, "ReadinessGatesNotReady", unmet.p));
	else
		json_push(list, condition(in, "Ready", !*reason, reason, text.len ? text.p : ""));
	json_push(list, condition(in, "ContainersReady", !*reason, reason, text.len ? text.p : ""));
}

static struct json *conditions(const struct podstatus_in *in, const char *phase)
{
	struct json *list = json_array();

	json_push(list, condition(in, "PodReadyToStartContainers", in->networked, "", ""));
	json_push(list, initialized(in, phase));
	readiness(in, list, phase);
	if (!condition_of(json_get(in->pod, "status"), "PodScheduled"))
		json_push(list, condition(in, "PodScheduled", true, "", ""));
	return list;
}

/* ---- all of it */

static void addresses(const struct podstatus_in *in, struct json *s)
{
	struct json *list = json_array(), *one = json_object();

	json_add_str(s, "hostIP", in->host_ip);
	json_add_str(one, "ip", in->host_ip);
	json_push(list, one);
	json_add(s, "hostIPs", list);
	if (!*in->ip)
		return;
	json_add_str(s, "podIP", in->ip);
	list = json_array();
	one = json_object();
	json_add_str(one, "ip", in->ip);
	json_push(list, one);
	json_add(s, "podIPs", list);
}

struct json *podstatus_make(const struct podstatus_in *in)
{
	const char *phase = podstatus_phase(in);
	struct json *s = json_object(), *init = json_array(), *main = json_array();

	json_add_str(s, "phase", phase);
	add_time(s, "startTime", in->start_s);
	if (in->rejected) {
		json_add_str(s, "reason", in->rejected);
		json_add_str(s, "message", in->why);
		json_free(&init);
		json_free(&main);
		return s;
	}
	json_add(s, "conditions", conditions(in, phase));
	addresses(in, s);
	json_add_str(s, "qosClass", podstatus_qos(in->pod));
	for (size_t i = 0; i < in->n; i++)
		json_push(in->v[i].init ? init : main, container(in, &in->v[i]));
	if (json_count(init))
		json_add(s, "initContainerStatuses", TAKE(init));
	json_free(&init);
	json_add(s, "containerStatuses", main);
	return s;
}
