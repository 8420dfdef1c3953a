/* SPDX-License-Identifier: Apache-2.0 */
/* aws.c - signed calls: credentials, endpoints, retries and what is made of refusals. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "creds.h"
#include "fakeaws.h"
#include "test.h"

#define OK "<DescribeXResponse xmlns=\"u\"><requestId>r-1</requestId><x>1</x></DescribeXResponse>"
#define EC2_ERROR(code, message)                                                           \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error><Code>" code \
	"</Code><Message>" message                                                         \
	"</Message></Error></Errors><RequestID>r-2</RequestID></Response>"

static int query(struct aws *w, const char *action, struct aws_params *p, struct arena *a,
		 struct err *e)
{
	struct xml *out = NULL;

	return aws_query(w, "ec2", "2016-11-15", action, p, a, &out, now_ms() + 20000, e);
}

TEST(aws_query_sends_signed_parameters_and_gives_the_root)
{
	static const struct fakeaws_answer ok[] = { { 200, OK } };
	auto_fakeaws struct fakeaws f = { .answers = ok, .n = 1 };
	auto_arena struct arena a = { 0 };
	auto_aws struct aws w = { 0 };
	auto_aws_params struct aws_params p = { 0 };
	const char *const ids[] = { "eni-1", "eni 2&=" };
	struct xml *root = NULL;
	struct err e = { 0 };

	fakeaws_start(&f, &w);
	aws_param(&p, "Filter.1.Name", "tag:a/b");
	aws_param_int(&p, "MaxResults", -5);
	aws_param_list(&p, "NetworkInterfaceId", ids, 2);
	for (int i = 0; i < 2; i++)
		CHECK(aws_query(&w, "ec2", "2016-11-15", "DescribeX", &p, &a, &root,
				now_ms() + 20000, &e) == 0);
	CHECK_STR(e.msg, "");
	CHECK_STR(xml_text(root, "x"), "1");
	web_stop(&f.web);
	CHECK_INT(f.asked, 2);
	CHECK_INT(f.bad_signatures, 0);
	CHECK_STR(f.body.p, "Action=DescribeX&Version=2016-11-15&Filter.1.Name=tag%3Aa%2Fb&"
			    "MaxResults=-5&NetworkInterfaceId.1=eni-1&"
			    "NetworkInterfaceId.2=eni%202%26%3D");
	CHECK_STR(f.agent, "vpcbox/" VERSION);
}

TEST(aws_query_tells_what_aws_said)
{
	static const struct {
		int status;
		const char *body;
		int num;
		const char *code, *msg;
	} cases[] = {
		{ 400, EC2_ERROR("InvalidNetworkInterfaceID.NotFound", "ID 'eni-1' is not there"),
		  ENOENT, "InvalidNetworkInterfaceID.NotFound",
		  "DeleteX: InvalidNetworkInterfaceID.NotFound: ID 'eni-1' is not there (request "
		  "id "
		  "r-2)" },
		{ 403,
		  "<ErrorResponse xmlns=\"u\"><Error><Type>Sender</Type><Code>AccessDenied</Code>"
		  "<Message>no</Message></Error><RequestId>r-3</RequestId></ErrorResponse>",
		  EACCES, "AccessDenied", "DeleteX: AccessDenied: no (request id r-3)" },
		{ 403,
		  EC2_ERROR(
			  "SignatureDoesNotMatch",
			  "It does not match.\n\nThe Canonical String for this request should have "
			  "been\n'POST\n/\n\nx-amz-security-token:hush"),
		  EACCES, "SignatureDoesNotMatch",
		  "DeleteX: SignatureDoesNotMatch: It does not match.   (request id r-2)" },
		{ 400, EC2_ERROR("Unheard.Of", "a\tb\nc"), EIO, "Unheard.Of",
		  "DeleteX: Unheard.Of: a b c (request id r-2)" },
		{ 404, "<html>\n<h1>Not here</h1>", EIO, "",
		  "DeleteX: status 404 from something that is not AWS: <html> <h1>Not here</h1>" },
		{ 502, "", EAGAIN, "", "DeleteX: status 502 from something that is not AWS: " },
		{ 200, "not XML", EBADMSG, "", "DeleteX: the answer cannot be read: " },
		{ 200, "<a><b></a>", EBADMSG, "", "DeleteX: the answer cannot be read: " },
		{ 200, "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", EBADMSG, "",
		  "DeleteX: the answer cannot be read: " },
		{ 200, "", EBADMSG, "", "DeleteX: the answer cannot be read: " },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fakeaws_answer answer = { cases[i].status, cases[i].body };
		auto_fakeaws struct fakeaws f = { .answers = &answer, .n = 1 };
		auto_arena struct arena a = { 0 };
		auto_aws struct aws w = { 0 };
		struct aws_params p = { 0 };
		struct err e = { 0 };

		fakeaws_start(&f, &w);
		CHECK(query(&w, "DeleteX", &p, &a, &e) < 0);
		CHECK_INT(e.num, cases[i].num);
		CHECK_STR(e.code, cases[i].code);
		e.msg[strlen(cases[i].msg)] = '\0';
		CHECK_STR(e.msg, cases[i].msg);
		web_stop(&f.web);
		CHECK_INT(f.asked, 1);
	}
}

TEST(aws_query_keeps_the_request_id_in_view)
{
	auto_arena struct arena a = { 0 };
	auto_aws struct aws w = { 0 };
	char filler[1000];
	struct fakeaws_answer answer = { 400, NULL };
	auto_fakeaws struct fakeaws f = { .answers = &answer, .n = 1 };
	struct aws_params p = { 0 };
	struct err e = { 0 };

	memset(filler, 'x', sizeof(filler) - 1);
	filler[sizeof(filler) - 1] = '\0';
	answer.body = arena_fmt(&a,
				"<Response><Errors><Error><Code>%s</Code><Message>%s</Message>"
				"</Error></Errors><RequestID>0d2bf1ee</RequestID></Response>",
				filler, filler);
	fakeaws_start(&f, &w);
	CHECK(query(&w, "DescribeX", &p, &a, &e) < 0);
	CHECK(strstr(e.msg, "(request id 0d2bf1ee)"));
}

TEST(aws_query_repeats_only_what_does_no_harm)
{
	static const struct fakeaws_answer throttle = { 503, EC2_ERROR("RequestLimitExceeded",
								       "Request limit exceeded.") };
	static const struct fakeaws_answer broken = { 500, EC2_ERROR("InternalError", "oops") };
	static const struct fakeaws_answer gateway = { 504, "gateway time-out" };
	static const struct fakeaws_answer wrong = { 400, EC2_ERROR("MissingParameter", "x") };
	static const struct {
		const struct fakeaws_answer *first;
		const char *action, *param;
		bool repeatable;
		size_t asked;
	} cases[] = {
		{ &throttle, "AttachNetworkInterface", "A", false, 2 },
		{ &throttle, "DescribeSubnets", "A", false, 2 },
		{ &broken, "AttachNetworkInterface", "A", false, 1 },
		{ &broken, "CreateNetworkInterface", "A", false, 1 },
		{ &broken, "CreateNetworkInterface", "ClientToken", false, 2 },
		{ &broken, "DeleteNetworkInterface", "A", true, 2 },
		{ &broken, "DescribeSubnets", "A", false, 2 },
		{ &gateway, "AttachNetworkInterface", "A", false, 1 },
		{ &gateway, "GetX", "A", false, 2 },
		{ &wrong, "DescribeSubnets", "A", false, 1 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fakeaws_answer answers[] = { *cases[i].first, { 200, OK } };
		auto_fakeaws struct fakeaws f = { .answers = answers, .n = 2 };
		auto_aws_params struct aws_params p = { .repeatable = cases[i].repeatable };
		auto_arena struct arena a = { 0 };
		auto_aws struct aws w = { 0 };
		struct err e = { 0 };

		fakeaws_start(&f, &w);
		aws_param(&p, cases[i].param, "x");
		CHECK((query(&w, cases[i].action, &p, &a, &e) == 0) == (cases[i].asked == 2));
		web_stop(&f.web);
		CHECK_INT(f.asked, cases[i].asked);
		CHECK_INT(f.bad_signatures, 0);
	}
}

TEST(aws_query_gives_up_after_three_attempts_or_at_its_deadline)
{
	static const struct fakeaws_answer throttle = { 503,
							EC2_ERROR("RequestLimitExceeded", "slow") };
	auto_fakeaws struct fakeaws f = { .answers = &throttle, .n = 1 };
	auto_arena struct arena a = { 0 };
	auto_aws struct aws w = { 0 };
	struct aws_params p = { 0 };
	struct xml *out = NULL;
	struct err e = { 0 };

	fakeaws_start(&f, &w);
	CHECK(query(&w, "DescribeX", &p, &a, &e) < 0 && e.num == EAGAIN);
	CHECK_STR(e.code, "RequestLimitExceeded");
	/* too short for a pause, so for a second attempt */
	CHECK(aws_query(&w, "ec2", "v", "DescribeX", &p, &a, &out, now_ms() + 150, &e) < 0);
	web_stop(&f.web);
	CHECK(f.asked >= 3 && f.asked <= 4);
}

