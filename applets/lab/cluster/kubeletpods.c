/* SPDX-License-Identifier: Apache-2.0 */
/* kubeletpods.c - the pods of the node: what the API server says of them, and one look at a pod
 * that brings it nearer to that. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "kubelet.h"
#include "log.h"

enum { NET_PAUSE_MS = 1000, NET_PAUSE_MAX_MS = 15 * 1000, GRACE_S = 30 };

void kpod_dir(const struct kpod *p, char *out, size_t size)
{
	snprintf(out, size, KUBELET_DIR "/%s", p->uid);
}

const struct json *kcont_spec(const struct json *pod, const char *name)
{
	static const char *const lists[] = { "spec.containers", "spec.initContainers" };

	for (size_t i = 0; i < COUNT(lists); i++)
		for (const struct json *c = json_first(json_get(pod, lists[i])); c;
		     c = json_next(c))
			if (strcmp(json_str(c, "name", ""), name) == 0)
				return c;
	return NULL;
}

struct kcont *kpod_container(struct kpod *p, const char *name)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->v[i].run.name, name) == 0)
			return &p->v[i];
	return NULL;
}

struct kpod *kpod_find(struct kubelet *k, const char *ns, const char *name)
{
	struct kpod *found = NULL;

	for (struct kpod *p = k->pods; p; p = p->next)
		if (strcmp(p->ns, ns) == 0 && strcmp(p->name, name) == 0 && (!found || p->in_api))
			found = p;
	return found;
}

void kpod_say(const struct kpod *p, bool warning, const char *reason, const char *fmt, ...)
{
	const struct kube_about about = { KUBE_POD, p->ns, p->name, p->uid, "" };
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	kube_say(p->k->events, &about, "kubelet", warning, reason, "%s", text);
}

struct podrun *kpod_runs(const struct kpod *p)
{
	struct podrun *v = xalloc((p->n + 1) * sizeof(*v));

	for (size_t i = 0; i < p->n; i++)
		v[i] = p->v[i].run;
	return v;
}

/* ---- when to look */

static void tick_at(struct kubelet *k, int64_t in_ms)
{
	struct err e;

	if (timer_set(k->loop, &k->tick, in_ms, &e) < 0)
		die("%s", e.msg);
}

void kpod_touch(struct kpod *p)
{
	p->dirty = true;
	p->queued = false;
	tick_at(p->k, 0);
}

void kpod_wake(struct kpod *p, int64_t at)
{
	if (at < p->wake)
		p->wake = at;
}

/* ---- a pod */

static void containers_init(struct kpod *p, const struct json *pod)
{
	const struct json *init = json_get(pod, "spec.initContainers");
	const struct json *main = json_get(pod, "spec.containers");
	size_t ninit = json_count(init);

	p->n = ninit + json_count(main);
	p->v = xalloc((p->n + 1) * sizeof(*p->v));
	for (size_t i = 0; i < p->n; i++) {
		struct kcont *c = &p->v[i];
		const struct json *j = i == 0       ? json_first(ninit ? init : main)
				       : i == ninit ? json_first(main)
						    : json_next(kcont_spec(pod, c[-1].run.name));

		*c = (struct kcont) { .pod = p };
		c->run.init = i < ninit;
		c->run.sidecar =
			c->run.init && strcmp(json_str(j, "restartPolicy", ""), "Always") == 0;
		snprintf(c->run.name, sizeof(c->run.name), "%s", json_str(j, "name", ""));
		snprintf(c->run.reason, sizeof(c->run.reason), "%s",
			 ninit && !c->run.init ? "PodInitializing" : "ContainerCreating");
	}
}

static void take_text(struct kpod *p, const struct json *pod)
{
	p->text.len = 0;
	json_print(pod, 0, &p->text);
}

struct kpod *kpod_new(struct kubelet *k, const struct json *pod)
{
	struct kpod *p = xalloc(sizeof(*p));
	int64_t start = time_parse(json_str(pod, "status.startTime", ""));

	*p = (struct kpod) { .k = k, .next = k->pods, .start_s = start > 0 ? start : wall_s() };
	k->pods = p;
	snprintf(p->ns, sizeof(p->ns), "%s", json_str(pod, "metadata.namespace", ""));
	snprintf(p->name, sizeof(p->name), "%s", json_str(pod, "metadata.name", ""));
	snprintf(p->uid, sizeof(p->uid), "%s", json_str(pod, "metadata.uid", ""));
	p->host_network = json_bool(pod, "spec.hostNetwork", false);
	p->net_pause = (struct backoff) { NET_PAUSE_MS, NET_PAUSE_MAX_MS, 0.1, 0 };
	take_text(p, pod);
	containers_init(p, pod);
	return p;
}

static void kpod_free(struct kpod *p)
{
	struct kpod **at = &p->k->pods;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	for (size_t i = 0; i < p->n; i++)
		watch_close(&p->v[i].end);
	buf_free(&p->text);
	buf_free(&p->sent);
	free(p->v);
	free(p);
}

/* The uid becomes a folder's name. */
static bool uid_ok(const char *uid)
{
	size_t n = strspn(uid, "0123456789abcdefghijklmnopqrstuvwxyz-");

	return n && n < 40 && !uid[n];
}

