/* SPDX-License-Identifier: Apache-2.0 */
/* ec2.c - the EC2 actions that ipamd calls. Names and shapes: EC2 API reference, 2016-11-15. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ec2.h"
#include "hash.h"
#include "str.h"

enum { PAGE = 1000, MAX_PAGES = 100, DEVICES = 100 };

/* ---- from XML */

static size_t count(const struct xml *x)
{
	size_t n = 0;

	for (; x; x = xml_next(x))
		n++;
	return n;
}

static int read_int(const struct xml *x, const char *path, int max, int *out, struct err *e)
{
	const char *text = xml_text(x, path);
	uint64_t v = 0;

	if (*text && (!str_u64(text, &v) || v > (uint64_t)max))
		return fail(e, EBADMSG, "EC2's %s '%.40s' is not a number up to %d", path, text,
			    max);
	*out = (int)v;
	return 0;
}

static int read_ip(const struct xml *x, const char *path, struct ip *out, struct err *e)
{
	if (!ip_parse(xml_text(x, path), out))
		return fail(e, EBADMSG, "EC2's %s '%.60s' is not an address", path,
			    xml_text(x, path));
	return 0;
}

static bool is_true(const struct xml *x, const char *path)
{
	return strcmp(xml_text(x, path), "true") == 0;
}

static struct tags read_tags(const struct xml *x, struct arena *a)
{
	const struct xml *i = xml_get(x, "tagSet/item");
	struct tags t = { arena_get(a, count(i) * sizeof(*t.v)), 0 };

	for (; i; i = xml_next(i))
		t.v[t.n++] = (struct tag) { xml_text(i, "key"), xml_text(i, "value") };
	return t;
}

static int read_addresses(const struct xml *x, struct ec2_eni *out, struct arena *a, struct err *e)
{
	const struct xml *i = xml_get(x, "privateIpAddressesSet/item");

	out->ips = arena_get(a, count(i) * sizeof(*out->ips));
	for (; i; i = xml_next(i)) {
		struct ec2_address *to = &out->ips[out->nips++];

		to->primary = is_true(i, "primary");
		if (read_ip(i, "privateIpAddress", &to->ip, e) < 0)
			return wrap(e, "%.40s", out->id);
	}
	return 0;
}

static int read_eni(const struct xml *x, struct ec2_eni *out, struct arena *a, struct err *e)
{
	const struct xml *at = xml_get(x, "attachment");

	*out = (struct ec2_eni) {
		.id = xml_text(x, "networkInterfaceId"),
		.type = xml_text(x, "interfaceType"),
		.description = xml_text(x, "description"),
		.status = xml_text(x, "status"),
		.subnet = xml_text(x, "subnetId"),
		.mac = xml_text(x, "macAddress"),
		.attachment = xml_text(at, "attachmentId"),
		.delete_on_termination = is_true(at, "deleteOnTermination"),
		.tags = read_tags(x, a),
	};
	if (!str_prefix(out->id, "eni-"))
		return fail(e, EBADMSG, "EC2's networkInterfaceId '%.40s' is not one", out->id);
	if (read_int(at, "deviceIndex", DEVICES - 1, &out->device, e) < 0 ||
	    read_int(at, "networkCardIndex", DEVICES - 1, &out->card, e) < 0)
		return wrap(e, "%.40s", out->id);
	return read_addresses(x, out, a, e);
}

/* ---- to the wire */

/* What every action here has. */
struct call {
	struct aws *w;
	struct aws_params p;
	bool repeatable;
	struct arena *a;
	int64_t deadline;
};

static void call_end(struct call *c)
{
	aws_params_free(&c->p);
}
#define auto_call AUTO(call_end)

static int query(struct call *c, const char *action, const struct xml **out, struct err *e)
{
	const struct aws_request q = { .service = AWS_EC2,
				       .action = action,
				       .body = c->p.body.p,
				       .repeatable = c->repeatable };
	auto_answer struct aws_answer r = { 0 };

	if (aws_send(c->w, &q, &r, c->a, c->deadline, e) < 0)
		return -1;
	*out = r.xml;
	return 0;
}

