/* SPDX-License-Identifier: Apache-2.0 */
/* ipamd_origin.c - what Amazon's own tests of awsutils, IMDS and the RPC handler ask and the other
 * files do not (tests/conformance.tsv, ipamd-33.10 and 33.11). */
#include <string.h>
#include <sys/stat.h>

#include "file.h"
#include "ipamd_agent.h"
#include "ipamd_session.h"
#include "quiet.h"
#include "rpc.h"

#define MAC1 "network/interfaces/macs/02:00:00:00:00:01/"

TEST(cloud_tries_again_to_delete_an_eni)
{
	auto_quiet bool q0 = quiet();
	auto_fake struct fake f = { 0 };
	auto_session struct session s = { 0 };
	struct attached x;
	struct err e = { 0 };

	fake_start(&f);
	session_open(&s);
	fault(&f, "DescribeInstances", "UnauthorizedOperation", 1);
	f.faults[1] = (struct fake_fault) { .action = "DeleteNetworkInterface",
					    .code = "InvalidParameterValue",
					    .times = 1 };
	CHECK(cloud_create(&s.w, 3, &x, &s.a, &e) < 0);
	CHECK_STR(e.code, "UnauthorizedOperation");
	CHECK_INT(f.nenis, 1);
	CHECK(strstr(f.log, "DeleteNetworkInterface(eni-new0) DescribeNetworkInterfaces "
			    "DeleteNetworkInterface(eni-new0) "));
}

TEST(cloud_fails_when_ec2_names_an_eni_that_was_not_asked_for)
{
	auto_quiet bool q0 = quiet();
	auto_fake struct fake f = { 0 };
	auto_session struct session s = { 0 };
	struct cloud_enis found;
	struct err e = { 0 };

	fake_start(&f);
	session_open(&s);
	f.faults[0] = (struct fake_fault) { "DescribeNetworkInterfaces",
					    "InvalidNetworkInterfaceID.NotFound",
					    "The networkInterface ID 'eni-xxx' does not exist", 2,
					    false };
	CHECK(cloud_enis(&s.w, &found, &s.a, &e) < 0);
	CHECK_STR(e.code, "InvalidNetworkInterfaceID.NotFound");
	CHECK_STR(f.log, "DescribeNetworkInterfaces ");
	f.log[0] = '\0';
	f.faults[0].message = "there is none";
	CHECK(cloud_enis(&s.w, &found, &s.a, &e) < 0);
	CHECK_STR(f.log, "DescribeNetworkInterfaces ");
}

/* Whoever made it may be at work on it. */
TEST(cloud_deletes_no_eni_that_does_not_say_when_it_was_made)
{
	auto_quiet bool q0 = quiet();
	auto_fake struct fake f = { 0 };
	auto_session struct session s = { 0 };
	struct cloud_enis found;
	struct fake_eni *x;
	struct err e = { 0 };

	fake_start(&f);
	session_open(&s);
	x = fake_add(&f, "eni-1", 1, 1);
	snprintf(x->description, sizeof(x->description), "aws-K8S-i-0123456789abcdef0");
	fake_tag(x, "node.k8s.amazonaws.com/instance_id", "i-0123456789abcdef0");
	x->device = -1;
	CHECK(cloud_enis(&s.w, &found, &s.a, &e) == 0);
	x = fake_find(&f, "eni-1");
	CHECK(x && x->ntags == 1);
}

TEST(facts_reads_the_network_card_of_an_eni)
{
	auto_quiet bool q0 = quiet();
	auto_fake struct fake f = { 0 };
	auto_session struct session s = { 0 };
	struct attacheds list = { 0 };
	struct err e = { 0 };

	fake_start(&f);
	fake_add(&f, "eni-1", 1, 1);
	session_open(&s);
	CHECK(attached_read(&s.imds, &s.node, &list, &s.a, &e) == 0);
	CHECK_INT((long long)list.n, 2);
	CHECK_INT(list.v[1].card, 0); /* IMDS says nothing */
	says(&f, MAC1 "network-card", "1");
	CHECK(attached_read(&s.imds, &s.node, &list, &s.a, &e) == 0);
	CHECK_INT((long long)list.n, 2);
	CHECK_INT(list.v[1].card, 1);
}

TEST(serve_replaces_a_file_in_the_place_of_its_socket)
{
	auto_quiet bool q0 = quiet();
	auto_agent struct agent g = { 0 };
	auto_arena struct arena a = { 0 };
	struct health_request q = { "" };
	struct health_reply r = { 0 };
	struct stat st;
	struct err e = { 0 };

	agent_init(&g);
	snprintf(g.sock, sizeof(g.sock), "%s/ipamd.sock", g.dir.path);
	CHECK(file_replace(g.sock, "x", 1, 0600, true, &e) == 0);
	agent_start(&g);
	CHECK(stat(g.sock, &st) == 0 && S_ISSOCK(st.st_mode));
	CHECK(grpc_call(g.sock, &rpc_health, &q, &r, &a, now_ms() + 20000, &e) == 0);
	CHECK_INT(r.status, HEALTH_SERVING);
}
