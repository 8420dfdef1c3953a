/* SPDX-License-Identifier: Apache-2.0 */
/* shape.c - any XML or JSON as an answer of AWS, read into every structure that answers have, and
 * written again: what was read once is written the same each time. The first byte says what the
 * text is: '<' is XML, all else is JSON. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acm.h"
#include "ec2.h"
#include "ec2host.h"
#include "ec2sg.h"
#include "ec2vpc.h"
#include "elbv2.h"
#include "tagging.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROOM = 1024 };

static const struct {
	const struct shape *s;
	enum aws_protocol p;
} all[] = {
	{ &ec2_eni_shape, AWS_EC2_QUERY },
	{ &ec2_instance_shape, AWS_EC2_QUERY },
	{ &ec2_instance_type_shape, AWS_EC2_QUERY },
	{ &ec2_group_shape, AWS_EC2_QUERY },
	{ &ec2_subnet_shape, AWS_EC2_QUERY },
	{ &ec2_route_table_shape, AWS_EC2_QUERY },
	{ &ec2_vpc_shape, AWS_EC2_QUERY },
	{ &ec2_assigned_shape, AWS_EC2_QUERY },
	{ &elb_load_balancer_shape, AWS_QUERY },
	{ &elb_listener_shape, AWS_QUERY },
	{ &elb_action_shape, AWS_QUERY },
	{ &elb_condition_shape, AWS_QUERY },
};

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "fuzz: %s\n", what);
	abort();
}

/* A structure as parameters and as JSON, one after the other. */
static void written(const struct shape *s, enum aws_protocol p, const void *in, struct buf *out)
{
	auto_aws_params struct aws_params q = { 0 };
	auto_json struct json *j = shape_json(s, in);

	shape_put(s, in, p, &q);
	if (q.body.len)
		buf_add(out, q.body.p, q.body.len);
	json_print(j, 0, out);
}

static void read_and_write(size_t i, const struct xml *x, const struct json *j)
{
	_Alignas(16) char first[ROOM], second[ROOM];
	auto_arena struct arena a = { 0 };
	auto_buf struct buf one = { 0 }, two = { 0 };
	const struct shape *s = all[i].s;
	struct err e = { 0 };
	int rc;

	must(s->size <= ROOM, "a structure without room");
	memset(first, 0, sizeof(first));
	memset(second, 0, sizeof(second));
	rc = x ? shape_get(s, first, x, all[i].p, &a, &e) : shape_get_json(s, first, j, &a, &e);
	if (rc < 0) {
		must(e.num && *e.msg, "a refusal without words");
		return;
	}
	must((x ? shape_get(s, second, x, all[i].p, &a, &e)
		: shape_get_json(s, second, j, &a, &e)) == 0,
	     "readable once only");
	written(s, all[i].p, first, &one);
	written(s, all[i].p, second, &two);
	must(one.len == two.len && memcmp(one.p, two.p, one.len) == 0, "read twice, and different");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_arena struct arena a = { 0 };
	auto_json struct json *j = NULL;
	const struct xml *x = NULL;
	struct err e;

	if (size && *data == '<')
		x = xml_parse((const char *)data, size, &a, &e);
	else
		j = json_parse((const char *)data, size, &e);
	for (size_t i = 0; (x || j) && i < COUNT(all); i++)
		read_and_write(i, x, j);
	return 0;
}
