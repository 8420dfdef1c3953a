/* SPDX-License-Identifier: Apache-2.0 */
/* lb_elbindex.c - what is kept of load balancers and target groups: whose, until when, and after
 * what we have done ourselves. */
#include <errno.h>

#include "awscase.h"
#include "elbindex.h"

#define XMLNS " xmlns=\"http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/\">"
#define SAYS(action, list, inner)                                                               \
	{                                                                                       \
		200, "<" action "Response" XMLNS "<" action "Result><" list ">" inner "</" list \
		     "></" action "Result><ResponseMetadata><RequestId>r-1"                     \
		     "</RequestId></ResponseMetadata></" action "Response>"                     \
	}
#define LBS(inner) SAYS("DescribeLoadBalancers", "LoadBalancers", inner)
#define TGS(inner) SAYS("DescribeTargetGroups", "TargetGroups", inner)
#define TAGS(inner) SAYS("DescribeTags", "TagDescriptions", inner)
#define LB(arn, vpc, scheme)                                                           \
	"<member><LoadBalancerArn>" arn "</LoadBalancerArn><VpcId>" vpc "</VpcId>"     \
	"<Scheme>" scheme "</Scheme><AvailabilityZones><member><ZoneName>a</ZoneName>" \
	"<SubnetId>subnet-1</SubnetId></member></AvailabilityZones></member>"
#define TG(arn)                                                                        \
	"<member><TargetGroupArn>" arn "</TargetGroupArn><VpcId>vpc-1</VpcId><Port>80" \
	"</Port></member>"
#define TAGGED(arn, cluster, more)                                      \
	"<member><ResourceArn>" arn "</ResourceArn><Tags><member><Key>" \
	"elbv2.k8s.aws/cluster</Key><Value>" cluster "</Value></member>" more "</Tags></member>"
#define MORE(k, v) "<member><Key>" k "</Key><Value>" v "</Value></member>"
#define GONE(code)                                                                             \
	{                                                                                      \
		400, "<ErrorResponse><Error><Type>Sender</Type><Code>" code "</Code><Message>" \
		     "gone</Message></Error><RequestId>r</RequestId></ErrorResponse>"          \
	}
enum { OLD_MS = 30000, ANEW = 0 };

struct indexcase {
	struct awscase aws;
	struct lbconfig c;
	struct elbindex *index;
	struct index_lb *lbs;
	struct index_tg *tgs;
	size_t nlbs, ntgs;
};

static void start(struct indexcase *x, const struct fakeaws_answer *answers, size_t n)
{
	awscase_start(&x->aws, answers, n);
	x->c = lbconfig_default();
	x->c.cluster = "c";
	x->c.vpc = "vpc-1";
	x->index = elbindex_new(&x->c);
}
static void end(struct indexcase *x)
{
	elbindex_free(&x->index);
	awscase_end(&x->aws);
}
#define auto_indexcase AUTO(end)

static int find(struct indexcase *x, int64_t max_age_ms)
{
	static struct tag own = { "elbv2.k8s.aws/cluster", "c" };
	static const struct tags either = { &own, 1 };

	return elbindex_find(x->index, x->aws.w, &either, NULL, max_age_ms, &x->lbs, &x->nlbs,
			     &x->tgs, &x->ntgs, &x->aws.a, awscase_soon(), &x->aws.e);
}

/* How many questions AWS was asked. */
static int64_t asked(struct indexcase *x)
{
	web_stop(&x->aws.f.web);
	return (int64_t)x->aws.f.asked;
}

TEST(of_all_load_balancers_those_of_the_cluster_in_its_vpc_are_found_whole)
{
	static const struct fakeaws_answer answers[] = {
		LBS(LB("lb-1", "vpc-1", "internal") LB("lb-2", "vpc-1", "internal")
			    LB("lb-3", "vpc-2", "internal")),
		TGS(TG("tg-1")),
		TAGS(TAGGED("lb-1", "c", MORE("k", "v")) TAGGED("lb-2", "other", "")
			     TAGGED("tg-1", "c", "")),
		{ 500, "nobody asks" }
	};
	auto_indexcase struct indexcase x = { 0 };

	start(&x, answers, COUNT(answers));
	for (int i = 0; i < 2; i++) {
		CHECK(find(&x, OLD_MS) == 0);
		CHECK_INT(x.nlbs, 1);
		CHECK_STR(x.lbs[0].lb.arn, "lb-1");
		CHECK_STR(x.lbs[0].lb.scheme, "internal");
		CHECK_STR(x.lbs[0].lb.zones.v[0].subnet, "subnet-1");
		CHECK_STR(tag_get(&x.lbs[0].tags, "k"), "v");
		CHECK_INT(x.ntgs, 1);
		CHECK_INT(x.tgs[0].tg.port, 80);
	}
	CHECK_INT(asked(&x), 3);
}

