/* SPDX-License-Identifier: Apache-2.0 */
/* ingressjson.h - members of an annotation's JSON, read as Go's encoding/json reads them into its
 * structures: the case of names does not matter, null is absent, a wrong type is an error that
 * names the annotation. */
#pragma once
#include "annot.h"

struct ingress_json {
	const struct annotations *l;
	enum annot_id id;
	const char *tail;
	struct arena *a;
};
const struct json *ingress_json_member(const struct json *object, const char *name); /* no null */
/* What is absent leaves *out alone. */
MUST int ingress_json_str(struct ingress_json *r, const struct json *o, const char *name,
			  const char **out, struct err *e);
MUST int ingress_json_int(struct ingress_json *r, const struct json *o, const char *name,
			  struct shape_num *out, struct err *e);
MUST int ingress_json_bool(struct ingress_json *r, const struct json *o, const char *name,
			   enum shape_flag *out, struct err *e);
/* A number, or text; text that is a number counts as one. */
MUST int ingress_json_port(struct ingress_json *r, const struct json *o, const char *name,
			   struct int_or_str *out, struct err *e);
MUST int ingress_json_list(struct ingress_json *r, const struct json *o, const char *name,
			   const struct json **out, struct err *e); /* NULL: absent */
MUST int ingress_json_strs(struct ingress_json *r, const struct json *o, const char *name,
			   struct strs *out, struct err *e);
/* -1: these words, with annotation and value. */
int ingress_json_refuse(struct ingress_json *r, struct err *e, const char *words);
int ingress_json_wrong(struct ingress_json *r, const char *name, const char *wanted, struct err *e);
