/* SPDX-License-Identifier: Apache-2.0 */
/* lb_bindrole.c - target groups of other accounts, by a role. */
#include "bindaws.h"
#include "test.h"

#define ROLE ",'iamRoleArnToAssume':'arn:aws:iam::1:role/r','assumeRoleExternalId':'e 1'"

TEST(sessions_of_roles_are_named_after_the_cluster)
{
	auto_arena struct arena a = { 0 };

	CHECK_STR(bindrole_session("my&*&*cluster()!(&name", &a), "AWS-LBC-myclustername");
	CHECK_STR(bindrole_session("", &a), "AWS-LBC-");
	CHECK_INT(strlen(bindrole_session("0123456789012345678901234567890123456789012345678901234"
					  "56789",
					  &a)),
		  64);
}

TEST(a_role_is_assumed_once_and_used_for_targets_alone)
{
	auto_bindcase struct bindcase *c = bindcase_new();

	bindcase_web(c, 1, "");
	bindcase_bind(c, "tgb", ROLE);
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	CHECK(strstr(bindcase_sent(c, "AssumeRole"), "RoleArn=arn:aws:iam::1:role/r") != NULL);
	CHECK(strstr(bindcase_sent(c, "AssumeRole"), "ExternalId=e 1") != NULL);
	CHECK(strstr(bindcase_sent(c, "AssumeRole"), "RoleSessionName=AWS-LBC-lab") != NULL);
	CHECK(strstr(bindcase_sent(c, "RegisterTargets"), " as the role") != NULL);
	CHECK(strstr(bindcase_sent(c, "DescribeTargetHealth"), " as the role") != NULL);
	CHECK(!strstr(bindcase_sent(c, "DescribeVpcs"), " as the role"));
	bindcase_web(c, 2, "");
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	CHECK_INT(bindcase_calls(c, "AssumeRole"), 1);
	/* Another external id is another session. */
	bindcase_bind(c, "tgb", ",'iamRoleArnToAssume':'arn:aws:iam::1:role/r'");
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	CHECK_INT(bindcase_calls(c, "AssumeRole"), 2);
	CHECK(!strstr(bindcase_sent(c, "AssumeRole"), "ExternalId"));
}

TEST(a_role_that_may_not_be_assumed_is_named)
{
	auto_bindcase struct bindcase *c = bindcase_new();

	bindcase_web(c, 1, "");
	bindcase_bind(c, "tgb", ROLE);
	bindcase_fail(c, "AssumeRole", "AccessDenied", "not authorized to perform", 0);
	CHECK_INT(bindcase_pass(c, "tgb"), -1);
	CHECK(bindcase_said(c, "Failed reconcile due to spec.iamRoleArnToAssume: AssumeRole: "
			       "AccessDenied"));
	CHECK_INT(bindcase_calls(c, "RegisterTargets"), 0);
}

TEST(keys_of_a_role_that_have_ended_are_asked_for_anew)
{
	auto_bindcase struct bindcase *c = bindcase_new();

	bindcase_web(c, 1, "");
	bindcase_bind(c, "tgb", ROLE);
	bindcase_fail(c, "DescribeTargetHealth", "ExpiredTokenException", "expired", 1);
	CHECK_INT(bindcase_pass(c, "tgb"), -1);
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	CHECK_INT(bindcase_calls(c, "AssumeRole"), 2);
	CHECK(!bindcase_said(c, "t0k3n"));
	CHECK(!bindcase_said(c, "s3cr3t"));
}

TEST(a_vpc_of_another_account_has_every_address_outside)
{
	auto_bindcase struct bindcase *c = bindcase_new();

	bindcase_web(c, 1, "");
	bindcase_bind(c, "tgb", ROLE ",'vpcID':'vpc-9'");
	bindcase_fail(c, "DescribeVpcs", "InvalidVpcID.NotFound", "not ours", 0);
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	CHECK_STR(bindcase_targets(c), "192.168.1.1:8080@all initial");
	bindcase_web(c, 2, "");
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	CHECK_INT(bindcase_calls(c, "DescribeVpcs"), 1); /* remembered */
	/* Zones of our nodes mean nothing there. */
	bindcase_fail(c, "RegisterTargets", "ValidationError",
		      "you must specify an Availability Zone", 1);
	bindcase_web(c, 3, "");
	CHECK_INT(bindcase_pass(c, "tgb"), -1);
	CHECK_INT(bindcase_calls(c, "RegisterTargets"), 3);
}

TEST(a_shared_vpc_of_another_account_is_as_ours)
{
	auto_bindcase struct bindcase *c = bindcase_new();

	bindcase_web(c, 1, "");
	bindcase_bind(c, "tgb", ROLE ",'vpcID':'vpc-9'");
	bindcase_fail(c, "DescribeVpcs", "UnauthorizedOperation", "no", 1);
	CHECK_INT(bindcase_pass(c, "tgb"), -1);
	CHECK_INT(bindcase_pass(c, "tgb"), 0);
	CHECK_STR(bindcase_targets(c), "192.168.1.1:8080 initial");
}
