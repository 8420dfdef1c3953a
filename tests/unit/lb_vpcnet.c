/* SPDX-License-Identifier: Apache-2.0 */
/* lb_vpcnet.c - subnets by name, tags and routes; security groups by name. */
#include <errno.h>

#include "lbcase.h"
#include "test.h"
#include "vpcnet.h"

#define SUBNETS(list) "{'kind':'Case','facts':{'subnets':[" list "]}}"
#define ROUTES(object) "{'kind':'Case','facts':{'routes':{" object "}}}"
#define GROUPS(list) "{'kind':'Case','facts':{'groups':[" list "]}}"

/* "id id" of what was chosen, or the error's words. */
static const char *said(int r, const struct subnet_list *l, struct lbcase *c, struct err *e)
{
	const char *out = "";

	if (r < 0) {
		CHECK(e->num == EINVAL || e->num == EIO);
		return arena_str(&c->a, e->msg);
	}
	for (size_t i = 0; i < l->n; i++)
		out = arena_fmt(&c->a, "%s%s%s", out, i ? " " : "", l->v[i]->id);
	return out;
}

static const char *found(struct lbcase *c, const struct subnet_ask *q)
{
	struct subnet_list l = { 0 };
	struct err e = { 0 };
	int r = subnets_found(&c->facts, &c->config, q, NULL, &l, &c->a, &e);

	return said(r, &l, c, &e);
}

static const char *tagged(struct lbcase *c, const struct subnet_ask *q, const char *tags)
{
	auto_json struct json *j = NULL;
	struct subnet_list l = { 0 };
	struct err e = { 0 };

	j = json_parse(tags, strlen(tags), &e);
	CHECK(j != NULL);
	return said(subnets_found(&c->facts, &c->config, q, j, &l, &c->a, &e), &l, c, &e);
}

static const char *named(struct lbcase *c, const struct subnet_ask *q, const char *names)
{
	struct strs want = str_split(names, ",", &c->a);
	struct subnet_list l = { 0 };
	struct err e = { 0 };
	int r = subnets_named(&c->facts, &c->config, q, &want, &l, &c->a, &e);

	return said(r, &l, c, &e);
}

static const char *groups(struct lbcase *c, const char *names)
{
	struct strs want = str_split(names, ",", &c->a), ids = { 0 };
	const char *out = "";
	struct err e = { 0 };

	if (groups_named(&c->facts, &want, &ids, &c->a, &e) < 0)
		return arena_str(&c->a, e.msg);
	for (size_t i = 0; i < ids.n; i++)
		out = arena_fmt(&c->a, "%s%s%s", out, i ? " " : "", ids.v[i]);
	return out;
}

static const struct subnet_ask nlb = { .internal = true }, nlb_public = { 0 };
static const struct subnet_ask alb = { .application = true, .internal = true };
static const struct subnet_ask dual = { .internal = true, .dualstack = true };

TEST(subnets_are_found_by_their_role)
{
	auto_lbcase struct lbcase c;

	lbcase_init(&c);
	lbcase_text(&c,
		    SUBNETS("{'id':'subnet-2','zone':'b',"
			    "'tags':{'kubernetes.io/role/internal-elb':''}},"
			    "{'id':'subnet-1','zone':'a',"
			    "'tags':{'kubernetes.io/role/internal-elb':'1'}},"
			    "{'id':'subnet-3','zone':'a','tags':{'kubernetes.io/role/elb':'1'}},"
			    "{'id':'subnet-4','zone':'b',"
			    "'tags':{'kubernetes.io/role/elb':'yes'}}"));
	CHECK_STR(found(&c, &nlb), "subnet-1 subnet-2");
	CHECK_STR(found(&c, &nlb_public), "subnet-3");
	CHECK_STR(found(&c, &alb), "subnet-1 subnet-2");
}

