/* SPDX-License-Identifier: Apache-2.0 */
/* kubelet.h - a node's pods, made so: `vpcbox-lab kubelet`, a process inside the node. */
#pragma once
#include "clock.h"
#include "httpd.h"
#include "kube.h"
#include "kubeevent.h"
#include "podstatus.h"
#include "podwatch.h"

/* The verb. */
int kubelet_main(int argc, char **argv);

/* A folder for each pod, by uid, beside the records of podnet.h. */
#define KUBELET_DIR "/run/vpcbox-lab/pods"
#define KUBELET_LOGS "/var/log/pods"
enum {
	KUBELET_PORT = 10250,
	KUBELET_AT_ONCE = 4, /* of one kind of work */
	KUBELET_CALL_MS = 30 * 1000
};

/* Of the machine, from its options and the metadata service; "" where there is none. */
struct kubelet_facts {
	const char *node, *instance, *type, *zone, *region, *ip, *public_ip, *dns, *public_dns;
	long max_pods, cpus, memory_mib;
	const char *labels; /* "k=v,k=v" beside EKS's own */
};

enum kprobe_kind { KPROBE_STARTUP, KPROBE_LIVENESS, KPROBE_READINESS, KPROBES };
struct kprobe {
	bool set, busy;
	int64_t period_ms, timeout_ms, delay_ms, next_at;
	int good_wanted, bad_wanted, good, bad;
};
struct kcont {
	struct kpod *pod;
	struct podrun run;
	struct watch end; /* its shim's pidfd */
	int pid, shim;
	bool starting, killing, asked, backing_off; /* asked: SIGTERM was sent */
	int64_t ended_at, not_before, kill_at;
	struct kprobe probes[KPROBES];
};
enum knet { KNET_NONE, KNET_UP, KNET_GONE };
struct kpod {
	struct kpod *next;
	struct kubelet *k;
	char ns[64], name[256], uid[64], ip[48], sandbox[65];
	struct buf text; /* as the API server has it */
	struct kcont *v;
	size_t n;
	enum knet net;
	/* over: it had ended before we saw it; done: it has ended here */
	bool host_network, in_api, listed, deleting, over, done;
	bool net_busy, stopped, dirty, queued, report_busy, delete_busy;
	const char *rejected;
	char why[200];
	int jobs; /* that hold it */
	int64_t start_s, wake, net_at, report_at;
	struct backoff net_pause;
	struct buf sent; /* the status that was written last */
};
struct kubelet {
	struct kubelet_facts f;
	struct loop *loop;
	struct kube *kube;
	struct kubeevents *events;
	struct podwatch *watch;
	struct httpd *http;
	struct watch signals;
	struct kpod *pods;
	struct timer tick;
	struct kubelet_beat *beat;
	bool listed; /* the API server has said what there is */
	int adding, starting, reporting, probing;
	const char *token_file;
};

/* ---- pods: kubeletpods.c */

void kpod_changed(void *kubelet, const struct json *pod, enum podwatch_how how);
void kpods_listed(void *kubelet);
/* Look at it soon; the second: no later than that. */
void kpod_touch(struct kpod *p);
void kpod_wake(struct kpod *p, int64_t at);
void kubelet_tick(struct timer *t);
struct kpod *kpod_new(struct kubelet *k, const struct json *pod);
struct kpod *kpod_find(struct kubelet *k, const char *ns, const char *name); /* the living one */
struct kcont *kpod_container(struct kpod *p, const char *name);
void kpod_dir(const struct kpod *p, char *out, size_t size);
struct podrun *kpod_runs(const struct kpod *p); /* p->n of them, to be freed */
/* Of the manifest; NULL: there is none of that name. */
const struct json *kcont_spec(const struct json *pod, const char *name);
void kpod_say(const struct kpod *p, bool warning, const char *reason, const char *fmt, ...)
	FMT(4, 5);

/* ---- work: kubeletwork.c. A job that holds its pod, and has a copy of it. */

struct kwork {
	struct job j;
	struct kpod *p;
	struct kcont *c; /* or NULL */
	int *slots;
	struct json *pod;
	struct arena a;
	int (*run)(struct kwork *w, struct err *e); /* in the thread */
	void (*finish)(struct kwork *w);            /* on the loop */
	int rc;
	struct err e;
	/* set by whoever starts it, of the pod as it is then */
	struct kube *kube;
	const char *ip, *host_ip, *node, *name;
	int number, pid, port;
	/* what came of it */
	char text[300], id[65];
};
/* slots: how many of its kind run; a pod that must wait is woken when one ends. False: it must. */
bool kwork_start(struct kpod *p, struct kcont *c, const struct json *pod, int *slots,
		 int (*run)(struct kwork *w, struct err *e), void (*finish)(struct kwork *w));
/* The same with another number than the container's restarts. */
bool kwork_start_as(struct kpod *p, struct kcont *c, const struct json *pod, int *slots, int number,
		    int (*run)(struct kwork *w, struct err *e), void (*finish)(struct kwork *w));

/* ---- network: kubeletnet.c; containers: kubeletcont.c, kubeletstart.c */

void knet_add(struct kpod *p, const struct json *pod);
void knet_del(struct kpod *p, const struct json *pod);
/* Go on with one that should run: start it, or wait. */
void kcont_go(struct kcont *c, const struct json *pod);
/* It should not run: false when it does not any more. */
bool kcont_stop(struct kcont *c, const struct json *pod, int64_t grace_s, const char *why);
/* Watch the shim that runs it; false: it has ended already. */
void kcont_follow(struct kcont *c);
/* From the state file of its shim; false: there is none. */
bool kcont_load(struct kcont *c);
int kcont_start_run(struct kwork *w, struct err *e);
/* ConfigMaps and Secrets: podenv.h. */
typedef const struct json *kubelet_object_fn(void *arg, const char *kind, const char *name,
					     struct err *e);
/* Make what a container mounts, as podshim.h wants it; to be freed. NULL: *e. */
struct json *kubelet_mounts(struct kwork *w, const char *dir, kubelet_object_fn *get, void *arg,
			    struct err *e);
/* A process of ours with these ends; returns its pid. fds below zero: /dev/null. */
MUST int kubelet_spawn(char *const argv[], int in, int out, int err, struct err *e);

/* ---- kubeletprobe.c */

void kprobes_begin(struct kcont *c, const struct json *pod);
void kprobes_go(struct kcont *c, const struct json *pod);
/* Run in a container: its status, and what it has printed (512 bytes). ETIMEDOUT. */
MUST int kubelet_exec(int pid, const struct json *command, int64_t deadline, int *status,
		      struct buf *out, struct err *e);
/* GET as a probe or a hook does. EIO: an answer that is no success. */
MUST int kubelet_get(const struct json *get, const struct json *container, const char *ip,
		     int64_t deadline, struct err *e);

/* ---- kubeletreport.c, kubeletstate.c, kubeletnode.c, kubelethttp.c */

void kpod_report(struct kpod *p, const struct json *pod);
void kpod_save(struct kpod *p);
void kpod_erase(struct kpod *p);
void kubelet_load(struct kubelet *k);
MUST int kubelet_facts_read(struct kubelet_facts *f, struct arena *a, struct err *e);
MUST int kubelet_register(struct kubelet *k, struct err *e);
MUST int kubelet_lease_begin(struct kubelet *k, struct err *e);
MUST int kubelet_serve(struct kubelet *k, struct err *e);
struct json *kubelet_node(const struct kubelet_facts *f, int64_t now_s);
