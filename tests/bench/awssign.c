/* SPDX-License-Identifier: Apache-2.0 */
/* awssign.c - signatures per second on one core, in the header and in the query, in turns with
 * botocore (awssign.py) where $OUT/tools/venv has it; rows for tests/bench/aws.sh. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "sigv4.h"
#include "str.h"

enum { ROUNDS = 5, MS = 200 };
enum kind { HEADER, QUERY, FRESH, KINDS };

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void sign(enum kind kind, struct sigv4_key *key)
{
	static const char body[] = "Action=DescribeSubnets&Version=2016-11-15&Filter.1.Name=vpc-id&"
				   "Filter.1.Value.1=vpc-0a1b2c3d";
	auto_arena struct arena a = { 0 };
	struct sigv4 s = { .keys = { "AKIAIOSFODNN7EXAMPLE",
				     "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "" },
			   .region = "eu-central-1",
			   .service = kind == QUERY ? "sts" : "ec2",
			   .unix_s = time(NULL),
			   .key = kind == FRESH ? NULL : key };
	struct http_request q = { .method = "POST", .target = "/" };

	if (kind == QUERY) {
		q.method = "GET";
		q.target = "/?Action=GetCallerIdentity&Version=2011-06-15";
		http_add(&q.headers, "Host", "sts.eu-central-1.amazonaws.com");
		http_add(&q.headers, "x-k8s-aws-id", "c");
		(void)sigv4_presign(&s, &q, 60, &a);
		return;
	}
	q.body = body;
	q.body_len = sizeof(body) - 1;
	http_add(&q.headers, "Host", "ec2.eu-central-1.amazonaws.com");
	http_add(&q.headers, "Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
	sigv4_sign(&s, &q, &a);
}

static double rate(enum kind kind)
{
	double began = now_s(), now = began;
	struct sigv4_key key = { 0 };
	size_t n = 0;

	for (; now < began + MS / 1e3; now = now_s(), n++)
		sign(kind, &key);
	return (double)n / (now - began);
}

static bool botocore(double out[KINDS])
{
	const char *where = getenv("OUT");
	char command[512];
	bool good;
	FILE *f;

	snprintf(command, sizeof(command),
		 "'%s/tools/venv/bin/python' tests/bench/awssign.py %d 2>/dev/null",
		 where ? where : "build", MS);
	f = popen(command, "r");
	if (!f)
		return false;
	good = fscanf(f, "%lf %lf", &out[HEADER], &out[QUERY]) == 2;
	out[FRESH] = out[HEADER];
	pclose(f);
	return good;
}

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double median(double v[ROUNDS])
{
	qsort(v, ROUNDS, sizeof(*v), by_value);
	return v[ROUNDS / 2];
}

int main(void)
{
	static const char *const names[KINDS] = { "header", "query", "header.fresh_key" };
	double ours[KINDS][ROUNDS], theirs[KINDS][ROUNDS];
	bool both = true;

	for (int r = 0; r < ROUNDS; r++) {
		double t[KINDS] = { 0 };

		both = botocore(t) && both;
		for (int k = 0; k < KINDS; k++) {
			ours[k][r] = rate((enum kind)k);
			theirs[k][r] = t[k];
		}
	}
	for (int k = 0; k < KINDS; k++) {
		double x = median(ours[k]), y = median(theirs[k]);

		printf("aws.sign.%s\t%.0f\tper s\t-\t-\t", names[k], x);
		if (both)
			printf("botocore\t%.0f\t%.2f\n", y, x / y);
		else
			printf("-\t-\t-\n");
	}
	return 0;
}
