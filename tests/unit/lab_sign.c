/* SPDX-License-Identifier: Apache-2.0 */
/* lab_sign.c - EC2's front door in the lab: who may come in, what is a request, what is logged. */
#include <string.h>
#include <unistd.h>

#include "json.h"
#include "labask.h"

/* ---- who asks ---- */

TEST(ec2_takes_signatures_of_people_and_of_roles)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const struct instance *i = &f->w.instances[1];
	struct signer role = signer_lab;

	ask_as(f, &signer_lab, "POST", "Action=DescribeVpcs&Version=2016-11-15");
	CHECK(f->r.status == 200);
	ask_as(f, &signer_lab, "GET", "Action=DescribeVpcs&Version=2016-11-15");
	CHECK(f->r.status == 200);
	role.keys = (struct aws_keys) { i->key_id, i->secret, i->session };
	role.ago_s = 240;
	ask_as(f, &role, "POST", "Action=DescribeVpcs&Version=2016-11-15");
	CHECK(f->r.status == 200);
}

TEST(ec2_refuses_what_is_not_signed_well)
{
	static const struct {
		const char *id, *secret, *region, *service, *spoil;
		int ago_s, status;
		const char *code, *words;
	} cases[] = {
		{ "AKIANOBODY0000000000", LAB_SECRET, "ap-northeast-2", "ec2", NULL, 0, 401,
		  "AuthFailure", "AWS was not able to validate the provided access credentials" },
		{ LAB_KEY_ID, "guess", "ap-northeast-2", "ec2", NULL, 0, 403,
		  "SignatureDoesNotMatch", "The request signature we calculated does not match" },
		{ LAB_KEY_ID, LAB_SECRET, "us-east-1", "ec2", NULL, 0, 403, "SignatureDoesNotMatch",
		  "valid region" },
		{ LAB_KEY_ID, LAB_SECRET, "ap-northeast-2", "s3", NULL, 0, 403,
		  "SignatureDoesNotMatch", "correct service: 'ec2'" },
		{ LAB_KEY_ID, LAB_SECRET, "ap-northeast-2", "ec2", NULL, 400, 400, "RequestExpired",
		  "Request has expired." },
		{ LAB_KEY_ID, LAB_SECRET, "ap-northeast-2", "ec2", NULL, -400, 400,
		  "RequestExpired", "Request has expired." },
		{ LAB_KEY_ID, LAB_SECRET, "ap-northeast-2", "ec2", "", 0, 403,
		  "MissingAuthenticationToken", "Request is missing Authentication Token" },
		{ LAB_KEY_ID, LAB_SECRET, "ap-northeast-2", "ec2", "AWS4-HMAC-SHA256", 0, 400,
		  "IncompleteSignature", "'Credential'" },
		{ LAB_KEY_ID, LAB_SECRET, "ap-northeast-2", "ec2", "Basic bGFi", 0, 400,
		  "IncompleteSignature", "AWS4-HMAC-SHA256" },
	};
	auto_fix struct fix *f = fix_new("t3.medium");

	for (size_t k = 0; k < COUNT(cases); k++) {
		struct signer s = { { cases[k].id, cases[k].secret, "" },
				    cases[k].region,
				    cases[k].service,
				    cases[k].ago_s,
				    cases[k].spoil,
				    NULL };

		ask_as(f, &s, "POST", "Action=DescribeVpcs&Version=2016-11-15");
		CHECK(ask_refused(f, cases[k].status, cases[k].code, cases[k].words));
	}
}

TEST(ec2_refuses_a_role_without_its_own_session_token)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const struct instance *i = &f->w.instances[0];
	struct signer s = signer_lab;

	s.keys = (struct aws_keys) { i->key_id, i->secret, i->session };
	s.token = f->w.instances[1].session;
	ask_as(f, &s, "POST", "Action=DescribeVpcs&Version=2016-11-15");
	CHECK(ask_refused(f, 401, "AuthFailure", "not able to validate"));
	s.token = NULL;
	s.keys.token = "";
	ask_as(f, &s, "POST", "Action=DescribeVpcs&Version=2016-11-15");
	CHECK(ask_refused(f, 401, "AuthFailure", "not able to validate"));
}