/* A connection that breaks after the request was read. */
TEST(aws_query_repeats_a_broken_call_only_when_it_may)
{
	static const struct web_step steps[] = {
		{ .close = true },
		{ .bytes = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<a/>" },
	};
	static const struct {
		const char *action;
		int asked;
	} cases[] = { { "DescribeX", 2 }, { "AttachX", 1 } };

	for (size_t i = 0; i < COUNT(cases); i++) {
		auto_web struct web web = { 0 };
		auto_arena struct arena a = { 0 };
		auto_aws struct aws w = { 0 };
		struct aws_params p = { 0 };
		struct err e = { 0 };

		web_script(&web, steps, COUNT(steps));
		fakeaws_env(web.url);
		CHECK(aws_init(&w, NULL, 0, &e) == 0);
		CHECK((query(&w, cases[i].action, &p, &a, &e) == 0) == (cases[i].asked == 2));
		CHECK_STR(e.code, "");
		http_close(&w.http);
		web_stop(&web);
		fakeaws_env(NULL);
		CHECK_INT(web.asked, cases[i].asked);
	}
}

TEST(aws_errno_knows_codes_and_their_forms)
{
	static const struct {
		const char *code;
		int num;
	} cases[] = {
		{ "RequestLimitExceeded", EAGAIN },
		{ "InvalidNetworkInterfaceID.NotFound", ENOENT },
		{ "InvalidTransitGatewayID.NotFound", ENOENT },
		{ "PrivateIpAddressLimitExceeded", EDQUOT },
		{ "InsufficientFreeAddressesInSubnet", EDQUOT },
		{ "InsufficientCidrBlocks", EDQUOT },
		{ "SomeNewLimitExceeded", EDQUOT },
		{ "UnauthorizedOperation", EACCES },
		{ "InvalidParameterValue", EINVAL },
		{ "InvalidSubnetID.Malformed", EINVAL },
		{ "InvalidFoo", EINVAL },
		{ "DuplicateX", EIO },
		{ "", EIO },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		CHECK_INT(aws_errno(cases[i].code), cases[i].num);
}

TEST(aws_init_takes_the_region_from_the_environment_first)
{
	static const struct {
		const char *region, *fallback, *want;
	} cases[] = { { "eu-west-1", "us-east-1", "eu-west-1" },
		      { "", "us-east-1", "us-east-1" },
		      { NULL, "cn-north-1", "cn-north-1" } };
	static const char *const bad[] = { "EU", "a.b", "x/y", "us east",
					   "a-very-long-region-name-indeed-1" };
	struct err e = { 0 };

	for (size_t i = 0; i < COUNT(cases); i++) {
		auto_aws struct aws w = { 0 };

		if (cases[i].region)
			setenv("AWS_REGION", cases[i].region, 1);
		else
			unsetenv("AWS_REGION");
		setenv("AWS_DEFAULT_REGION", cases[i].fallback, 1);
		CHECK(aws_init(&w, NULL, 0, &e) == 0);
		CHECK_STR(w.region, cases[i].want);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		auto_aws struct aws w = { 0 };

		setenv("AWS_REGION", bad[i], 1);
		CHECK(aws_init(&w, NULL, 0, &e) < 0 && e.num == EINVAL);
		CHECK(strstr(e.msg, bad[i]) && strstr(e.msg, "AWS_REGION"));
	}
	unsetenv("AWS_REGION");
	unsetenv("AWS_DEFAULT_REGION");
}

/* ---- credentials and region of an instance */

struct instance {
	const char *document, *roles, *keys;
	int asked; /* for keys */
};

static void metadata(struct httpd_call *c)
{
	struct instance *i = c->arg;
	const char *text = NULL;

	if (strcmp(c->method, "PUT") == 0)
		text = "token";
	else if (strcmp(c->path, "/latest/dynamic/instance-identity/document") == 0)
		text = i->document;
	else if (strcmp(c->path, "/latest/meta-data/iam/security-credentials/") == 0)
		text = i->roles;
	else if (strcmp(c->path, "/latest/meta-data/iam/security-credentials/node") == 0)
		text = i->keys;
	i->asked += text && text == i->keys;
	httpd_reply(c, text ? 200 : 404, NULL, text ? text : "", text ? strlen(text) : 0);
}

static void on_instance(struct web *web, struct instance *i, struct imds *m)
{
	struct err e;

	web_serve(web, metadata, i);
	setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", web->url, 1);
	CHECK(imds_init(m, &e) == 0);
	unsetenv("AWS_EC2_METADATA_SERVICE_ENDPOINT");
}

#define KEYS(until)                                                                               \
	"{\"Code\":\"Success\",\"AccessKeyId\":\"ASIA1\",\"SecretAccessKey\":\"hush\",\"Token\":" \
	"\"t/+=\",\"Expiration\":\"" until "\"}"

TEST(aws_takes_region_and_keys_from_the_instance)
{
	struct instance i = { "{\"region\":\"ap-south-1\"}", "node\nother",
			      KEYS("2099-01-02T03:04:05Z"), 0 };
	auto_web struct web web = { 0 };
	auto_imds struct imds m = { 0 };
	auto_aws struct aws w = { 0 };
	auto_arena struct arena a = { 0 };
	struct err e = { 0 };

	on_instance(&web, &i, &m);
	CHECK(aws_init(&w, &m, now_ms() + 20000, &e) == 0);
	CHECK_STR(w.region, "ap-south-1");
	for (int n = 0; n < 3; n++)
		CHECK(creds_ensure(&w, &a, now_ms() + 20000, &e) == 0);
	CHECK_STR(w.key_id, "ASIA1");
	CHECK_STR(w.secret, "hush");
	CHECK_STR(w.token, "t/+=");
	CHECK_INT(w.keys_until, time_parse("2099-01-02T03:04:05Z"));
	CHECK(creds_expire(&w));
	CHECK(creds_ensure(&w, &a, now_ms() + 20000, &e) == 0);
	web_stop(&web);
	CHECK_INT(i.asked, 2);
}

TEST(aws_serves_old_keys_while_new_ones_cannot_be_had)
{
	struct instance i = { .roles = "node", .keys = "{}" };
	auto_web struct web web = { 0 };
	auto_imds struct imds m = { 0 };
	auto_aws struct aws w = { .imds = &m, .key_id = "ASIA1", .secret = "s" };
	auto_arena struct arena a = { 0 };
	struct err e = { 0 };

	on_instance(&web, &i, &m);
	w.keys_until = wall_ns() / 1000000000 + 60;
	CHECK(creds_ensure(&w, &a, now_ms() + 20000, &e) == 0);
	CHECK_STR(w.key_id, "ASIA1");
	w.keys_until = wall_ns() / 1000000000 - 1;
	CHECK(creds_ensure(&w, &a, now_ms() + 20000, &e) < 0);
}

TEST(aws_names_what_is_wrong_with_credentials_and_shows_none)
{
	static const struct {
		struct instance i;
		int num;
		const char *want;
	} cases[] = {
		{ { .roles = NULL }, ENOENT, "no IAM role" },
		{ { .roles = "node" }, ENOENT, "credentials of role 'node': IMDS has no" },
		{ { .roles = "node", .keys = "<html>" }, EBADMSG, "credentials of role 'node'" },
		{ { .roles = "node", .keys = "{\"Code\":\"Failed\",\"Message\":\"m\"}" },
		  EACCES,
		  "IMDS says Failed: m" },
		{ { .roles = "node", .keys = KEYS("tomorrow") },
		  EBADMSG,
		  "'tomorrow' is not a time" },
		{ { .roles = "node",
		    .keys = "{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"hush\\n\",\"Token\":\"\","
			    "\"Expiration\":\"2099-01-02T03:04:05Z\"}" },
		  EBADMSG,
		  "the secret access key is not one" },
	};

	for (size_t k = 0; k < COUNT(cases); k++) {
		struct instance i = cases[k].i;
		auto_web struct web web = { 0 };
		auto_imds struct imds m = { 0 };
		auto_aws struct aws w = { .imds = &m };
		auto_arena struct arena a = { 0 };
		struct err e = { 0 };

		on_instance(&web, &i, &m);
		CHECK(creds_ensure(&w, &a, now_ms() + 20000, &e) < 0);
		CHECK_INT(e.num, cases[k].num);
		CHECK(strstr(e.msg, cases[k].want));
		CHECK(!strstr(e.msg, "hush"));
	}
}

TEST(aws_refuses_half_a_pair_of_keys)
{
	auto_aws struct aws w = { 0 };
	auto_arena struct arena a = { 0 };
	struct err e = { 0 };

	setenv("AWS_ACCESS_KEY_ID", "AKIA", 1);
	CHECK(creds_ensure(&w, &a, 0, &e) < 0 && e.num == EINVAL);
	CHECK_STR(e.msg, "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not");
	unsetenv("AWS_ACCESS_KEY_ID");
	CHECK(creds_ensure(&w, &a, 0, &e) < 0 && e.num == ENOENT);
}

TEST(aws_endpoint_follows_the_environment)
{
	static const struct {
		const char *name, *value, *host, *port, *base;
		bool tls;
	} cases[] = {
		{ NULL, NULL, "ec2.eu-central-1.amazonaws.com", "443", "/", true },
		{ "AWS_EC2_ENDPOINT", "http://127.0.0.1:1", "127.0.0.1", "1", "/", false },
		{ "AWS_EC2_ENDPOINT", "127.0.0.1:1", "127.0.0.1", "1", "/", true },
		{ "AWS_ENDPOINT_URL", "http://127.0.0.1:2/x", "127.0.0.1", "2", "/x", false },
		{ "AWS_ENDPOINT_URL_EC2", "http://127.0.0.1:3", "127.0.0.1", "3", "/", false },
	};
	auto_arena struct arena a = { 0 };
	struct aws_params p = { 0 };
	struct err e = { 0 };

	fakeaws_env("");
	for (size_t i = 0; i < COUNT(cases); i++) {
		auto_aws struct aws w = { 0 };
		struct xml *out;

		if (cases[i].name)
			setenv(cases[i].name, cases[i].value, 1);
		CHECK(aws_init(&w, NULL, 0, &e) == 0);
		/* too late to connect, but the choice is made */
		CHECK(aws_query(&w, "ec2", "v", "X", &p, &a, &out, 0, &e) < 0);
		CHECK_STR(w.http.host, cases[i].host);
		CHECK_STR(w.http.port, cases[i].port);
		CHECK_STR(w.http_base, cases[i].base);
		CHECK(w.http.tls == cases[i].tls);
	}
	for (size_t i = 0; i < COUNT(cases); i++)
		if (cases[i].name)
			unsetenv(cases[i].name);
	fakeaws_env(NULL);
}
