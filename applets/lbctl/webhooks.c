/* SPDX-License-Identifier: Apache-2.0 */
/* webhooks.c - the admission webhooks' server: each review is answered from what the watches have
 * told; those that must ask AWS do so in a job. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admission.h"
#include "bindrole.h"
#include "certs.h"
#include "clock.h"
#include "file.h"
#include "lbctl.h"
#include "log.h"

/* The API server gives up after ten seconds. */
enum {
	AWS_MS = 8000,
	MAX_JOBS = 16,
	MAX_CLIENTS = 64,
	MAX_BODY = 7 * 1024 * 1024, /* as controller-runtime */
	MAX_PEM = 256 * 1024,
	STALL_MS = 10000,
	AGAIN_MS = 60000,
	SOON_MS = 2000,
	CERTS_MS = 20000
};
#define DEFAULT_FOLDER "/tmp/k8s-webhook-server/serving-certs"

struct webhooks {
	struct lbctl *l;
	struct httpd *d;
	struct tls_identity *id;
	struct buf cert, key, ca; /* of id, as they were read */
	const char *folder;       /* of certificate and key; NULL: they are made here */
	struct bindroles *roles;
	struct timer again;
	bool looking;   /* a job of certs.c is under way */
	bool looked;    /* one has come to its end */
	bool installed; /* there are webhook configurations */
	size_t jobs;
	char why[200]; /* why there is no certificate */
};

/* ---- one review */

struct hook_job {
	struct job job;
	struct webhooks *w;
	struct aws *aws;
	struct bindroles *roles;
	struct httpd_call *call;
	enum admission_id id;
	struct json *review;
	struct snapshot objects;
	struct admission_env env;
	struct admission_answer answer;
	int rc;
	struct err e;
};

static void plain(struct httpd_call *c, int status, const char *text)
{
	httpd_reply(c, status, NULL, text, strlen(text));
}

static int target_groups(void *arg, const struct kube_binding *as,
			 const struct elb_describe_target_groups *q, struct elb_target_groups *out,
			 struct arena *a, struct err *e)
{
	const struct hook_job *h = arg;
	const int64_t deadline = now_ms() + AWS_MS;
	struct aws_keys keys;

	if (!*as->role)
		return elb_describe_target_groups(h->aws, q, out, a, deadline, e);
	if (bindroles_keys(h->roles, h->aws, h->env.c->cluster, as->role, as->external_id, &keys, a,
			   deadline, e) < 0)
		return -1;
	return aws_do_as(h->aws, &keys, &elb_actions[ELB_describe_target_groups], q, out, a,
			 deadline, e);
}

static void run(struct job *j)
{
	struct hook_job *h = OWNER(j, struct hook_job, job);

	h->rc = admission_answer(h->id, &h->env, h->review, &h->answer, &h->e);
}

static void count(const struct hook_job *h)
{
	const struct admission_row *row = &admission_rows[h->id];

	if (h->answer.category)
		metric_add(h->w->l->metrics, row->mutates ? M_WEBHOOK_FAILED : M_WEBHOOK_INVALID, 1,
			   row->path, h->answer.category);
}

static void hook_free(struct hook_job *h)
{
	snapshot_free(&h->objects);
	json_free(&h->review);
	admission_answer_free(&h->answer);
	free(h);
}

static void reply(struct hook_job *h)
{
	struct http_headers headers = { 0 };

	if (h->rc < 0) {
		plain(h->call, 400, h->e.msg);
	} else {
		count(h);
		http_add(&headers, "content-type", "application/json");
		httpd_reply(h->call, 200, &headers, h->answer.text.p, h->answer.text.len);
	}
	hook_free(h);
}

static void done(struct job *j)
{
	struct hook_job *h = OWNER(j, struct hook_job, job);

	h->w->jobs--;
	reply(h);
}

static void give(struct hook_job *h)
{
	const struct kubestore *all = h->w->l->store;
	const char *ns = admission_namespace(h->review);

	switch (admission_rows[h->id].looks) {
	case LOOKS_NAMESPACE:
		snapshot_take(&h->objects, all, KUBE_BINDING, ns);
		snapshot_take(&h->objects, all, KUBE_SERVICE, ns);
		break;
	case LOOKS_BINDINGS:
		snapshot_take(&h->objects, all, KUBE_BINDING, NULL);
		break;
	case LOOKS_CLASSES:
		snapshot_take(&h->objects, all, KUBE_INGRESS_CLASS, NULL);
		snapshot_take(&h->objects, all, KUBE_CLASS_PARAMS, NULL);
		snapshot_take(&h->objects, all, KUBE_NAMESPACE, NULL);
		break;
	default:
		break;
	}
	h->env.objects = snapshot_objects(&h->objects);
}

