/* SPDX-License-Identifier: Apache-2.0 */
/* aws.c - signed calls: region, endpoints, retries and what is made of refusals. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aws_session.h"
#include "clock.h"
#include "fakeaws.h"
#include "test.h"

#define OK "<DescribeXResponse xmlns=\"u\"><requestId>r-1</requestId><x>1</x></DescribeXResponse>"
#define EC2_ERROR(code, message)                                                           \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error><Code>" code \
	"</Code><Message>" message                                                         \
	"</Message></Error></Errors><RequestID>r-2</RequestID></Response>"

static int query(struct aws *w, const char *action, const char *params, struct arena *a,
		 struct err *e)
{
	const struct aws_request q = { .service = AWS_EC2, .action = action, .body = params };
	auto_answer struct aws_answer r = { 0 };

	return aws_send(w, &q, &r, a, now_ms() + 20000, e);
}

TEST(aws_query_sends_signed_parameters_and_gives_the_root)
{
	static const struct fakeaws_answer ok[] = { { 200, OK } };
	auto_fakeaws struct fakeaws f = { .answers = ok, .n = 1 };
	auto_arena struct arena a = { 0 };
	auto_aws struct aws *w = NULL;
	auto_aws_params struct aws_params p = { 0 };
	struct aws_request q = { .service = AWS_EC2, .action = "DescribeX" };
	auto_answer struct aws_answer r = { 0 };
	struct err e = { 0 };

	fakeaws_start(&f, &w);
	aws_param(&p, "Filter.1.Name", "tag:a/b");
	aws_param_int(&p, "MaxResults", -5);
	aws_param(&p, "NetworkInterfaceId.1", "eni-1");
	aws_param(&p, "NetworkInterfaceId.2", "eni 2&=");
	q.body = p.body.p;
	for (int i = 0; i < 2; i++)
		CHECK(aws_send(w, &q, &r, &a, now_ms() + 20000, &e) == 0);
	CHECK_STR(e.msg, "");
	CHECK_STR(xml_text(r.xml, "x"), "1");
	CHECK_STR(r.request_id, "r-1");
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
		{ 301, "moved", EIO, "",
		  "DeleteX: status 301 sends us to '', which is not followed: is the endpoint" },
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
		auto_aws struct aws *w = NULL;
		struct err e = { 0 };

		fakeaws_start(&f, &w);
		CHECK(query(w, "DeleteX", NULL, &a, &e) < 0);
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
	auto_aws struct aws *w = NULL;
	char filler[1000];
	struct fakeaws_answer answer = { 400, NULL };
	auto_fakeaws struct fakeaws f = { .answers = &answer, .n = 1 };
	struct err e = { 0 };

	memset(filler, 'x', sizeof(filler) - 1);
	filler[sizeof(filler) - 1] = '\0';
	answer.body = arena_fmt(&a,
				"<Response><Errors><Error><Code>%s</Code><Message>%s</Message>"
				"</Error></Errors><RequestID>0d2bf1ee</RequestID></Response>",
				filler, filler);
	fakeaws_start(&f, &w);
	CHECK(query(w, "DescribeX", NULL, &a, &e) < 0);
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
		const char *action, *body;
		bool repeatable;
		size_t asked;
	} cases[] = {
		{ &throttle, "AttachNetworkInterface", "A=x", false, 2 },
		{ &throttle, "DescribeSubnets", "A=x", false, 2 },
		{ &broken, "AttachNetworkInterface", "A=x", false, 1 },
		{ &broken, "CreateNetworkInterface", "A=x", false, 1 },
		{ &broken, "CreateNetworkInterface", "ClientToken=x", false, 2 },
		{ &broken, "DeleteNetworkInterface", "A=x", true, 2 },
		{ &broken, "DescribeSubnets", "A=x", false, 2 },
		{ &gateway, "AttachNetworkInterface", "A=x", false, 1 },
		{ &gateway, "GetX", "A=x", false, 2 },
		{ &wrong, "DescribeSubnets", "A=x", false, 1 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		auto_arena struct arena a = { 0 };
		struct fakeaws_answer answers[] = {
			*cases[i].first, { 200, arena_fmt(&a, "<%sResponse/>", cases[i].action) }
		};
		auto_fakeaws struct fakeaws f = { .answers = answers, .n = 2 };
		struct aws_request q = { .service = AWS_EC2,
					 .action = cases[i].action,
					 .body = cases[i].body,
					 .repeatable = cases[i].repeatable };
		auto_answer struct aws_answer r = { 0 };
		auto_aws struct aws *w = NULL;
		struct err e = { 0 };

		fakeaws_start(&f, &w);
		CHECK((aws_send(w, &q, &r, &a, now_ms() + 20000, &e) == 0) ==
		      (cases[i].asked == 2));
		web_stop(&f.web);
		CHECK_INT(f.asked, cases[i].asked);
		CHECK_INT(f.bad_signatures, 0);
	}
}

TEST(aws_query_says_when_it_may_have_been_executed)
{
#define SLOW                                                \
	{                                                   \
		503, EC2_ERROR("RequestLimitExceeded", "m") \
	}
#define BROKEN                                     \
	{                                          \
		503, EC2_ERROR("Unavailable", "m") \
	}
#define FULL                                      \
	{                                         \
		400, EC2_ERROR("SubnetFull", "m") \
	}
	static const struct {
		struct fakeaws_answer answers[3];
		const char *code;
		bool unsure;
	} cases[] = {
		{ { BROKEN, BROKEN, BROKEN }, "Unavailable", true },
		{ { BROKEN, SLOW, SLOW }, "RequestLimitExceeded", true },
		{ { SLOW, SLOW, BROKEN }, "Unavailable", true },
		/* with the same token, so that it was not done before either */
		{ { BROKEN, FULL }, "SubnetFull", false },
		{ { SLOW, SLOW, SLOW }, "RequestLimitExceeded", false },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		auto_fakeaws struct fakeaws f = { .answers = cases[i].answers, .n = 3 };
		auto_arena struct arena a = { 0 };
		auto_aws struct aws *w = NULL;
		struct err e = { 0 };

		fakeaws_start(&f, &w);
		CHECK(query(w, "CreateNetworkInterface", "ClientToken=x", &a, &e) < 0);
		CHECK_STR(e.code, cases[i].code);
		CHECK(strstr(e.msg, cases[i].code));
		CHECK_INT(e.unsure, cases[i].unsure);
		web_stop(&f.web);
	}
}

