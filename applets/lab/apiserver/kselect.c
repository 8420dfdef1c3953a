/* SPDX-License-Identifier: Apache-2.0 */
/* kselect.c - label and field selectors: read, and held against objects, parsed only when needed.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kinner.h"
#include "kselect.h"
#include "str.h"

enum { MAX_VALUES = 256 };

/* What a selector is read from. */
struct reader {
	const char *at, *whole;
	struct arena *a;
};

static void spaces(struct reader *r)
{
	while (*r->at == ' ' || *r->at == '\t')
		r->at++;
}

static const char *word(struct reader *r)
{
	size_t n = 0;

	spaces(r);
	while (r->at[n] && !strchr(" \t,()=!<>", r->at[n]))
		n++;
	r->at += n;
	return arena_fmt(r->a, "%.*s", (int)n, r->at - n);
}

static bool eat(struct reader *r, const char *what)
{
	spaces(r);
	if (!str_prefix(r->at, what))
		return false;
	r->at += strlen(what);
	return true;
}

static int bad(const struct reader *r, struct err *e)
{
	return kfail(e, "BadRequest",
		     "unable to parse requirement: found '%.40s' in the selector \"%.160s\"", r->at,
		     r->whole);
}

static void value(struct kterm *t, const char *v, struct arena *a)
{
	const char **grown = arena_get(a, (t->n + 1) * sizeof(char *));

	for (size_t i = 0; i < t->n; i++)
		grown[i] = t->v[i];
	grown[t->n++] = v;
	t->v = grown;
}

static int values(struct reader *r, struct kterm *t, struct err *e)
{
	if (!eat(r, "("))
		return bad(r, e);
	do {
		if (t->n >= MAX_VALUES)
			return kfail(e, "BadRequest", "a selector with more than %d values",
				     MAX_VALUES);
		value(t, word(r), r->a);
	} while (eat(r, ","));
	return eat(r, ")") ? 0 : bad(r, e);
}

static int set_operator(struct reader *r, struct kterm *t, struct err *e)
{
	const char *op = word(r);

	if (strcmp(op, "in") == 0)
		t->op = KTERM_IN;
	else if (strcmp(op, "notin") == 0)
		t->op = KTERM_NOT_IN;
	else
		return bad(r, e);
	return values(r, t, e);
}

static int term(struct reader *r, struct kterm *t, struct err *e)
{
	if (eat(r, "!")) {
		t->op = KTERM_NOT_THERE;
		t->key = word(r);
		return *t->key ? 0 : bad(r, e);
	}
	t->key = word(r);
	if (!*t->key)
		return bad(r, e);
	spaces(r);
	t->op = KTERM_THERE;
	if (!*r->at || *r->at == ',')
		return 0;
	if (*r->at == '>' || *r->at == '<')
		t->op = *r->at++ == '>' ? KTERM_MORE : KTERM_LESS;
	else if (eat(r, "!="))
		t->op = KTERM_NOT_IN;
	else if (eat(r, "==") || eat(r, "="))
		t->op = KTERM_IN;
	else
		return set_operator(r, t, e);
	value(t, word(r), r->a);
	return 0;
}

static bool field_known(const struct kres *r, const char *key)
{
	static const struct {
		const char *plural, *key;
	} known[] = {
		{ NULL, "metadata.name" },
		{ NULL, "metadata.namespace" },
		{ "pods", "spec.nodeName" },
		{ "pods", "spec.restartPolicy" },
		{ "pods", "spec.schedulerName" },
		{ "pods", "spec.serviceAccountName" },
		{ "pods", "spec.hostNetwork" },
		{ "pods", "status.phase" },
		{ "pods", "status.podIP" },
		{ "pods", "status.nominatedNodeName" },
		{ "namespaces", "status.phase" },
		{ "nodes", "spec.unschedulable" },
		{ "secrets", "type" },
		{ "services", "spec.clusterIP" },
		{ "services", "spec.type" },
		{ "replicasets", "status.replicas" },
		{ "jobs", "status.successful" },
		{ "events", "involvedObject.kind" },
		{ "events", "involvedObject.namespace" },
		{ "events", "involvedObject.name" },
		{ "events", "involvedObject.uid" },
		{ "events", "involvedObject.apiVersion" },
		{ "events", "involvedObject.resourceVersion" },
		{ "events", "involvedObject.fieldPath" },
		{ "events", "reason" },
		{ "events", "reportingComponent" },
		{ "events", "source" },
		{ "events", "type" },
	};

	for (size_t i = 0; i < COUNT(known); i++)
		if (strcmp(known[i].key, key) == 0 &&
		    (!known[i].plural || (!r->custom && strcmp(known[i].plural, r->plural) == 0)))
			return true;
	return false;
}

