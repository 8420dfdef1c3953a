/* SPDX-License-Identifier: Apache-2.0 */
/* alb.c - the listener of an application load balancer: a request comes, meets a rule, and is
 * answered, here or by a target that a job asks. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alb.h"
#include "clock.h"
#include "httppool.h"
#include "tls.h"
#include "tls_accept.h"

enum { STALL_MS = 60 * 1000 };

struct alb_listener {
	struct loop *loop;
	struct elb *elb; /* NULL: closed, and here only for jobs under way */
	struct httpd *d;
	char arn[200], zone[WORLD_NAME];
	char shows[65]; /* what our certificate was made for */
	struct alb_counts counts;
	struct http_pool pool; /* connections to targets */
	size_t jobs;
};
struct alb_job {
	struct job j;
	struct alb_listener *a;
	struct httpd_call *c;
	struct http_client to;
	struct http_request q;
	struct http_response r;
	struct arena mem; /* of the answer, and of what stays of the model */
	int64_t deadline, began_ns, asked_ns;
	int rc;
	struct err e;
	int priority;
	const char *rule, *group, *id, *at, *did, *trace, *busy;
	int port;
};

/* A listener may have gone from the model before it is closed. */
static struct listener *model(const struct alb_listener *a)
{
	struct listener *l;
	struct err e;

	return a->elb && elb_listener(a->elb, a->arn, &l, &e) == 0 ? l : NULL;
}

static const char *zone_of(const struct elb *b, struct ip node)
{
	for (size_t i = 0; i < b->w->nsubnets; i++)
		if (cidr_contains(b->w->subnets[i].cidr, node))
			return b->w->subnets[i].zone;
	return "";
}

/* ---- what was asked */

static struct alb_request read_request(struct httpd_call *c)
{
	const char *host = http_header(&c->headers, "host");
	const char *name = *host == '[' ? strchr(host, ']') : host;
	const char *port = name ? strchr(name, ':') : NULL;

	return (struct alb_request) {
		.method = c->method,
		.authority = host,
		.host = port ? arena_fmt(&c->a, "%.*s", (int)(port - host), host) : host,
		.path = c->path,
		.query = c->query,
		.headers = &c->headers,
		.peer = c->peer,
		.peer_port = c->peer_port,
	};
}

static struct alb_record record_of(const struct listener *l, struct httpd_call *c,
				   const struct alb_request *q, int64_t began_ns)
{
	bool https = strcmp(l->v->protocol, "HTTPS") == 0;

	return (struct alb_record) {
		.l = l,
		.began_ns = began_ns,
		.ended_ns = wall_ns(),
		.peer = c->peer,
		.peer_port = c->peer_port,
		.request_s = -1,
		.target_s = -1,
		.answer_s = -1,
		.received = c->body_len,
		.method = c->method,
		.url = arena_fmt(&c->a, "%s://%s:%d%s", https ? "https" : "http", q->host,
				 (int)l->v->port, c->target),
		.agent = http_header(&c->headers, "user-agent"),
		.priority = -1,
	};
}

/* ---- answers of our own */

static void answer(const struct alb_place *p, struct httpd_call *c, const struct alb_plan *x,
		   struct alb_record *r)
{
	struct http_headers h = { 0 };
	size_t n = strlen(x->body);

	http_add(&h, "Server", "awselb/2.0");
	if (*x->body)
		http_add(&h, "Content-Type", x->type);
	if (x->location)
		http_add(&h, "Location", x->location);
	alb_listener_headers(p, &h);
	r->status = x->status;
	r->location = x->location;
	r->did = x->did;
	r->group = x->group ? x->group->v->arn : NULL;
	r->sent = n;
	alb_log(p->b->access_log, r);
	httpd_reply(c, x->status, &h, x->body, n);
}

static void on_refuse(struct httpd_refusal *r, void *arg)
{
	struct alb_listener *a = arg;
	struct listener *l = model(a);
	struct alb_plan x = { 0 };
	struct alb_record rec = { .l = l,
				  .began_ns = wall_ns(),
				  .ended_ns = wall_ns(),
				  .peer = r->peer,
				  .peer_port = r->peer_port,
				  .request_s = -1,
				  .target_s = -1,
				  .answer_s = -1,
				  .priority = -1 };

	alb_own(r->status == 413 ? 413 : 400, &x, r->a);
	r->status = rec.status = x.status;
	r->why = x.body;
	http_add(&r->headers, "Server", "awselb/2.0");
	http_add(&r->headers, "Content-Type", x.type);
	if (l)
		alb_log(a->elb->access_log, &rec);
}

/* ---- a target's answer */

static void listener_free(struct alb_listener *a)
{
	http_pool_free(&a->pool);
	alb_counts_trim(&a->counts, NULL);
	free(a);
}

