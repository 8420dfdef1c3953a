/* SPDX-License-Identifier: Apache-2.0 */
/* apply.c - steps to requests: references put in, waits, and what the answers tell. */
#include <errno.h>
#include <string.h>

#include "apply.h"
#include "clock.h"
#include "log.h"

/* Codes after which one waits and tries again, and how long (spec-lbc-nlb 17). */
static const struct wait {
	const char *action, *code;
	int64_t every_ms, for_ms;
} waits[] = {
	{ "DeleteTargetGroup", "ResourceInUse", 2000, 20000 },
	{ "DeleteSecurityGroup", "DependencyViolation", 2000, 10000 },
	{ "AddListenerCertificates", "ListenerNotFound", 2000, 20000 },
	{ "CreateRule", "ListenerNotFound", 2000, 20000 },
};
enum { GONE_EVERY_MS = 200, GONE_FOR_MS = 60000 };

struct run {
	const struct apply *how;
	const struct plan *p;
	struct apply_values *made;
	bool *done;         /* of each step */
	bool full;          /* the limit of rules was met: from now on one goes before one comes */
	const void *answer; /* to the last request */
	struct arena *a;
	struct err *e;
};

/* ---- references */

const char *apply_value(const struct apply_values *made, const char *ref)
{
	for (size_t i = 0; i < made->n; i++)
		if (strcmp(made->v[i].ref, ref) == 0)
			return made->v[i].value;
	return NULL;
}

static void learn(struct run *r, const char *ref, const char *value)
{
	struct apply_values *m = r->made;

	if (m->n == m->cap) {
		struct apply_value *old = m->v;

		m->cap = m->cap ? 2 * m->cap : 16;
		m->v = arena_get(r->a, m->cap * sizeof(*m->v));
		if (m->n)
			memcpy(m->v, old, m->n * sizeof(*m->v));
	}
	m->v[m->n++] = (struct apply_value) { ref, arena_str(r->a, value) };
}

static void put_value(const char **text, void *run)
{
	struct run *r = run;
	const char *v = stack_is_ref(*text) ? apply_value(r->made, *text) : NULL;

	if (v)
		*text = v;
}

static void find_left(const char **text, void *left)
{
	if (stack_is_ref(*text))
		*(const char **)left = *text;
}

/* The request with everything put in. */
static void *request(struct run *r, const struct step *s)
{
	void *in = shape_dup(s->action->in, s->in, r->a);
	const char *left = NULL;

	shape_strings(s->action->in, in, put_value, r);
	shape_strings(s->action->in, in, find_left, &left);
	if (left)
		return fail(r->e, EINVAL, "%s needs %s, which no step before it makes", s->title,
			    left),
		       NULL;
	return in;
}

/* References stand in JSON as strings of their own. */
static int body(struct run *r, const struct step *s, const char **text)
{
	auto_buf struct buf out = { 0 };
	const char *at = s->body, *hit;

	*text = NULL;
	while (at && (hit = strstr(at, "\"#/"))) {
		size_t n = strcspn(hit + 1, "\"");
		const char *ref = arena_fmt(r->a, "%.*s", (int)n, hit + 1), *type, *id;
		const char *v = apply_value(r->made, ref);

		if (!v &&
		    (strcmp(ref, STACK_BACKEND_SG) == 0 || stack_ref_split(ref, &type, &id, r->a)))
			return fail(r->e, EINVAL, "%s needs %s, which no step before it makes",
				    s->title, ref);
		buf_add(&out, at, (size_t)(hit - at));
		if (v)
			json_quote(v, &out);
		else
			buf_add(&out, hit, n + 2);
		at = hit + n + 2;
	}
	if (!at)
		return 0;
	buf_str(&out, at);
	*text = arena_str(r->a, out.p);
	return 0;
}

/* ---- answers */

static bool is(const struct step *s, const char *action)
{
	return s->action && strcmp(s->action->name, action) == 0;
}

