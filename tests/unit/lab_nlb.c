/* SPDX-License-Identifier: Apache-2.0 */
/* lab_nlb.c - what the lab's load balancers want on the wire, whom a flow goes to, and what a
 * health check reads: pure. */
#include "hash.h"
#include "labask.h"
#include "lbprobe.h"
#include "lbwant.h"
#include "nlb.h"

/* A load balancer in two zones with n targets in the first and one in the second, health by last
 * letter of the address. */
struct scene {
	struct fix *f;
	const char *lb, *group, *listener;
	struct tgroup *g;
	struct listener *l;
};

static struct elb_health sick_if_odd(void *arg, const struct tgroup *g, const struct target *t)
{
	char last = t->id[strlen(t->id) - 1];

	(void)g;
	if (*(int *)arg && (last - '0') % 2)
		return (struct elb_health) { "Target.Timeout", "Request timed out", false };
	return (struct elb_health) { 0 };
}

static int some_are_sick;

static void scene_register(struct scene *s, const char *ip)
{
	CHECK(elb_ask(s->f, "RegisterTargets", "TargetGroupArn=%s&Targets.member.1.Id=%s", s->group,
		      ip));
}

static void scene_open(struct scene *s, struct fix *f)
{
	struct err e;

	s->f = f;
	f->elb.c.provision_ms = f->elb.c.register_ms = f->elb.c.health_ms = 0;
	f->elb.health = sick_if_odd;
	f->elb.health_arg = &some_are_sick;
	some_are_sick = 0;
	s->lb = elb_new_lb(f, "n", "network", "");
	s->group = elb_new_group(f, "g", "TCP", "");
	s->listener = elb_new_listener(f, s->lb, "TCP", 80, s->group);
	CHECK(elb_group(&f->elb, s->group, &s->g, &e) == 0);
	CHECK(elb_listener(&f->elb, s->listener, &s->l, &e) == 0);
	scene_register(s, "192.168.1.100");
	scene_register(s, "192.168.1.101");
	scene_register(s, "192.168.1.102");
	scene_register(s, "192.168.2.104");
}

static struct nlb_key flow(uint32_t n)
{
	return (struct nlb_key) { .from = ip_v4(0xc6120000 + n / 1000),
				  .from_port = (uint16_t)(1024 + n % 1000),
				  .to = ip_v4(0xc0a80105),
				  .to_port = 80 };
}

/* How many of a thousand flows go to each of n addresses; the rest, nowhere or elsewhere. */
static int count_flows(struct scene *s, const char *zone, const char *const *ids, int *got, int n)
{
	int others = 0;

	memset(got, 0, (size_t)n * sizeof(*got));
	for (uint32_t i = 0; i < 1000; i++) {
		const struct nlb_key k = flow(i);
		struct nlb_choice c;
		int at = 0;

		if (!nlb_choose(&s->f->elb, s->l, zone, &k, &c))
			c.t = NULL;
		while (c.t && at < n && strcmp(ids[at], c.t->id) != 0)
			at++;
		if (c.t && at < n)
			got[at]++;
		else
			others++;
	}
	return others;
}

static const char *const all[] = { "192.168.1.100", "192.168.1.101", "192.168.1.102",
				   "192.168.2.104" };
#define ZONE_A "ap-northeast-2a"
#define ZONE_B "ap-northeast-2b"

TEST(nlb_flows_are_shared_evenly_in_their_zone)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	struct scene s;
	int got[4];

	scene_open(&s, f);
	CHECK_INT(count_flows(&s, ZONE_A, all, got, 4), 0);
	for (int i = 0; i < 3; i++)
		CHECK(got[i] > 250 && got[i] < 420);
	CHECK_INT(got[3], 0);
	CHECK_INT(count_flows(&s, ZONE_B, all, got, 4), 0);
	CHECK_INT(got[3], 1000);
}

TEST(nlb_a_flow_stays_where_it_is_when_others_come_and_go)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const struct target *before[200];
	char ids[200][20];
	struct scene s;
	int moved = 0;

	scene_open(&s, f);
	for (uint32_t i = 0; i < 200; i++) {
		const struct nlb_key k = flow(i);
		struct nlb_choice c;

		CHECK(nlb_choose(&f->elb, s.l, ZONE_A, &k, &c));
		before[i] = c.t;
		snprintf(ids[i], sizeof(ids[i]), "%s", before[i]->id);
	}
	CHECK(elb_ask(f, "DeregisterTargets", "TargetGroupArn=%s&Targets.member.1.Id=%s", s.group,
		      all[1]));
	for (uint32_t i = 0; i < 200; i++) {
		const struct nlb_key k = flow(i);
		struct nlb_choice c;

		CHECK(nlb_choose(&f->elb, s.l, ZONE_A, &k, &c));
		CHECK(strcmp(c.t->id, all[1]) != 0); /* it drains */
		moved += strcmp(ids[i], all[1]) != 0 && strcmp(ids[i], c.t->id) != 0;
	}
	CHECK_INT(moved, 0);
}