static void job_free(struct alb_job *j)
{
	struct alb_listener *a = j->a;

	http_close(&j->to);
	arena_free(&j->mem);
	free(j);
	if (!--a->jobs && !a->elb)
		listener_free(a);
}

static void on_run(struct job *base)
{
	struct alb_job *j = OWNER(base, struct alb_job, j);

	http_pool_take(&j->a->pool, &j->to);
	j->asked_ns = wall_ns();
	j->rc = http_do(&j->to, &j->q, &j->r, &j->mem, j->deadline, &j->e);
	http_pool_give(&j->a->pool, &j->to);
}

static const struct tgroup *group_still(struct elb *b, const struct alb_job *j,
					const struct target **t)
{
	struct tgroup *g;
	struct err e;

	*t = NULL;
	if (elb_group(b, j->group, &g, &e) < 0)
		return NULL;
	for (size_t i = 0; i < g->ntargets; i++)
		if (strcmp(g->targets[i].id, j->id) == 0 && g->targets[i].port == j->port)
			*t = &g->targets[i];
	return g;
}

static const struct elb_forward *forward_still(const struct listener *l, struct elb *b,
					       const struct alb_job *j)
{
	struct lb_rule *r;
	const struct elb_actions *all = &l->v->actions;
	struct err e;

	if (j->priority && elb_rule(b, j->rule, &r, &e) < 0)
		return NULL;
	if (j->priority)
		all = &r->v->actions;
	return all->n ? all->v[all->n - 1].forward : NULL;
}

/* HEAD has the length of what GET would have. */
static size_t length_of(const struct alb_job *j)
{
	uint64_t n = j->r.body_len;

	if (strcmp(j->q.method, "HEAD") == 0 &&
	    !str_u64(http_header(&j->r.headers, "content-length"), &n))
		n = 0;
	return (size_t)n;
}

static void pass_on(const struct alb_place *p, struct alb_job *j, struct alb_record *r)
{
	const struct target *t;
	const struct tgroup *g = group_still(p->b, j, &t);
	struct http_headers h = { 0 };

	alb_set_cookies(p, forward_still(p->l, p->b, j), g, t, &j->r.headers, &h);
	alb_answer_headers(p, &j->r.headers, &h);
	r->status = r->target_status = j->r.status;
	r->sent = j->r.body_len;
	alb_log(p->b->access_log, r);
	httpd_reply(j->c, j->r.status, &h, j->r.body, length_of(j));
}

static void spoken(struct alb_job *j, struct alb_record *r)
{
	r->target = j->at;
	r->group = j->group;
	r->trace = j->trace;
	r->did = j->did;
	r->priority = j->priority;
	r->request_s = (double)(j->asked_ns - j->began_ns) / 1e9;
	if (j->rc == 0) {
		r->target_s = (double)(r->ended_ns - j->asked_ns) / 1e9;
		r->answer_s = 0;
	}
}

static void on_done(struct job *base)
{
	struct alb_job *j = OWNER(base, struct alb_job, j);
	struct listener *l = model(j->a);
	struct httpd_call *c = j->c;
	struct alb_request q = read_request(c);
	struct alb_place p = { .b = j->a->elb, .l = l, .zone = j->a->zone, .q = &q, .a = &c->a };
	struct alb_plan x = { .did = j->did };
	struct alb_record r;

	--*alb_count(&j->a->counts, j->busy);
	if (!l) {
		alb_own(503, &x, &c->a);
		httpd_reply(c, 503, NULL, x.body, strlen(x.body));
		job_free(j);
		return;
	}
	r = record_of(l, c, &q, j->began_ns);
	spoken(j, &r);
	if (j->rc == 0) {
		pass_on(&p, j, &r);
	} else {
		alb_own(j->e.num == ETIMEDOUT ? 504 : j->e.num == EINVAL ? 400 : 502, &x, &c->a);
		answer(&p, c, &x, &r);
	}
	job_free(j);
}

/* ---- a request */

static void address(struct http_client *to, const struct alb_plan *x)
{
	static const struct tls_terms anyone = { .insecure = true };

	snprintf(to->host, sizeof(to->host), "%s", ip_text(x->target.ip).s);
	snprintf(to->port, sizeof(to->port), "%d", x->target.t->port);
	to->tls = strcmp(x->group->v->protocol, "HTTPS") == 0;
	to->terms = to->tls ? &anyone : NULL;
}

static int64_t idle_ms(const struct listener *l)
{
	uint64_t s;

	if (!str_u64(attr_get(lb_attrs_on(l->lb), l->lb->attrs, "idle_timeout.timeout_seconds"),
		     &s))
		s = 60;
	return (int64_t)s * 1000;
}

