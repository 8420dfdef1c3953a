/* SPDX-License-Identifier: Apache-2.0 */
/* fakevpc.c - just enough of IMDS and EC2. Signatures are not looked at: the lab does that. */
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "fakevpc.h"

#define INSTANCE "i-0123456789abcdef0"

struct fake_eni *fake_find(struct fake *f, const char *id)
{
	for (int i = 0; i < f->nenis; i++)
		if (strcmp(f->enis[i].id, id) == 0)
			return &f->enis[i];
	return NULL;
}

void fake_tag(struct fake_eni *x, const char *key, const char *value)
{
	int i = 0;

	while (i < x->ntags && strcmp(x->tags[i][0], key) != 0)
		i++;
	if (i == (int)COUNT(x->tags))
		die("fake: too many tags");
	snprintf(x->tags[i][0], sizeof(x->tags[i][0]), "%s", key);
	snprintf(x->tags[i][1], sizeof(x->tags[i][1]), "%s", value);
	x->ntags += i == x->ntags;
}

static void add_ips(struct fake_eni *x, int n, int host)
{
	for (; n > 0 && x->nips < FAKE_IPS; n--, x->nips++) {
		struct ip ip = ip_v4(0x0a000000 + (uint32_t)(host + x->nips));

		snprintf(x->ips[x->nips], sizeof(x->ips[0]), "%s", ip_text(ip).s);
	}
}

static struct fake_eni *add(struct fake *f, const char *id, int number, int secondary)
{
	struct fake_eni *x = &f->enis[f->nenis];

	if (f->nenis == FAKE_ENIS)
		die("fake: too many ENIs");
	*x = (struct fake_eni) { .type = "interface", .subnet = "subnet-1", .device = -1 };
	f->nenis++;
	snprintf(x->id, sizeof(x->id), "%s", id);
	snprintf(x->mac, sizeof(x->mac), "02:00:00:00:00:%02x", (unsigned)number & 0xff);
	add_ips(x, 1 + secondary, number * 100 + 10);
	return x;
}

struct fake_eni *fake_add(struct fake *f, const char *id, int device, int secondary)
{
	struct fake_eni *x = add(f, id, device, secondary);

	x->device = device;
	x->delete_on_termination = true;
	return x;
}

/* ---- IMDS */

static struct fake_eni *by_mac(struct fake *f, const char *path, const char **rest)
{
	for (int i = 0; i < f->nenis; i++) {
		size_t n = strlen(f->enis[i].mac);

		if (f->enis[i].device >= 0 && !f->enis[i].hidden &&
		    strncmp(path, f->enis[i].mac, n) == 0 && path[n] == '/') {
			*rest = path + n + 1;
			return &f->enis[i];
		}
	}
	return NULL;
}

static void eni_item(struct fake *f, const char *path, struct buf *b)
{
	const char *item = "";
	struct fake_eni *x = by_mac(f, path, &item);
	const struct {
		const char *item, *text;
	} plain[] = { { "interface-id", x ? x->id : "" },
		      { "subnet-id", x ? x->subnet : "" },
		      { "vpc-id", "vpc-1" },
		      { "subnet-ipv4-cidr-block", "10.0.0.0/16" },
		      { "vpc-ipv4-cidr-blocks", f->vpc_cidrs ? f->vpc_cidrs : "10.0.0.0/16" },
		      { "security-group-ids", "sg-2\nsg-1" } };

	if (!x)
		return;
	for (size_t i = 0; i < COUNT(plain); i++)
		if (strcmp(item, plain[i].item) == 0)
			buf_str(b, plain[i].text);
	if (strcmp(item, "device-number") == 0)
		buf_fmt(b, "%d", x->device);
	for (int i = 0; i < x->nips && strcmp(item, "local-ipv4s") == 0; i++)
		buf_fmt(b, "%s\n", x->ips[i]);
}