/* "#/resources/TYPE/ID/status/dnsName" */
static void learn_name(struct run *r, const char *arn, const char *name)
{
	const char *type, *id;

	if (stack_ref_split(arn, &type, &id, r->a))
		learn(r, stack_ref(type, id, "dnsName", r->a), name);
}

static int take_made(struct run *r, const struct step *s, const void *out)
{
	const struct shape_list *l = out;
	const char *value = NULL;

	if (!s->gives)
		return 0;
	if (is(s, "CreateSecurityGroup"))
		value = ((const struct ec2_group *)out)->id;
	else if (l && l->n)
		/* The ARN is the first member of all that are made. */
		value = *(const char *const *)l->v;
	if (!value || !*value)
		return fail(r->e, EBADMSG, "%s: nothing in the answer", s->action->name);
	learn(r, s->gives, value);
	if (is(s, "CreateLoadBalancer"))
		learn_name(r, s->gives, ((const struct elb_load_balancer *)l->v)->dns_name);
	return 0;
}

static bool changes_object(const struct step *s)
{
	static const char *const actions[] = { "SetSubnets", "SetSecurityGroups",
					       "SetIpAddressType", "ModifyIpPools",
					       "ModifyTargetGroup" };

	for (size_t i = 0; i < COUNT(actions); i++)
		if (is(s, actions[i]))
			return true;
	return false;
}

static void tell_made(struct run *r, const struct step *s, const void *in)
{
	struct elbindex *x = r->how->index;
	const struct shape_list *l = r->answer;

	if (!l || !l->n)
		elbindex_doubt(x);
	else if (is(s, "CreateLoadBalancer"))
		elbindex_made_lb(x, l->v, &((const struct elb_create_load_balancer *)in)->tags);
	else
		elbindex_made_tg(x, l->v, &((const struct elb_create_target_group *)in)->tags);
}

/* A refusal too may have been one of something done. Of all that is changed here the ARN is the
 * first member of the request. */
static void tell_index(struct run *r, const struct step *s, const void *in, int rc)
{
	struct elbindex *x = r->how->index;
	const struct strs *arns = in;

	if (!x)
		return;
	if (is(s, "CreateLoadBalancer") || is(s, "CreateTargetGroup")) {
		if (rc < 0)
			elbindex_doubt(x);
		else
			tell_made(r, s, in);
	} else if (is(s, "DeleteLoadBalancer") || is(s, "DeleteTargetGroup")) {
		if (rc == 0 || r->e->num == ENOENT)
			elbindex_gone(x, *(const char *const *)in);
		else
			elbindex_doubt(x);
	} else if (changes_object(s)) {
		elbindex_changed(x, INDEX_OBJECT, *(const char *const *)in);
	} else if ((is(s, "AddTags") || is(s, "RemoveTags")) && arns->n) {
		elbindex_changed(x, INDEX_TAGS, arns->v[0]);
	}
}

/* ---- one step */

static int rest_ms(struct run *r, int64_t ms)
{
	if (now_ms() + ms > r->how->deadline)
		return -1;
	if (r->how->pause)
		return r->how->pause(r->how->arg, ms);
	return pause_ms(ms, r->how->deadline) ? 0 : -1;
}

static const struct wait *wait_for(const struct step *s, const struct err *e)
{
	for (size_t i = 0; i < COUNT(waits); i++)
		if (is(s, waits[i].action) && strcmp(e->code, waits[i].code) == 0)
			return &waits[i];
	return NULL;
}

static int send_once(struct run *r, const struct step *s, const void *in)
{
	void *out = s->action->out ? arena_get(r->a, s->action->out->size) : NULL;

	r->answer = NULL;
	if (aws_do(r->how->aws, s->action, in, out, r->a, r->how->deadline, r->e) < 0)
		return -1;
	r->answer = out;
	return take_made(r, s, out);
}

/* A load balancer that is protected, and that nobody wants: the annotation that protects an owner
 * has been looked at before (spec-lbc-nlb 2.3, 9.3). */