static int parse(struct kselect *s, const struct kres *r, const char *text, bool field,
		 struct arena *a, struct err *e)
{
	struct reader in = { .at = text, .whole = text, .a = a };

	spaces(&in);
	while (*in.at) {
		struct kterm *t = NEW(a, struct kterm);

		t->field = field;
		if (term(&in, t, e) < 0)
			return -1;
		if (field && ((t->op != KTERM_IN && t->op != KTERM_NOT_IN) || t->n != 1))
			return kfail(e, "BadRequest", "invalid field selector: \"%.200s\"", text);
		if (field && !field_known(r, t->key))
			return kfail(e, "BadRequest", "field label not supported: %.200s", t->key);
		t->next = s->terms;
		s->terms = t;
		if (*in.at && !eat(&in, ","))
			return bad(&in, e);
	}
	return 0;
}

int kselect_parse(struct kselect *s, const struct kres *r, const char *labels, const char *fields,
		  struct arena *a, struct err *e)
{
	*s = (struct kselect) { 0 };
	if (labels && parse(s, r, labels, false, a, e) < 0)
		return -1;
	return fields ? parse(s, r, fields, true, a, e) : 0;
}

static bool among(const struct kterm *t, const char *v)
{
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->v[i], v) == 0)
			return true;
	return false;
}

static bool numbers(const struct kterm *t, const char *v)
{
	int64_t have, limit;

	if (!v || !str_i64(v, &have) || !str_i64(t->v[0], &limit))
		return false;
	return t->op == KTERM_MORE ? have > limit : have < limit;
}

/* v NULL: there is none, which for a field is "". */
static bool holds(const struct kterm *t, const char *v)
{
	if (t->field && !v)
		v = "";
	switch (t->op) {
	case KTERM_IN:
		return v && among(t, v);
	case KTERM_NOT_IN:
		return !v || !among(t, v);
	case KTERM_THERE:
		return v;
	case KTERM_NOT_THERE:
		return !v;
	default:
		return numbers(t, v);
	}
}

/* Bytes that must be there if the term is to hold are not: no need to parse. */
static bool hopeless(const struct kterm *t, const struct kobj *o)
{
	char quoted[300];
	size_t n;

	if (t->op != KTERM_IN || t->n != 1 || !*t->v[0] || strlen(t->v[0]) > 250)
		return false;
	for (const char *p = t->v[0]; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("-._/:", *p))
			return false;
	n = (size_t)snprintf(quoted, sizeof(quoted), "\"%s\"", t->v[0]);
	return !memmem(o->text, o->len, quoted, n) &&
	       !memmem(o->text, o->len, quoted + 1, n - 2); /* a bool or number */
}

static const char *field_of(const struct json *j, const char *key)
{
	const struct json *v = json_get(j, strcmp(key, "source") == 0 ? "source.component" : key);

	if (json_type(v) == JSON_BOOL)
		return json_bool(j, key, false) ? "true" : "false";
	return json_text(v);
}

bool kselect_match(const struct kselect *s, const struct kobj *o)
{
	auto_json struct json *j = NULL;
	struct err e;

	for (const struct kterm *t = s->terms; t; t = t->next) {
		const char *v;

		if (t->field && strcmp(t->key, "metadata.name") == 0) {
			v = o->name;
		} else if (t->field && strcmp(t->key, "metadata.namespace") == 0) {
			v = o->ns;
		} else {
			if (hopeless(t, o))
				return false;
			if (!j)
				j = json_parse(o->text, o->len, &e);
			v = t->field ? field_of(j, t->key)
				     : json_text(
					       json_member(json_get(j, "metadata.labels"), t->key));
		}
		if (!holds(t, v))
			return false;
	}
	return true;
}
