/* SPDX-License-Identifier: Apache-2.0 */
/* lab_imds.c - instance metadata in the lab: the tree, its lag, tokens; and answers that take a
 * while. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "labask.h"
#include "str.h"
#include "web.h"

/* What IMDS shows at a path; "404" when there is nothing. */
static const char *at(struct fix *f, struct instance *i, const char *path)
{
	auto_buf struct buf out = { 0 };
	struct err e = { 0 };

	if (imds_text(&f->w, i, path, &out, &e) < 0) {
		CHECK(e.num == ENOENT && strstr(e.msg, path));
		return "404";
	}
	return arena_str(&f->a, out.p ? out.p : "");
}

static const char *mac_path(struct fix *f, const struct eni *n, const char *name)
{
	return arena_fmt(&f->a, "meta-data/network/interfaces/macs/%s%s%s", mac_text(n->mac).s,
			 *name ? "/" : "", name);
}

static struct eni *attached(struct fix *f, struct instance *i, int secondary)
{
	struct eni *n = NULL;
	struct err e = { 0 };

	CHECK(world_create(&f->w, i->subnet, "", secondary, &n, &e) == 0);
	CHECK(world_attach(&f->w, n, i, 1, 0, &e) == 0);
	world_link_up(&f->w, n);
	return n;
}

TEST(imds_shows_what_a_node_is)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	struct instance *i = &f->w.instances[1];
	const struct {
		const char *path, *text;
	} cases[] = {
		{ "meta-data/placement/availability-zone", "ap-northeast-2b" },
		{ "meta-data/placement/availability-zone-id", "apne2-az2" },
		{ "meta-data/placement/region", "ap-northeast-2" },
		{ "meta-data/local-ipv4", ip_text(i->primary->ips[0].ip).s },
		{ "meta-data/public-ipv4", "203.0.113.12" },
		{ "meta-data/hostname", i->hostname },
		{ "meta-data/local-hostname", i->hostname },
		{ "meta-data/instance-id", i->id },
		{ "meta-data/instance-type", "t3.medium" },
		{ "meta-data/instance-life-cycle", "on-demand" },
		{ "meta-data/mac", mac_text(i->primary->mac).s },
		{ "/meta-data/mac", mac_text(i->primary->mac).s },
		{ "meta-data/services/domain", "amazonaws.com" },
		{ "meta-data/security-groups", "default" },
		{ "meta-data/ipv6", "404" },
		{ "meta-data/mac/", "404" },
		{ "meta-data/ma", "404" },
		{ "user-data", "404" },
		{ "meta-data/../meta-data/mac", "404" },
		{ "meta-data//mac", "404" },
	};

	for (size_t k = 0; k < COUNT(cases); k++) {
		CHECK_STR(at(f, i, cases[k].path), cases[k].text);
	}
}

TEST(imds_shows_an_interface_in_full)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	struct instance *i = &f->w.instances[0];
	struct eni *n = i->primary;
	const struct {
		const char *name, *text;
	} cases[] = {
		{ "device-number", "0" },
		{ "interface-id", n->id },
		{ "ipv4-associations/203.0.113.11", ip_text(n->ips[0].ip).s },
		{ "local-hostname", i->hostname },
		{ "local-ipv4s", ip_text(n->ips[0].ip).s },
		{ "mac", mac_text(n->mac).s },
		{ "owner-id", f->w.account },
		{ "public-ipv4s", "203.0.113.11" },
		{ "public-hostname", "ec2-203-0-113-11.ap-northeast-2.compute.amazonaws.com" },
		{ "security-group-ids", f->w.group },
		{ "security-groups", "default" },
		{ "subnet-id", f->w.subnets[0].id },
		{ "subnet-ipv4-cidr-block", "192.168.1.0/24" },
		{ "vpc-id", f->w.vpc_id },
		{ "vpc-ipv4-cidr-block", "192.168.0.0/16" },
		{ "vpc-ipv4-cidr-blocks", "192.168.0.0/16" },
		{ "network-card", "404" },
		{ "ipv6s", "404" },
		{ "ipv4-prefix", "404" },
		{ "vpc-ipv6-cidr-blocks", "404" },
	};

	for (size_t k = 0; k < COUNT(cases); k++) {
		CHECK_STR(at(f, i, mac_path(f, n, cases[k].name)), cases[k].text);
	}
	CHECK_STR(at(f, i, mac_path(f, f->w.instances[1].primary, "interface-id")), "404");
}