/* For actions that answer no more than yes, and may be said twice. */
static int command(struct call *c, const char *action, struct err *e)
{
	const struct xml *root = NULL;

	c->repeatable = true;
	if (query(c, action, &root, e) < 0)
		return -1;
	if (strcmp(xml_text(root, "return"), "false") == 0)
		return fail(e, EIO, "%s: EC2 answers false", action);
	return 0;
}

static void put_tags(struct call *c, const char *prefix, const struct tags *t)
{
	for (size_t i = 0; i < t->n; i++) {
		aws_param(&c->p, arena_fmt(c->a, "%s.%zu.Key", prefix, i + 1), t->v[i].key);
		aws_param(&c->p, arena_fmt(c->a, "%s.%zu.Value", prefix, i + 1), t->v[i].value);
	}
}

static void put_filter(struct call *c, int i, const char *name, const char *value)
{
	aws_param(&c->p, arena_fmt(c->a, "Filter.%d.Name", i), name);
	aws_param(&c->p, arena_fmt(c->a, "Filter.%d.Value.1", i), value);
}

/* RFC 4122, version 4. */
static const char *uuid(struct arena *a)
{
	uint8_t b[16];
	char h[33];

	random_bytes(b, sizeof(b));
	b[6] = (b[6] & 0x0f) | 0x40;
	b[8] = (b[8] & 0x3f) | 0x80;
	hex(b, sizeof(b), h);
	return arena_fmt(a, "%.8s-%.4s-%.4s-%.4s-%.12s", h, h + 8, h + 12, h + 16, h + 20);
}

/* ---- network interfaces */

static int add_enis(const struct xml *root, struct ec2_enis *out, struct arena *a, struct err *e)
{
	const struct xml *i = xml_get(root, "networkInterfaceSet/item");
	struct ec2_eni *v = arena_get(a, (out->n + count(i)) * sizeof(*v));

	if (out->n)
		memcpy(v, out->v, out->n * sizeof(*v));
	out->v = v;
	for (; i; i = xml_next(i), out->n++)
		if (read_eni(i, &v[out->n], a, e) < 0)
			return wrap(e, "DescribeNetworkInterfaces");
	return 0;
}

int ec2_describe_enis(struct aws *w, const char *const *ids, size_t n, struct ec2_enis *out,
		      struct arena *a, int64_t deadline, struct err *e)
{
	auto_call struct call c = { .w = w, .a = a, .deadline = deadline };
	const struct xml *root = NULL;

	*out = (struct ec2_enis) { 0 };
	if (!n)
		return 0; /* without ids EC2 would describe all that there are */
	aws_param_list(&c.p, "NetworkInterfaceId", ids, n);
	if (query(&c, "DescribeNetworkInterfaces", &root, e) < 0)
		return -1;
	return add_enis(root, out, a, e);
}

int ec2_find_enis(struct aws *w, const char *filter, const char *value, struct ec2_enis *out,
		  struct arena *a, int64_t deadline, struct err *e)
{
	const char *next = "";

	*out = (struct ec2_enis) { 0 };
	for (int page = 0; page < MAX_PAGES; page++) {
		auto_call struct call c = { .w = w, .a = a, .deadline = deadline };
		const struct xml *root = NULL;

		put_filter(&c, 1, filter, value);
		aws_param_int(&c.p, "MaxResults", PAGE);
		if (*next)
			aws_param(&c.p, "NextToken", next);
		if (query(&c, "DescribeNetworkInterfaces", &root, e) < 0 ||
		    add_enis(root, out, a, e) < 0)
			return -1;
		next = xml_text(root, "nextToken");
		if (!*next)
			return 0;
	}
	return fail(e, EFBIG, "DescribeNetworkInterfaces: more than %d pages for %s", MAX_PAGES,
		    filter);
}

