/* SPDX-License-Identifier: Apache-2.0 */
/* lb_have.c - what is there of a stack, read from a fake AWS; lists that name what is gone. */
#include <errno.h>

#include "awscase.h"
#include "have.h"

#define XMLNS " xmlns=\"http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/\">"
#define META "<ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata>"
#define SAYS(action, result)                                                               \
	"<" action "Response" XMLNS "<" action "Result>" result "</" action "Result>" META \
	"</" action "Response>"
#define LBS(inner)                                                                             \
	{                                                                                      \
		200, SAYS("DescribeLoadBalancers", "<LoadBalancers>" inner "</LoadBalancers>") \
	}
#define TGS                                                                        \
	{                                                                          \
		200, SAYS("DescribeTargetGroups", "<TargetGroups></TargetGroups>") \
	}
#define LB(arn, state)                                                                       \
	"<member><LoadBalancerArn>" arn "</LoadBalancerArn><Type>network</Type>"             \
	"<Scheme>internal</Scheme><VpcId>vpc-1</VpcId><State><Code>" state "</Code></State>" \
	"</member>"
#define TAG_(k, v) "<member><Key>" k "</Key><Value>" v "</Value></member>"
#define TAGS(arn, more)                                                             \
	{                                                                           \
		200, SAYS("DescribeTags",                                           \
			  "<TagDescriptions><member><ResourceArn>" arn              \
			  "</ResourceArn><Tags>" TAG_("elbv2.k8s.aws/cluster", "c") \
				  TAG_("service.k8s.aws/stack", "ns/s") more        \
			  "</Tags></member></TagDescriptions>")                     \
	}
#define NOT_FOUND                                                                                 \
	{                                                                                         \
		400, "<ErrorResponse><Error><Type>Sender</Type><Code>LoadBalancerNotFound</Code>" \
		     "<Message>gone</Message></Error><RequestId>r</RequestId></ErrorResponse>"    \
	}

struct havecase {
	struct awscase aws;
	struct lbconfig c;
	struct stack want;
	struct elbindex *index;
	struct have h;
};

static void start(struct havecase *x, const struct fakeaws_answer *answers, size_t n)
{
	struct stack_lb lb = { .id = "LoadBalancer",
			       .capacity = { 5, true },
			       .spec = { .name = "n", .type = "network", .scheme = "internal" } };

	awscase_start(&x->aws, answers, n);
	x->c = lbconfig_default();
	x->c.cluster = "c";
	x->c.vpc = "vpc-1";
	x->want = (struct stack) {
		.id = "ns/s", .ns = "ns", .name = "s", .prefix = "service.k8s.aws"
	};
	stack_add_lb(&x->want, &lb, &x->aws.a);
	x->index = elbindex_new(&x->c);
}
static void end(struct havecase *x)
{
	elbindex_free(&x->index);
	awscase_end(&x->aws);
}
#define auto_havecase AUTO(end)

static int read_all(struct havecase *x, const struct ec2_groups *groups)
{
	x->h = (struct have) { 0 };
	return have_read(&x->h, x->aws.w, x->index, &x->c, &x->want, groups, &x->aws.a,
			 awscase_soon(), &x->aws.e);
}

TEST(an_object_with_the_stacks_tags_and_no_resource_tag_stops_the_deploy)
{
	static const struct fakeaws_answer answers[] = { LBS(LB("lb-1", "active")), TGS,
							 TAGS("lb-1", "") };
	static const struct ec2_groups none;
	struct tag tags[] = { { "elbv2.k8s.aws/cluster", "c" },
			      { "service.k8s.aws/stack", "ns/s" } };
	struct ec2_group g = { .id = "sg-1", .tags = { tags, 2 } };
	const struct ec2_groups one = { &g, 1 };
	auto_havecase struct havecase x = { 0 };

	start(&x, answers, 3);
	CHECK(read_all(&x, &none) < 0);
	CHECK_INT(x.aws.e.num, EBADMSG);
	CHECK_STR(x.aws.e.msg, "unexpected loadBalancer with no resourceID: lb-1");
	CHECK(read_all(&x, &one) < 0);
	CHECK_STR(x.aws.e.msg, "unexpected securityGroup with no resourceID: sg-1");
}