/* As the kubelet at its door: more than it has said to hold is refused for good. */
static void admit(struct kpod *p)
{
	long n = 0;

	for (struct kpod *o = p->k->pods; o; o = o->next)
		n += o != p && o->in_api && !o->over && !o->done && !o->rejected;
	if (n < p->k->f.max_pods)
		return;
	p->rejected = "OutOfpods";
	snprintf(p->why, sizeof(p->why),
		 "Pod was rejected: Node didn't have enough resource: pods, requested: 1, used: "
		 "%ld, capacity: %ld",
		 n, p->k->f.max_pods);
	kpod_say(p, true, p->rejected,
		 "Node didn't have enough resource: pods, requested: 1, used: %ld, capacity: %ld",
		 n, p->k->f.max_pods);
}

static bool finished(const char *phase)
{
	return strcmp(phase, "Succeeded") == 0 || strcmp(phase, "Failed") == 0;
}

static struct kpod *by_uid(struct kubelet *k, const char *uid)
{
	for (struct kpod *p = k->pods; p; p = p->next)
		if (strcmp(p->uid, uid) == 0)
			return p;
	return NULL;
}

void kpod_changed(void *kubelet, const struct json *pod, enum podwatch_how how)
{
	bool gone = how == PODWATCH_GONE;
	struct kubelet *k = kubelet;
	const char *uid = json_str(pod, "metadata.uid", "");
	struct kpod *p = by_uid(k, uid);

	if (!p && (gone || !uid_ok(uid)))
		return;
	if (!p) {
		p = kpod_new(k, pod);
		p->over = finished(json_str(pod, "status.phase", ""));
		if (!p->over)
			admit(p);
	} else {
		take_text(p, pod);
	}
	p->in_api = !gone;
	p->listed = p->listed || how == PODWATCH_LISTED;
	p->deleting = p->deleting || gone || json_get(pod, "metadata.deletionTimestamp");
	kpod_touch(p);
}

void kpods_listed(void *kubelet)
{
	struct kubelet *k = kubelet;

	k->listed = true;
	for (struct kpod *p = k->pods; p; p = p->next) {
		if (!p->listed) {
			p->in_api = false;
			p->deleting = true;
			kpod_touch(p);
		}
		p->listed = false;
	}
}

/* ---- one look */

static int64_t grace_of(const struct kpod *p, const struct json *pod)
{
	int64_t own = json_int(pod, "spec.terminationGracePeriodSeconds", GRACE_S);

	return p->deleting ? json_int(pod, "metadata.deletionGracePeriodSeconds", own) : own;
}

static void end_it(struct kpod *p, const struct json *pod)
{
	bool left = false;

	for (size_t i = 0; i < p->n; i++)
		left |= kcont_stop(&p->v[i], pod, grace_of(p, pod), "");
	if (left)
		return;
	if (p->net == KNET_UP || p->net_busy)
		knet_del(p, pod);
	else
		p->stopped = true;
}

/* Init containers one after the other; then all the others. False: they are not done. */
static bool init_go(struct kpod *p, const struct json *pod)
{
	for (size_t i = 0; i < p->n && p->v[i].run.init; i++) {
		struct kcont *c = &p->v[i];

		if (!c->run.sidecar && c->run.state == PODRUN_ENDED && c->run.end.code == 0)
			continue;
		kcont_go(c, pod);
		if (!c->run.sidecar || c->run.state != PODRUN_RUNNING || !c->run.started)
			return false;
	}
	return true;
}

static const char *phase_of(const struct kpod *p, const struct json *pod)
{
	auto_ptr struct podrun *v = kpod_runs(p);

	return podstatus_phase(&(struct podstatus_in) { .pod = pod, .v = v, .n = p->n });
}

static void go_on(struct kpod *p, const struct json *pod)
{
	if (p->net == KNET_NONE)
		knet_add(p, pod);
	if (p->net == KNET_GONE)
		end_it(p, pod);
	if (p->net != KNET_UP)
		return;
	if (!init_go(p, pod)) {
		p->done = strcmp(phase_of(p, pod), "Failed") == 0;
		if (p->done)
			end_it(p, pod);
		return;
	}
	for (size_t i = 0; i < p->n; i++)
		if (!p->v[i].run.init)
			kcont_go(&p->v[i], pod);
	p->done = finished(phase_of(p, pod));
	if (p->done)
		end_it(p, pod);
}

static void look(struct kpod *p)
{
	struct err e;
	auto_json struct json *pod = json_parse(p->text.p, p->text.len, &e);

	p->dirty = false;
	p->wake = INT64_MAX;
	if (!pod)
		die("a pod that was read cannot be: %s", e.msg);
	if (p->over || p->rejected)
		p->stopped = p->deleting;
	else if (p->deleting)
		end_it(p, pod);
	else
		go_on(p, pod);
	if (p->in_api)
		kpod_report(p, pod);
}

void kubelet_tick(struct timer *t)
{
	struct kubelet *k = OWNER(t, struct kubelet, tick);
	int64_t next = INT64_MAX;
	struct kpod *after;

	if (!k->listed)
		return;
	for (struct kpod *p = k->pods; p; p = after) {
		after = p->next;
		if (p->dirty || p->wake <= now_ms())
			look(p);
		if (p->stopped && !p->in_api && !p->jobs) {
			kpod_erase(p);
			kpod_free(p);
		} else {
			next = p->dirty ? 0 : p->wake < next ? p->wake : next;
		}
	}
	if (next != INT64_MAX)
		tick_at(k, next - now_ms());
}