TEST(nlb_unhealthy_targets_get_nothing_unless_there_are_no_others)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	struct scene s;
	int got[4];

	scene_open(&s, f);
	some_are_sick = 1;
	CHECK_INT(count_flows(&s, ZONE_A, all, got, 4), 0);
	CHECK_INT(got[1], 0);
	CHECK(got[0] > 400 && got[2] > 400);
	CHECK(elb_ask(f, "DeregisterTargets",
		      "TargetGroupArn=%s&Targets.member.1.Id=%s&Targets.member.2.Id=%s", s.group,
		      all[0], all[2]));
	CHECK_INT(count_flows(&s, ZONE_A, all, got, 4), 0);
	CHECK_INT(got[1], 1000);
	CHECK(!lb_zone_healthy(&f->elb, s.l->lb, ZONE_A));
	CHECK(lb_zone_healthy(&f->elb, s.l->lb, ZONE_B));
}

TEST(nlb_a_group_says_how_many_healthy_ones_are_enough)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	struct scene s;
	int got[4];

	scene_open(&s, f);
	some_are_sick = 1;
	CHECK(elb_ask(
		f, "ModifyTargetGroupAttributes",
		"TargetGroupArn=%s&Attributes.member.1.Key=target_group_health.unhealthy_state_"
		"routing.minimum_healthy_targets.percentage&Attributes.member.1.Value=80",
		s.group));
	CHECK_INT(count_flows(&s, ZONE_A, all, got, 4), 0);
	CHECK(got[1] > 250); /* 2 of 3 are 66 % */
}

TEST(nlb_cross_zone_is_the_groups_word_before_the_load_balancers)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	static const char key[] = "load_balancing.cross_zone.enabled";
	struct scene s;
	int got[4];

	scene_open(&s, f);
	CHECK(elb_ask(f, "ModifyLoadBalancerAttributes",
		      "LoadBalancerArn=%s&Attributes.member.1.Key=%s&Attributes.member.1.Value="
		      "true",
		      s.lb, key));
	CHECK_INT(count_flows(&s, ZONE_B, all, got, 4), 0);
	for (int i = 0; i < 4; i++)
		CHECK(got[i] > 150 && got[i] < 350);
	CHECK(elb_ask(f, "ModifyTargetGroupAttributes",
		      "TargetGroupArn=%s&Attributes.member.1.Key=%s&Attributes.member.1.Value="
		      "false",
		      s.group, key));
	CHECK_INT(count_flows(&s, ZONE_B, all, got, 4), 0);
	CHECK_INT(got[3], 1000);
}

TEST(nlb_with_stickiness_a_clients_address_alone_counts)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	struct scene s;
	int got[4];

	scene_open(&s, f);
	CHECK(elb_ask(f, "ModifyTargetGroupAttributes",
		      "TargetGroupArn=%s&Attributes.member.1.Key=stickiness.enabled"
		      "&Attributes.member.1.Value=true",
		      s.group));
	CHECK_INT(count_flows(&s, ZONE_A, all, got, 4), 0);
	CHECK(got[0] == 1000 || got[1] == 1000 || got[2] == 1000);
}

TEST(nlb_without_targets_there_is_no_choice)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	struct scene s;
	int got[4];

	scene_open(&s, f);
	CHECK_INT(count_flows(&s, "ap-northeast-2c", all, got, 4), 1000);
}

TEST(nlb_weights_share_flows_between_groups)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *other;
	struct scene s;
	int got[4], others;

	scene_open(&s, f);
	other = elb_new_group(f, "h", "TCP", "");
	CHECK(elb_ask(f, "RegisterTargets", "TargetGroupArn=%s&Targets.member.1.Id=192.168.1.110",
		      other));
	CHECK(elb_ask(f, "ModifyListener",
		      "ListenerArn=%s&DefaultActions.member.1.Type=forward"
		      "&DefaultActions.member.1.ForwardConfig.TargetGroups.member.1.TargetGroupArn="
		      "%s&DefaultActions.member.1.ForwardConfig.TargetGroups.member.1.Weight=1"
		      "&DefaultActions.member.1.ForwardConfig.TargetGroups.member.2.TargetGroupArn="
		      "%s&DefaultActions.member.1.ForwardConfig.TargetGroups.member.2.Weight=9",
		      s.listener, s.group, other));
	others = count_flows(&s, ZONE_A, all, got, 4);
	CHECK(others > 850 && others < 950);
}

