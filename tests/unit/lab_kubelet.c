/* SPDX-License-Identifier: Apache-2.0 */
/* lab_kubelet.c - the node that the lab's kubelet registers, the queries that it is asked, the echo
 * server's answer. */
#include "kubeletdoor.h"
#include "podserver.h"
#include "test.h"

TEST(a_node_says_what_it_is)
{
	const struct kubelet_facts f = { .node = "n1",
					 .instance = "i-0",
					 .type = "t3.medium",
					 .zone = "z-2a",
					 .region = "z-2",
					 .ip = "10.0.0.1",
					 .public_ip = "",
					 .dns = "n1.internal",
					 .public_dns = "",
					 .max_pods = 17,
					 .cpus = 2,
					 .memory_mib = 4,
					 .labels = "team=a,bad,x.y/z=1" };
	auto_json struct json *node = kubelet_node(&f, 0);
	const struct json *labels = json_get(node, "metadata.labels");

	CHECK_STR(json_str(node, "spec.providerID", ""), "aws:///z-2a/i-0");
	CHECK_STR(json_str(node, "status.allocatable.pods", ""), "17");
	CHECK_STR(json_str(node, "status.capacity.memory", ""), "4096Ki");
	CHECK_INT(json_count(json_get(node, "status.addresses")), 3);
	CHECK_STR(json_str(json_member(labels, "topology.kubernetes.io/zone"), "", ""), "z-2a");
	CHECK_STR(json_str(json_member(labels, "team"), "", ""), "a");
	CHECK_STR(json_str(json_member(labels, "x.y/z"), "", ""), "1");
	CHECK(!json_member(labels, "bad"));
}

TEST(a_query_is_read_by_name)
{
	auto_arena struct arena a = { 0 };
	const char q[] = "command=sh&command=-c&command=a+b%26c&commander=x&tty=true&stdin=1&n=-5&"
			 "bad=%zz&empty=&flag";

	CHECK_STR(kubelet_param(q, "command", 0, &a), "sh");
	CHECK_STR(kubelet_param(q, "command", 2, &a), "a b&c");
	CHECK_STR(kubelet_param(q, "command", 3, &a), NULL);
	CHECK_STR(kubelet_param(q, "bad", 0, &a), "%zz");
	CHECK_STR(kubelet_param(q, "empty", 0, &a), "");
	CHECK_STR(kubelet_param(q, "flag", 0, &a), "");
	CHECK_STR(kubelet_param("", "x", 0, &a), NULL);
	CHECK(kubelet_flag(q, "tty", &a) && kubelet_flag(q, "stdin", &a));
	CHECK(!kubelet_flag(q, "empty", &a) && !kubelet_flag(q, "none", &a));
	CHECK_INT(kubelet_number(q, "n", 7, &a), -5);
	CHECK_INT(kubelet_number(q, "tty", 7, &a), 7);
}

TEST(the_echo_server_answers_as_its_image)
{
	struct httpd_call c = {
		.method = "GET", .target = "/a?b=1", .path = "/a", .query = "b=1", .body = ""
	};
	auto_buf struct buf out = { 0 };

	c.peer = ip_v4(0x0a000007);
	http_add(&c.headers, "user-agent", "curl");
	http_add(&c.headers, "host", "echo");
	podserver_echo_text(&c, "pod-1", &out);
	CHECK(strstr(
		out.p,
		"\n\nHostname: pod-1\n\nPod Information:\n\t-no pod information available-\n"));
	CHECK(strstr(out.p,
		     "\tclient_address=10.0.0.7\n\tmethod=GET\n\treal path=/a?b=1\n\tquery=b=1\n"));
	CHECK(strstr(out.p, "\trequest_uri=http://echo:8080/a?b=1\n"));
	CHECK(strstr(out.p, "Request Headers:\n\thost=echo\n\tuser-agent=curl\n\nRequest "
			    "Body:\n\t-no body in request-\n"));
}