TEST(what_somebody_else_has_changed_made_or_deleted_is_seen_when_the_lists_are_old)
{
	static const struct fakeaws_answer answers[] = {
		LBS(LB("lb-1", "vpc-1", "internal") LB("lb-2", "vpc-1", "internal")),
		TGS(""),
		TAGS(TAGGED("lb-1", "c", "") TAGGED("lb-2", "c", "")),
		LBS(LB("lb-1", "vpc-1", "internet-facing") LB("lb-3", "vpc-1", "internal")),
		TGS(""),
		TAGS(TAGGED("lb-3", "c", "")),
	};
	auto_indexcase struct indexcase x = { 0 };

	start(&x, answers, COUNT(answers));
	CHECK(find(&x, OLD_MS) == 0);
	CHECK_INT(x.nlbs, 2);
	CHECK(find(&x, ANEW) == 0);
	CHECK_INT(x.nlbs, 2);
	CHECK_STR(x.lbs[0].lb.scheme, "internet-facing");
	CHECK_STR(x.lbs[1].lb.arn, "lb-3");
}

TEST(what_we_make_and_delete_is_known_without_a_question)
{
	static const struct fakeaws_answer answers[] = { LBS(""), TGS(""), { 500, "nobody asks" } };
	struct tag own[] = { { "elbv2.k8s.aws/cluster", "c" }, { "k", "" } };
	const struct tags tags = { own, 2 };
	const struct elb_load_balancer lb = { .arn = "lb-1", .vpc = "vpc-1", .name = "n" };
	const struct elb_target_group tg = { .arn = "tg-1", .vpc = "vpc-1", .port = 80 };
	auto_indexcase struct indexcase x = { 0 };

	start(&x, answers, COUNT(answers));
	CHECK(find(&x, OLD_MS) == 0);
	elbindex_made_lb(x.index, &lb, &tags);
	elbindex_made_tg(x.index, &tg, &tags);
	CHECK(find(&x, OLD_MS) == 0);
	CHECK_INT(x.nlbs, 1);
	CHECK_INT(x.ntgs, 1);
	CHECK_STR(x.lbs[0].lb.name, "n");
	CHECK_STR(tag_get(&x.lbs[0].tags, "k"), "");
	elbindex_gone(x.index, "lb-1");
	elbindex_gone(x.index, "lb-1");
	CHECK(find(&x, OLD_MS) == 0);
	CHECK_INT(x.nlbs, 0);
	CHECK_INT(x.ntgs, 1);
	CHECK_INT(asked(&x), 2);
}

TEST(an_answer_that_does_not_say_the_vpc_is_not_believed)
{
	static const struct fakeaws_answer answers[] = { LBS(""), TGS(""),
							 LBS(LB("lb-1", "vpc-1", "internal")),
							 TAGS(TAGGED("lb-1", "c", "")) };
	const struct elb_load_balancer lb = { .arn = "lb-1", .vpc = "" };
	const struct tags none = { 0 };
	auto_indexcase struct indexcase x = { 0 };

	start(&x, answers, COUNT(answers));
	CHECK(find(&x, OLD_MS) == 0);
	elbindex_made_lb(x.index, &lb, &none);
	CHECK(find(&x, OLD_MS) == 0);
	CHECK_INT(x.nlbs, 1);
}

#define ONE LBS(LB("lb-1", "vpc-1", "internal")), TGS(""), TAGS(TAGGED("lb-1", "c", ""))