TEST(nlb_proxy_protocol_is_28_bytes)
{
	struct nlb_key k = { .from = ip_v4(0x01020304),
			     .from_port = 0x1234,
			     .to = ip_v4(0x05060708),
			     .to_port = 443 };
	uint8_t out[NLB_PP2];
	char text[2 * NLB_PP2 + 1];

	nlb_pp2(&k, out);
	hex(out, sizeof(out), text);
	CHECK_STR(text, "0d0a0d0a000d0a515549540a2111000c0102030405060708123401bb");
	k.udp = true;
	nlb_pp2(&k, out);
	CHECK_INT(out[13], 0x12);
}

/* ---- want ---- */

TEST(lb_want_has_nothing_for_nothing)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	struct lb_want w;

	lb_want(&f->elb, &w, &f->a);
	CHECK_INT(w.nnodes + w.nsockets + w.nchecks, 0);
	CHECK_INT(w.next, 0);
}

TEST(lb_want_opens_sockets_when_a_load_balancer_is_active)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	struct lb_want w;
	struct scene s;

	scene_open(&s, f);
	s.l->lb->active_at = 5000;
	lb_want(&f->elb, &w, &f->a);
	CHECK_INT(w.nnodes, 2);
	CHECK_INT(w.nsockets, 0);
	CHECK_INT(w.next, 5000);
	f->elb.now = 5000;
	lb_want(&f->elb, &w, &f->a);
	CHECK_INT(w.nsockets, 2);
	CHECK_INT(w.nchecks, 4);
	CHECK_INT(w.next, 0);
	CHECK_INT(w.sockets[0].port, 80);
	CHECK(w.sockets[0].kind == LB_TCP);
}

TEST(lb_want_checks_no_targets_that_drain_and_wakes_when_they_are_gone)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	struct lb_want w;
	struct scene s;

	scene_open(&s, f);
	f->elb.c.drain_ms = 700;
	CHECK(elb_ask(f, "DeregisterTargets", "TargetGroupArn=%s&Targets.member.1.Id=%s", s.group,
		      all[0]));
	lb_want(&f->elb, &w, &f->a);
	CHECK_INT(w.nchecks, 3);
	CHECK_INT(w.next, f->elb.now + 700);
	f->elb.c.register_ms = 100;
	scene_register(&s, "192.168.1.120");
	lb_want(&f->elb, &w, &f->a);
	CHECK_INT(w.next, f->elb.now + 100);
}

TEST(lb_want_has_both_protocols_of_tcp_udp_and_none_of_tls)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *group;
	struct lb_want w;
	struct scene s;

	scene_open(&s, f);
	group = elb_new_group(f, "dns", "TCP_UDP", "");
	CHECK(elb_new_listener(f, s.lb, "TCP_UDP", 53, group));
	lb_want(&f->elb, &w, &f->a);
	CHECK_INT(w.nsockets, 6);
	group = elb_new_group(f, "tls", "TLS", "");
	CHECK(elb_ask(
		f, "CreateListener",
		"LoadBalancerArn=%s&Protocol=TLS&Port=443&DefaultActions.member.1.Type=forward"
		"&DefaultActions.member.1.TargetGroupArn=%s"
		"&Certificates.member.1.CertificateArn=%s",
		s.lb, group, acm_new(f, "a.example.com")));
	lb_want(&f->elb, &w, &f->a);
	CHECK_INT(w.nsockets, 6);
}

/* ---- what a health check reads ---- */

TEST(lb_probe_reads_the_status_of_http_1_alone)
{
	static const struct {
		const char *said;
		int status;
	} cases[] = {
		{ "", 0 },
		{ "HTTP/1", 0 },
		{ "HTTP/1.1 20", 0 },
		{ "HTTP/1.1 200", 200 },
		{ "HTTP/1.0 503 Busy\r\n", 503 },
		{ "HTTP/2.0 200 OK", -1 },
		{ "SSH-2.0-OpenSSH", -1 },
		{ "SSH", -1 },
		{ "HTTP/1.1 2x0 OK", -1 },
		{ "HTTP/1.1_200 OK", -1 },
		{ "HTTP/1.x 200 OK", -1 },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		CHECK_INT(probe_status(cases[i].said, strlen(cases[i].said)), cases[i].status);
}

TEST(lb_probe_matches_words_and_ranges)
{
	CHECK(probe_matches("200", 200));
	CHECK(!probe_matches("200", 204));
	CHECK(probe_matches("200,204", 204));
	CHECK(probe_matches("200-399", 399));
	CHECK(!probe_matches("200-399", 400));
	CHECK(probe_matches("100,300-302", 301));
	CHECK(!probe_matches("", 200));
}