static int unprotect(struct run *r, const void *in)
{
	struct tag off = { "deletion_protection.enabled", "false" };
	const struct elb_modify_load_balancer_attributes change = {
		.arn = ((const struct elb_load_balancer_ref *)in)->arn, .attributes = { &off, 1 }
	};

	return elb_modify_load_balancer_attributes(r->how->aws, &change, r->a, r->how->deadline,
						   r->e);
}

static int send_waiting(struct run *r, const struct step *s, const void *in)
{
	int64_t since = now_ms();
	const struct wait *w;
	bool protected;

	while (send_once(r, s, in) < 0) {
		w = wait_for(s, r->e);
		protected = is(s, "DeleteLoadBalancer") &&
			    strcmp(r->e->code, "OperationNotPermitted") == 0 &&
			    strstr(r->e->msg, "deletion protection");
		if (protected && unprotect(r, in) == 0) {
			if (send_once(r, s, in) < 0)
				return -1;
			break;
		}
		if (!w || now_ms() - since + w->every_ms > w->for_ms)
			return -1;
		if (rest_ms(r, w->every_ms) < 0)
			return -1;
	}
	return 0;
}

static int do_step(struct run *r, size_t i);

/* The next step of that action that is still to be done, first. group: of this security group. */
static int do_first(struct run *r, size_t i, const char *action, const char *group)
{
	for (size_t k = i + 1; k < r->p->n; k++) {
		const struct step *s = &r->p->v[k];

		if (r->done[k] || !is(s, action))
			continue;
		if (!group || strcmp(((const struct ec2_group_change *)s->in)->id, group) == 0)
			return do_step(r, k);
	}
	return 1;
}

/* At the limit of rules: one that goes, then one that comes (spec-lbc-alb 20.7). */
static int create_rule(struct run *r, size_t i, const void *in)
{
	const struct step *s = &r->p->v[i];

	for (bool tried = false;; tried = true) {
		int rc = r->full ? do_first(r, i, "DeleteRule", NULL) : 0;

		if (rc > 0 && tried)
			return wrap(r->e, "Unable to synthesize listener rules, there's too many "
					  "attached.");
		if (rc < 0)
			return -1;
		if (send_waiting(r, s, in) == 0)
			return 0;
		if (strcmp(r->e->code, "TooManyRules") != 0)
			return -1;
		r->full = true;
	}
}

/* At the limit of a group's rules: first those that go (spec-lbc-nlb 9.1). */
static int authorize(struct run *r, size_t i, const void *in)
{
	const struct step *s = &r->p->v[i];
	struct err full;

	if (send_waiting(r, s, in) == 0)
		return 0;
	full = *r->e;
	if (strcmp(full.code, "RulesPerSecurityGroupLimitExceeded") == 0) {
		int rc = do_first(r, i, "RevokeSecurityGroupIngress",
				  ((const struct ec2_group_change *)s->in)->id);

		if (rc == 0)
			return send_waiting(r, s, in);
		if (rc > 0)
			*r->e = full;
	}
	return -1;
}

static int aws_step(struct run *r, size_t i)
{
	const struct step *s = &r->p->v[i];
	void *in = request(r, s);
	int rc;

	if (!in)
		return -1;
	if (is(s, "CreateRule"))
		rc = create_rule(r, i, in);
	else if (is(s, "AuthorizeSecurityGroupIngress"))
		rc = authorize(r, i, in);
	else
		rc = send_waiting(r, s, in);
	tell_index(r, s, in, rc);
	return rc < 0 && !(s->effect == STEP_DELETE && r->e->num == ENOENT) ? -1 : 0;
}

static int wait_gone(struct run *r, const struct step *s)
{
	const struct kube_call get = { .method = "GET", .path = s->gone };
	int64_t since = now_ms();

	while (kube_do(r->how->kube, &get, NULL, r->how->deadline, r->e) == 0) {
		if (now_ms() - since > GONE_FOR_MS || rest_ms(r, GONE_EVERY_MS) < 0)
			return fail(r->e, ETIMEDOUT, "%s is still there after %d s", s->title,
				    (int)((now_ms() - since) / 1000));
	}
	return r->e->num == ENOENT ? 0 : -1;
}