static void start(struct hook_job *h)
{
	struct webhooks *w = h->w;

	if (!admission_rows[h->id].asks_aws) {
		run(&h->job);
		reply(h);
		return;
	}
	if (w->jobs == MAX_JOBS) {
		plain(h->call, 429, "too many reviews at once");
		hook_free(h);
		return;
	}
	if (job_start(w->l->loop, &h->job, &h->e) < 0) {
		plain(h->call, 503, h->e.msg);
		hook_free(h);
		return;
	}
	w->jobs++;
}

static bool listed(const struct lbctl *l)
{
	for (int k = 0; k < KUBE_KINDS; k++)
		if (!l->synced[k] && !kube_kinds[k].optional)
			return false;
	return true;
}

static void on_call(struct httpd_call *c)
{
	struct webhooks *w = c->arg;
	int id = admission_find(c->path);
	struct hook_job *h;
	struct json *review;
	struct err e;

	if (id < 0) {
		plain(c, 404, "there is no such webhook");
		return;
	}
	if (strcmp(c->method, "POST") != 0) {
		plain(c, 405, "webhooks are POSTed to");
		return;
	}
	if (!listed(w->l)) {
		plain(c, 503, "not ready: the cluster's objects are still being listed");
		return;
	}
	review = json_parse(c->body, c->body_len, &e);
	if (!review) {
		plain(c, 400, e.msg);
		return;
	}
	h = xalloc(sizeof(*h));
	*h = (struct hook_job) { .job = { .run = run, .done = done },
				 .w = w,
				 .aws = w->l->aws,
				 .roles = w->roles,
				 .call = c,
				 .id = (enum admission_id)id,
				 .review = review };
	h->env = (struct admission_env) { .c = &w->l->o.c,
					  .inject_gates = w->l->o.inject_gates,
					  .target_groups = target_groups,
					  .arg = h };
	give(h);
	start(h);
}

/* ---- the server and its certificate */

static int listen_with(struct webhooks *w, struct err *e)
{
	static const struct ip any = { .family = IP_V6 };
	const struct httpd_at at = { .ip = &any,
				     .port = (uint16_t)w->l->o.webhook_port,
				     .stall_ms = STALL_MS,
				     .tls = w->id,
				     .max_clients = MAX_CLIENTS,
				     .max_body = MAX_BODY };

	w->d = httpd_new(w->l->loop, &at, on_call, w, e);
	return w->d ? 0 : wrap(e, "--webhook-bind-port %ld", w->l->o.webhook_port);
}

static bool same(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && (!a->len || memcmp(a->p, b->p, a->len) == 0);
}

static void keep(struct buf *to, const struct buf *from)
{
	if (to->p)
		explicit_bzero(to->p, to->len);
	buf_free(to);
	buf_add(to, from->p, from->len);
}

/* Show this from now on, unless it is what is shown already. */
static int show(struct webhooks *w, const struct buf *cert, const struct buf *key,
		const struct buf *ca, struct err *e)
{
	auto_identity struct tls_identity *id = NULL;

	if (w->d && same(cert, &w->cert) && same(key, &w->key) && same(ca, &w->ca))
		return 0;
	if (tls_identity_new(&id, cert->len ? cert->p : "", key->len ? key->p : "",
			     ca->len ? ca->p : NULL, e) < 0)
		return wrap(e, "webhooks");
	tls_identity_unref(&w->id);
	w->id = TAKE(id);
	if (w->d)
		httpd_identity(w->d, w->id);
	else if (listen_with(w, e) < 0)
		return -1;
	keep(&w->cert, cert);
	keep(&w->key, key);
	keep(&w->ca, ca);
	log_info("webhooks port=%d certificate=%s", httpd_port(w->d),
		 w->folder ? w->folder : "own");
	return 0;
}

static int read_ca(const struct webhooks *w, struct buf *ca, struct err *e)
{
	if (!*w->l->o.webhook_ca)
		return 0;
	if (file_read(w->l->o.webhook_ca, MAX_PEM, ca, e) < 0)
		return wrap(e, "--kube-ca-pem-filepath");
	return ca->len ? 0
		       : fail(e, EBADMSG, "--kube-ca-pem-filepath %s is empty", w->l->o.webhook_ca);
}

static int show_files(struct webhooks *w, struct err *e)
{
	const struct lboptions *o = &w->l->o;
	auto_arena struct arena a = { 0 };
	auto_pair struct tls_pair own = { 0 };
	auto_buf struct buf ca = { 0 };

	if (file_read(arena_fmt(&a, "%s/%s", w->folder, o->webhook_cert), MAX_PEM, &own.cert, e) <
		    0 ||
	    file_read(arena_fmt(&a, "%s/%s", w->folder, o->webhook_key), MAX_PEM, &own.key, e) < 0)
		return wrap(e, "the webhooks' certificate");
	if (read_ca(w, &ca, e) < 0)
		return -1;
	return show(w, &own.cert, &own.key, &ca, e);
}