TEST(ec2_refuses_a_signature_that_leaves_the_host_out)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	struct signer s = signer_lab;
	char day[17];

	time_basic(wall_s(), day);
	s.spoil = arena_fmt(&f->a,
			    "AWS4-HMAC-SHA256 Credential=%s/%.8s/ap-northeast-2/ec2/aws4_request, "
			    "SignedHeaders=x-amz-date, Signature=00",
			    LAB_KEY_ID, day);
	ask_as(f, &s, "POST", "Action=DescribeVpcs&Version=2016-11-15");
	CHECK(ask_refused(f, 403, "SignatureDoesNotMatch", "must be signed headers"));
}

/* ---- what is asked ---- */

TEST(ec2_refuses_requests_that_are_not_of_its_protocol)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	static const struct {
		const char *form;
		int status;
		const char *code, *words;
	} cases[] = {
		{ "", 400, "MissingAction", "Action" },
		{ "Action=DescribeVpcs", 400, "MissingParameter", "parameter Version" },
		{ "Action=DescribeVpcs&Version=2011-01-01", 400, "NoSuchVersion", "2011-01-01" },
		{ "Action=MakeCoffee&Version=2016-11-15", 400, "InvalidAction",
		  "The action MakeCoffee is not valid for this web service." },
		{ "Action=DescribeVpcs&Version=2016-11-15&VpcId.1=%zz", 400, "MalformedQueryString",
		  "syntax error" },
		{ "Action=DescribeVpcs&Version=2016-11-15&VpcId.1=a%00b", 400,
		  "MalformedQueryString", "syntax error" },
		{ "Action=DescribeVpcs&Version=2016-11-15&VpcId.1=%ff", 400, "InvalidCharacter",
		  "A specified character is invalid." },
		{ "Action=DescribeVpcs&Version=2016-11-15&VpcId.1=%01", 400, "InvalidCharacter",
		  "A specified character is invalid." },
		{ "Action=DescribeVpcs&Version=2016-11-15&Vpcid.1=x", 400, "UnknownParameter",
		  "The parameter Vpcid.1 is not recognized" },
		{ "Action=DescribeVpcs&Version=2016-11-15&DryRun=true", 412, "DryRunOperation",
		  "Request would have succeeded, but DryRun flag is set." },
		{ "Action=DescribeVpcs&Version=2016-11-15&DryRun=yes", 400, "InvalidParameterValue",
		  "DryRun" },
		{ "Action=DeleteNetworkInterface&Version=2016-11-15", 400, "MissingParameter",
		  "The request must contain the parameter networkInterfaceId" },
		{ "Action=DescribeVpcs&Version=2016-11-15&VpcId.1=%3Cb%3E", 400,
		  "InvalidVpcID.NotFound", "'<b>'" },
	};

	for (size_t k = 0; k < COUNT(cases); k++) {
		ask_as(f, &signer_lab, "POST", cases[k].form);
		CHECK(ask_refused(f, cases[k].status, cases[k].code, cases[k].words));
	}
}

TEST(ec2_quotes_a_long_value_without_breaking_its_xml)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	auto_buf struct buf form = { 0 };

	buf_str(&form, "Action=DescribeVpcs&Version=2016-11-15&VpcId.1=x");
	for (int i = 0; i < 200; i++)
		buf_str(&form, "%C3%A9");
	ask_as(f, &signer_lab, "POST", form.p);
	CHECK(ask_refused(f, 400, "InvalidVpcID.NotFound", "\xc3\xa9?' does not exist"));
}

TEST(ec2_bounds_the_number_of_parameters)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	auto_buf struct buf form = { 0 };

	for (int i = 0; i < 6000; i++)
		buf_fmt(&form, "a.%d=1&", i);
	ask_as(f, &signer_lab, "POST", form.p);
	CHECK(ask_refused(f, 400, "MalformedQueryString", "5000"));
}