TEST(imds_lists_folders_as_ec2_does)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	struct instance *i = &f->w.instances[0];
	const char *mac = mac_text(i->primary->mac).s, *top;

	CHECK_STR(at(f, i, ""), "dynamic\nmeta-data");
	CHECK_STR(at(f, i, "/"), "dynamic\nmeta-data");
	top = at(f, i, "meta-data");
	CHECK_STR(top, at(f, i, "meta-data/"));
	CHECK(str_prefix(top, "ami-id\nami-launch-index\n"));
	CHECK(strstr(top, "\niam/\n") && strstr(top, "\nmac\nnetwork/\nplacement/\n"));
	CHECK(top[strlen(top) - 1] != '\n');
	CHECK_STR(at(f, i, "meta-data/network"), "interfaces/");
	CHECK_STR(at(f, i, "meta-data/network/interfaces/macs"), arena_fmt(&f->a, "%s/", mac));
	CHECK_STR(at(f, i, "meta-data/iam/security-credentials/"), WORLD_ROLE);
	CHECK_STR(at(f, i, mac_path(f, i->primary, "")),
		  "device-number\ninterface-id\nipv4-associations/\nlocal-hostname\nlocal-ipv4s\n"
		  "mac\nowner-id\npublic-hostname\npublic-ipv4s\nsecurity-group-ids\n"
		  "security-groups\nsubnet-id\nsubnet-ipv4-cidr-block\nvpc-id\n"
		  "vpc-ipv4-cidr-block\nvpc-ipv4-cidr-blocks");
}

TEST(imds_names_the_card_where_there_are_several)
{
	auto_fix struct fix *f = fix_new("p4d.24xlarge");
	struct instance *i = &f->w.instances[0];

	CHECK_STR(at(f, i, mac_path(f, i->primary, "network-card")), "0");
}

TEST(imds_hears_of_an_eni_late)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	struct instance *i = &f->w.instances[0];
	struct eni *n;
	struct err e = { 0 };

	f->w.c.imds_lag_ms = 1000000;
	i->primary->attached_at -= 1000000;
	n = attached(f, i, 2);
	CHECK_STR(at(f, i, mac_path(f, n, "")), "404");
	n->attached_at -= 1000000;
	CHECK_STR(at(f, i, mac_path(f, n, "device-number")), "1");
	CHECK_STR(at(f, i, mac_path(f, n, "public-ipv4s")), "404");
	CHECK_STR(at(f, i, "meta-data/network/interfaces/macs/"),
		  arena_fmt(&f->a, "%s/\n%s/", mac_text(i->primary->mac).s, mac_text(n->mac).s));
	CHECK(world_detach(&f->w, n, &e) == 0);
	CHECK_STR(at(f, i, mac_path(f, n, "")), "404");
}

TEST(imds_hears_of_an_address_late)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	struct instance *i = &f->w.instances[0];
	struct eni *n = i->primary;
	const char *path = mac_path(f, n, "local-ipv4s");
	struct err e = { 0 };
	size_t first;

	f->w.c.imds_lag_ms = 1000000;
	n->attached_at -= 1000000;
	CHECK(world_assign(&f->w, n, 2, NULL, &first, &e) == 0);
	CHECK_STR(at(f, i, path), ip_text(n->ips[0].ip).s);
	n->ips[2].since -= 1000000;
	CHECK_STR(at(f, i, path),
		  arena_fmt(&f->a, "%s\n%s", ip_text(n->ips[0].ip).s, ip_text(n->ips[2].ip).s));
	n->ips[1].since -= 1000000;
	CHECK_STR(at(f, i, path), arena_fmt(&f->a, "%s\n%s\n%s", ip_text(n->ips[0].ip).s,
					    ip_text(n->ips[1].ip).s, ip_text(n->ips[2].ip).s));
}

TEST(imds_documents_are_json)
{
	auto_fix struct fix *f = fix_new("t4g.small");
	struct instance *i = &f->w.instances[0];
	const char *role = at(f, i, "meta-data/iam/security-credentials/" WORLD_ROLE);
	const char *identity = at(f, i, "dynamic/instance-identity/document");
	const char *info = at(f, i, "meta-data/iam/info");
	struct err e = { 0 };
	auto_json struct json *r = json_parse(role, strlen(role), &e);
	auto_json struct json *d = json_parse(identity, strlen(identity), &e);
	auto_json struct json *p = json_parse(info, strlen(info), &e);

	CHECK_STR(json_str(r, "Code", ""), "Success");
	CHECK_STR(json_str(r, "AccessKeyId", ""), i->key_id);
	CHECK_STR(json_str(r, "SecretAccessKey", ""), i->secret);
	CHECK_STR(json_str(r, "Token", ""), i->session);
	CHECK(time_parse(json_str(r, "Expiration", "")) > wall_s() + 3600);
	CHECK_STR(json_str(d, "region", ""), "ap-northeast-2");
	CHECK_STR(json_str(d, "architecture", ""), "arm64");
	CHECK_STR(json_str(d, "instanceId", ""), i->id);
	CHECK_STR(json_str(d, "privateIp", ""), ip_text(i->primary->ips[0].ip).s);
	CHECK(strstr(json_str(p, "InstanceProfileArn", ""), WORLD_ROLE));
}

