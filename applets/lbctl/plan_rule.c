/* SPDX-License-Identifier: Apache-2.0 */
/* plan_rule.c - listener rules: as few changes as can be, and at every moment a rule for every
 * request that has one before and after (spec-lbc-nlb 9.5, spec-lbc-alb 20.7). Otherwise than in
 * the original, rules are made before others are changed, and of those that would be changed to
 * match other requests only one is: between two such changes requests of the second would meet no
 * rule.
 */
#include <stdlib.h>
#include <string.h>

#include "plan.h"
#include "settings.h"
#include "track.h"

enum { LAST_PRIORITY = 50000 };

/* A rule that is wanted, and the one that becomes it, how. */
enum match { CREATE, FULL, BY_SETTINGS, BY_PRIORITY };
struct wanted {
	const struct stack_rule *rule;
	const struct elb_create_rule *settings; /* references put in */
	const char *key;
	size_t conditions; /* how much of key is conditions */
	int64_t at;        /* its priority */
	enum match match;
	struct existing *is;
};
struct existing {
	const struct have_rule *rule;
	int64_t priority;
	const char *key;
	size_t conditions;
	bool taken;
};
/* One listener's. */
struct rules {
	struct planner *p;
	const char *listener; /* ARN or reference */
	struct wanted *want;
	struct existing *have;
	size_t nwant, nhave;
	bool room; /* one that goes is where one that is made shall be */
};

static const char *key_of(const struct elb_conditions *c, const struct elb_actions *x,
			  const struct elb_transforms *t, struct arena *a)
{
	auto_buf struct buf b = { 0 };

	settings_conditions(c, &b);
	buf_str(&b, "->\n");
	settings_actions(x, &b);
	settings_transforms(t, &b);
	return arena_str(a, b.p);
}

/* How much of a key is conditions. */
static size_t conditions(const char *key)
{
	return (size_t)(strstr(key, "->\n") - key);
}

static bool same_conditions(const struct wanted *w, const struct existing *h)
{
	return w->conditions == h->conditions && strncmp(w->key, h->key, w->conditions) == 0;
}

static int by_key(const void *a, const void *b)
{
	const struct existing *x = a, *y = b;
	int c = strcmp(x->key, y->key);

	return c ? c : (x->priority > y->priority) - (x->priority < y->priority);
}

static int by_priority(const void *a, const void *b)
{
	const struct existing *x = a, *y = b;

	return (x->priority > y->priority) - (x->priority < y->priority);
}

static int wanted_order(const void *a, const void *b)
{
	const struct wanted *x = a, *y = b;

	return (x->rule->spec.priority > y->rule->spec.priority) -
	       (x->rule->spec.priority < y->rule->spec.priority);
}

/* ---- gathering */

static void gather(struct rules *r, const struct stack_listener *l)
{
	struct planner *p = r->p;
	size_t n = 0;

	for (size_t i = 0; i < p->want->nrules; i++)
		n += p->want->rules[i].port == l->spec.port;
	r->want = arena_get(p->a, n * sizeof(*r->want));
	for (size_t i = 0; i < p->want->nrules; i++) {
		const struct stack_rule *w = &p->want->rules[i];
		struct wanted *x = &r->want[r->nwant];

		if (w->port != l->spec.port)
			continue;
		x->rule = w;
		x->at = w->spec.priority;
		x->settings = plan_settings(p, &w->spec);
		x->key = key_of(&x->settings->conditions, &x->settings->actions,
				&x->settings->transforms, p->a);
		x->conditions = conditions(x->key);
		r->nwant++;
	}
	qsort(r->want, r->nwant, sizeof(*r->want), wanted_order);
	n = 0;
	for (size_t i = 0; i < p->have->nrules; i++)
		n += strcmp(p->have->rules[i].listener, r->listener) == 0;
	r->have = arena_get(p->a, n * sizeof(*r->have));
	for (size_t i = 0; i < p->have->nrules; i++) {
		const struct have_rule *h = &p->have->rules[i];

		struct existing *x = &r->have[r->nhave];

		if (strcmp(h->listener, r->listener) != 0)
			continue;
		x->rule = h;
		x->priority = strtoll(h->rule->priority, NULL, 10);
		x->key =
			key_of(&h->rule->conditions, &h->rule->actions, &h->rule->transforms, p->a);
		x->conditions = conditions(x->key);
		r->nhave++;
	}
	qsort(r->have, r->nhave, sizeof(*r->have), by_key);
}