/* ---- certificates of our own */

struct certs_job {
	struct job job;
	struct webhooks *w;
	struct kube *k;
	const char *ns;
	bool leading;
	struct certs out;
	int rc;
	struct err e;
};

static void look(struct job *j)
{
	struct certs_job *c = OWNER(j, struct certs_job, job);

	c->rc = certs_look(c->k, c->ns, c->leading, wall_s(), &c->out, now_ms() + CERTS_MS, &c->e);
}

static void later(struct webhooks *w, int64_t ms)
{
	struct err e;

	if (timer_set(w->l->loop, &w->again, ms, &e) < 0)
		die("timer: %s", e.msg);
}

static void on_looked(struct job *j)
{
	struct certs_job *c = OWNER(j, struct certs_job, job);
	struct webhooks *w = c->w;
	auto_buf struct buf ca = { 0 };

	w->looking = false;
	if (c->rc == 0) {
		w->looked = true;
		w->installed = c->out.installed;
		*w->why = '\0';
		if (c->out.own.cert.len)
			c->rc = read_ca(w, &ca, &c->e) < 0
					? -1
					: show(w, &c->out.own.cert, &c->out.own.key, &ca, &c->e);
	}
	if (c->rc < 0) {
		log_warn("webhooks reason=\"%s\"", c->e.msg);
		snprintf(w->why, sizeof(w->why), "%s", c->e.msg);
	}
	later(w, w->d || !w->installed ? AGAIN_MS : SOON_MS);
	certs_free(&c->out);
	free(c);
}

static void look_start(struct webhooks *w)
{
	struct certs_job *c = xalloc(sizeof(*c));
	const struct lbctl *l = w->l;

	*c = (struct certs_job) { .job = { .run = look, .done = on_looked },
				  .w = w,
				  .k = l->kube,
				  .ns = l->kube_config.ns,
				  .leading = l->leading };
	w->looking = job_start(w->l->loop, &c->job, &c->e) == 0;
	if (w->looking)
		return;
	free(c);
	later(w, SOON_MS);
}

static void on_again(struct timer *t)
{
	struct webhooks *w = OWNER(t, struct webhooks, again);
	struct err e;

	if (!w->folder) {
		look_start(w);
		return;
	}
	if (show_files(w, &e) < 0)
		log_warn("webhooks reason=\"%s\": what was read before is still shown", e.msg);
	later(w, AGAIN_MS / 6);
}

/* ---- */

static bool default_files(const struct lboptions *o)
{
	auto_arena struct arena a = { 0 };
	auto_buf struct buf cert = { 0 };
	struct err e;

	return file_read(arena_fmt(&a, "%s/%s", DEFAULT_FOLDER, o->webhook_cert), MAX_PEM, &cert,
			 &e) == 0;
}

int webhooks_start(struct lbctl *l, struct err *e)
{
	struct webhooks *w;

	if (!l->o.webhook_port)
		return 0;
	if (l->o.webhook_port < 0 || l->o.webhook_port > 65535)
		return fail(e, EINVAL, "--webhook-bind-port %ld is no port", l->o.webhook_port);
	w = xalloc(sizeof(*w));
	*w = (struct webhooks) { .l = l, .again.fn = on_again, .roles = bindroles_new() };
	l->webhooks = w;
	if (*l->o.webhook_dir)
		w->folder = l->o.webhook_dir;
	else if (default_files(&l->o))
		w->folder = DEFAULT_FOLDER;
	if (w->folder && show_files(w, e) < 0)
		return -1;
	later(w, w->folder ? AGAIN_MS / 6 : 0);
	return 0;
}

void webhooks_stop(struct lbctl *l)
{
	struct webhooks *w = l->webhooks;

	if (!w)
		return;
	timer_stop(&w->again);
	httpd_free(&w->d);
}

void webhooks_free(struct lbctl *l)
{
	struct webhooks *w = TAKE(l->webhooks);

	if (!w)
		return;
	buf_free(&w->cert);
	buf_free(&w->ca);
	if (w->key.p)
		explicit_bzero(w->key.p, w->key.len);
	buf_free(&w->key);
	tls_identity_unref(&w->id);
	bindroles_free(&w->roles);
	free(w);
}

const char *webhooks_trouble(const struct lbctl *l)
{
	const struct webhooks *w = l->webhooks;

	if (!w)
		return NULL;
	if (!w->d && *w->why)
		return w->why;
	if (!w->d && (!w->looked || w->installed))
		return "webhooks: no certificate yet";
	if (w->d && !listed(l))
		return "the cluster's objects are still being listed";
	return NULL;
}
