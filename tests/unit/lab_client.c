/* SPDX-License-Identifier: Apache-2.0 */
/* lab_client.c - vpcbox's own IMDS and EC2 clients against the lab, with a node's credentials. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ec2host.h"
#include "ec2vpc.h"
#include "imds.h"
#include "labask.h"
#include "web.h"

struct site {
	struct fix *f;
	struct instance *i;
	struct web imds, ec2;
	struct imds m;
	struct aws *w;
	int64_t deadline;
};

/* The node's address is the one that the test comes from. */
static void site_open(struct site *s)
{
	static const char *const unwanted[] = { "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
						"AWS_SESSION_TOKEN", "AWS_REGION",
						"AWS_DEFAULT_REGION" };
	struct err e = { 0 };

	*s = (struct site) { .f = fix_new("t3.medium"), .deadline = now_ms() + 60000 };
	s->i = &s->f->w.instances[0];
	s->i->primary->ips[0].ip = (struct ip) { IP_V4, { 127, 0, 0, 1 } };
	web_serve(&s->imds, imds_serve, &s->f->api);
	web_serve(&s->ec2, aws_serve, &s->f->api);
	for (size_t k = 0; k < COUNT(unwanted); k++)
		unsetenv(unwanted[k]);
	setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", s->imds.url, 1);
	setenv("AWS_ENDPOINT_URL_EC2", s->ec2.url, 1);
	CHECK(imds_init(&s->m, &e) == 0 && aws_new(&s->w, NULL, s->deadline, &e) == 0);
	CHECK_STR(e.msg, "");
}

static void site_free(struct site *s)
{
	aws_free(&s->w);
	imds_free(&s->m);
	web_stop(&s->ec2);
	web_stop(&s->imds);
	fix_free(&s->f);
	unsetenv("AWS_EC2_METADATA_SERVICE_ENDPOINT");
	unsetenv("AWS_ENDPOINT_URL_EC2");
}
#define auto_site AUTO(site_free)

TEST(lab_tells_our_client_what_a_node_is)
{
	auto_site struct site s;
	auto_arena struct arena a = { 0 };
	const char *text = "";
	struct err e = { 0 };

	site_open(&s);
	CHECK_STR(aws_region(s.w), "ap-northeast-2");
	CHECK(imds_get(&s.m, "/latest/meta-data/mac", &text, &a, s.deadline, &e) == 0);
	CHECK_STR(text, mac_text(s.i->primary->mac).s);
	CHECK(imds_get(&s.m, "/latest/meta-data/ipv6", &text, &a, s.deadline, &e) < 0);
	CHECK(e.num == ENOENT);
}

static void grow(struct site *s, struct ec2_eni *n, struct arena *a)
{
	struct tag tag = { "node.k8s.amazonaws.com/instance_id", s->i->id };
	const char *const groups[] = { s->f->w.group };
	const struct ec2_create_eni q = { .subnet = s->i->subnet->id,
					  .description = "aws-K8S-x",
					  .groups = groups,
					  .ngroups = 1,
					  .secondary_ips = 4,
					  .tags = { &tag, 1 } };
	const char *attachment = "";
	bool used[100];
	struct err e = { 0 };

	CHECK(ec2_create_eni(s->w, &q, n, a, s->deadline, &e) == 0);
	CHECK(ec2_used_devices(s->w, s->i->id, 0, used, a, s->deadline, &e) == 0);
	CHECK(used[0] && !used[1]);
	CHECK(ec2_attach_eni(s->w, n->id, s->i->id, 1, 0, &attachment, a, s->deadline, &e) == 0);
	CHECK(ec2_delete_on_termination(s->w, n->id, attachment, a, s->deadline, &e) == 0);
	CHECK_STR(e.msg, "");
}

TEST(lab_serves_our_client_the_life_of_an_eni)
{
	auto_site struct site s;
	auto_arena struct arena a = { 0 };
	struct ec2_eni n = { .id = "" };
	struct ec2_enis found = { 0 };
	struct ip *ips = NULL;
	size_t nips = 0;
	struct err e = { 0 };

	site_open(&s);
	grow(&s, &n, &a);
	CHECK(ec2_describe_enis(s.w, &n.id, 1, &found, &a, s.deadline, &e) == 0 && found.n == 1);
	if (found.n != 1)
		return;
	CHECK(found.v[0].ips.n == 5 && found.v[0].ips.v[0].primary && found.v[0].device == 1);
	CHECK(found.v[0].delete_on_termination);
	CHECK_STR(tag_get(&found.v[0].tags, "node.k8s.amazonaws.com/instance_id"), s.i->id);
	CHECK(ec2_assign_ips(s.w, n.id, 1, &ips, &nips, &a, s.deadline, &e) == 0 && nips == 1);
	CHECK(ec2_assign_ips(s.w, n.id, 1, &ips, &nips, &a, s.deadline, &e) < 0);
	CHECK(e.num == EDQUOT);
	CHECK_STR(e.code, "PrivateIpAddressLimitExceeded");
	CHECK(ec2_unassign_ips(s.w, n.id, &found.v[0].ips.v[1].ip, 1, &a, s.deadline, &e) == 0);
	CHECK(ec2_detach_eni(s.w, found.v[0].attachment, &a, s.deadline, &e) == 0);
	CHECK(ec2_delete_eni(s.w, n.id, &a, s.deadline, &e) == 0);
	CHECK(ec2_delete_eni(s.w, n.id, &a, s.deadline, &e) < 0 && e.num == ENOENT);
	CHECK(!world_eni(&s.f->w, n.id));
}

TEST(lab_lists_subnets_and_tags_for_our_client)
{
	auto_site struct site s;
	auto_arena struct arena a = { 0 };
	struct tag tag = { "k", "v <&>" };
	const struct tags tags = { &tag, 1 };
	struct ec2_subnet *subnets = NULL;
	struct ec2_enis found = { 0 };
	size_t n = 0;
	struct err e = { 0 };

	site_open(&s);
	CHECK(ec2_describe_subnets(s.w, s.f->w.vpc_id, "ap-northeast-2a", &subnets, &n, &a,
				   s.deadline, &e) == 0);
	CHECK(n == 1 && subnets && subnets[0].free == 250);
	CHECK(ec2_create_tags(s.w, s.i->primary->id, &tags, &a, s.deadline, &e) == 0);
	CHECK(ec2_find_enis(s.w, "tag:k", "v <&>", &found, &a, s.deadline, &e) == 0);
	CHECK(found.n == 1);
	CHECK_STR(e.msg, "");
}