TEST(the_shared_group_is_known_whatever_the_default_tags_are)
{
	static const struct fakeaws_answer answers[] = { LBS(""), TGS };
	struct tag tags[] = { { "elbv2.k8s.aws/cluster", "c" },
			      { "elbv2.k8s.aws/resource", "backend-sg" } };
	struct tag more[] = { { "team", "new" } };
	struct ec2_group g = { .id = "sg-1", .tags = { tags, 2 } };
	const struct ec2_groups one = { &g, 1 };
	auto_havecase struct havecase x = { 0 };

	start(&x, answers, 2);
	x.c.default_tags = (struct tags) { more, 1 };
	CHECK(read_all(&x, &one) == 0);
	CHECK_STR(x.h.backend_sg, "sg-1");
	x.c.backend_sg_id = "sg-2";
	CHECK(read_all(&x, &one) == 0);
	CHECK_STR(x.h.backend_sg, "sg-2");
}

TEST(lists_that_name_what_is_gone_are_read_again)
{
	static const struct fakeaws_answer answers[] = { LBS(LB("lb-1", "active")), TGS, NOT_FOUND,
							 LBS(""), TGS };
	static const struct ec2_groups none;
	auto_havecase struct havecase x = { 0 };

	start(&x, answers, 5);
	CHECK(read_all(&x, &none) == 0);
	CHECK_STR(x.aws.e.msg, "");
	CHECK_INT(x.h.nlbs, 0);
}

#define OWN TAGS("lb-1", TAG_("service.k8s.aws/resource", "LoadBalancer"))

TEST(what_goes_while_it_is_read_asks_for_another_look)
{
	static const struct fakeaws_answer answers[] = {
		LBS(LB("lb-1", "active")), TGS, OWN, NOT_FOUND, LBS(""), TGS
	};
	static const struct ec2_groups none;
	auto_havecase struct havecase x = { 0 };

	start(&x, answers, 6);
	CHECK(read_all(&x, &none) < 0);
	CHECK_INT(x.aws.e.num, EAGAIN);
	CHECK(read_all(&x, &none) == 0);
	CHECK_INT(x.h.nlbs, 0);
}

TEST(capacity_is_asked_of_load_balancers_that_are_active)
{
	static const struct fakeaws_answer active[] = {
		LBS(LB("lb-1", "active")),
		TGS,
		OWN,
		{ 200, SAYS("DescribeCapacityReservation",
			    "<MinimumLoadBalancerCapacity><CapacityUnits>7</CapacityUnits>"
			    "</MinimumLoadBalancerCapacity>") },
		{ 200, SAYS("DescribeListeners", "<Listeners></Listeners>") },
	};
	static const struct fakeaws_answer young[] = {
		LBS(LB("lb-1", "provisioning")),
		TGS,
		OWN,
		{ 200, SAYS("DescribeListeners", "<Listeners></Listeners>") },
	};
	static const struct ec2_groups none;
	auto_havecase struct havecase x = { 0 }, y = { 0 };

	start(&x, active, 5);
	CHECK(read_all(&x, &none) == 0);
	CHECK_STR(x.aws.e.msg, "");
	CHECK(x.h.lbs[0].capacity.set && x.h.lbs[0].capacity.v == 7);
	web_stop(&x.aws.f.web);
	start(&y, young, 4);
	CHECK(read_all(&y, &none) == 0);
	CHECK(!y.h.lbs[0].capacity.set);
	awscase_sent(&y.aws, "Action=DescribeListeners&Version=2015-12-01&LoadBalancerArn=lb-1");
}
