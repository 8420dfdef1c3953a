/* SPDX-License-Identifier: Apache-2.0 */
/* controller.c - the controller's day: AWS, the API server, watches, the lease; then passes until a
 * signal. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "annot.h"
#include "clock.h"
#include "imds.h"
#include "lbctl.h"
#include "log.h"
#include "people.h"
#include "sts.h"

/* A token is good for 15 minutes; a minute less is asked of it. */
enum { START_MS = 60000, QUIT_MS = 8000, EKS_TOKEN_S = 14 * 60 };

/* ---- AWS */

static int vpc_by_tags(struct aws *w, const char *text, const char **vpc, struct arena *mem,
		       struct err *e)
{
	auto_arena struct arena a = { 0 };
	struct tags t = { 0 };
	struct ec2_query q;
	struct ec2_vpcs out;

	if (annot_parse_map(text, &t, &a) < 0)
		return fail(e, EINVAL, "--aws-vpc-tags '%s' is not KEY=VALUE,...", text);
	q = (struct ec2_query) { .filters = { arena_get(&a, t.n * sizeof(struct ec2_filter)),
					      t.n } };
	for (size_t i = 0; i < t.n; i++)
		q.filters.v[i] = (struct ec2_filter) { arena_fmt(&a, "tag:%s", t.v[i].key),
						       { &t.v[i].value, 1 } };
	if (ec2_describe_vpcs(w, &q, &out, &a, now_ms() + START_MS, e) < 0)
		return wrap(e, "VPC by --aws-vpc-tags");
	if (out.n != 1)
		return fail(e, EINVAL,
			    "--aws-vpc-tags '%s': %zu VPCs have them, not 1; give "
			    "--aws-vpc-id",
			    text, out.n);
	*vpc = arena_str(mem, out.v[0].id);
	return 0;
}

static int vpc_by_imds(const char **out, struct arena *mem, struct err *e)
{
	const int64_t deadline = now_ms() + START_MS;
	auto_arena struct arena a = { 0 };
	struct imds m = { 0 };
	const char *mac, *vpc = NULL;
	int rc = imds_init(&m, e);

	if (rc == 0)
		rc = imds_get(&m, "/latest/meta-data/mac", &mac, &a, deadline, e);
	if (rc == 0)
		rc = imds_get(
			&m,
			arena_fmt(&a, "/latest/meta-data/network/interfaces/macs/%s/vpc-id", mac),
			&vpc, &a, deadline, e);
	imds_free(&m);
	if (rc < 0)
		return wrap(e, "neither --aws-vpc-id nor --aws-vpc-tags; asking IMDS for the VPC");
	*out = arena_str(mem, vpc);
	return 0;
}

/* spec-lbc-nlb 14.4 */
static void count_call(void *arg, const struct aws_ended *c)
{
	struct metrics *m = arg;
	const char *code = c->rc == 0 ? "" : *c->code ? c->code : "internal";
	char status[16];

	snprintf(status, sizeof(status), "%d", c->status);
	metric_add(m, M_AWS_CALLS, 1, c->service, c->action, status, code);
	metric_observe(m, M_AWS_SECONDS, (double)c->ms / 1000, c->service, c->action);
	metric_observe(m, M_AWS_RETRIES, c->attempts > 1 ? c->attempts - 1 : 0, c->service,
		       c->action);
	if (c->rc == 0)
		return;
	if (c->status == 401 || c->status == 403 || strcmp(code, "AccessDeniedException") == 0 ||
	    strcmp(code, "AuthFailure") == 0)
		metric_add(m, M_AWS_DENIED, 1, c->service, c->action, status, code);
	if (strstr(code, "LimitExceeded"))
		metric_add(m, M_AWS_LIMITED, 1, c->service, c->action, status, code);
	if (strstr(code, "Throttl") || strcmp(code, "RequestLimitExceeded") == 0)
		metric_add(m, M_AWS_THROTTLED, 1, c->service, c->action, status, code);
	if (strcmp(code, "ValidationError") == 0)
		metric_add(m, M_AWS_INVALID, 1, c->service, c->action, status, code);
}

int open_aws(const struct lboptions *o, struct lbconfig *c, struct metrics *counted,
	     struct aws **out, struct arena *a, struct err *e)
{
	const struct aws_options q = { .region = o->region,
				       .endpoints = o->endpoints,
				       .throttle = o->throttle,
				       .agent = "elbv2.k8s.aws/" VERSION,
				       .attempts = (int)o->aws_attempts,
				       .log = o->aws_log,
				       .ended = count_call,
				       .ended_arg = counted,
				       .no_quota = true };

	if (aws_new(out, &q, now_ms() + START_MS, e) < 0)
		return wrap(e, "AWS session");
	c->region = aws_region(*out);
	c->vpc = o->vpc;
	if (!*c->vpc && *o->vpc_tags)
		return vpc_by_tags(*out, o->vpc_tags, &c->vpc, a, e);
	return *c->vpc ? 0 : vpc_by_imds(&c->vpc, a, e);
}

/* ---- the API server */

