/* SPDX-License-Identifier: Apache-2.0 */
/* annot.h - annotations: one table of all (annotations.def: name, kind, scope, default, what it is
 * for), and the parsers of spec-lbc-nlb 3 and spec-lbc-alb 1. */
#pragma once
#include "json.h"
#include "shape.h"

#define ANNOT_SERVICE "service.beta.kubernetes.io"
#define ANNOT_INGRESS "alb.ingress.kubernetes.io"

enum annot_kind { ANNOT_STR, ANNOT_BOOL, ANNOT_INT, ANNOT_LIST, ANNOT_MAP, ANNOT_JSON };
/* Where an annotation counts. */
enum annot_scope { ON_SERVICE = 1, ON_INGRESS = 2, ON_BACKEND = 4 /* an Ingress's Service */ };

enum annot_id {
#define ROW(id, ...) A_##id,
#define LATER ROW
#include "annotations.def"
#undef LATER
#undef ROW
	ANNOTS
};
struct annot_row {
	const char *suffix, *def, *words;
	enum annot_kind kind;
	int scope;
	const char *feature; /* not built here yet; NULL: it is */
	const char *nothing; /* of those: the value that asks for nothing */
};
extern const struct annot_row annots[ANNOTS];

/* Annotations in the order in which they are looked up: the first list that has the key decides
 * (spec-lbc-alb 1.1: Service over Ingress). */
struct annotations {
	const char *prefix; /* ANNOT_SERVICE, ANNOT_INGRESS */
	const struct tags *v[2];
};
/* The raw value, NULL when absent. tail: what follows a suffix that ends in '.'; else NULL. */
const char *annot_raw(const struct annotations *l, enum annot_id id, const char *tail);
/* Each: 1 when present (*out is set), 0 when absent (*out is untouched), -1 and EINVAL with the
 * original's words ("failed to parse bool annotation, KEY: VALUE") when it is nonsense. Integers
 * fit 32 bits. Text and lists are never nonsense here. */
int annot_str(const struct annotations *l, enum annot_id id, const char **out);
MUST int annot_bool(const struct annotations *l, enum annot_id id, bool *out, struct err *e);
MUST int annot_int(const struct annotations *l, enum annot_id id, int64_t *out, struct err *e);
MUST int annot_int_at(const struct annotations *l, enum annot_id id, const char *tail, int64_t *out,
		      struct err *e);
int annot_list(const struct annotations *l, enum annot_id id, struct strs *out,
	       struct arena *a); /* present and empty: 1 */
/* Sorted by key; of one key the last counts. */
MUST int annot_map(const struct annotations *l, enum annot_id id, const char *tail,
		   struct tags *out, struct arena *a, struct err *e);
/* Free *out with json_free(). Members' case does not matter to whoever reads it with annot_member()
 * (encoding/json). */
MUST int annot_json(const struct annotations *l, enum annot_id id, const char *tail,
		    struct json **out, struct err *e);
const struct json *annot_member(const struct json *object, const char *name);

/* Put " (KEY: VALUE)" behind a recorded failure whose words do not name the annotation, and return
 * -1. */
int annot_blame(const struct annotations *l, enum annot_id id, const char *tail, struct err *e);

/* The first annotation of an object that asks for what is not built yet, or NULL; *why: which
 * feature. */
const char *annot_later(const struct annotations *l, int scope, const char **why);
/* Refuse it: EINVAL with code "NotBuiltYet" and what to do about it; nonsense in it, as above. */
MUST int annot_built(const struct annotations *l, int scope, struct err *e);

/* Parsers alone, for flags too: "k=v,k2=v2" (-1: a key or '=' is missing) and "a, b". */
MUST int annot_parse_map(const char *text, struct tags *out, struct arena *a);
struct strs annot_parse_list(const char *text, struct arena *a);