/* Empty: 404. */
static void node_item(struct fake *f, const char *path, struct buf *b)
{
	static const char *const plain[][2] = {
		{ "placement/availability-zone", "us-east-1a" },
		{ "placement/region", "us-east-1" },
		{ "instance-id", INSTANCE },
		{ "instance-type", "t3.small" },
		{ "local-ipv4", "10.0.0.10" },
		{ "mac", "02:00:00:00:00:00" },
	};
	static const char macs[] = "network/interfaces/macs/";

	for (size_t i = 0; i < COUNT(f->items); i++)
		if (f->items[i].path && strcmp(path, f->items[i].path) == 0) {
			buf_str(b, f->items[i].text ? f->items[i].text : "");
			return;
		}
	for (size_t i = 0; i < COUNT(plain); i++)
		if (strcmp(path, plain[i][0]) == 0)
			buf_str(b, plain[i][1]);
	for (int i = 0; i < f->nenis && strcmp(path, macs) == 0; i++)
		if (f->enis[i].device >= 0 && !f->enis[i].hidden)
			buf_fmt(b, "%s/\n", f->enis[i].mac);
	if (strncmp(path, macs, strlen(macs)) == 0)
		eni_item(f, path + strlen(macs), b);
}

static void on_imds(struct fake *f, struct httpd_call *c)
{
	static const char base[] = "/latest/meta-data/";
	struct http_headers ttl = { 0 };
	auto_buf struct buf b = { 0 };

	http_add(&ttl, "X-aws-ec2-metadata-token-ttl-seconds", "21600");
	if (strcmp(c->method, "PUT") == 0) {
		httpd_reply(c, 200, &ttl, "token", 5);
		return;
	}
	if (strcmp(c->path, "/latest/dynamic/instance-identity/document") == 0)
		buf_str(&b, "{\"region\":\"us-east-1\"}");
	else if (strncmp(c->path, base, strlen(base)) == 0)
		node_item(f, c->path + strlen(base), &b);
	httpd_reply(c, b.len ? 200 : 404, NULL, b.p, b.len);
}

/* ---- EC2 */

struct param {
	char s[128];
};

/* Of the form in the body, percent-encoding undone; "" when absent. */
static struct param param(const struct httpd_call *c, const char *name)
{
	struct param out = { "" };
	const char *p = c->body;
	size_t n = strlen(name), k = 0;

	while (p && (strncmp(p, name, n) != 0 || p[n] != '=')) {
		p = strchr(p, '&');
		p += p != NULL;
	}
	for (p = p ? p + n + 1 : ""; *p && *p != '&' && k < sizeof(out.s) - 1; p++) {
		char hex[3] = { 0 };

		out.s[k++] = *p;
		if (*p != '%' || !p[1] || !p[2])
			continue;
		hex[0] = *++p;
		hex[1] = *++p;
		out.s[k - 1] = (char)strtoul(hex, NULL, 16);
	}
	return out;
}

static int param_number(const struct httpd_call *c, const char *name)
{
	return (int)strtol(param(c, name).s, NULL, 10);
}

static void show_eni(const struct fake_eni *x, struct buf *b)
{
	buf_fmt(b,
		"<networkInterfaceId>%s</networkInterfaceId><interfaceType>%s</interfaceType>"
		"<description>%s</description><subnetId>%s</subnetId><macAddress>%s</macAddress>"
		"<status>%s</status>",
		x->id, x->type, x->description, x->subnet, x->mac,
		x->device < 0 ? "available" : "in-use");
	if (x->device >= 0)
		buf_fmt(b,
			"<attachment><attachmentId>attach-%s</attachmentId><deviceIndex>%d"
			"</deviceIndex><networkCardIndex>0</networkCardIndex><status>attached"
			"</status><instanceId>" INSTANCE "</instanceId><deleteOnTermination>%s"
			"</deleteOnTermination></attachment>",
			x->id, x->device, x->delete_on_termination ? "true" : "false");
	buf_str(b, "<privateIpAddressesSet>");
	for (int i = 0; i < x->nips; i++)
		buf_fmt(b,
			"<item><privateIpAddress>%s</privateIpAddress><primary>%s</primary></item>",
			x->ips[i], i ? "false" : "true");
	buf_str(b, "</privateIpAddressesSet><tagSet>");
	for (int i = 0; i < x->ntags; i++)
		buf_fmt(b, "<item><key>%s</key><value>%s</value></item>", x->tags[i][0],
			x->tags[i][1]);
	buf_str(b, "</tagSet>");
}

static bool is_asked_for(const struct fake_eni *x, const struct httpd_call *c)
{
	struct param key = param(c, "Filter.1.Name"), value = param(c, "Filter.1.Value.1");
	char id[40];

	for (int i = 1; i <= FAKE_ENIS; i++) {
		snprintf(id, sizeof(id), "NetworkInterfaceId.%d", i);
		if (strcmp(param(c, id).s, x->id) == 0)
			return true;
	}
	for (int i = 0; i < x->ntags; i++)
		if (strncmp(key.s, "tag:", 4) == 0 && strcmp(key.s + 4, x->tags[i][0]) == 0 &&
		    strcmp(value.s, x->tags[i][1]) == 0)
			return true;
	return false;
}