/* What `aws eks get-token` would have printed. */
int eks_token(void *arg, char *text, size_t size, int64_t *until, struct err *e)
{
	const struct eks_asker *k = arg;
	auto_arena struct arena a = { 0 };
	const char *token;

	if (sts_eks_token(k->aws, k->config->eks_cluster, &token, &a, now_ms() + START_MS, e) < 0)
		return -1;
	if (strlen(token) >= size)
		return fail(e, EMSGSIZE, "the token for cluster %s is too long",
			    k->config->eks_cluster);
	memcpy(text, token, strlen(token) + 1);
	*until = wall_s() + EKS_TOKEN_S;
	return 0;
}

static int open_kube(struct lbctl *l, struct err *e)
{
	const struct kube_options o = { .config = &l->kube_config,
					.agent = "elbv2.k8s.aws/" VERSION,
					.token = eks_token,
					.token_arg = &l->eks };

	l->eks = (struct eks_asker) { l->aws, &l->kube_config };
	if (kube_config_load(&l->kube_config, l->o.kubeconfig, l->o.context, &l->mem, e) < 0)
		return -1;
	if (l->kube_config.insecure)
		log_warn("the API server's certificate is not checked: the kubeconfig says "
			 "insecure-skip-tls-verify");
	return kube_new(&l->kube, &o, e);
}

/* ---- what the watches tell */

/* All lists have been read, and it is ours to act. */
static void begin(struct lbctl *l)
{
	log_info("ready services=%zu ingresses=%zu bindings=%zu pods=%zu",
		 kubestore_count(l->store, KUBE_SERVICE), kubestore_count(l->store, KUBE_INGRESS),
		 kubestore_count(l->store, KUBE_BINDING), kubestore_count(l->store, KUBE_POD));
	notice_all(l);
	work_start(l);
	/* A process before this one may have ended between its last owner and the shared group.
	 * Those of other namespaces are not seen. */
	l->backend_seen = l->backend_seen || !*l->o.watch_ns;
	backend_check(l);
}

static void on_changes(void *arg, enum kube_kind kind, const struct kube_change *v, size_t n)
{
	struct lbctl *l = arg;
	bool ready = work_ready(l);

	kubestore_apply(l->store, kind, v, n, notice_change, l);
	for (size_t i = 0; i < n; i++)
		if (v[i].event == KUBE_SYNCED && !l->synced[kind]) {
			l->synced[kind] = true;
			log_info("listed kind=%s count=%zu", kube_kinds[kind].kind,
				 kubestore_count(l->store, kind));
			later_synced(l, kind);
		}
	if (!ready && work_ready(l))
		begin(l);
}

static void on_trouble(void *arg, enum kube_kind kind, const struct err *e)
{
	struct lbctl *l = arg;

	if (e)
		log_warn("watch kind=%s reason=\"%s\"", kube_kinds[kind].kind, e->msg);
	else
		log_info("watch kind=%s goes on", kube_kinds[kind].kind);
	if (e && e->num == ENOENT && kube_kinds[kind].optional) {
		kubewatch_stop(&l->watches[kind]);
		l->synced[kind] = false;
	}
}

int lbctl_watch(struct lbctl *l, enum kube_kind kind, struct err *e)
{
	const struct kubewatch_options o = { .kube = l->kube,
					     .loop = l->loop,
					     .kind = kind,
					     .ns = kube_kinds[kind].namespaced ? l->o.watch_ns : "",
					     .changes = on_changes,
					     .trouble = on_trouble,
					     .arg = l };

	if (kubewatch_start(&l->watches[kind], &o, e) < 0)
		return wrap(e, "watching %s", kube_kinds[kind].kind);
	return 0;
}

static int watch_all(struct lbctl *l, struct err *e)
{
	for (int k = 0; k < KUBE_KINDS; k++)
		if (!kube_kinds[k].optional && lbctl_watch(l, (enum kube_kind)k, e) < 0)
			return -1;
	return later_start(l, e);
}

/* ---- leading */

static void on_won(void *arg)
{
	struct lbctl *l = arg;

	log_info("leading");
	l->leading = true;
	if (work_ready(l))
		begin(l);
}

static void on_lost(void *arg)
{
	struct lbctl *l = arg;

	log_error("the lease is lost: another replica may act now, so this one ends");
	l->lost = true;
	l->leading = false;
	loop_stop(l->loop);
}

static int lead(struct lbctl *l, struct err *e)
{
	struct kubelease_options o = { .kube = l->kube,
				       .loop = l->loop,
				       .ns = *l->o.lease_ns ? l->o.lease_ns : l->kube_config.ns,
				       .name = l->o.lease,
				       .won = on_won,
				       .lost = on_lost,
				       .arg = l };
	char host[128] = "";

	if (!l->o.leader_election) {
		on_won(l);
		return 0;
	}
	(void)gethostname(host, sizeof(host) - 1);
	o.holder = arena_fmt(&l->mem, "%s_%08x%08x", host, (unsigned)getpid(),
			     (unsigned)(wall_s() & 0xffffffff));
	return kubelease_start(&l->lease, &o, e);
}

/* ---- timers and signals */