TEST(subnets_without_roles_are_found_by_their_routes)
{
	auto_lbcase struct lbcase c;

	lbcase_init(&c);
	lbcase_text(&c, SUBNETS("{'id':'subnet-1','zone':'a'},{'id':'subnet-2','zone':'b'}"));
	CHECK(strstr(found(&c, &nlb), "VPC vpc-xxx has no main route table"));
	lbcase_text(&c, ROUTES("'main':['local'],'subnet-2':['local','igw-1']"));
	CHECK_STR(found(&c, &nlb), "subnet-1");
	CHECK_STR(found(&c, &nlb_public), "subnet-2");
	c.config.gates[GATE_SUBNETS_BY_REACHABILITY] = false;
	CHECK_STR(found(&c, &nlb),
		  "unable to resolve at least one subnet. Evaluated 0 subnets: 0 are tagged for "
		  "other clusters, and 0 have insufficient available IP addresses");
}

TEST(subnets_of_other_clusters_and_full_ones_are_passed_over)
{
	auto_lbcase struct lbcase c;

	lbcase_init(&c);
	lbcase_text(&c, ROUTES("'main':[]"));
	lbcase_text(&c, SUBNETS("{'id':'subnet-1','zone':'a','tags':{'kubernetes.io/cluster/x':''}"
				"},{'id':'subnet-2','zone':'b','free':7}"));
	CHECK_STR(found(&c, &nlb),
		  "unable to resolve at least one subnet. Evaluated 2 subnets: 1 are tagged for "
		  "other clusters, and 1 have insufficient available IP addresses");
	c.config.gates[GATE_SUBNETS_CLUSTER_TAG] = false;
	CHECK_STR(found(&c, &nlb), "subnet-1");
	c.config.gates[GATE_SUBNETS_CLUSTER_TAG] = true;
	lbcase_text(&c, SUBNETS("{'id':'subnet-1','zone':'a','free':8,"
				"'tags':{'kubernetes.io/cluster/x':'',"
				"'kubernetes.io/cluster/my-cluster':''}}"));
	CHECK_STR(found(&c, &nlb), "subnet-1");
}

TEST(one_subnet_a_zone_those_of_the_cluster_first)
{
	auto_lbcase struct lbcase c;

	lbcase_init(&c);
	lbcase_text(&c, ROUTES("'main':[]"));
	lbcase_text(
		&c,
		SUBNETS("{'id':'subnet-4','zone':'b'},{'id':'subnet-3','zone':'b'},"
			"{'id':'subnet-1','zone':'a'},"
			"{'id':'subnet-2','zone':'a','tags':{'kubernetes.io/cluster/my-cluster':'"
			"shared'}}"));
	CHECK_STR(found(&c, &nlb), "subnet-2 subnet-3");
}

TEST(dualstack_wants_ipv6_that_is_associated)
{
	auto_lbcase struct lbcase c;

	lbcase_init(&c);
	lbcase_text(&c, ROUTES("'main':[]"));
	lbcase_text(&c, SUBNETS("{'id':'subnet-1','zone':'a','cidrs6':['-2600::/64']},"
				"{'id':'subnet-2','zone':'a','cidrs6':['2600:0:0:1::/64']},"
				"{'id':'subnet-3','zone':'b'}"));
	CHECK_STR(found(&c, &dual), "subnet-2");
	CHECK_STR(named(&c, &dual, "subnet-2"), "subnet-2");
	CHECK_STR(named(&c, &dual, "subnet-1,subnet-3"),
		  "subnets [subnet-1 subnet-3] do not have an associated IPv6 CIDR block, which is "
		  "required for dualstack load balancers");
	lbcase_text(&c, SUBNETS("{'id':'subnet-3','zone':'b'}"));
	CHECK_STR(
		found(&c, &dual),
		"unable to resolve at least one subnet. Evaluated 1 subnets: 0 are tagged for "
		"other clusters, 0 have insufficient available IP addresses, and 1 do not have an "
		"associated IPv6 CIDR block");
}