int ec2_create_eni(struct aws *w, const struct ec2_create_eni *q, struct ec2_eni *out,
		   struct arena *a, int64_t deadline, struct err *e)
{
	auto_call struct call c = { .w = w, .a = a, .deadline = deadline };
	const struct xml *root = NULL;

	aws_param(&c.p, "ClientToken", uuid(a));
	aws_param(&c.p, "SubnetId", q->subnet);
	aws_param(&c.p, "Description", q->description);
	aws_param_list(&c.p, "SecurityGroupId", q->groups, q->ngroups);
	if (q->secondary_ips > 0)
		aws_param_int(&c.p, "SecondaryPrivateIpAddressCount", q->secondary_ips);
	if (q->tags.n)
		aws_param(&c.p, "TagSpecification.1.ResourceType", "network-interface");
	put_tags(&c, "TagSpecification.1.Tag", &q->tags);
	if (query(&c, "CreateNetworkInterface", &root, e) < 0)
		return -1;
	if (read_eni(xml_get(root, "networkInterface"), out, a, e) < 0)
		return wrap(e, "CreateNetworkInterface");
	return 0;
}

int ec2_attach_eni(struct aws *w, const char *eni, const char *instance, int device, int card,
		   const char **attachment, struct arena *a, int64_t deadline, struct err *e)
{
	auto_call struct call c = { .w = w, .a = a, .deadline = deadline };
	const struct xml *root = NULL;

	aws_param(&c.p, "NetworkInterfaceId", eni);
	aws_param(&c.p, "InstanceId", instance);
	aws_param_int(&c.p, "DeviceIndex", device);
	aws_param_int(&c.p, "NetworkCardIndex", card);
	if (query(&c, "AttachNetworkInterface", &root, e) < 0)
		return -1;
	*attachment = xml_text(root, "attachmentId");
	if (!**attachment)
		return fail(e, EBADMSG, "AttachNetworkInterface: EC2 gives no attachmentId");
	return 0;
}

int ec2_delete_on_termination(struct aws *w, const char *eni, const char *attachment,
			      struct arena *a, int64_t deadline, struct err *e)
{
	auto_call struct call c = { .w = w, .a = a, .deadline = deadline };

	aws_param(&c.p, "NetworkInterfaceId", eni);
	aws_param(&c.p, "Attachment.AttachmentId", attachment);
	aws_param(&c.p, "Attachment.DeleteOnTermination", "true");
	return command(&c, "ModifyNetworkInterfaceAttribute", e);
}

int ec2_detach_eni(struct aws *w, const char *attachment, struct arena *a, int64_t deadline,
		   struct err *e)
{
	auto_call struct call c = { .w = w, .a = a, .deadline = deadline };

	aws_param(&c.p, "AttachmentId", attachment);
	return command(&c, "DetachNetworkInterface", e);
}

int ec2_delete_eni(struct aws *w, const char *eni, struct arena *a, int64_t deadline, struct err *e)
{
	auto_call struct call c = { .w = w, .a = a, .deadline = deadline };

	aws_param(&c.p, "NetworkInterfaceId", eni);
	return command(&c, "DeleteNetworkInterface", e);
}

int ec2_assign_ips(struct aws *w, const char *eni, int count_wanted, struct ip **out, size_t *n,
		   struct arena *a, int64_t deadline, struct err *e)
{
	auto_call struct call c = { .w = w, .a = a, .deadline = deadline };
	const struct xml *root = NULL;
	const struct xml *i;

	*n = 0;
	aws_param(&c.p, "NetworkInterfaceId", eni);
	aws_param_int(&c.p, "SecondaryPrivateIpAddressCount", count_wanted);
	if (query(&c, "AssignPrivateIpAddresses", &root, e) < 0)
		return -1;
	i = xml_get(root, "assignedPrivateIpAddressesSet/item");
	*out = arena_get(a, count(i) * sizeof(**out));
	for (; i; i = xml_next(i))
		if (read_ip(i, "privateIpAddress", &(*out)[(*n)++], e) < 0)
			return wrap(e, "AssignPrivateIpAddresses");
	return 0;
}

