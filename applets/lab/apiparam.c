/* SPDX-License-Identifier: Apache-2.0 */
/* apiparam.c - the parameters of AWS's query protocol, and the little XML that answers need. */
#include <string.h>

#include "apicall.h"
#include "uri.h"
#include "xml.h"

enum { MAX_PARAMS = 5000 };

const char *percent_decode(const char *s, size_t n, bool form, struct arena *a)
{
	char *text = arena_fmt(a, "%.*s", (int)n, s);
	auto_buf struct buf out = { 0 };

	for (char *p = text; form && *p; p++)
		*p = *p == '+' ? ' ' : *p;
	if (!uri_decode(text, strlen(text), &out) || (out.len && strlen(out.p) < out.len))
		return NULL;
	return arena_str(a, out.len ? out.p : "");
}

/* "Filter.1.Value.2" without its numbers. */
static const char *unnumbered(const char *name, struct arena *a)
{
	char *out = arena_str(a, name), *o = out;

	while (*name) {
		size_t digits = *name == '.' ? strspn(name + 1, "0123456789") : 0;

		if (digits && (name[1 + digits] == '.' || !name[1 + digits]))
			name += 1 + digits;
		else
			*o++ = *name++;
	}
	*o = '\0';
	return out;
}

/* What XML cannot carry cannot be stored either. */
static bool well_spelt(const char *s)
{
	uint32_t rune;

	for (size_t n; *s; s += n) {
		n = str_rune(s, &rune);
		if (!n || (rune < 0x20 && !strchr("\t\n\r", (int)rune)) || rune == 0xfffe ||
		    rune == 0xffff)
			return false;
	}
	return true;
}

int params_parse(struct api_call *c, const char *text, struct err *e)
{
	size_t room = 1;

	for (const char *p = text; *p; p++)
		room += *p == '&';
	if (room > MAX_PARAMS)
		room = MAX_PARAMS;
	c->params = arena_get(c->a, room * sizeof(*c->params));
	for (text += strspn(text, "&"); *text; text += strspn(text, "&")) {
		size_t n = strcspn(text, "&"), name = strcspn(text, "=&");
		struct param *p = &c->params[c->nparams];

		if (c->nparams == MAX_PARAMS)
			return world_refuse(e, "MalformedQueryString", "More than %d parameters",
					    MAX_PARAMS);
		p->name = percent_decode(text, name, true, c->a);
		p->value =
			name < n ? percent_decode(text + name + 1, n - name - 1, true, c->a) : "";
		if (!p->name || !p->value)
			return world_refuse(e, "MalformedQueryString",
					    "The query string contains a syntax error");
		if (!well_spelt(p->name) || !well_spelt(p->value))
			return world_refuse(e, "InvalidCharacter",
					    "A specified character is invalid.");
		p->plain = unnumbered(p->name, c->a);
		c->nparams++;
		text += n;
	}
	return 0;
}

const char *param_given(const struct api_call *c, const char *name)
{
	for (size_t i = 0; i < c->nparams; i++)
		if (strcmp(c->params[i].name, name) == 0)
			return c->params[i].value;
	return NULL;
}

const char *param(const struct api_call *c, const char *name)
{
	const char *v = param_given(c, name);

	return v && *v ? v : NULL;
}

struct strs param_list(const struct api_call *c, const char *name)
{
	struct strs out = { 0 };
	const char *v;

	while ((v = param_given(c, arena_fmt(c->a, "%s.%zu", name, out.n + 1))))
		strs_add(&out, v, c->a);
	return out;
}

int param_int(const struct api_call *c, const char *name, int def, int most, int *out,
	      struct err *e)
{
	const char *text = param(c, name);
	uint64_t v = (uint64_t)def;

	if (text && (!str_u64(text, &v) || v > (uint64_t)most))
		return world_refuse(
			e, "InvalidParameterValue",
			"Value (%.100s) for parameter %s is invalid. Expecting a number "
			"from 0 to %d.",
			text, name, most);
	*out = (int)v;
	return 0;
}

int param_bool(const struct api_call *c, const char *name, bool def, bool *out, struct err *e)
{
	const char *text = param(c, name);

	*out = text ? strcmp(text, "true") == 0 : def;
	if (text && !*out && strcmp(text, "false") != 0)
		return world_refuse(e, "InvalidParameterValue",
				    "Value (%.100s) for parameter %s is invalid. Expecting true or "
				    "false.",
				    text, name);
	return 0;
}

static bool listed(const struct strs *names, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < names->n; i++)
		if (strncmp(names->v[i], name, n) == 0 && strcspn(names->v[i] + n, "!") == 0)
			return true;
	return false;
}

int params_check(const struct api_call *c, const struct api_action *action, struct err *e)
{
	struct strs takes = str_split(action->params, " ", c->a);

	for (size_t i = 0; i < takes.n; i++) {
		const char *name = takes.v[i];
		size_t n = strcspn(name, "!");
		bool found = !name[n];

		for (size_t k = 0; k < c->nparams && !found; k++)
			found = strncmp(c->params[k].plain, name, n) == 0 &&
				!c->params[k].plain[n] && *c->params[k].value;
		if (!found)
			return world_refuse(e, "MissingParameter",
					    "The request must contain the parameter %c%.*s",
					    *name | 0x20, (int)n - 1, name + 1);
	}
	strs_add(&takes, "Action", c->a);
	strs_add(&takes, "Version", c->a);
	strs_add(&takes, "DryRun", c->a);
	for (size_t i = 0; i < c->nparams; i++)
		if (!listed(&takes, c->params[i].plain))
			return world_refuse(e, "UnknownParameter",
					    "The parameter %.200s is not recognized",
					    c->params[i].name);
	return 0;
}

void xml_el(struct buf *b, const char *name, const char *text)
{
	buf_fmt(b, "<%s>", name);
	xml_escape(text, b);
	buf_fmt(b, "</%s>", name);
}

void xml_el_int(struct buf *b, const char *name, int64_t v)
{
	buf_fmt(b, "<%s>%lld</%s>", name, (long long)v, name);
}

void xml_el_bool(struct buf *b, const char *name, bool v)
{
	xml_el(b, name, v ? "true" : "false");
}

void query_wrap(const struct api_call *c, const char *xmlns, struct buf *out)
{
	buf_fmt(out, "<%sResponse xmlns=\"%s\"><%sResult>", c->action, xmlns, c->action);
	buf_add(out, c->out->p ? c->out->p : "", c->out->len);
	buf_fmt(out,
		"</%sResult><ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata>"
		"</%sResponse>",
		c->action, c->request_id, c->action);
}

void query_refusal(const struct api_call *c, const struct err *e, const char *xmlns,
		   struct buf *out)
{
	buf_fmt(out, "<ErrorResponse xmlns=\"%s\"><Error><Type>Sender</Type>", xmlns);
	xml_el(out, "Code", *e->code ? e->code : "InternalFailure");
	xml_el(out, "Message", e->msg);
	buf_str(out, "</Error>");
	xml_el(out, "RequestId", c->request_id);
	buf_str(out, "</ErrorResponse>");
}
