/* SPDX-License-Identifier: Apache-2.0 */
/* ec2host.c - EC2: instances and their types. */
#include <errno.h>
#include <string.h>

#include "ec2host.h"

enum { PAGE = 1000, DEVICES = 100 };

SHAPE_TABLE(ec2_instance, EC2_INSTANCE)
SHAPE_TABLE(ec2_card, EC2_CARD)
SHAPE_TABLE(ec2_instance_type, EC2_INSTANCE_TYPE)

int ec2_describe_instances(struct aws *w, const struct ec2_query *q, struct ec2_instances *out,
			   struct arena *a, int64_t deadline, struct err *e)
{
	struct ec2_describe in = { .instances = q->ids,
				   .filters = q->filters,
				   .page = q->ids.n ? 0 : PAGE };

	return aws_all(w, &ec2_actions[EC2_DESCRIBE_INSTANCES], &in, out, a, deadline, e);
}

int ec2_used_devices(struct aws *w, const char *instance, int card, bool used[100], struct arena *a,
		     int64_t deadline, struct err *e)
{
	struct ec2_query q = { .ids = { &instance, 1 } };
	struct ec2_instances l;

	memset(used, 0, DEVICES * sizeof(*used));
	if (ec2_describe_instances(w, &q, &l, a, deadline, e) < 0)
		return -1;
	if (l.n != 1)
		return fail(e, EBADMSG, "DescribeInstances: not exactly one instance for %s",
			    instance);
	for (size_t i = 0; i < l.v[0].enis.n; i++) {
		const struct ec2_eni *n = &l.v[0].enis.v[i];

		if (n->device < 0 || n->device >= DEVICES)
			return fail(e, EBADMSG,
				    "DescribeInstances: %s: deviceIndex %lld is not below %d",
				    instance, (long long)n->device, DEVICES);
		if (n->card == card)
			used[n->device] = true;
	}
	return 0;
}

int ec2_describe_instance_types(struct aws *w, const struct ec2_query *q,
				struct ec2_instance_types *out, struct arena *a, int64_t deadline,
				struct err *e)
{
	struct ec2_describe in = { .types = q->ids, .filters = q->filters };

	if (aws_all(w, &ec2_actions[EC2_DESCRIBE_TYPES], &in, out, a, deadline, e) < 0)
		return -1;
	for (size_t i = 0; i < out->n; i++) {
		struct ec2_instance_type *t = &out->v[i];

		t->default_card_enis = t->enis;
		for (size_t k = 0; k < t->each_card.n; k++)
			if (t->each_card.v[k].index == t->default_card)
				t->default_card_enis = t->each_card.v[k].enis;
	}
	return 0;
}

static bool is_count(int64_t v)
{
	return v > 0 && v <= INT32_MAX;
}

int ec2_describe_instance_type(struct aws *w, const char *type, struct ec2_instance_type *out,
			       struct arena *a, int64_t deadline, struct err *e)
{
	struct ec2_query q = { .ids = { &type, 1 } };
	struct ec2_instance_types l;

	if (ec2_describe_instance_types(w, &q, &l, a, deadline, e) < 0) {
		if (strcmp(e->code, "InvalidInstanceType") == 0)
			e->num = ENOENT;
		return -1;
	}
	if (!l.n)
		return fail(e, ENOENT, "DescribeInstanceTypes: EC2 knows no type '%.40s'", type);
	*out = l.v[0];
	if (l.n > 1 || strcmp(out->type, type) != 0)
		return fail(e, EBADMSG,
			    "DescribeInstanceTypes: %zu types, the first '%.40s', for '%.40s'", l.n,
			    out->type, type);
	if (!is_count(out->enis) || !is_count(out->ipv4) || !is_count(out->default_card_enis))
		return fail(e, EBADMSG,
			    "DescribeInstanceTypes: %s has %lld network interfaces with %lld IPv4 "
			    "addresses each",
			    type, (long long)out->enis, (long long)out->ipv4);
	return 0;
}
