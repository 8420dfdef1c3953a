/* SPDX-License-Identifier: Apache-2.0 */
/* tagging.c - resources by their tags: what is sent, every page of what is read, what is refused.
 */
#include <errno.h>

#include "awscase.h"
#include "tagging.h"

TEST(tagging_get_resources_reads_every_page)
{
	static const struct fakeaws_answer answers[] = {
		{ 200, "{\"PaginationToken\":\"t\",\"ResourceTagMappingList\":[{\"ResourceARN\":"
		       "\"arn:lb/1\",\"Tags\":["
		       "{\"Key\":\"a/b\",\"Value\":\"c\"},{\"Key\":\"empty\",\"Value\":\"\"}]}]}" },
		{ 200, "{\"PaginationToken\":\"\",\"ResourceTagMappingList\":[{\"ResourceARN\":"
		       "\"arn:lb/2\"}]}" },
	};
	const struct tagging_get_resources in = {
		MANY(tagging_filter, { "elbv2.k8s.aws/cluster", LISTED("one", "two") },
		     { .key = "k" }),
		LISTED("elasticloadbalancing:loadbalancer"),
		{ 0 },
	};
	auto_awscase struct awscase x = { 0 };
	struct tagging_resources l;

	awscase_start(&x, answers, 2);
	CHECK(tagging_get_resources(x.w, &in, &l, &x.a, awscase_soon(), &x.e) == 0);
	CHECK_INT(l.n, 2);
	if (l.n != 2)
		return;
	CHECK_STR(l.v[0].arn, "arn:lb/1");
	CHECK_STR(tag_get(&l.v[0].tags, "a/b"), "c");
	CHECK_STR(tag_get(&l.v[0].tags, "empty"), "");
	CHECK_STR(l.v[1].arn, "arn:lb/2");
	CHECK_INT(l.v[1].tags.n, 0);
	awscase_sent(&x, "{\"TagFilters\":[{\"Key\":\"elbv2.k8s.aws/"
			 "cluster\",\"Values\":[\"one\",\"two\"]},{\"Key\":\"k\"}],"
			 "\"ResourceTypeFilters\":[\"elasticloadbalancing:loadbalancer\"],"
			 "\"PaginationToken\":\"t\"}");
}

TEST(tagging_asks_for_resources_by_arn)
{
	static const struct fakeaws_answer answer = { 200, "{}" };
	auto_awscase struct awscase x = { 0 };
	struct tagging_resources l;

	awscase_start(&x, &answer, 1);
	CHECK(tagging_get_resources(x.w,
				    &(struct tagging_get_resources) { .arns = LISTED("a", "b") },
				    &l, &x.a, awscase_soon(), &x.e) == 0);
	CHECK_INT(l.n, 0);
	awscase_sent(&x, "{\"ResourceARNList\":[\"a\",\"b\"]}");
}

TEST(tagging_refusals_have_their_class)
{
	static const struct {
		const char *body;
		int num;
	} cases[] = {
		{ "{\"__type\":\"PaginationTokenExpiredException\",\"Message\":\"m\"}", EINVAL },
		{ "{\"__type\":\"InvalidParameterException\",\"Message\":\"m\"}", EINVAL },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct fakeaws_answer answer = { 400, cases[i].body };
		auto_awscase struct awscase x = { 0 };
		struct tagging_resources l;

		awscase_start(&x, &answer, 1);
		CHECK(tagging_get_resources(x.w,
					    &(struct tagging_get_resources) { .arns = LISTED("a") },
					    &l, &x.a, awscase_soon(), &x.e) < 0);
		CHECK_INT(x.e.num, cases[i].num);
		CHECK(strstr(x.e.msg, "GetResources: "));
	}
}