TEST(aws_query_gives_up_after_three_attempts_or_at_its_deadline)
{
	static const struct fakeaws_answer throttle = { 503,
							EC2_ERROR("RequestLimitExceeded", "slow") };
	auto_fakeaws struct fakeaws f = { .answers = &throttle, .n = 1 };
	auto_arena struct arena a = { 0 };
	auto_aws struct aws *w = NULL;
	struct aws_request q = { .service = AWS_EC2, .action = "DescribeX" };
	auto_answer struct aws_answer r = { 0 };
	struct err e = { 0 };

	fakeaws_start(&f, &w);
	CHECK(query(w, "DescribeX", NULL, &a, &e) < 0 && e.num == EAGAIN);
	CHECK_STR(e.code, "RequestLimitExceeded");
	w->pause_ms = 60000; /* the deadline comes before a second attempt */
	CHECK(aws_send(w, &q, &r, &a, now_ms() + 150, &e) < 0);
	web_stop(&f.web);
	CHECK(f.asked >= 3 && f.asked <= 4);
}

/* A connection that breaks after the request was read. */
TEST(aws_query_repeats_a_broken_call_only_when_it_may)
{
	static const struct web_step steps[] = {
		{ .close = true },
		{ .bytes = "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n<DescribeXResponse/>" },
	};
	static const struct {
		const char *action;
		int asked;
	} cases[] = { { "DescribeX", 2 }, { "AttachX", 1 } };

	for (size_t i = 0; i < COUNT(cases); i++) {
		auto_web struct web web = { 0 };
		auto_arena struct arena a = { 0 };
		auto_aws struct aws *w = NULL;
		struct err e = { 0 };

		web_script(&web, steps, COUNT(steps));
		fakeaws_env(web.url);
		CHECK(aws_new(&w, NULL, 0, &e) == 0);
		CHECK((query(w, cases[i].action, NULL, &a, &e) == 0) == (cases[i].asked == 2));
		CHECK_STR(e.code, "");
		aws_idle(w);
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
		{ "InvalidSignatureException", EACCES },
		{ "RequestTimeTooSkewed", EACCES },
		{ "InternalServerException", EAGAIN },
		{ "DuplicateX", EIO },
		{ "", EIO },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		CHECK_INT(aws_errno(cases[i].code), cases[i].num);
}