TEST(an_alb_wants_two_zones_unless_in_a_local_one)
{
	auto_lbcase struct lbcase c;

	lbcase_init(&c);
	lbcase_text(&c, SUBNETS("{'id':'subnet-1','zone':'a'},{'id':'subnet-2','zone':'b'}"));
	CHECK_STR(named(&c, &alb, "subnet-1"),
		  "subnets count less than minimal required count: 1 < 2");
	CHECK_STR(named(&c, &nlb, "subnet-1"), "subnet-1");
	c.config.gates[GATE_ALB_SINGLE_SUBNET] = true;
	CHECK_STR(named(&c, &alb, "subnet-1"), "subnet-1");
	c.config.gates[GATE_ALB_SINGLE_SUBNET] = false;
	lbcase_text(&c, "{'kind':'Case','facts':{'zones':{'a':'local-zone','b':'moon'}}}");
	CHECK_STR(named(&c, &alb, "subnet-1"), "subnet-1");
	CHECK_STR(named(&c, &nlb, "subnet-2"), "unknown zone type for subnet subnet-2: moon");
	lbcase_text(&c, "{'kind':'Case','facts':{'zones':{'a':'local-zone'}}}");
	CHECK_STR(named(&c, &nlb, "subnet-1,subnet-2"),
		  "subnets in multiple locales: [availabilityZone localZone]");
	lbcase_text(&c, SUBNETS("{'id':'subnet-1','zone':'a','outpost':'arn:aws:outposts:x'}"));
	CHECK_STR(named(&c, &alb, "subnet-1"), "subnet-1");
}

TEST(named_subnets_keep_their_order)
{
	auto_lbcase struct lbcase c;

	lbcase_init(&c);
	lbcase_text(&c, SUBNETS("{'id':'subnet-1','zone':'a','tags':{'Name':'n'}},"
				"{'id':'subnet-3','zone':'c','tags':{'Name':'n'}},"
				"{'id':'subnet-2','zone':'b','tags':{'Name':'m'}},"
				"{'id':'subnet-4','zone':'a'}"));
	CHECK_STR(named(&c, &nlb, "m,n,n"), "subnet-2 subnet-1 subnet-3");
	CHECK_STR(named(&c, &nlb, "subnet-3,subnet-2,subnet-1"), "subnet-3 subnet-2 subnet-1");
	CHECK_STR(named(&c, &nlb, "n,subnet-2,n"), "subnet-1 subnet-2 subnet-3");
	CHECK_STR(named(&c, &nlb, "n,n,n"),
		  "failed to list subnets by names or IDs: subnet with Name tag \"n\" requested 3 "
		  "times but only 2 subnet(s) found with that name");
	CHECK_STR(named(&c, &nlb, "subnet-1,subnet-4"),
		  "multiple subnets in same Availability Zone a: [subnet-1 subnet-4]");
}

TEST(subnets_that_are_not_there_are_named)
{
	auto_lbcase struct lbcase c;

	lbcase_init(&c);
	lbcase_text(&c, SUBNETS("{'id':'subnet-1','zone':'a','tags':{'Name':'n'}}"));
	CHECK_STR(named(&c, &nlb, "x,n,y,x"), "failed to list subnets by names or IDs: couldn't "
					      "find all subnets, missing names: [x y]");
	CHECK_STR(named(&c, &nlb, "subnet-9"),
		  "failed to list subnets by names or IDs: no subnet subnet-9 in VPC vpc-xxx "
		  "(InvalidSubnetID.NotFound)");
	CHECK_STR(named(&c, &nlb, "subnet-1,subnet-1"),
		  "failed to list subnets by names or IDs: couldn't find all subnets, want: "
		  "[subnet-1 subnet-1]: subnet-1 is there twice");
	CHECK_STR(named(&c, &nlb, ","), "unable to resolve at least one subnet");
}