static void on_due(struct timer *t)
{
	work_start(OWNER(t, struct lbctl, due));
}

static void on_resync(struct timer *t)
{
	struct lbctl *l = OWNER(t, struct lbctl, resync);
	struct err e;

	if (work_ready(l)) {
		notice_all(l);
		work_start(l);
	}
	if (timer_set(l->loop, &l->resync, l->o.sync_ms, &e) < 0)
		die("timer: %s", e.msg);
}

static void on_quit(struct timer *t)
{
	loop_stop(OWNER(t, struct lbctl, quit)->loop);
}

void lbctl_maybe_end(struct lbctl *l)
{
	for (int q = 0; q < QUEUES; q++)
		if (workq_running(l->queues[q]))
			return;
	if (!l->backend_going)
		loop_stop(l->loop);
}

/* A pass that runs may come to its end; what it leaves half-made when it does not, the next start
 * finds by its tags. */
static void on_signal(struct watch *w, uint32_t events)
{
	struct lbctl *l = OWNER(w, struct lbctl, signals);
	int sig = signals_take(w);
	struct err e;

	(void)events;
	if (!sig)
		return;
	log_info("stopping signal=%d", sig);
	if (l->stopping) {
		loop_stop(l->loop);
		return;
	}
	l->stopping = true;
	if (timer_set(l->loop, &l->quit, QUIT_MS, &e) < 0)
		loop_stop(l->loop);
	lbctl_maybe_end(l);
}

/* ---- */

static int open_parts(struct lbctl *l, struct err *e)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	l->due.fn = on_due;
	l->resync.fn = on_resync;
	l->quit.fn = on_quit;
	l->backend_later.fn = backend_later;
	l->signals.fn = on_signal;
	l->loop = loop_new(e);
	if (!l->loop || signals_add(l->loop, &l->signals, &set, e) < 0 ||
	    timer_set(l->loop, &l->resync, l->o.sync_ms, e) < 0)
		return -1;
	l->store = kubestore_new();
	l->index = elbindex_new(&l->o.c);
	l->facts = awsfacts_new(l->aws, &l->o.c, l->index);
	l->bindings = bindings_new(l->o.binding_again_ms, l->o.sync_ms);
	l->queues[QUEUE_SERVICES] = workq_new((int)l->o.service_jobs, 1000000);
	l->queues[QUEUE_GROUPS] = workq_new((int)l->o.group_jobs, 1000000);
	l->queues[QUEUE_BINDINGS] = workq_new((int)l->o.binding_jobs, l->o.binding_backoff_ms);
	if (kubeevents_new(&l->events, l->kube, "", e) < 0)
		return -1;
	l->env = (struct passenv) { .c = &l->o.c,
				    .aws = l->aws,
				    .kube = l->kube,
				    .events = l->events,
				    .index = l->index,
				    .facts = l->facts,
				    .stabilize_ms = l->o.stabilize_ms,
				    .metrics = l->metrics,
				    .bindings = l->bindings };
	return 0;
}

int lbctl_run(struct lbctl *l, struct err *e)
{
	if (!*l->o.c.cluster)
		return fail(e, EINVAL,
			    "--cluster-name is missing: names and tags in AWS are made "
			    "of it");
	l->metrics = metrics_new(lbmetrics, LBMETRICS);
	if (open_aws(&l->o, &l->o.c, l->metrics, &l->aws, &l->mem, e) < 0 || open_kube(l, e) < 0 ||
	    open_parts(l, e) < 0)
		return -1;
	log_info("starting version=%s cluster=%s vpc=%s region=%s server=%s", VERSION,
		 l->o.c.cluster, l->o.c.vpc, l->o.c.region, l->kube_config.server);
	if (health_start(l, e) < 0 || webhooks_start(l, e) < 0 || watch_all(l, e) < 0 ||
	    lead(l, e) < 0 || loop_run(l->loop, e) < 0)
		return -1;
	if (l->lost)
		return fail(e, EBUSY, "leader election lost");
	log_info("stopped");
	/* A pass that is still talking to AWS would keep us for minutes. */
	for (int q = 0; q < QUEUES; q++)
		if (workq_running(l->queues[q]))
			_exit(0);
	return 0;
}

void lbctl_free(struct lbctl *l)
{
	kubelease_stop(&l->lease);
	webhooks_stop(l);
	health_stop(l);
	for (int k = 0; k < KUBE_KINDS; k++)
		kubewatch_stop(&l->watches[k]);
	kubeevents_free(&l->events);
	watch_close(&l->signals);
	timer_stop(&l->due);
	timer_stop(&l->resync);
	timer_stop(&l->quit);
	timer_stop(&l->backend_later);
	timer_stop(&l->later);
	loop_free(&l->loop);
	webhooks_free(l);
	for (int q = 0; q < QUEUES; q++)
		workq_free(&l->queues[q]);
	bindings_free(&l->bindings);
	awsfacts_free(&l->facts);
	elbindex_free(&l->index);
	kubestore_free(&l->store);
	kube_free(&l->kube);
	aws_free(&l->aws);
	arena_free(&l->mem);
}
