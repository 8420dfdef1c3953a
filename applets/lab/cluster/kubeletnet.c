/* SPDX-License-Identifier: Apache-2.0 */
/* kubeletnet.c - a pod's sandbox: its network, by the node's conflist. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "file.h"
#include "kubelet.h"
#include "log.h"
#include "podnet.h"

static void record_of(struct podnet *r, const struct kwork *w)
{
	podnet_name(r, json_str(w->pod, "metadata.namespace", ""),
		    json_str(w->pod, "metadata.name", ""), json_str(w->pod, "metadata.uid", ""));
}

static int run_add(struct kwork *w, struct err *e)
{
	auto_json struct json *result = NULL;
	struct podnet r = { 0 };
	int rc;

	record_of(&r, w);
	podnet_clear(&r);
	rc = podnet_add(&r, &result, e);
	snprintf(w->id, sizeof(w->id), "%s", r.container);
	if (rc == 0)
		snprintf(w->text, sizeof(w->text), "%s",
			 json_str(json_first(json_get(result, "ips")), "address", ""));
	return rc;
}

/* "plugin TYPE: words" as containerd has it. */
static const char *in_runtime_words(const char *msg, char *out, size_t size)
{
	const char *type = strncmp(msg, "plugin ", 7) == 0 ? msg + 7 : NULL;
	size_t n = type ? strcspn(type, ":") : 0;

	if (!type || !type[n])
		return msg;
	snprintf(out, size, "plugin type=\"%.*s\" name=\"aws-cni\" failed (add):%s", (int)n, type,
		 type + n + 1);
	return out;
}

static void finish_add(struct kwork *w)
{
	struct kpod *p = w->p;
	char words[sizeof(w->e.msg) + 80];

	p->net_busy = false;
	if (w->rc == 0) {
		p->net = KNET_UP;
		snprintf(p->ip, sizeof(p->ip), "%.*s", (int)strcspn(w->text, "/"), w->text);
		snprintf(p->sandbox, sizeof(p->sandbox), "%s", w->id);
		kpod_save(p);
		return;
	}
	p->net_at = now_ms() + backoff_next(&p->net_pause);
	kpod_say(p, true, "FailedCreatePodSandBox",
		 "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup "
		 "network for sandbox \"%s\": %s",
		 w->id, in_runtime_words(w->e.msg, words, sizeof(words)));
	log_warn("no network for pod=%s/%s: %s", p->ns, p->name, w->e.msg);
}

void knet_add(struct kpod *p, const struct json *pod)
{
	if (p->host_network) {
		p->net = KNET_UP;
		snprintf(p->ip, sizeof(p->ip), "%s", p->k->f.ip);
		kpod_save(p);
		kpod_touch(p);
		return;
	}
	if (p->net_busy)
		return;
	if (now_ms() < p->net_at)
		kpod_wake(p, p->net_at);
	else
		p->net_busy = kwork_start(p, NULL, pod, &p->k->adding, run_add, finish_add);
}

static int run_del(struct kwork *w, struct err *e)
{
	struct podnet r = { 0 };

	record_of(&r, w);
	return podnet_del(&r, e);
}

static void finish_del(struct kwork *w)
{
	struct kpod *p = w->p;

	p->net_busy = false;
	if (w->rc == 0 || w->e.num == ENOENT) {
		p->net = KNET_GONE;
		kpod_save(p);
		return;
	}
	p->net_at = now_ms() + backoff_next(&p->net_pause);
	kpod_say(p, true, "FailedKillPod",
		 "error killing pod: failed to \"KillPodSandbox\" for \"%s\": %s", p->uid,
		 w->e.msg);
	log_warn("the network of pod=%s/%s cannot be taken down: %s", p->ns, p->name, w->e.msg);
}

void knet_del(struct kpod *p, const struct json *pod)
{
	if (p->host_network) {
		p->net = KNET_GONE;
		kpod_save(p);
		kpod_touch(p);
		return;
	}
	if (p->net_busy)
		return;
	if (now_ms() < p->net_at)
		kpod_wake(p, p->net_at);
	else
		p->net_busy = kwork_start(p, NULL, pod, &p->k->adding, run_del, finish_del);
}