/* ---- over HTTP; the node's address is the one that the test comes from ---- */

struct site {
	struct fix *f;
	struct instance *i;
	struct web web;
	struct http_client c;
};

static void site_open(struct site *s, struct fix *f, httpd_fn *fn)
{
	*s = (struct site) { .f = f, .i = &f->w.instances[0] };
	s->i->primary->ips[0].ip = (struct ip) { IP_V4, { 127, 0, 0, 1 } };
	web_serve(&s->web, fn, &f->api);
	snprintf(s->c.host, sizeof(s->c.host), "127.0.0.1");
	snprintf(s->c.port, sizeof(s->c.port), "%d", s->web.port);
}

static void site_free(struct site *s)
{
	http_close(&s->c);
	web_stop(&s->web);
}
#define auto_site AUTO(site_free)

static struct http_response ask_imds(struct site *s, const char *method, const char *path,
				     const char *header, const char *value)
{
	struct http_request q = { .method = method, .target = path };
	struct http_response r = { 0 };
	struct err e = { 0 };

	if (*header)
		http_add(&q.headers, header, value);
	if (http_do(&s->c, &q, &r, &s->f->a, now_ms() + 20000, &e) < 0)
		printf("# %s\n", e.msg);
	return r;
}

static const char ttl[] = "X-aws-ec2-metadata-token-ttl-seconds",
		  tok[] = "X-aws-ec2-metadata-token";

TEST(imds_answers_who_has_a_token)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	auto_site struct site s;
	struct http_response r;
	const char *token;

	site_open(&s, f, imds_serve);
	r = ask_imds(&s, "PUT", "/latest/api/token", ttl, "21600");
	CHECK(r.status == 200 && r.body_len == 56);
	CHECK_STR(http_header(&r.headers, "x-aws-ec2-metadata-token-ttl-seconds"), "21600");
	token = r.body;
	r = ask_imds(&s, "GET", "/latest/meta-data/instance-id", tok, token);
	CHECK(r.status == 200);
	CHECK_STR(r.body, s.i->id);
	CHECK_STR(http_header(&r.headers, "content-type"), "text/plain");
	r = ask_imds(&s, "GET", "/latest/meta-data/network/interfaces%2fmacs/", tok, token);
	CHECK_STR(r.body, arena_fmt(&f->a, "%s/", mac_text(s.i->primary->mac).s));
	CHECK_STR(ask_imds(&s, "GET", "/", tok, token).body, "latest");
	CHECK_STR(ask_imds(&s, "GET", "/latest", tok, token).body, "dynamic\nmeta-data");
	r = ask_imds(&s, "GET", "/latest/meta-data/nothing", tok, token);
	CHECK(r.status == 404 && strstr(r.body, "<title>404 - Not Found</title>"));
	CHECK(ask_imds(&s, "GET", "/latestx/meta-data/mac", tok, token).status == 404);
	CHECK(ask_imds(&s, "GET", "/latest/meta-data/%zz", tok, token).status == 404);
	CHECK(ask_imds(&s, "POST", "/latest/meta-data/mac", tok, token).status == 405);
	CHECK(ask_imds(&s, "GET", "/latest/api/token", tok, token).status == 405);
	s.i->tokens[0].until = now_ms();
	CHECK(ask_imds(&s, "GET", "/latest/meta-data/mac", tok, token).status == 401);
}

TEST(imds_refuses_who_has_none)
{
	static const char *const lives[] = { "", "0", "21601", "-1", "soon", "1e3" };
	auto_fix struct fix *f = fix_new("t3.medium");
	auto_site struct site s;

	site_open(&s, f, imds_serve);
	CHECK(ask_imds(&s, "GET", "/latest/meta-data/mac", "", "").status == 401);
	CHECK(ask_imds(&s, "GET", "/latest/meta-data/mac", tok, "guess").status == 401);
	CHECK(ask_imds(&s, "GET", "/latest/meta-data/mac", tok, "").status == 401);
	for (size_t i = 0; i < COUNT(lives); i++)
		CHECK(ask_imds(&s, "PUT", "/latest/api/token", *lives[i] ? ttl : "", lives[i])
			      .status == 400);
	CHECK(s.i->next_token == 0);
}

