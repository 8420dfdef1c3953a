/* SPDX-License-Identifier: Apache-2.0 */
/* kpodcells.c - a pod's row: what of its containers and conditions kubectl calls its status. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "kcells.h"

struct podsum {
	char status[128];
	int64_t ready, total, restarts, last; /* last: when the newest restart ended, 0: unknown */
	bool initializing, running;
};

static void say(struct podsum *p, const char *what)
{
	snprintf(p->status, sizeof(p->status), "%.120s", what);
}

static void note_restart(struct podsum *p, const struct json *c)
{
	int64_t at = time_parse(json_str(c, "lastState.terminated.finishedAt", ""));

	p->restarts += json_int(c, "restartCount", 0);
	if (at > p->last)
		p->last = at;
}

static void terminated(struct podsum *p, const struct json *t, const char *prefix)
{
	const char *reason = json_str(t, "reason", "");

	if (*reason)
		snprintf(p->status, sizeof(p->status), "%s%.100s", prefix, reason);
	else if (json_int(t, "signal", 0))
		snprintf(p->status, sizeof(p->status), "%sSignal:%" PRId64, prefix,
			 json_int(t, "signal", 0));
	else
		snprintf(p->status, sizeof(p->status), "%sExitCode:%" PRId64, prefix,
			 json_int(t, "exitCode", 0));
}

/* The first init container that is not done tells. */
static void look_at_init(struct podsum *p, const struct json *o)
{
	const struct json *list = json_get(o, "status.initContainerStatuses");
	size_t total = json_count(json_get(o, "spec.initContainers")), i = 0;

	for (const struct json *c = json_first(list); c; c = json_next(c), i++) {
		const struct json *t = json_get(c, "state.terminated");
		const char *why = json_str(c, "state.waiting.reason", "");

		note_restart(p, c);
		if (t && json_int(t, "exitCode", 0) == 0)
			continue;
		if (t)
			terminated(p, t, "Init:");
		else if (*why && strcmp(why, "PodInitializing") != 0)
			snprintf(p->status, sizeof(p->status), "Init:%.100s", why);
		else
			snprintf(p->status, sizeof(p->status), "Init:%zu/%zu", i, total);
		p->initializing = true;
		return;
	}
}

/* From the last to the first, so that the first one's trouble is what is said. */
static void look_at(struct podsum *p, const struct json *c)
{
	const struct json *t = json_get(c, "state.terminated");
	const char *why = json_str(c, "state.waiting.reason", "");

	if (!c)
		return;
	look_at(p, json_next(c));
	note_restart(p, c);
	if (*why)
		say(p, why);
	else if (t)
		terminated(p, t, "");
	else if (json_bool(c, "ready", false) && json_get(c, "state.running")) {
		p->running = true;
		p->ready++;
	}
}

static bool is_ready(const struct json *o)
{
	for (const struct json *c = json_first(json_get(o, "status.conditions")); c;
	     c = json_next(c))
		if (strcmp(json_str(c, "type", ""), "Ready") == 0)
			return strcmp(json_str(c, "status", ""), "True") == 0;
	return false;
}

static struct podsum sum(const struct json *o)
{
	struct podsum p = { .total = (int64_t)json_count(json_get(o, "spec.containers")) };
	const char *reason = json_str(o, "status.reason", "");

	say(&p, *reason ? reason : json_str(o, "status.phase", ""));
	for (const struct json *c = json_first(json_get(o, "status.conditions")); c;
	     c = json_next(c))
		if (strcmp(json_str(c, "type", ""), "PodScheduled") == 0 &&
		    strcmp(json_str(c, "reason", ""), "SchedulingGated") == 0)
			say(&p, "SchedulingGated");
	look_at_init(&p, o);
	if (!p.initializing) {
		p.restarts = p.last = 0;
		look_at(&p, json_first(json_get(o, "status.containerStatuses")));
		if (strcmp(p.status, "Completed") == 0 && p.running)
			say(&p, is_ready(o) ? "Running" : "NotReady");
	}
	if (json_get(o, "metadata.deletionTimestamp"))
		say(&p, strcmp(reason, "NodeLost") == 0 ? "Unknown" : "Terminating");
	return p;
}

static void gates(struct kcell *c)
{
	const struct json *list = json_get(c->o, "spec.readinessGates");
	size_t met = 0;
	char text[40];

	for (const struct json *g = json_first(list); g; g = json_next(g))
		for (const struct json *m = json_first(json_get(c->o, "status.conditions")); m;
		     m = json_next(m))
			met += strcmp(json_str(m, "type", ""), json_str(g, "conditionType", "-")) ==
				       0 &&
			       strcmp(json_str(m, "status", ""), "True") == 0;
	snprintf(text, sizeof(text), "%zu/%zu", met, json_count(list));
	kcell_text(c, json_first(list) ? text : "<none>");
}

static const char *or_none(const char *s)
{
	return *s ? s : "<none>";
}

void kcell_pod(struct kcell *c)
{
	struct podsum p = sum(c->o);
	char text[80];

	kcell_text(c, json_str(c->o, "metadata.name", ""));
	snprintf(text, sizeof(text), "%" PRId64 "/%" PRId64, p.ready, p.total);
	kcell_text(c, text);
	kcell_text(c, p.status);
	if (p.restarts && p.last)
		snprintf(text, sizeof(text), "%" PRId64 " (%s ago)", p.restarts,
			 kcells_span(wall_s() - p.last).s);
	else
		snprintf(text, sizeof(text), "%" PRId64, p.restarts);
	kcell_text(c, text);
	kcell_text(c, kcells_age(json_str(c->o, "metadata.creationTimestamp", "")).s);
	kcell_text(c, or_none(json_str(c->o, "status.podIP", "")));
	kcell_text(c, or_none(json_str(c->o, "spec.nodeName", "")));
	kcell_text(c, or_none(json_str(c->o, "status.nominatedNodeName", "")));
	gates(c);
}
