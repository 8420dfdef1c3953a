/* SPDX-License-Identifier: Apache-2.0 */
/* awspage.c - what describing very many network interfaces costs in memory: pages from a server of
 * its own are read by ec2_each_eni(), which forgets each interface after it was met.
 *
 *   awspage [INTERFACES]
 *
 * Prints rows as tests/bench/run.sh wants them: growth of the data segment and of the resident set,
 * at its peak. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "ec2.h"

enum { PAGE = 1000, INTERFACES = 30000, GOAL_KIB = 2048, PATIENCE_MS = 300000 };

/* ---- the server, another process */

static void item(struct buf *b, int i)
{
	buf_fmt(b,
		"<item><networkInterfaceId>eni-%017x</"
		"networkInterfaceId><subnetId>subnet-0123456789abcdef0</subnetId>"
		"<vpcId>vpc-0123456789abcdef0</vpcId><availabilityZone>us-east-1a</"
		"availabilityZone>"
		"<description>aws-K8S-i-%017x</description><ownerId>123456789012</ownerId>"
		"<requesterManaged>false</requesterManaged><status>in-use</status>"
		"<macAddress>02:00:00:%02x:%02x:%02x</macAddress><sourceDestCheck>true</"
		"sourceDestCheck>"
		"<groupSet><item><groupId>sg-0123456789abcdef0</groupId><groupName>node</"
		"groupName></item></groupSet>"
		"<attachment><attachmentId>eni-attach-%017x</attachmentId><instanceId>i-%017x</"
		"instanceId>"
		"<deviceIndex>1</deviceIndex><networkCardIndex>0</"
		"networkCardIndex><status>attached</status>"
		"<deleteOnTermination>true</deleteOnTermination></attachment><tagSet>",
		i, i, i >> 16 & 255, i >> 8 & 255, i & 255, i, i);
	for (int k = 0; k < 4; k++)
		buf_fmt(b,
			"<item><key>node.k8s.amazonaws.com/tag-%d</key><value>value "
			"%d</value></item>",
			k, i);
	buf_str(b, "</tagSet><privateIpAddressesSet>");
	for (int k = 0; k < 15; k++)
		buf_fmt(b,
			"<item><privateIpAddress>10.%d.%d.%d</"
			"privateIpAddress><privateDnsName>ip-10-0-0-%d"
			".ec2.internal</privateDnsName><primary>%s</primary></item>",
			i >> 8 & 255, i & 255, k + 4, k, k ? "false" : "true");
	buf_str(b, "</privateIpAddressesSet><ipv6AddressesSet/><interfaceType>interface</"
		   "interfaceType></item>");
}

static void answer(const char *request, int total, struct buf *out)
{
	const char *token = strstr(request, "NextToken=");
	int from = token ? (int)strtol(token + strlen("NextToken="), NULL, 10) : 0;
	auto_buf struct buf body = { 0 };

	buf_str(&body,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<DescribeNetworkInterfacesResponse "
		"xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>r</requestId>"
		"<networkInterfaceSet>");
	for (int i = from; i < from + PAGE && i < total; i++)
		item(&body, i);
	buf_str(&body, "</networkInterfaceSet>");
	if (from + PAGE < total)
		buf_fmt(&body, "<nextToken>%d</nextToken>", from + PAGE);
	buf_str(&body, "</DescribeNetworkInterfacesResponse>");
	buf_fmt(out, "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: %zu\r\n\r\n",
		body.len);
	buf_add(out, body.p, body.len);
}

/* One request's head and body, which is short; false at the end of the connection. */
static bool read_request(int fd, struct buf *in)
{
	in->len = 0;
	for (;;) {
		const char *end, *length;
		ssize_t n;

		n = read(fd, buf_room(in, 4096), 4096);
		if (n <= 0)
			return false;
		in->len += (size_t)n;
		in->p[in->len] = '\0';
		end = strstr(in->p, "\r\n\r\n");
		length = strcasestr(in->p, "\r\ncontent-length:");
		if (end && length &&
		    strlen(end + 4) >= strtoul(length + strlen("\r\ncontent-length:"), NULL, 10))
			return true;
	}
}