TEST(ec2_a_dry_run_changes_nothing)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *eni = f->w.instances[0].primary->id;

	ask(f, "AssignPrivateIpAddresses",
	    arena_fmt(&f->a, "NetworkInterfaceId=%s&SecondaryPrivateIpAddressCount=2&DryRun=true",
		      eni));
	CHECK(ask_refused(f, 412, "DryRunOperation", "would have succeeded"));
	CHECK(f->w.instances[0].primary->nips == 1);
}

/* ---- the log ---- */

TEST(ec2_logs_a_line_of_json_for_each_call_and_no_secret)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const struct instance *i = &f->w.instances[0];
	struct signer role = signer_lab;
	char text[4096];
	int fds[2];
	ssize_t n;
	struct err e = { 0 };

	CHECK(pipe(fds) == 0);
	f->api.log_fd = fds[1];
	role.keys = (struct aws_keys) { i->key_id, i->secret, i->session };
	ask_as(f, &role, "POST",
	       "Action=CreateNetworkInterface&Version=2016-11-15&SubnetId=subnet-0&"
	       "ClientToken=secret-enough&Description=%22a%22%0A");
	n = read(fds[0], text, sizeof(text) - 1);
	close(fds[0]);
	close(fds[1]);
	CHECK(n > 0 && text[n - 1] == '\n');
	if (n > 0) {
		auto_json struct json *j = json_parse(text, (size_t)n, &e);

		text[n] = '\0';
		CHECK(j && strchr(text, '\n') == text + n - 1);
		CHECK_STR(json_str(j, "service", ""), "ec2");
		CHECK_STR(json_str(j, "action", ""), "CreateNetworkInterface");
		CHECK_STR(json_str(j, "caller", ""), "node1");
		CHECK_STR(json_str(j, "code", ""), "InvalidSubnetID.NotFound");
		CHECK(json_int(j, "status", 0) == 400 && json_int(j, "ms", 0) == 30);
		CHECK_STR(json_str(j, "params.SubnetId", ""), "subnet-0");
		CHECK_STR(json_str(j, "params.Description", ""), "\"a\"\n");
		CHECK_STR(json_str(j, "request_id", ""), xml_text(f->x, "RequestID"));
		CHECK(time_parse(json_str(j, "ts", "")) > 0);
		CHECK(!strstr(text, "secret-enough") && !strstr(text, i->secret) &&
		      !strstr(text, i->session) && !strstr(text, "Signature"));
	}
}

TEST(sts_knows_who_asks)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const struct instance *i = &f->w.instances[0];
	struct signer s = signer_lab;
	const char *form = "Action=GetCallerIdentity&Version=2011-06-15";
	const struct xml *x;

	s.service = "sts";
	x = ask_as(f, &s, "POST", form);
	CHECK_STR(xml_text(x, "GetCallerIdentityResult/Account"), f->w.account);
	CHECK(str_suffix(xml_text(x, "GetCallerIdentityResult/Arn"), ":user/lab"));
	s.keys = (struct aws_keys) { i->key_id, i->secret, i->session };
	x = ask_as(f, &s, "POST", form);
	CHECK(str_suffix(xml_text(x, "GetCallerIdentityResult/Arn"),
			 "assumed-role/" WORLD_ROLE "/node1"));
	s.keys.id = "AKIANOBODY0000000000";
	x = ask_as(f, &s, "POST", form);
	CHECK(f->r.status == 403);
	CHECK_STR(xml_text(x, "Error/Code"), "InvalidClientTokenId");
	s.keys = signer_lab.keys;
	x = ask_as(f, &s, "POST", "Action=GetCallerIdentity&Version=2016-11-15");
	CHECK(f->r.status == 400);
	CHECK_STR(xml_text(x, "Error/Code"), "NoSuchVersion");
}
