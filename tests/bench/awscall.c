/* SPDX-License-Identifier: Apache-2.0 */
/* awscall.c - what aws_send() costs on a warm connection above the bare exchange of the
 * same bytes over a socket with the same server, which answers from memory. One of each in turn;
 * rows for tests/bench/aws.sh.
 *
 *   awscall [CALLS] */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "aws.h"
#include "clock.h"
#include "str.h"

#define MUST_BE(x) ((x) ? (void)0 : die("awscall: %s", #x))

enum { WARM_UP = 200, ROOM = 16 * 1024 };

static char answer[ROOM], asked[ROOM]; /* the request that came last */
static size_t answer_len, asked_len;

static void compose_answer(void)
{
	static const char item[] =
		"<item><networkInterfaceId>eni-0123456789abcdef0</networkInterfaceId><subnetId>"
		"subnet-0123456789abcdef0</subnetId><vpcId>vpc-0123456789abcdef0</vpcId><status>"
		"in-use</status><macAddress>02:aa:bb:cc:dd:ee</"
		"macAddress><attachment><attachmentId>"
		"eni-attach-0123456789abcdef0</attachmentId><deviceIndex>1</deviceIndex></"
		"attachment>"
		"<privateIpAddressesSet><item><privateIpAddress>192.168.1.10</privateIpAddress>"
		"<primary>true</primary></item></privateIpAddressesSet></item>";
	static char body[ROOM / 2];

	snprintf(body, sizeof(body),
		 "<DescribeNetworkInterfacesResponse "
		 "xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">"
		 "<requestId>0d2bf1ee-0000-0000-0000-000000000000</requestId><networkInterfaceSet>"
		 "%s%s%s</networkInterfaceSet></DescribeNetworkInterfacesResponse>",
		 item, item, item);
	answer_len = (size_t)snprintf(answer, sizeof(answer),
				      "HTTP/1.1 200 OK\r\nContent-Type: text/xml;charset=UTF-8\r\n"
				      "Content-Length: %zu\r\n\r\n%s",
				      strlen(body), body);
}

static bool full(const char *text)
{
	const char *end = strstr(text, "\r\n\r\n"), *n = strcasestr(text, "content-length: ");

	return end && n && strlen(end + 4) >= strtoul(n + 16, NULL, 10);
}

static void *serve(void *arg)
{
	int fd = (int)(intptr_t)arg;
	char in[ROOM];
	size_t len = 0;

	for (;;) {
		ssize_t n = recv(fd, in + len, sizeof(in) - 1 - len, 0);

		if (n <= 0)
			break;
		len += (size_t)n;
		in[len] = '\0';
		if (!full(in))
			continue;
		memcpy(asked, in, len + 1);
		asked_len = len;
		len = 0;
		if (send(fd, answer, answer_len, MSG_NOSIGNAL) < 0)
			break;
	}
	close(fd);
	return NULL;
}

static void *accept_all(void *arg)
{
	int listener = *(int *)arg;

	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		pthread_t t;

		if (fd < 0)
			return NULL;
		MUST_BE(pthread_create(&t, NULL, serve, (void *)(intptr_t)fd) == 0);
		pthread_detach(t);
	}
}

static double us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double call_once(struct aws *w)
{
	static const struct aws_request q = {
		.service = AWS_EC2,
		.action = "DescribeNetworkInterfaces",
		.body = "NetworkInterfaceId.1=eni-0123456789abcdef0"
	};
	auto_answer struct aws_answer r = { 0 };
	auto_arena struct arena a = { 0 };
	double began = us();
	struct err e;

	if (aws_send(w, &q, &r, &a, now_ms() + 10000, &e) < 0)
		die("awscall: %s", e.msg);
	return us() - began;
}

static double raw_once(int fd, const char *request, size_t n)
{
	char in[ROOM];
	size_t got = 0;
	double began = us();

	MUST_BE(send(fd, request, n, MSG_NOSIGNAL) == (ssize_t)n);
	while (got < answer_len) {
		ssize_t some = recv(fd, in, sizeof(in), 0);

		MUST_BE(some > 0);
		got += (size_t)some;
	}
	return us() - began;
}

static int cmp(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void row(const char *name, double ours, double raw)
{
	printf("aws.call.%s\t%.0f\tus\t-\t-\traw socket\t%.0f\t%.2f\n", name, ours, raw,
	       ours / raw);
}

static void measure(struct aws *w, int fd, size_t n)
{
	double *ours = xalloc(n * sizeof(*ours)), *raw = xalloc(n * sizeof(*raw));
	char request[ROOM];
	size_t len;

	for (int i = 0; i < WARM_UP; i++)
		(void)call_once(w);
	len = asked_len;
	memcpy(request, asked, len);
	for (size_t i = 0; i < n; i++) {
		ours[i] = call_once(w);
		raw[i] = raw_once(fd, request, len);
	}
	qsort(ours, n, sizeof(*ours), cmp);
	qsort(raw, n, sizeof(*raw), cmp);
	row("median", ours[n / 2], raw[n / 2]);
	row("p99", ours[n * 99 / 100], raw[n * 99 / 100]);
	printf("aws.call.overhead\t%.0f\tus\t-\t-\t-\t-\t-\n", ours[n / 2] - raw[n / 2]);
	free(ours);
	free(raw);
}

static void point_at(int port)
{
	char url[64];

	snprintf(url, sizeof(url), "http://127.0.0.1:%d", port);
	setenv("AWS_ENDPOINT_URL", url, 1);
	setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", 1);
	setenv("AWS_REGION", "eu-central-1", 1);
	setenv("AWS_CONFIG_FILE", "/dev/null", 1);
	setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null", 1);
}

int main(int argc, char **argv)
{
	const struct aws_options o = { .throttle = "EC2:.=1000000:1000000", .no_imds = true };
	struct sockaddr_in at = { .sin_family = AF_INET };
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(at);
	auto_aws struct aws *w = NULL;
	uint64_t n = 5000;
	pthread_t t;
	struct err e;

	if (argc > 1)
		MUST_BE(str_u64(argv[1], &n) && n > 100);
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	MUST_BE(bind(listener, (struct sockaddr *)&at, len) == 0 && listen(listener, 8) == 0 &&
		getsockname(listener, (struct sockaddr *)&at, &len) == 0);
	compose_answer();
	MUST_BE(pthread_create(&t, NULL, accept_all, &listener) == 0);
	MUST_BE(connect(fd, (struct sockaddr *)&at, len) == 0);
	point_at(ntohs(at.sin_port));
	if (aws_new(&w, &o, 0, &e) < 0)
		die("awscall: %s", e.msg);
	measure(w, fd, n);
	return 0;
}