static void serve_one(int fd, int total)
{
	auto_buf struct buf in = { 0 };

	while (read_request(fd, &in)) {
		auto_buf struct buf out = { 0 };

		answer(in.p, total, &out);
		for (size_t sent = 0; sent < out.len;) {
			ssize_t n = write(fd, out.p + sent, out.len - sent);

			if (n <= 0)
				return;
			sent += (size_t)n;
		}
	}
}

static _Noreturn void serve(int listener, int total)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			_exit(1);
		serve_one(fd, total);
		close(fd);
	}
}

static pid_t server(int total, char *url, size_t size)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t n = sizeof(at);
	pid_t pid;

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, n) < 0 || listen(fd, 8) < 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &n) < 0)
		die("server: %s", strerror(errno));
	snprintf(url, size, "http://127.0.0.1:%d", ntohs(at.sin_port));
	pid = fork();
	if (pid == 0)
		serve(fd, total);
	close(fd);
	return pid;
}

/* ---- the reader */

struct memory {
	long data_kib, rss_kib;
};

/* Of this process, without asking for any. */
static struct memory memory(void)
{
	static char text[8192];
	struct memory m = { 0 };
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	const char *data, *rss;

	if (n <= 0)
		die("/proc/self/status: %s", strerror(errno));
	close(fd);
	text[n] = '\0';
	data = strstr(text, "VmData:");
	rss = strstr(text, "VmRSS:");
	if (!data || !rss)
		die("/proc/self/status has no VmData or VmRSS");
	m.data_kib = strtol(data + strlen("VmData:"), NULL, 10);
	m.rss_kib = strtol(rss + strlen("VmRSS:"), NULL, 10);
	return m;
}

struct met {
	int n;
	size_t addresses;
	struct memory peak;
};

static int meet(const void *eni, void *arg, struct err *e)
{
	const struct ec2_eni *x = eni;
	struct met *met = arg;
	struct memory now;

	(void)e;
	met->n++;
	met->addresses += x->ips.n;
	if (met->n % 50)
		return 0;
	now = memory();
	if (now.data_kib > met->peak.data_kib)
		met->peak.data_kib = now.data_kib;
	if (now.rss_kib > met->peak.rss_kib)
		met->peak.rss_kib = now.rss_kib;
	return 0;
}

static void row(const char *metric, double v, const char *unit, long goal)
{
	printf("aws.page.%s\t%.0f\t%s\t", metric, v, unit);
	if (goal)
		printf("<= %ld\t%s\t-\t-\t-\n", goal, v <= (double)goal ? "yes" : "no");
	else
		printf("-\t-\t-\t-\t-\n");
}

int main(int argc, char **argv)
{
	int total = argc > 1 ? (int)strtol(argv[1], NULL, 10) : INTERFACES;
	auto_aws struct aws *w = NULL;
	struct ec2_query all = { 0 };
	struct memory before;
	struct met met = { 0 };
	struct err e;
	int64_t began;
	char url[64];
	pid_t pid = server(total, url, sizeof(url));

	setenv("AWS_ENDPOINT_URL_EC2", url, 1);
	setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
	setenv("AWS_REGION", "us-east-1", 1);
	if (aws_new(&w, &(struct aws_options) { .no_imds = true }, now_ms() + PATIENCE_MS, &e) < 0)
		die("%s", e.msg);
	before = memory();
	began = now_ms();
	if (ec2_each_eni(w, &all, meet, &met, now_ms() + PATIENCE_MS, &e) < 0)
		die("%s", e.msg);
	if (met.n != total || met.addresses != 15 * (size_t)total)
		die("%d interfaces with %zu addresses instead of %d", met.n, met.addresses, total);
	row("growth.data", (double)(met.peak.data_kib - before.data_kib), "KiB", GOAL_KIB);
	row("growth.rss", (double)(met.peak.rss_kib - before.rss_kib), "KiB", 0);
	row("interfaces", met.n, "interfaces", 0);
	row("time", (double)(now_ms() - began), "ms", 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return 0;
}
