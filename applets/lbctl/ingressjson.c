/* SPDX-License-Identifier: Apache-2.0 */
/* ingressjson.c - readers of the JSON in annotations of Ingresses. */
#include <errno.h>
#include <string.h>

#include "ingressjson.h"

const struct json *ingress_json_member(const struct json *object, const char *name)
{
	const struct json *j = annot_member(object, name);

	return json_type(j) == JSON_NULL ? NULL : j;
}

int ingress_json_refuse(struct ingress_json *r, struct err *e, const char *words)
{
	fail(e, EINVAL, "%s", words);
	return annot_blame(r->l, r->id, r->tail, e);
}

int ingress_json_wrong(struct ingress_json *r, const char *name, const char *wanted, struct err *e)
{
	return fail(e, EINVAL, "failed to parse json annotation, %s/%s%s: %.200s: %s%sno %s",
		    r->l->prefix, annots[r->id].suffix, r->tail, annot_raw(r->l, r->id, r->tail),
		    name, *name ? ": " : "", wanted);
}

int ingress_json_str(struct ingress_json *r, const struct json *o, const char *name,
		     const char **out, struct err *e)
{
	const struct json *j = ingress_json_member(o, name);

	if (!j)
		return 0;
	if (!json_text(j))
		return ingress_json_wrong(r, name, "string", e);
	*out = arena_str(r->a, json_text(j));
	return 0;
}

int ingress_json_int(struct ingress_json *r, const struct json *o, const char *name,
		     struct shape_num *out, struct err *e)
{
	const struct json *j = ingress_json_member(o, name);
	int64_t v = json_int(j, "", INT64_MIN);

	if (!j)
		return 0;
	if (v < INT32_MIN || v > INT32_MAX)
		return ingress_json_wrong(r, name, "32-bit integer", e);
	*out = (struct shape_num) { v, true };
	return 0;
}

int ingress_json_bool(struct ingress_json *r, const struct json *o, const char *name,
		      enum shape_flag *out, struct err *e)
{
	const struct json *j = ingress_json_member(o, name);

	if (!j)
		return 0;
	if (json_type(j) != JSON_BOOL)
		return ingress_json_wrong(r, name, "boolean", e);
	*out = json_bool(j, "", false) ? FLAG_YES : FLAG_NO;
	return 0;
}

int ingress_json_port(struct ingress_json *r, const struct json *o, const char *name,
		      struct int_or_str *out, struct err *e)
{
	const struct json *j = ingress_json_member(o, name);
	struct shape_num n = { 0, false };

	if (!json_text(j)) {
		if (ingress_json_int(r, o, name, &n, e) < 0)
			return -1;
		*out = (struct int_or_str) { NULL, n.v };
		return 0;
	}
	*out = (struct int_or_str) { NULL, 0 };
	if (!str_i64(json_text(j), &out->n) && *json_text(j))
		out->s = arena_str(r->a, json_text(j));
	return 0;
}

int ingress_json_list(struct ingress_json *r, const struct json *o, const char *name,
		      const struct json **out, struct err *e)
{
	*out = ingress_json_member(o, name);
	if (*out && json_type(*out) != JSON_ARRAY)
		return ingress_json_wrong(r, name, "list", e);
	return 0;
}

int ingress_json_strs(struct ingress_json *r, const struct json *o, const char *name,
		      struct strs *out, struct err *e)
{
	const struct json *list;

	if (ingress_json_list(r, o, name, &list, e) < 0)
		return -1;
	for (const struct json *j = json_first(list); j; j = json_next(j)) {
		if (!json_text(j))
			return ingress_json_wrong(r, name, "list of strings", e);
		strs_add(out, json_text(j), r->a);
	}
	return 0;
}
