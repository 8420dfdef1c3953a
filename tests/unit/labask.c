/* SPDX-License-Identifier: Apache-2.0 */
/* labask.c - sign a form, hand it to EC2 in the lab, read the XML that comes back. */
#include <stdlib.h>
#include <string.h>

#include "labask.h"

struct fix *fix_new(const char *type)
{
	const struct world_config c = { .nodes = 2,
					.subnet_len = 24,
					.hop_limit = 2,
					.zones = 2,
					.type = type,
					.region = "ap-northeast-2",
					.vpc = { ip_v4(0xc0a80000), 16 },
					.seed = 3,
					.call_ms = 10,
					.attach_ms = 500 };
	struct fix *f = xalloc(sizeof(*f));
	struct err e = { 0 };

	CHECK(world_init(&f->w, &c, &e) == 0);
	f->api.w = &f->w;
	return f;
}

void fix_free(struct fix **fp)
{
	struct fix *f = *fp;

	world_free(&f->w);
	arena_free(&f->a);
	free(f);
}

const struct signer signer_lab = {
	{ LAB_KEY_ID, LAB_SECRET, "" }, "ap-northeast-2", "ec2", 0, NULL, NULL
};

/* Headers arrive with names in lower case. */
static void as_received(struct http_headers *to, const struct http_headers *from,
			const struct signer *s, struct arena *a)
{
	for (size_t i = 0; i < from->n; i++) {
		char *name = arena_str(a, from->v[i].name);
		const char *value = from->v[i].value;

		for (char *p = name; *p; p++)
			*p = (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p);
		if (s->spoil && strcmp(name, "authorization") == 0)
			value = s->spoil;
		if (s->token && strcmp(name, "x-amz-security-token") == 0)
			value = s->token;
		if (*value)
			http_add(to, name, value);
	}
}

const struct xml *ask_as(struct fix *f, const struct signer *s, const char *method,
			 const char *form)
{
	bool post = strcmp(method, "POST") == 0;
	const char *target = post ? "/" : arena_fmt(&f->a, "/?%s", form);
	struct http_request q = { .method = method, .target = target };
	struct sigv4 v = { s->keys, s->region, s->service, wall_s() - s->ago_s, false, NULL };
	struct httpd_call c = { .method = method,
				.target = target,
				.path = "/",
				.query = post ? "" : form,
				.body = post ? form : "",
				.arg = &f->api };
	struct err e = { 0 };

	q.body = c.body;
	q.body_len = c.body_len = strlen(c.body);
	http_add(&q.headers, "Host", "ec2.ap-northeast-2.amazonaws.com");
	http_add(&q.headers, "Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
	sigv4_sign(&v, &q, &f->a);
	as_received(&c.headers, &q.headers, s, &f->a);
	ec2_answer(&c, &f->r);
	f->r.body = arena_str(&f->a, f->r.body);
	arena_free(&c.a);
	f->x = xml_parse(f->r.body, f->r.len, &f->a, &e);
	if (!f->x)
		printf("# %s: %s\n", e.msg, f->r.body);
	CHECK(f->x);
	return f->x;
}

const struct xml *ask(struct fix *f, const char *action, const char *form)
{
	const struct xml *x = ask_as(f, &signer_lab, "POST",
				     arena_fmt(&f->a, "Action=%s&Version=2016-11-15%s%s", action,
					       *form ? "&" : "", form));

	if (f->r.status != 200)
		return NULL;
	CHECK(strncmp(x->name, action, strlen(action)) == 0);
	CHECK(strlen(xml_text(x, "requestId")) == 36);
	return x;
}

bool ask_refused(struct fix *f, int status, const char *code, const char *words)
{
	const char *is = xml_text(f->x, "Errors/Error/Code");
	const char *says = xml_text(f->x, "Errors/Error/Message");
	bool ok = f->r.status == status && strcmp(is, code) == 0 && strstr(says, words) &&
		  strlen(xml_text(f->x, "RequestID")) == 36;

	if (!ok)
		printf("# %d %s: %s\n", f->r.status, is, says);
	return ok;
}

int xml_count(const struct xml *x, const char *path)
{
	int n = 0;

	for (x = xml_get(x, path); x; x = xml_next(x))
		n++;
	return n;
}

const char *form_id(struct fix *f, const char *name, const char *id)
{
	return arena_fmt(&f->a, "%s=%s", name, id);
}

int enis_with(struct fix *f, const char *name, const char *value)
{
	const struct xml *x =
		ask(f, "DescribeNetworkInterfaces",
		    arena_fmt(&f->a, "Filter.1.Name=%s&Filter.1.Value.1=%s", name, value));

	return x ? xml_count(x, "networkInterfaceSet/item") : -1;
}