/* ---- matching */

/* The first with this key; NULL: none. */
static struct existing *first_of(struct rules *r, const char *key)
{
	size_t from = 0, to = r->nhave;

	while (from < to) {
		size_t mid = (from + to) / 2;

		if (strcmp(r->have[mid].key, key) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from < r->nhave && strcmp(r->have[from].key, key) == 0 ? &r->have[from] : NULL;
}

static bool fits(const struct wanted *w, const struct existing *h)
{
	return !h->taken && settings_sticky(&w->settings->actions, &h->rule->rule->actions);
}

static void take(struct wanted *w, struct existing *h, enum match how)
{
	h->taken = true;
	w->is = h;
	w->match = how;
}

/* Equal settings: at the right place first, so that what is right stays. */
static void match_settings(struct rules *r, bool in_place)
{
	for (struct wanted *w = r->want; w < r->want + r->nwant; w++) {
		struct existing *h = w->is ? NULL : first_of(r, w->key);

		for (; h && h < r->have + r->nhave && strcmp(h->key, w->key) == 0; h++) {
			bool there = h->priority == w->rule->spec.priority;

			if (!fits(w, h) || there != in_place)
				continue;
			take(w, h, there ? FULL : BY_SETTINGS);
			break;
		}
	}
}

/* Equal settings behind one another as they are wanted: whatever is between them, they stay. */
static void match_order(struct rules *r)
{
	int64_t last = 0;

	for (struct wanted *w = r->want; w < r->want + r->nwant; w++) {
		struct existing *h = first_of(r, w->key);

		for (; h && h < r->have + r->nhave && strcmp(h->key, w->key) == 0; h++) {
			if (!fits(w, h) || h->priority <= last)
				continue;
			take(w, h, FULL);
			last = h->priority;
			break;
		}
	}
}

static void match_priorities(struct rules *r)
{
	qsort(r->have, r->nhave, sizeof(*r->have), by_priority);
	for (struct wanted *w = r->want; w < r->want + r->nwant; w++) {
		const struct existing key = { .priority = w->rule->spec.priority };
		struct existing *h =
			w->is ? NULL : bsearch(&key, r->have, r->nhave, sizeof(key), by_priority);

		if (h && !h->taken)
			take(w, h, BY_PRIORITY);
	}
}

/* Changed one after the other, two that match other requests then leave a moment without either:
 * all but the first are made anew, and what is in their place is moved and goes at the end. */
static void change_one(struct rules *r)
{
	bool changed = false;

	for (struct wanted *w = r->want; w < r->want + r->nwant; w++) {
		if (w->match != BY_PRIORITY || same_conditions(w, w->is))
			continue;
		if (changed) {
			w->is->taken = false;
			w->is = NULL;
			w->match = CREATE;
			r->room = true;
		}
		changed = true;
	}
}

static void match(struct rules *r)
{
	struct existing *before;

	if (r->p->want->partial)
		match_order(r);
	else
		match_settings(r, true);
	match_settings(r, false);
	/* Sorting moves them; who was taken by whom is found again by the rule. */
	before = arena_get(r->p->a, r->nhave * sizeof(*before));
	if (r->nhave)
		memcpy(before, r->have, r->nhave * sizeof(*before));
	for (struct wanted *w = r->want; w < r->want + r->nwant; w++)
		if (w->is)
			w->is = &before[w->is - r->have];
	qsort(r->have, r->nhave, sizeof(*r->have), by_priority);
	if (r->p->want->partial)
		return;
	match_priorities(r);
	change_one(r);
}

/* ---- order */

static const char *title_of(struct rules *r, int64_t priority, int64_t port)
{
	return arena_fmt(r->p->a, "rule %lld of listener %lld", (long long)priority,
			 (long long)port);
}

static void set_order(struct rules *r, const struct elb_rule_ranks *all, int64_t port)
{
	const struct elb_set_rule_priorities in = { .rules = *all };
	struct step *s;

	if (!all->n)
		return;
	s = plan_call(r->p, STEP_CHANGE, &elb_actions[ELB_set_rule_priorities], &in,
		      arena_fmt(r->p->a, "order of the rules of listener %lld", (long long)port));
	for (size_t i = 0; i < all->n; i++)
		step_line(r->p, s, all->v[i].arn, NULL,
			  arena_fmt(r->p->a, "%lld", (long long)all->v[i].priority));
}

/* Rules that go make room from the end of the range downward, highest first. */
static void move(struct rules *r, int64_t port)
{
	struct elb_rule_ranks l = {
		arena_get(r->p->a, (r->nwant + r->nhave) * sizeof(struct elb_rule_rank)), 0
	};
	bool moves = r->room;
	int64_t top = LAST_PRIORITY;

	for (size_t i = 0; i < r->nwant; i++)
		moves = moves || r->want[i].match == BY_SETTINGS;
	if (!moves)
		return;
	for (size_t i = r->nhave; i-- > 0;)
		if (!r->have[i].taken)
			l.v[l.n++] = (struct elb_rule_rank) { r->have[i].rule->rule->arn, top-- };
	for (size_t i = 0; i < r->nwant; i++)
		if (r->want[i].match == BY_SETTINGS)
			l.v[l.n++] = (struct elb_rule_rank) { r->want[i].is->rule->rule->arn,
							      r->want[i].at };
	set_order(r, &l, port);
}

/* ---- order, of a stack that is not whole: rules that nobody wants may be the missing member's.
 * They stay, in their order among the others; what is new comes behind them unless they match the
 * same requests. */

struct seat {
	struct wanted *w; /* NULL: h is wanted by nobody */
	const struct existing *h;
};

/* Before the rule of which priority a new one belongs. */
static int64_t limit_of(const struct rules *r, const struct wanted *w)
{
	int64_t limit = LAST_PRIORITY + 1;

	for (const struct wanted *k = w; k < r->want + r->nwant && limit > LAST_PRIORITY; k++)
		if (k->is)
			limit = k->is->priority;
	for (const struct existing *h = r->have; h < r->have + r->nhave && !w->is; h++)
		if (!h->taken && h->priority < limit && same_conditions(w, h))
			limit = h->priority;
	return limit;
}

static size_t seat_all(struct rules *r, struct seat *seats)
{
	size_t n = 0, h = 0;

	for (size_t i = 0; i < r->nwant; i++) {
		int64_t limit = limit_of(r, &r->want[i]);

		for (; h < r->nhave && (r->have[h].taken || r->have[h].priority < limit); h++)
			if (!r->have[h].taken)
				seats[n++] = (struct seat) { NULL, &r->have[h] };
		seats[n++] = (struct seat) { &r->want[i], r->want[i].is };
	}
	for (; h < r->nhave; h++)
		if (!r->have[h].taken)
			seats[n++] = (struct seat) { NULL, &r->have[h] };
	return n;
}

/* Whoever can stay where he is, does. */
static void move_among(struct rules *r, int64_t port)
{
	struct seat *seats = arena_get(r->p->a, (r->nwant + r->nhave) * sizeof(*seats));
	size_t n = seat_all(r, seats);
	struct elb_rule_ranks l = { arena_get(r->p->a, n * sizeof(*l.v)), 0 };
	int64_t at = 0;
	bool fits = true;

	for (size_t i = 0; i < n; i++)
		at = seats[i].h && seats[i].h->priority > at ? seats[i].h->priority : at + 1;
	fits = at <= LAST_PRIORITY;
	at = 0;
	for (size_t i = 0; i < n; i++) {
		const struct existing *h = seats[i].h;

		at = fits && h && h->priority > at ? h->priority : at + 1;
		if (seats[i].w)
			seats[i].w->at = at;
		if (h && h->priority != at)
			l.v[l.n++] = (struct elb_rule_rank) { h->rule->rule->arn, at };
	}
	set_order(r, &l, port);
}

/* ---- steps */

static void modify(struct rules *r, const struct wanted *w)
{
	const struct elb_create_rule *spec = w->settings;
	const struct elb_modify_rule in = { .arn = w->is->rule->rule->arn,
					    .conditions = spec->conditions,
					    .actions = spec->actions,
					    .transforms = spec->transforms,
					    .reset_transforms = !spec->transforms.n };
	struct step *s = plan_call(r->p, STEP_CHANGE, &elb_actions[ELB_modify_rule], &in,
				   title_of(r, w->at, w->rule->port));

	step_line(r->p, s, "settings", w->is->key, w->key);
}

static void create(struct rules *r, const struct wanted *w)
{
	struct elb_create_rule in = w->rule->spec;
	struct step *s;

	in.listener = r->listener;
	in.priority = w->at;
	in.tags = (struct tags) { 0 };
	if (r->p->c->gates[GATE_LISTENER_RULES_TAGGING])
		in.tags =
			track_tags(r->p->c, r->p->want, w->rule->id, &w->rule->spec.tags, r->p->a);
	s = plan_call(r->p, STEP_CREATE, &elb_actions[ELB_create_rule], &in,
		      title_of(r, in.priority, w->rule->port));
	step_lines_of(r->p, s);
}

static void delete_rest(struct rules *r, int64_t port)
{
	for (size_t i = 0; i < r->nhave; i++) {
		const struct existing *h = &r->have[i];
		const struct elb_rule_ref in = { h->rule->rule->arn };
		struct step *s;

		if (h->taken)
			continue;
		s = plan_call(r->p, STEP_DELETE, &elb_actions[ELB_delete_rule], &in,
			      title_of(r, h->priority, port));
		step_line(r->p, s, "settings", h->key, NULL);
	}
}

static void tags(struct rules *r, const struct wanted *w)
{
	struct tags all =
		track_tags(r->p->c, r->p->want, w->rule->id, &w->rule->spec.tags, r->p->a);

	if (r->p->c->gates[GATE_LISTENER_RULES_TAGGING])
		plan_tags(r->p, w->is->rule->rule->arn, false, &all, &w->is->rule->tags,
			  title_of(r, w->at, w->rule->port));
}

/* Settings that differ, or that cannot be compared. */
static bool sent_anew(const struct wanted *w)
{
	return w->match == BY_PRIORITY || settings_secret(&w->settings->actions);
}

static void plan_listener_rules(struct planner *p, const struct stack_listener *l)
{
	const char *ref = stack_ref(STACK_LISTENER, l->id, "listenerARN", p->a);
	struct rules r = { .p = p, .listener = plan_value(p, ref) };

	gather(&r, l);
	match(&r);
	if (p->want->partial)
		move_among(&r, l->spec.port);
	else
		move(&r, l->spec.port);
	for (size_t i = 0; i < r.nwant; i++)
		if (r.want[i].match == CREATE)
			create(&r, &r.want[i]);
	for (size_t i = 0; i < r.nwant; i++)
		if (r.want[i].match != CREATE && sent_anew(&r.want[i]))
			modify(&r, &r.want[i]);
	if (!p->want->partial)
		delete_rest(&r, l->spec.port);
	/* Numbers, and with them tags, come back when the stack is whole again. */
	for (size_t i = 0; i < r.nwant && !p->want->partial; i++)
		if (r.want[i].match != CREATE)
			tags(&r, &r.want[i]);
}

void plan_rules(struct planner *p)
{
	for (size_t i = 0; i < p->want->nlisteners; i++)
		plan_listener_rules(p, &p->want->listeners[i]);
}