TEST(imds_gives_no_token_through_a_proxy)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	auto_site struct site s;
	struct http_request q = { .method = "PUT", .target = "/latest/api/token" };
	struct http_response r = { 0 };
	struct err e = { 0 };

	site_open(&s, f, imds_serve);
	http_add(&q.headers, ttl, "60");
	http_add(&q.headers, "X-Forwarded-For", "192.0.2.1");
	CHECK(http_do(&s.c, &q, &r, &f->a, now_ms() + 20000, &e) == 0);
	CHECK(r.status == 403);
}

TEST(imds_answers_nobody_without_an_address_of_the_vpc)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	auto_site struct site s;

	site_open(&s, f, imds_serve);
	s.i->primary->ips[0].ip = ip_v4(0xc0a80105);
	CHECK(ask_imds(&s, "PUT", "/latest/api/token", ttl, "60").status == 403);
}

TEST(ec2_answers_over_http_after_a_while)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	auto_site struct site s;
	const char *form = "Action=DescribeVpcs&Version=2016-11-15";
	struct http_request q = {
		.method = "POST", .target = "/", .body = form, .body_len = strlen(form)
	};
	struct sigv4 v = { signer_lab.keys, signer_lab.region, "ec2", wall_s(), false, NULL };
	struct http_response r = { 0 };
	struct err e = { 0 };

	site_open(&s, f, aws_serve);
	f->api.loop = s.web.loop;
	http_add(&q.headers, "Host", http_host(&s.c, &f->a));
	sigv4_sign(&v, &q, &f->a);
	CHECK(http_do(&s.c, &q, &r, &f->a, now_ms() + 20000, &e) == 0);
	CHECK(r.status == 200 && strstr(r.body, f->w.vpc_id));
	CHECK_STR(http_header(&r.headers, "content-type"), "text/xml;charset=UTF-8");
}

/* ---- later ---- */

struct link {
	struct loop *loop;
	int up;
};

static void on_attached(void *arg, struct eni *eni)
{
	struct link *l = arg;

	CHECK(eni->attached);
	l->up++;
	loop_stop(l->loop);
}

static void attach(struct fix *f, const struct eni *n)
{
	CHECK(ask(f, "AttachNetworkInterface",
		  arena_fmt(&f->a, "NetworkInterfaceId=%s&InstanceId=%s&DeviceIndex=1", n->id,
			    f->w.instances[0].id)));
}

TEST(ec2_brings_the_link_up_later)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	struct err e = { 0 };
	auto_loop struct loop *loop = loop_new(&e);
	struct link l = { loop, 0 };
	struct eni *n = NULL;
	const struct xml *x;

	f->w.hooks = (struct world_hooks) { .attached = on_attached, .arg = &l };
	f->w.c.attach_ms = f->w.c.call_ms = 1;
	f->api.loop = loop;
	CHECK(world_create(&f->w, &f->w.subnets[0], "", 0, &n, &e) == 0);
	attach(f, n);
	CHECK(!n->attached && l.up == 0);
	x = ask(f, "DescribeNetworkInterfaces", form_id(f, "NetworkInterfaceId.1", n->id));
	CHECK_STR(xml_text(x, "networkInterfaceSet/item/attachment/status"), "attaching");
	CHECK(loop_run(loop, &e) == 0);
	CHECK(n->attached && l.up == 1 && !f->api.later);
}

/* Stop when nothing else is to come. */
static void when_alone(struct api *api, void *arg)
{
	if (api->later)
		api_later(api, 1, when_alone, arg);
	else
		loop_stop(api->loop);
}

TEST(ec2_a_link_that_was_detached_before_does_not_come_up)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	struct err e = { 0 };
	auto_loop struct loop *loop = loop_new(&e);
	struct link l = { loop, 0 };
	struct eni *n = NULL;

	f->w.hooks = (struct world_hooks) { .attached = on_attached, .arg = &l };
	f->w.c.attach_ms = f->w.c.call_ms = 1;
	f->api.loop = loop;
	CHECK(world_create(&f->w, &f->w.subnets[0], "", 0, &n, &e) == 0);
	attach(f, n);
	CHECK(world_detach(&f->w, n, &e) == 0);
	api_later(&f->api, 1, when_alone, NULL);
	CHECK(loop_run(loop, &e) == 0);
	CHECK(l.up == 0 && !n->attached);
}

TEST(ec2_what_is_to_come_can_be_dropped)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	struct err e = { 0 };
	auto_loop struct loop *loop = loop_new(&e);
	struct eni *n = NULL;

	f->w.c.attach_ms = 3600000;
	f->api.loop = loop;
	CHECK(world_create(&f->w, &f->w.subnets[0], "", 0, &n, &e) == 0);
	attach(f, n);
	CHECK(f->api.later);
	api_free(&f->api);
	CHECK(!f->api.later && !n->attached);
}
