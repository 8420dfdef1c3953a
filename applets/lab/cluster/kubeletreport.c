/* SPDX-License-Identifier: Apache-2.0 */
/* kubeletreport.c - a pod's status to the API server, and at the end the pod's leave. */
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "kubelet.h"
#include "log.h"

enum { RETRY_MS = 1000 };

static struct json *status(struct kpod *p, const struct json *pod, bool patch)
{
	auto_ptr struct podrun *v = kpod_runs(p);
	auto_json struct json *sent = NULL;
	struct err none;
	struct podstatus_in in = { .pod = pod,
				   .v = v,
				   .n = p->n,
				   .networked = p->net == KNET_UP,
				   .ip = p->ip,
				   .host_ip = p->k->f.ip,
				   .start_s = p->start_s,
				   .now_s = wall_s(),
				   .rejected = p->rejected,
				   .why = p->why,
				   .patch = patch };

	if (p->sent.len)
		sent = json_parse(p->sent.p, p->sent.len, &none);
	in.before = sent ? sent : json_get(pod, "status");
	return podstatus_make(&in);
}

static int run_patch(struct kwork *w, struct err *e)
{
	struct kube_call c = { .method = "PATCH",
			       .path = kube_path(KUBE_POD, json_str(w->pod, "namespace", ""),
						 json_str(w->pod, "name", ""), "status", &w->a),
			       .type = "application/strategic-merge-patch+json" };
	auto_buf struct buf text = { 0 };

	json_print(json_get(w->pod, "body"), 0, &text);
	c.body = text.p;
	return kube_do(w->kube, &c, NULL, now_ms() + KUBELET_CALL_MS, e);
}

static void finish_patch(struct kwork *w)
{
	struct kpod *p = w->p;

	p->report_busy = false;
	if (w->rc == 0 || w->e.num == ENOENT)
		return;
	log_warn("the status of pod=%s/%s is not written: %s", p->ns, p->name, w->e.msg);
	p->sent.len = 0;
	p->report_at = now_ms() + RETRY_MS;
}

static bool patch(struct kpod *p, const struct json *pod, struct buf *text)
{
	auto_json struct json *order = json_object();
	struct json *body = json_object(), *meta = json_object();

	json_add_str(order, "namespace", p->ns);
	json_add_str(order, "name", p->name);
	json_add_str(meta, "uid", p->uid);
	json_add(body, "metadata", meta);
	json_add(body, "status", status(p, pod, true));
	json_add(order, "body", body);
	if (!kwork_start(p, NULL, order, &p->k->reporting, run_patch, finish_patch))
		return false;
	p->sent.len = 0;
	buf_add(&p->sent, text->p, text->len);
	return true;
}

/* ---- the end */

static int run_delete(struct kwork *w, struct err *e)
{
	struct kube_call c = {
		.method = "DELETE",
		.path = kube_path(KUBE_POD, json_str(w->pod, "metadata.namespace", ""),
				  json_str(w->pod, "metadata.name", ""), NULL, &w->a),
		.body = arena_fmt(&w->a,
				  "{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\","
				  "\"gracePeriodSeconds\":0,\"preconditions\":"
				  "{\"uid\":\"%s\"}}",
				  json_str(w->pod, "metadata.uid", ""))
	};

	return kube_do(w->kube, &c, NULL, now_ms() + KUBELET_CALL_MS, e);
}

static void finish_delete(struct kwork *w)
{
	struct kpod *p = w->p;

	if (w->rc == 0)
		return; /* the watch tells when it is gone; finalizers may keep it */
	if (w->e.num == ENOENT || w->e.num == EAGAIN) {
		p->in_api = false;
		return;
	}
	log_warn("pod=%s/%s cannot leave: %s", p->ns, p->name, w->e.msg);
	p->delete_busy = false;
	p->report_at = now_ms() + RETRY_MS;
}

void kpod_report(struct kpod *p, const struct json *pod)
{
	auto_json struct json *now = p->over ? NULL : status(p, pod, false);
	auto_buf struct buf text = { 0 };
	bool news;

	if (p->report_busy || p->delete_busy)
		return;
	if (now_ms() < p->report_at) {
		kpod_wake(p, p->report_at);
		return;
	}
	if (now)
		json_print(now, 0, &text);
	news = now && (text.len != p->sent.len || memcmp(text.p, p->sent.p, text.len) != 0);
	if (news)
		p->report_busy = patch(p, pod, &text);
	else if (p->stopped && p->deleting)
		p->delete_busy =
			kwork_start(p, NULL, pod, &p->k->reporting, run_delete, finish_delete);
}