static void do_describe_enis(struct fake *f, const struct httpd_call *c, struct buf *b)
{
	buf_str(b, "<networkInterfaceSet>");
	for (int i = 0; i < f->nenis; i++) {
		if (!is_asked_for(&f->enis[i], c))
			continue;
		buf_str(b, "<item>");
		show_eni(&f->enis[i], b);
		buf_str(b, "</item>");
	}
	buf_str(b, "</networkInterfaceSet>");
}

static void take_tags(struct fake_eni *x, const struct httpd_call *c, const char *prefix)
{
	for (int i = 1; i <= 8; i++) {
		struct param key, value;
		char name[64];

		snprintf(name, sizeof(name), "%sTag.%d.Key", prefix, i);
		key = param(c, name);
		snprintf(name, sizeof(name), "%sTag.%d.Value", prefix, i);
		value = param(c, name);
		if (*key.s)
			fake_tag(x, key.s, value.s);
	}
}

static void do_create(struct fake *f, const struct httpd_call *c, struct buf *b)
{
	struct fake_eni *x;
	char id[32];

	snprintf(id, sizeof(id), "eni-new%d", f->made);
	x = add(f, id, 20 + f->made++, param_number(c, "SecondaryPrivateIpAddressCount"));
	snprintf(x->description, sizeof(x->description), "%.63s", param(c, "Description").s);
	snprintf(x->subnet, sizeof(x->subnet), "%.31s", param(c, "SubnetId").s);
	take_tags(x, c, "TagSpecification.1.");
	buf_str(b, "<networkInterface>");
	show_eni(x, b);
	buf_str(b, "</networkInterface>");
}

static void do_assign(struct fake *f, const struct httpd_call *c, struct buf *b)
{
	struct fake_eni *x = fake_find(f, param(c, "NetworkInterfaceId").s);
	int from = x->nips;

	add_ips(x, param_number(c, "SecondaryPrivateIpAddressCount"), x->device * 100 + 10);
	buf_str(b, "<assignedPrivateIpAddressesSet>");
	for (int i = from; i < x->nips; i++)
		buf_fmt(b, "<item><privateIpAddress>%s</privateIpAddress></item>", x->ips[i]);
	buf_str(b, "</assignedPrivateIpAddressesSet>");
}

static void do_attach(struct fake *f, const struct httpd_call *c, struct buf *b)
{
	struct fake_eni *x = fake_find(f, param(c, "NetworkInterfaceId").s);

	x->device = param_number(c, "DeviceIndex");
	buf_fmt(b, "<attachmentId>attach-%s</attachmentId>", x->id);
}

static void do_detach(struct fake *f, const struct httpd_call *c, struct buf *b)
{
	struct fake_eni *x = fake_find(f, param(c, "AttachmentId").s + strlen("attach-"));

	if (x)
		x->device = -1;
	buf_str(b, "<return>true</return>");
}

static void do_delete(struct fake *f, const struct httpd_call *c, struct buf *b)
{
	struct fake_eni *x = fake_find(f, param(c, "NetworkInterfaceId").s);

	if (x)
		*x = f->enis[--f->nenis];
	buf_str(b, "<return>true</return>");
}

static void do_modify(struct fake *f, const struct httpd_call *c, struct buf *b)
{
	struct fake_eni *x = fake_find(f, param(c, "NetworkInterfaceId").s);

	if (x && strcmp(param(c, "Attachment.DeleteOnTermination").s, "true") == 0)
		x->delete_on_termination = true;
	buf_str(b, "<return>true</return>");
}

static void do_instances(struct fake *f, const struct httpd_call *c, struct buf *b)
{
	(void)c;
	buf_str(b, "<reservationSet><item><instancesSet><item><networkInterfaceSet>");
	for (int i = 0; i < f->nenis; i++)
		if (f->enis[i].device >= 0) {
			buf_str(b, "<item>");
			show_eni(&f->enis[i], b);
			buf_str(b, "</item>");
		}
	buf_str(b, "</networkInterfaceSet></item></instancesSet></item></reservationSet>");
}