TEST(subnets_are_selected_by_the_tags_of_a_class)
{
	auto_lbcase struct lbcase c;

	lbcase_init(&c);
	lbcase_text(&c, ROUTES("'main':[]"));
	lbcase_text(&c, SUBNETS("{'id':'subnet-1','zone':'a','tags':{'t':'1','u':'1'}},"
				"{'id':'subnet-2','zone':'b','tags':{'t':'2','u':'1'}},"
				"{'id':'subnet-3','zone':'c','tags':{'t':'1'}}"));
	CHECK_STR(tagged(&c, &alb, "{\"t\":[\"1\",\"2\"],\"u\":[\"1\"]}"), "subnet-1 subnet-2");
	CHECK_STR(tagged(&c, &nlb, "{\"u\":[]}"), "subnet-1 subnet-2");
	CHECK_STR(tagged(&c, &nlb, "{\"t\":[\"3\"]}"),
		  "unable to resolve at least one subnet. Evaluated 0 subnets: 0 are tagged for "
		  "other clusters, and 0 have insufficient available IP addresses");
}

TEST(groups_are_found_by_id_and_by_name)
{
	auto_lbcase struct lbcase c;

	lbcase_init(&c);
	lbcase_text(&c,
		    GROUPS("{'id':'sg-1','tags':{'Name':'n'}},{'id':'sg-2'},"
			   "{'id':'sg-3','tags':{'Name':'n'}},{'id':'sg-4','tags':{'Name':'m'}}"));
	CHECK_STR(groups(&c, ""), "");
	CHECK_STR(groups(&c, "sg-2,sg-1"), "sg-2 sg-1");
	CHECK_STR(groups(&c, "n"), "sg-1 sg-3");
	CHECK_STR(groups(&c, "m,sg-2,n,n"), "sg-2 sg-1 sg-3 sg-4");
	CHECK_STR(groups(&c, "x"), "couldn't find all security groups: requested names [x] but "
				   "found []");
	CHECK_STR(groups(&c, "sg-9,x,m,sg-1"),
		  "couldn't find all security groups: requested ids [sg-9, sg-1] but found [sg-1], "
		  "requested names [x, m] but found [m]");
	CHECK_STR(groups(&c, "sg-1,sg-1"), "couldn't find all security groups: requested ids "
					   "[sg-1, sg-1] but found [sg-1]");
}

TEST(facts_that_cannot_be_had_end_the_search)
{
	auto_lbcase struct lbcase c;
	struct facts none = { 0 };
	struct err e = { 0 };

	lbcase_init(&c);
	lbcase_text(&c, SUBNETS("{'id':'subnet-1','zone':'a'}"));
	lbcase_text(&c,
		    "{'kind':'Case','facts':{'fail':{'routes':'no routes','zones':'no zones'}}}");
	CHECK_STR(found(&c, &nlb), "no routes");
	CHECK_STR(named(&c, &nlb, "subnet-1"), "no zones");
	lbcase_text(&c, "{'kind':'Case','facts':{'fail':{'subnets':'no subnets','groups':'no "
			"groups'}}}");
	CHECK_STR(found(&c, &nlb), "no subnets");
	CHECK_STR(named(&c, &nlb, "subnet-1"), "no subnets");
	CHECK_STR(groups(&c, "x"), "no groups");
	CHECK(facts_need(&none, FACT_VPC, &e) < 0 && strstr(e.msg, "not there"));
}

static int count_loads(struct facts *f, enum fact which, struct err *e)
{
	int *n = f->arg;

	CHECK(!e->num && which == FACT_SUBNETS);
	++*n;
	return 0;
}

TEST(a_part_of_the_facts_is_loaded_once)
{
	struct err e = { 0 };
	int n = 0;
	struct facts f = { .load = count_loads, .arg = &n };

	CHECK(facts_need(&f, FACT_SUBNETS, &e) == 0 && facts_need(&f, FACT_SUBNETS, &e) == 0);
	CHECK_INT(n, 1);
}
