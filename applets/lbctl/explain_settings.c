/* SPDX-License-Identifier: Apache-2.0 */
/* explain_settings.c - the annotations of an object: what they decide, and which are wrong. */
#include <string.h>

#include "explain.h"

static const char *const kinds[] = { "text",   "true or false", "a number",
				     "a list", "k=v,...",       "JSON" };

/* The row of a suffix; ANNOTS: there is none. */
static int row_of(const struct explain *x, const char *suffix)
{
	for (int i = 0; i < ANNOTS; i++) {
		size_t n = strlen(annots[i].suffix);

		if (!(annots[i].scope & x->scope))
			continue;
		if (strcmp(annots[i].suffix, suffix) == 0 ||
		    (annots[i].suffix[n - 1] == '.' && strncmp(annots[i].suffix, suffix, n) == 0 &&
		     suffix[n]))
			return i;
	}
	return ANNOTS;
}

static const char *suffix_of(const struct explain *x, const char *key)
{
	size_t n = strlen(x->l.prefix);

	return strncmp(key, x->l.prefix, n) == 0 && key[n] == '/' ? key + n + 1 : NULL;
}

static const char *nearest(const struct explain *x, const char *suffix)
{
	const char *best = NULL;
	size_t closest = 6;

	for (int i = 0; i < ANNOTS; i++) {
		size_t d = str_distance(suffix, annots[i].suffix);

		if ((annots[i].scope & x->scope) && d < closest) {
			closest = d;
			best = annots[i].suffix;
		}
	}
	return best;
}

static void add_set(struct explain *x, const struct tag *t, int row, struct json *list)
{
	struct json *j = json_object();

	json_add_str(j, "annotation", t->key);
	json_add_str(j, "value", t->value);
	json_add_str(j, "means", annots[row].words);
	json_add_str(j, "default", annots[row].def);
	if (annots[row].feature)
		json_add_str(j, "notBuilt", annots[row].feature);
	json_push(list, j);
	(void)x;
}

static void add_unknown(struct explain *x, const char *key, const char *suffix, struct json *list)
{
	const char *near = nearest(x, suffix);
	struct json *j = json_object();

	json_add_str(j, "annotation", key);
	if (near)
		json_add_str(j, "didYouMean", arena_fmt(&x->a, "%s/%s", x->l.prefix, near));
	json_push(list, j);
}

static void add_defaults(struct explain *x)
{
	struct json *list = json_array();

	for (int i = 0; i < ANNOTS; i++) {
		struct json *j;

		if (!(annots[i].scope & x->scope) || annots[i].feature || !*annots[i].def ||
		    annot_raw(&x->l, (enum annot_id)i, NULL))
			continue;
		j = json_object();
		json_add_str(j, "annotation",
			     arena_fmt(&x->a, "%s/%s", x->l.prefix, annots[i].suffix));
		json_add_str(j, "default", annots[i].def);
		json_push(list, j);
	}
	json_add(x->root, "defaults", list);
}

void explain_settings(struct explain *x)
{
	struct json *set = json_array(), *unknown = json_array();

	for (size_t i = 0; i < x->m->annotations.n; i++) {
		const struct tag *t = &x->m->annotations.v[i];
		const char *suffix = suffix_of(x, t->key);
		int row = suffix ? row_of(x, suffix) : ANNOTS;

		if (suffix && row < ANNOTS)
			add_set(x, t, row, set);
		else if (suffix)
			add_unknown(x, t->key, suffix, unknown);
	}
	json_add(x->root, "annotations", set);
	json_add(x->root, "unknownAnnotations", unknown);
	if (x->p->verbose)
		add_defaults(x);
}

/* ---- what is wrong */

/* The annotation that a message names; NULL: none. */
static const struct tag *named(const struct explain *x, const char *text, int *row)
{
	const struct tag *best = NULL;

	for (size_t i = 0; i < x->m->annotations.n; i++) {
		const struct tag *t = &x->m->annotations.v[i];
		const char *suffix = suffix_of(x, t->key);
		int k = suffix ? row_of(x, suffix) : ANNOTS;

		if (k == ANNOTS || !strstr(text, suffix) ||
		    (best && strlen(best->key) >= strlen(t->key)))
			continue;
		best = t;
		*row = k;
	}
	return best;
}

void explain_problems(struct explain *x)
{
	struct json *list = json_array();

	for (size_t i = 0; i < x->p->nnotes; i++) {
		const struct people_note *n = &x->p->notes[i];
		struct json *j = json_object();
		int row = 0;
		const struct tag *t = named(x, n->text, &row);

		json_add_str(j, "object", n->about);
		json_add_str(j, "reason", n->reason);
		json_add_str(j, "message", n->text);
		if (t) {
			json_add_str(j, "annotation", t->key);
			json_add_str(j, "value", t->value);
			json_add_str(j, "instead",
				     arena_fmt(&x->a, "%s: %s", kinds[annots[row].kind],
					       annots[row].words));
		}
		json_push(list, j);
	}
	json_add(x->root, "problems", list);
}