static void do_subnets(struct fake *f, const struct httpd_call *c, struct buf *b)
{
	(void)c;
	buf_fmt(b, "<subnetSet>%s</subnetSet>",
		f->subnets ? f->subnets
			   : "<item><subnetId>subnet-1</subnetId><cidrBlock>10.0.0.0/16</cidrBlock>"
			     "<availableIpAddressCount>900</availableIpAddressCount></item>");
}

static void do_tags(struct fake *f, const struct httpd_call *c, struct buf *b)
{
	struct fake_eni *x = fake_find(f, param(c, "ResourceId.1").s);

	if (x)
		take_tags(x, c, "");
	buf_str(b, "<return>true</return>");
}

static const struct action {
	const char *name, *detail; /* detail: a parameter that the log shows */
	void (*fn)(struct fake *f, const struct httpd_call *c, struct buf *b);
} actions[] = {
	{ "AssignPrivateIpAddresses", "SecondaryPrivateIpAddressCount", do_assign },
	{ "AttachNetworkInterface", "DeviceIndex", do_attach },
	{ "CreateNetworkInterface", "SecondaryPrivateIpAddressCount", do_create },
	{ "CreateTags", "ResourceId.1", do_tags },
	{ "DeleteNetworkInterface", "NetworkInterfaceId", do_delete },
	{ "DescribeInstances", NULL, do_instances },
	{ "DescribeNetworkInterfaces", NULL, do_describe_enis },
	{ "DescribeSubnets", NULL, do_subnets },
	{ "DetachNetworkInterface", NULL, do_detach },
	{ "ModifyNetworkInterfaceAttribute", NULL, do_modify },
};

static void note(struct fake *f, const struct action *a, const struct httpd_call *c)
{
	size_t n = strlen(f->log);

	if (a->detail)
		snprintf(f->log + n, sizeof(f->log) - n, "%s(%s) ", a->name, param(c, a->detail).s);
	else
		snprintf(f->log + n, sizeof(f->log) - n, "%s ", a->name);
}

static struct fake_fault *fault_of(struct fake *f, const char *action)
{
	for (size_t i = 0; i < COUNT(f->faults); i++)
		if (f->faults[i].action && strcmp(f->faults[i].action, action) == 0 &&
		    f->faults[i].times > 0)
			return &f->faults[i];
	return NULL;
}

/* Without a code: what a client sees of a broken proxy. */
static void refuse(struct httpd_call *c, const struct fake_fault *fault)
{
	auto_buf struct buf b = { 0 };

	buf_fmt(&b,
		"<Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error></Errors>"
		"<RequestID>r</RequestID></Response>",
		fault->code, fault->message ? fault->message : "as the test wants it");
	if (*fault->code)
		httpd_reply(c, 400, NULL, b.p, b.len);
	else
		httpd_reply(c, 502, NULL, "bad gateway", 11);
}

static void on_ec2(struct fake *f, struct httpd_call *c)
{
	struct param name = param(c, "Action");
	struct fake_fault *fault = fault_of(f, name.s);
	auto_buf struct buf b = { 0 };
	size_t i = 0;

	while (i < COUNT(actions) && strcmp(name.s, actions[i].name) != 0)
		i++;
	if (i == COUNT(actions))
		die("fake: action '%s'", name.s);
	note(f, &actions[i], c);
	buf_fmt(&b, "<%sResponse><requestId>r</requestId>", name.s);
	if (!fault || fault->done)
		actions[i].fn(f, c, &b);
	buf_fmt(&b, "</%sResponse>", name.s);
	if (!fault) {
		httpd_reply(c, 200, NULL, b.p, b.len);
		return;
	}
	fault->times--;
	refuse(c, fault);
}

static void on_call(struct httpd_call *c)
{
	struct fake *f = c->arg;

	if (strcmp(c->method, "POST") == 0)
		on_ec2(f, c);
	else
		on_imds(f, c);
}

void fake_start(struct fake *f)
{
	fake_add(f, "eni-0", 0, 0);
	web_serve(&f->web, on_call, f);
	setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", f->web.url, 1);
	setenv("AWS_ENDPOINT_URL_EC2", f->web.url, 1);
	setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "example", 1);
	unsetenv("AWS_SESSION_TOKEN");
}

void fake_stop(struct fake *f)
{
	web_stop(&f->web);
	unsetenv("AWS_EC2_METADATA_SERVICE_ENDPOINT");
	unsetenv("AWS_ENDPOINT_URL_EC2");
	unsetenv("AWS_ACCESS_KEY_ID");
	unsetenv("AWS_SECRET_ACCESS_KEY");
}
