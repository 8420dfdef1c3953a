/* SPDX-License-Identifier: Apache-2.0 */
/* labask.c - sign a request, hand it to the lab's AWS, read what comes back. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "awsapi.h"
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
	f->elb = (struct elb) { .w = &f->w, .acm = &f->acm, .c = elb_defaults(), .now = 1000 };
	f->acm.elb = &f->elb;
	f->api.w = &f->w;
	f->api.elb = &f->elb;
	f->api.acm = &f->acm;
	return f;
}

void fix_free(struct fix **fp)
{
	struct fix *f = *fp;

	json_free(&f->j);
	acm_free(&f->acm);
	elb_free(&f->elb);
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

/* target: X-Amz-Target, or NULL. */
static void send_as(struct fix *f, const struct signer *s, const char *method, const char *form,
		    const char *x_target)
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

	q.body = c.body;
	q.body_len = c.body_len = strlen(c.body);
	http_add(&q.headers, "Host", "ec2.ap-northeast-2.amazonaws.com");
	http_add(&q.headers, "Content-Type",
		 x_target ? "application/x-amz-json-1.1"
			  : "application/x-www-form-urlencoded; charset=utf-8");
	if (x_target)
		http_add(&q.headers, "X-Amz-Target", x_target);
	sigv4_sign(&v, &q, &f->a);
	as_received(&c.headers, &q.headers, s, &f->a);
	aws_answer(&c, &f->r);
	f->r.body = arena_str(&f->a, f->r.body);
	arena_free(&c.a);
}

const struct xml *ask_as(struct fix *f, const struct signer *s, const char *method,
			 const char *form)
{
	struct err e = { 0 };

	send_as(f, s, method, form, NULL);
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

/* ---- Elastic Load Balancing ---- */

static const struct signer signer_elb = {
	{ LAB_KEY_ID, LAB_SECRET, "" }, "ap-northeast-2", "elasticloadbalancing", 0, NULL, NULL
};

const struct xml *elb_ask(struct fix *f, const char *action, const char *fmt, ...)
{
	auto_buf struct buf form = { 0 };
	const struct xml *x;
	char text[60000];
	va_list ap;

	va_start(ap, fmt);
	CHECK((size_t)vsnprintf(text, sizeof(text), fmt, ap) < sizeof(text));
	va_end(ap);
	buf_fmt(&form, "Action=%s&Version=2015-12-01&%s", action, text);
	x = ask_as(f, &signer_elb, "POST", arena_str(&f->a, form.p));
	if (f->r.status != 200)
		return NULL;
	CHECK(strncmp(x->name, action, strlen(action)) == 0);
	CHECK(strlen(xml_text(x, "ResponseMetadata/RequestId")) == 36);
	return xml_get(x, arena_fmt(&f->a, "%sResult", action));
}

bool elb_refused(struct fix *f, const char *code, const char *words)
{
	const char *is = xml_text(f->x, "Error/Code"), *says = xml_text(f->x, "Error/Message");
	bool ok = f->r.status == 400 && strcmp(is, code) == 0 && strstr(says, words) &&
		  strlen(xml_text(f->x, "RequestId")) == 36;

	if (!ok)
		printf("# %d %s: %s\n", f->r.status, is, says);
	return ok;
}

const char *elb_new_lb(struct fix *f, const char *name, const char *type, const char *rest)
{
	const struct xml *x =
		elb_ask(f, "CreateLoadBalancer",
			"Name=%s&Type=%s&Subnets.member.1=%s&Subnets.member.2=%s%s%s", name, type,
			f->w.subnets[0].id, f->w.subnets[1].id, *rest ? "&" : "", rest);

	CHECK(x);
	return xml_text(x, "LoadBalancers/member/LoadBalancerArn");
}

const char *elb_new_group(struct fix *f, const char *name, const char *protocol, const char *rest)
{
	const struct xml *x = elb_ask(f, "CreateTargetGroup",
				      "Name=%s&Protocol=%s&Port=80&VpcId=%s&TargetType=ip%s%s",
				      name, protocol, f->w.vpc_id, *rest ? "&" : "", rest);

	CHECK(x);
	return xml_text(x, "TargetGroups/member/TargetGroupArn");
}

const char *elb_new_listener(struct fix *f, const char *lb, const char *protocol, int port,
			     const char *group)
{
	const struct xml *x = elb_ask(f, "CreateListener",
				      "LoadBalancerArn=%s&Protocol=%s&Port=%d"
				      "&DefaultActions.member.1.Type=forward"
				      "&DefaultActions.member.1.TargetGroupArn=%s",
				      lb, protocol, port, group);

	CHECK(x);
	return xml_text(x, "Listeners/member/ListenerArn");
}

const char *elb_attr(struct fix *f, const char *key)
{
	const struct xml *x = xml_get(f->x->first, "Attributes/member");

	for (; x; x = xml_next(x))
		if (strcmp(xml_text(x, "Key"), key) == 0)
			return xml_text(x, "Value");
	return "";
}

const char *elb_state(struct fix *f, const char *group)
{
	const struct xml *x = elb_ask(f, "DescribeTargetHealth", "TargetGroupArn=%s", group);

	x = x ? xml_get(x, "TargetHealthDescriptions/member/TargetHealth") : NULL;
	return x ? arena_fmt(&f->a, "%s/%s", xml_text(x, "State"), xml_text(x, "Reason")) : "";
}

/* ---- Certificate Manager ---- */

static const struct signer signer_acm = {
	{ LAB_KEY_ID, LAB_SECRET, "" }, "ap-northeast-2", "acm", 0, NULL, NULL
};

const struct json *acm_ask(struct fix *f, const char *action, const char *body)
{
	struct err e = { 0 };

	send_as(f, &signer_acm, "POST", body, arena_fmt(&f->a, "CertificateManager.%s", action));
	CHECK_STR(f->r.type, "application/x-amz-json-1.1");
	json_free(&f->j);
	f->j = json_parse(f->r.body, f->r.len, &e);
	CHECK(f->j);
	return f->r.status == 200 ? f->j : NULL;
}

bool acm_refused(struct fix *f, const char *code, const char *words)
{
	const char *is = json_str(f->j, "__type", ""), *says = json_str(f->j, "message", "");
	bool ok = f->r.status == 400 && strcmp(is, code) == 0 && strstr(says, words);

	if (!ok)
		printf("# %d %s: %s\n", f->r.status, is, says);
	return ok;
}

const char *acm_new(struct fix *f, const char *domain)
{
	const struct json *j = acm_ask(f, "RequestCertificate",
				       arena_fmt(&f->a, "{\"DomainName\":\"%s\"}", domain));

	CHECK(j);
	f->elb.now += f->elb.c.certificate_ms;
	return arena_str(&f->a, json_str(j, "CertificateArn", ""));
}