TEST(what_we_change_is_asked_for_alone)
{
	static const struct fakeaws_answer answers[] = {
		ONE,
		LBS(LB("lb-1", "vpc-1", "internet-facing")),
		TAGS(TAGGED("lb-1", "c", MORE("k", "new"))),
		{ 500, "nobody asks" }
	};
	auto_indexcase struct indexcase x = { 0 };

	start(&x, answers, COUNT(answers));
	CHECK(find(&x, OLD_MS) == 0);
	elbindex_changed(x.index, INDEX_OBJECT, "lb-1");
	elbindex_changed(x.index, INDEX_OBJECT, "lb-unknown");
	CHECK(find(&x, OLD_MS) == 0);
	CHECK_STR(x.lbs[0].lb.scheme, "internet-facing");
	elbindex_changed(x.index, INDEX_TAGS, "lb-1");
	CHECK(find(&x, OLD_MS) == 0);
	CHECK_STR(tag_get(&x.lbs[0].tags, "k"), "new");
	CHECK_STR(x.lbs[0].lb.scheme, "internet-facing");
	CHECK_INT(asked(&x), 5);
}

TEST(what_becomes_anothers_is_found_no_more_and_what_becomes_ours_is_read)
{
	static const struct fakeaws_answer answers[] = { ONE, TAGS(TAGGED("lb-1", "other", "")),
							 TAGS(TAGGED("lb-1", "c", "")),
							 LBS(LB("lb-1", "vpc-1", "internal")) };
	auto_indexcase struct indexcase x = { 0 };

	start(&x, answers, COUNT(answers));
	CHECK(find(&x, OLD_MS) == 0);
	elbindex_changed(x.index, INDEX_TAGS, "lb-1");
	CHECK(find(&x, OLD_MS) == 0);
	CHECK_INT(x.nlbs, 0);
	elbindex_changed(x.index, INDEX_TAGS, "lb-1");
	CHECK(find(&x, OLD_MS) == 0);
	CHECK_INT(x.nlbs, 1);
	CHECK_STR(x.lbs[0].lb.scheme, "internal");
}

TEST(one_that_is_gone_when_it_is_asked_for_alone_makes_the_lists_old)
{
	static const struct fakeaws_answer answers[] = { ONE, GONE("LoadBalancerNotFound"), LBS(""),
							 TGS("") };
	auto_indexcase struct indexcase x = { 0 };

	start(&x, answers, COUNT(answers));
	CHECK(find(&x, OLD_MS) == 0);
	elbindex_changed(x.index, INDEX_OBJECT, "lb-1");
	CHECK(find(&x, OLD_MS) == 0);
	CHECK_STR(x.aws.e.msg, "");
	CHECK_INT(x.nlbs, 0);
}

TEST(one_that_an_answer_leaves_out_is_gone_too)
{
	static const struct fakeaws_answer answers[] = { ONE, LBS("") };
	auto_indexcase struct indexcase x = { 0 };

	start(&x, answers, COUNT(answers));
	CHECK(find(&x, OLD_MS) == 0);
	elbindex_changed(x.index, INDEX_OBJECT, "lb-1");
	CHECK(find(&x, OLD_MS) == 0);
	CHECK_INT(x.nlbs, 0);
}

TEST(a_list_in_doubt_is_read_again_and_a_refusal_leaves_it_so)
{
	static const struct fakeaws_answer answers[] = {
		ONE,
		{ 403, "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message>"
		       "</Error></ErrorResponse>" },
		LBS(""),
		TGS("")
	};
	auto_indexcase struct indexcase x = { 0 };

	start(&x, answers, COUNT(answers));
	CHECK(find(&x, OLD_MS) == 0);
	elbindex_doubt(x.index);
	CHECK(find(&x, OLD_MS) < 0);
	CHECK_STR(x.aws.e.code, "AccessDenied");
	CHECK_INT(x.nlbs, 0);
	CHECK(find(&x, OLD_MS) == 0);
	CHECK_INT(x.nlbs, 0);
}

TEST(tags_of_listeners_are_asked_for_once)
{
	static const struct fakeaws_answer answers[] = { TAGS(TAGGED("l-1", "c", MORE("k", "v"))
								      TAGGED("l-2", "other", "")),
							 { 500, "nobody asks" } };
	const char *arns[] = { "l-1", "l-2" };
	const struct strs all = { arns, 2 };
	struct tags out[2];
	auto_indexcase struct indexcase x = { 0 };

	start(&x, answers, COUNT(answers));
	for (int i = 0; i < 2; i++) {
		CHECK(elbindex_tags(x.index, x.aws.w, &all, out, &x.aws.a, awscase_soon(),
				    &x.aws.e) == 0);
		CHECK_STR(tag_get(&out[0], "k"), "v");
		CHECK_STR(tag_get(&out[1], "elbv2.k8s.aws/cluster"), "other");
	}
	CHECK_INT(asked(&x), 1);
}