int ec2_unassign_ips(struct aws *w, const char *eni, const struct ip *ips, size_t n,
		     struct arena *a, int64_t deadline, struct err *e)
{
	auto_call struct call c = { .w = w, .a = a, .deadline = deadline };

	aws_param(&c.p, "NetworkInterfaceId", eni);
	for (size_t i = 0; i < n; i++)
		aws_param(&c.p, arena_fmt(a, "PrivateIpAddress.%zu", i + 1), ip_text(ips[i]).s);
	return command(&c, "UnassignPrivateIpAddresses", e);
}

/* ---- instances, tags, subnets */

int ec2_used_devices(struct aws *w, const char *instance, int card, bool used[100], struct arena *a,
		     int64_t deadline, struct err *e)
{
	auto_call struct call c = { .w = w, .a = a, .deadline = deadline };
	const struct xml *set, *i;
	const struct xml *root = NULL;

	memset(used, 0, DEVICES * sizeof(*used));
	aws_param(&c.p, "InstanceId.1", instance);
	if (query(&c, "DescribeInstances", &root, e) < 0)
		return -1;
	set = xml_get(root, "reservationSet/item");
	if (count(set) != 1 || count(xml_get(set, "instancesSet/item")) != 1)
		return fail(e, EBADMSG, "DescribeInstances: not exactly one instance for %s",
			    instance);
	i = xml_get(set, "instancesSet/item/networkInterfaceSet/item");
	for (; i; i = xml_next(i)) {
		int device = 0, on = 0;

		if (read_int(i, "attachment/deviceIndex", DEVICES - 1, &device, e) < 0 ||
		    read_int(i, "attachment/networkCardIndex", DEVICES - 1, &on, e) < 0)
			return wrap(e, "DescribeInstances");
		if (on == card)
			used[device] = true;
	}
	return 0;
}

int ec2_create_tags(struct aws *w, const char *resource, const struct tags *t, struct arena *a,
		    int64_t deadline, struct err *e)
{
	auto_call struct call c = { .w = w, .a = a, .deadline = deadline };

	aws_param(&c.p, "ResourceId.1", resource);
	put_tags(&c, "Tag", t);
	return command(&c, "CreateTags", e);
}

static int read_subnet(const struct xml *x, struct ec2_subnet *out, struct arena *a, struct err *e)
{
	*out = (struct ec2_subnet) { .id = xml_text(x, "subnetId"),
				     .zone = xml_text(x, "availabilityZone"),
				     .tags = read_tags(x, a) };
	/* an IPv6-only subnet has no cidrBlock */
	if (*xml_text(x, "cidrBlock") && !cidr_parse(xml_text(x, "cidrBlock"), &out->cidr))
		return fail(e, EBADMSG, "%.40s: EC2's cidrBlock '%.60s' is not one", out->id,
			    xml_text(x, "cidrBlock"));
	return read_int(x, "availableIpAddressCount", INT32_MAX, &out->free, e);
}

int ec2_describe_subnets(struct aws *w, const char *vpc, const char *zone, struct ec2_subnet **out,
			 size_t *n, struct arena *a, int64_t deadline, struct err *e)
{
	auto_call struct call c = { .w = w, .a = a, .deadline = deadline };
	const struct xml *root = NULL;
	const struct xml *i;

	*n = 0;
	put_filter(&c, 1, "vpc-id", vpc);
	put_filter(&c, 2, "availability-zone", zone);
	if (query(&c, "DescribeSubnets", &root, e) < 0)
		return -1;
	i = xml_get(root, "subnetSet/item");
	*out = arena_get(a, count(i) * sizeof(**out));
	for (; i; i = xml_next(i))
		if (read_subnet(i, &(*out)[(*n)++], a, e) < 0)
			return wrap(e, "DescribeSubnets");
	return 0;
}