static struct alb_job *job_new(const struct alb_place *p, struct httpd_call *c,
			       const struct lb_rule *r, const struct alb_plan *x)
{
	struct alb_job *j = xalloc(sizeof(*j));
	struct arena *m = &j->mem;

	j->j.run = on_run;
	j->j.done = on_done;
	j->c = c;
	j->deadline = now_ms() + idle_ms(p->l);
	j->q = (struct http_request) { .method = c->method,
				       .target = c->target,
				       .body = c->body,
				       .body_len = c->body_len,
				       .max_body = ALB_BODY };
	j->priority = r->priority;
	j->rule = arena_str(m, r->v->arn ? r->v->arn : "");
	j->group = arena_str(m, x->group->v->arn);
	j->id = arena_str(m, x->target.t->id);
	j->port = x->target.t->port;
	j->did = arena_str(m, x->did);
	j->busy = arena_str(m, x->target.busy);
	address(&j->to, x);
	j->at = arena_fmt(m, strchr(j->to.host, ':') ? "[%s]:%s" : "%s:%s", j->to.host, j->to.port);
	return j;
}

static int start(struct alb_listener *a, struct alb_job *j, struct err *e)
{
	j->a = a;
	a->jobs++;
	if (job_start(a->loop, &j->j, e) < 0) {
		job_free(j);
		return -1;
	}
	++*alb_count(&a->counts, j->busy);
	return 0;
}

static void serve(struct httpd_call *c)
{
	struct alb_listener *a = c->arg;
	struct listener *l = model(a);
	struct alb_request q = read_request(c);
	struct alb_place p = { a->elb, l, a->zone, &a->counts, &q, &c->a };
	const struct lb_rule *rule;
	struct alb_record r;
	struct alb_plan x = { 0 };
	struct alb_job *j;
	struct err e;

	if (!l) {
		httpd_reply(c, 503, NULL, "", 0);
		return;
	}
	a->elb->now = now_ms();
	r = record_of(l, c, &q, wall_ns());
	if (!*q.host || *c->target != '/') {
		alb_own(400, &x, &c->a);
		answer(&p, c, &x, &r);
		return;
	}
	rule = alb_match(a->elb, l, &q);
	alb_act(&p, rule, &x);
	r.priority = rule ? rule->priority : -1;
	if (x.kind == ALB_ANSWER) {
		answer(&p, c, &x, &r);
		return;
	}
	j = job_new(&p, c, rule, &x);
	j->began_ns = r.began_ns;
	j->trace = arena_str(&j->mem, alb_trace(&q, wall_s(), &c->a));
	if (!alb_forward_headers(&p, j->trace, &j->q.headers)) {
		a->jobs++;
		j->a = a;
		job_free(j);
		alb_own(400, &x, &c->a);
		answer(&p, c, &x, &r);
	} else if (start(a, j, &e) < 0) {
		alb_own(502, &x, &c->a);
		answer(&p, c, &x, &r);
	}
}

/* ---- open and close */

struct alb_listener *alb_listen(struct loop *loop, struct elb *elb, const struct listener *of,
				struct ip node, int fd, struct err *e)
{
	auto_fd int own = fd;
	auto_identity struct tls_identity *id = NULL;
	struct httpd_at at = {
		.max_clients = ALB_CLIENTS, .max_body = ALB_BODY, .refuse = on_refuse, .bare = true
	};
	struct alb_listener *a;

	if (strcmp(of->v->protocol, "HTTPS") == 0 && alb_identity(elb, of, &id, e) < 0)
		return NULL;
	a = xalloc(sizeof(*a));
	*a = (struct alb_listener) { .loop = loop, .elb = elb };
	alb_certificates(of, a->shows);
	snprintf(a->arn, sizeof(a->arn), "%s", of->v->arn);
	snprintf(a->zone, sizeof(a->zone), "%s", zone_of(elb, node));
	at.tls = id;
	at.fd = TAKE(own);
	a->d = httpd_new(loop, &at, serve, a, e);
	if (!a->d) {
		listener_free(a);
		return NULL;
	}
	return a;
}

void alb_changed(struct alb_listener *a)
{
	struct listener *l = model(a);
	auto_identity struct tls_identity *id = NULL;
	char shows[65];
	struct err e;

	alb_counts_trim(&a->counts, ALB_BUSY);
	if (!l || strcmp(l->v->protocol, "HTTPS") != 0)
		return;
	alb_certificates(l, shows);
	if (strcmp(shows, a->shows) == 0 || alb_identity(a->elb, l, &id, &e) < 0)
		return;
	memcpy(a->shows, shows, sizeof(shows));
	httpd_identity(a->d, id);
}

void alb_close(struct alb_listener **ap)
{
	struct alb_listener *a = TAKE(*ap);

	if (!a)
		return;
	httpd_free(&a->d);
	a->elb = NULL;
	if (!a->jobs)
		listener_free(a);
}