/* The store that the plan was made from may lag behind what we ourselves have made: an object that
 * is there and is what would have been made is as good as made. */
static bool made_before(struct run *r, const struct step *s, const char *text)
{
	auto_json struct json *want = json_parse(text, strlen(text), &(struct err) { 0 });
	auto_json struct json *have = NULL;
	const struct kube_call get = { .method = "GET",
				       .path = arena_fmt(r->a, "%s/%s", s->path,
							 json_str(want, "metadata.name", "")) };
	struct err e;

	if (kube_do(r->how->kube, &get, &have, r->how->deadline, &e) < 0)
		return false;
	for (const struct json *m = json_first(json_get(want, "spec")); m; m = json_next(m))
		if (!json_same(m, json_member(json_get(have, "spec"), json_key(m))))
			return false;
	for (const struct json *m = json_first(json_get(want, "metadata.labels")); m;
	     m = json_next(m))
		if (!json_same(m, json_member(json_get(have, "metadata.labels"), json_key(m))))
			return false;
	return !json_get(have, "metadata.deletionTimestamp");
}

static int kube_step(struct run *r, const struct step *s)
{
	struct kube_call c = { .method = s->method,
			       .path = s->path,
			       .type = strcmp(s->method, "PATCH") == 0
					       ? "application/merge-patch+json"
					       : NULL };

	if (body(r, s, &c.body) < 0)
		return -1;
	if (!r->how->kube)
		return fail(r->e, ENOTCONN, "%s: there is no API server to ask", s->title);
	if (kube_do(r->how->kube, &c, NULL, r->how->deadline, r->e) < 0 &&
	    !(s->effect == STEP_DELETE && r->e->num == ENOENT) &&
	    !(s->effect == STEP_CREATE && r->e->num == EEXIST && made_before(r, s, c.body)))
		return -1;
	*r->e = (struct err) { 0 };
	return s->gone ? wait_gone(r, s) : 0;
}

/* What is there is not what the plan was made for. */
static bool stale(const struct step *s, const struct err *e)
{
	static const char *const codes[] = {
		"DuplicateListener",
		"InvalidGroup.Duplicate",
		"InvalidGroup.NotFound",
		"InvalidPermission.Duplicate",
		"InvalidPermission.NotFound",
		"ListenerNotFound",
		"LoadBalancerNotFound",
		"PriorityInUse",
		"RuleNotFound",
		"TargetGroupNotFound",
	};

	if (!s->action)
		return e->num == ENOENT || e->num == EEXIST || e->num == EAGAIN;
	for (size_t i = 0; i < COUNT(codes); i++)
		if (strcmp(e->code, codes[i]) == 0)
			return true;
	return false;
}

static int do_step(struct run *r, size_t i)
{
	const struct step *s = &r->p->v[i];
	int rc;

	if (r->done[i])
		return 0;
	if (r->how->tell)
		r->how->tell(r->how->arg, s, i, NULL);
	rc = s->action ? aws_step(r, i) : kube_step(r, s);
	r->done[i] = rc == 0;
	if (rc < 0 && stale(s, r->e))
		r->e->num = EAGAIN;
	else if (rc < 0 && r->e->num == EAGAIN)
		r->e->num = EBUSY; /* still in use after all that waiting, throttled ... */
	if (rc == 0)
		*r->e = (struct err) { 0 };
	if (rc < 0 && !strstr(r->e->msg, s->title))
		wrap(r->e, "%s", s->title);
	if (r->how->tell)
		r->how->tell(r->how->arg, s, i, r->e);
	return rc;
}

int apply_plan(const struct apply *how, const struct plan *p, struct apply_values *made,
	       struct arena *a, struct err *e)
{
	struct run r = { .how = how,
			 .p = p,
			 .made = made,
			 .done = arena_get(a, p->n * sizeof(bool)),
			 .a = a,
			 .e = e };

	*e = (struct err) { 0 };
	for (size_t i = 0; i < p->n; i++)
		if (do_step(&r, i) < 0)
			return -1;
	return 0;
}
