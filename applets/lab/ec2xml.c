/* SPDX-License-Identifier: Apache-2.0 */
/* ec2xml.c - ENIs, instances, subnets and the rest in the words of EC2's API. */
#include <string.h>

#include "apicall.h"
#include "ec2xml.h"
#include "sgroup.h"

struct ip eni_public_ip(const struct eni *n)
{
	return n->host && n->host->primary == n ? n->host->public_ip : n->public_ip;
}

const char *eni_status(const struct eni *n)
{
	return n->host || n->service ? "in-use" : "available";
}

/* "m7g.large", "c6gn.xlarge", "a1.metal": Graviton has a g behind the generation. */
const char *type_arch(const char *type)
{
	const char *p = type + strcspn(type, "0123456789.");
	const char *attributes = p + strspn(p, "0123456789");
	bool g = memchr(attributes, 'g', strcspn(attributes, ".")) != NULL;

	return g || strncmp(type, "a1.", 3) == 0 ? "arm64" : "x86_64";
}

static void el_time(struct buf *b, const char *name, int64_t unix_s)
{
	char text[25];

	time_iso(unix_s * 1000000000, text);
	xml_el(b, name, text);
}

void xml_tags(struct buf *b, const struct world_tag *tags)
{
	buf_str(b, "<tagSet>");
	for (; tags; tags = tags->next) {
		buf_str(b, "<item>");
		xml_el(b, "key", tags->key);
		xml_el(b, "value", tags->value);
		buf_str(b, "</item>");
	}
	buf_str(b, "</tagSet>");
}

static void group_item(struct buf *b, const struct world *w, const char *id)
{
	const struct sgroup *g = sgroup_find(w, id);

	if (!*id)
		return;
	buf_str(b, "<item>");
	xml_el(b, "groupId", id);
	xml_el(b, "groupName", g ? g->name : "");
	buf_str(b, "</item>");
}

static void group_set(struct buf *b, const struct world *w, const struct eni *n)
{
	buf_str(b, "<groupSet>");
	group_item(b, w, n->group);
	for (size_t i = 0; i < COUNT(n->more_groups); i++)
		group_item(b, w, n->more_groups[i]);
	buf_str(b, "</groupSet>");
}

/* ---- ENIs ---- */

static void association(struct buf *b, const struct world *w, const struct eni *n)
{
	struct ip ip = eni_public_ip(n);

	if (!ip.family)
		return;
	buf_str(b, "<association>");
	xml_el(b, "publicIp", ip_text(ip).s);
	xml_el(b, "publicDnsName", world_public_dns(w, ip).s);
	xml_el(b, "ipOwnerId", "amazon");
	buf_str(b, "</association>");
}

static void address_set(struct buf *b, const struct world *w, const struct eni *n)
{
	buf_str(b, "<privateIpAddressesSet>");
	for (size_t i = 0; i < n->nips; i++) {
		buf_str(b, "<item>");
		xml_el(b, "privateIpAddress", ip_text(n->ips[i].ip).s);
		xml_el(b, "privateDnsName", world_private_dns(w, n->ips[i].ip).s);
		xml_el_bool(b, "primary", i == 0);
		if (i == 0)
			association(b, w, n);
		buf_str(b, "</item>");
	}
	buf_str(b, "</privateIpAddressesSet>");
}

/* A service's own interface hangs on a machine that nobody sees. */
static void service_attachment(struct buf *b, const struct eni *n)
{
	buf_str(b, "<attachment>");
	xml_el(b, "attachmentId", n->attachment);
	xml_el(b, "instanceOwnerId", "amazon-elb");
	xml_el_int(b, "deviceIndex", 1);
	xml_el(b, "status", "attached");
	el_time(b, "attachTime", n->attach_s);
	xml_el_bool(b, "deleteOnTermination", false);
	buf_str(b, "</attachment>");
}

static void attachment(struct buf *b, const struct world *w, const struct eni *n, bool whose)
{
	buf_str(b, "<attachment>");
	xml_el(b, "attachmentId", n->attachment);
	if (whose) {
		xml_el(b, "instanceId", n->host->id);
		xml_el(b, "instanceOwnerId", w->account);
	}
	xml_el_int(b, "deviceIndex", n->device);
	xml_el_int(b, "networkCardIndex", n->card);
	xml_el(b, "status", n->attached ? "attached" : "attaching");
	el_time(b, "attachTime", n->attach_s);
	xml_el_bool(b, "deleteOnTermination", n->delete_on_termination);
	buf_str(b, "</attachment>");
}

/* What DescribeNetworkInterfaces and DescribeInstances both tell. */
static void eni_common(struct buf *b, const struct world *w, const struct eni *n)
{
	xml_el(b, "networkInterfaceId", n->id);
	xml_el(b, "subnetId", n->subnet->id);
	xml_el(b, "vpcId", w->vpc_id);
	xml_el(b, "description", n->description);
	xml_el(b, "ownerId", w->account);
	xml_el(b, "status", eni_status(n));
	xml_el(b, "macAddress", mac_text(n->mac).s);
	xml_el(b, "privateIpAddress", ip_text(n->ips[0].ip).s);
	xml_el(b, "privateDnsName", world_private_dns(w, n->ips[0].ip).s);
	xml_el_bool(b, "sourceDestCheck", true);
	group_set(b, w, n);
	association(b, w, n);
	address_set(b, w, n);
	buf_str(b, "<ipv6AddressesSet/>");
	xml_el(b, "interfaceType", n->service ? n->service : "interface");
}

void xml_eni(struct buf *b, const struct world *w, const struct eni *n)
{
	eni_common(b, w, n);
	xml_el(b, "availabilityZone", n->subnet->zone);
	if (n->service)
		xml_el(b, "requesterId", "amazon-elb");
	xml_el_bool(b, "requesterManaged", n->service);
	if (n->service)
		service_attachment(b, n);
	else if (n->host)
		attachment(b, w, n, true);
	xml_tags(b, n->tags);
}

/* ---- instances ---- */

static void instance_enis(struct buf *b, const struct world *w, const struct instance *i)
{
	buf_str(b, "<networkInterfaceSet>");
	for (const struct eni *n = w->enis; n; n = n->next) {
		if (n->host != i)
			continue;
		buf_str(b, "<item>");
		eni_common(b, w, n);
		attachment(b, w, n, false);
		buf_str(b, "</item>");
	}
	buf_str(b, "</networkInterfaceSet>");
}

static void instance_disk(struct buf *b, const struct instance *i)
{
	xml_el(b, "rootDeviceType", "ebs");
	xml_el(b, "rootDeviceName", "/dev/xvda");
	buf_str(b, "<blockDeviceMapping><item>");
	xml_el(b, "deviceName", "/dev/xvda");
	buf_fmt(b, "<ebs><volumeId>vol-%s</volumeId><status>attached</status>", i->id + 2);
	el_time(b, "attachTime", i->launched_s);
	buf_str(b, "<deleteOnTermination>true</deleteOnTermination></ebs></item>"
		   "</blockDeviceMapping>");
}

static void instance_machine(struct buf *b, const struct world *w, const struct instance *i)
{
	xml_el(b, "instanceType", i->limits->type);
	el_time(b, "launchTime", i->launched_s);
	buf_str(b, "<placement>");
	xml_el(b, "availabilityZone", i->subnet->zone);
	buf_str(b, "<groupName/><tenancy>default</tenancy></placement>"
		   "<monitoring><state>disabled</state></monitoring>");
	xml_el(b, "architecture", type_arch(i->limits->type));
	instance_disk(b, i);
	xml_el(b, "virtualizationType", "hvm");
	xml_el(b, "hypervisor", "xen"); /* of Nitro too, says EC2 */
	xml_el_bool(b, "enaSupport", true);
	buf_fmt(b,
		"<iamInstanceProfile><arn>arn:aws:iam::%s:instance-profile/%s</arn>"
		"<id>AIPAVPCBOXLAB00000000</id></iamInstanceProfile>",
		w->account, WORLD_ROLE);
	buf_fmt(b,
		"<metadataOptions><state>applied</state><httpTokens>required</httpTokens>"
		"<httpPutResponseHopLimit>%d</httpPutResponseHopLimit>"
		"<httpEndpoint>enabled</httpEndpoint></metadataOptions>",
		i->hop_limit);
}

void xml_instance(struct buf *b, const struct world *w, const struct instance *i)
{
	xml_el(b, "instanceId", i->id);
	buf_fmt(b, "<imageId>ami-%s</imageId>", w->vpc_id + 4);
	buf_str(b, "<instanceState><code>16</code><name>running</name></instanceState>");
	xml_el(b, "privateDnsName", i->hostname);
	xml_el(b, "dnsName", world_public_dns(w, i->public_ip).s);
	buf_str(b, "<reason/><amiLaunchIndex>0</amiLaunchIndex><productCodes/>");
	xml_el(b, "subnetId", i->subnet->id);
	xml_el(b, "vpcId", w->vpc_id);
	xml_el(b, "privateIpAddress", ip_text(i->primary->ips[0].ip).s);
	xml_el(b, "ipAddress", ip_text(i->public_ip).s);
	xml_el_bool(b, "sourceDestCheck", true);
	group_set(b, w, i->primary);
	instance_machine(b, w, i);
	xml_tags(b, i->tags);
	instance_enis(b, w, i);
}

/* ---- the network ---- */

static void blocks6(struct buf *b, struct cidr c, const char *what, const char *id)
{
	buf_str(b, "<ipv6CidrBlockAssociationSet>");
	if (c.ip.family)
		buf_fmt(b,
			"<item><ipv6CidrBlock>%s</ipv6CidrBlock>"
			"<associationId>%s-cidr-assoc-%s</associationId>"
			"<ipv6CidrBlockState><state>associated</state></ipv6CidrBlockState></item>",
			cidr_text(c).s, what, id);
	buf_str(b, "</ipv6CidrBlockAssociationSet>");
}

void xml_subnet(struct buf *b, const struct world *w, const struct subnet *s)
{
	xml_el(b, "subnetId", s->id);
	buf_fmt(b, "<subnetArn>arn:aws:ec2:%s:%s:subnet/%s</subnetArn>", w->c.region, w->account,
		s->id);
	xml_el(b, "state", "available");
	xml_el(b, "ownerId", w->account);
	xml_el(b, "vpcId", w->vpc_id);
	xml_el(b, "cidrBlock", cidr_text(s->cidr).s);
	blocks6(b, world_subnet6(w, s), "subnet", s->id + 7);
	xml_el_int(b, "availableIpAddressCount", world_subnet_free(w, s));
	xml_el(b, "availabilityZone", s->zone);
	xml_el(b, "availabilityZoneId", s->zone_id);
	xml_el_bool(b, "defaultForAz", false);
	xml_el_bool(b, "mapPublicIpOnLaunch", !s->private);
	xml_el_bool(b, "assignIpv6AddressOnCreation", false);
	xml_tags(b, s->tags);
}

void xml_vpc(struct buf *b, const struct world *w)
{
	struct ip_text cidr = cidr_text(w->c.vpc);

	xml_el(b, "vpcId", w->vpc_id);
	xml_el(b, "ownerId", w->account);
	xml_el(b, "state", "available");
	xml_el(b, "cidrBlock", cidr.s);
	buf_fmt(b,
		"<cidrBlockAssociationSet><item><cidrBlock>%s</cidrBlock>"
		"<associationId>vpc-cidr-assoc-%s</associationId>"
		"<cidrBlockState><state>associated</state></cidrBlockState></item>"
		"</cidrBlockAssociationSet>",
		cidr.s, w->vpc_id + 4);
	if (w->c.ipv6)
		blocks6(b, world_vpc6(w), "vpc", w->vpc_id + 4);
	buf_fmt(b, "<dhcpOptionsId>dopt-%s</dhcpOptionsId>", w->vpc_id + 4);
	xml_el(b, "instanceTenancy", "default");
	xml_el_bool(b, "isDefault", false);
	xml_tags(b, w->vpc_tags);
}

void xml_zone(struct buf *b, const struct world *w, const struct subnet *s)
{
	xml_el(b, "zoneName", s->zone);
	xml_el(b, "zoneState", "available");
	xml_el(b, "zoneId", s->zone_id);
	xml_el(b, "regionName", w->c.region);
	xml_el(b, "zoneType", "availability-zone");
	xml_el(b, "optInStatus", "opt-in-not-required");
	xml_el(b, "groupName", w->c.region);
	buf_str(b, "<messageSet/>");
}

static void type_network(struct buf *b, const struct limits *l)
{
	buf_str(b, "<networkInfo>");
	xml_el_int(b, "maximumNetworkInterfaces", (int64_t)l->enis * l->cards);
	xml_el_int(b, "maximumNetworkCards", l->cards);
	xml_el_int(b, "defaultNetworkCardIndex", l->default_card);
	buf_str(b, "<networkCards>");
	for (int k = 0; k < l->cards; k++)
		buf_fmt(b,
			"<item><networkCardIndex>%d</networkCardIndex>"
			"<maximumNetworkInterfaces>%d</maximumNetworkInterfaces></item>",
			k, l->enis);
	buf_str(b, "</networkCards>");
	xml_el_int(b, "ipv4AddressesPerInterface", l->ipv4);
	xml_el_int(b, "ipv6AddressesPerInterface", l->ipv4);
	xml_el_bool(b, "ipv6Supported", true);
	buf_str(b, "</networkInfo>");
}

void xml_type(struct buf *b, const struct limits *l)
{
	xml_el(b, "instanceType", l->type);
	xml_el_bool(b, "currentGeneration", l->hypervisor == HYPERVISOR_NITRO);
	xml_el_bool(b, "bareMetal", l->bare_metal);
	if (!l->bare_metal)
		xml_el(b, "hypervisor", l->hypervisor == HYPERVISOR_NITRO ? "nitro" : "xen");
	buf_fmt(b,
		"<processorInfo><supportedArchitectures><item>%s</item></supportedArchitectures>"
		"</processorInfo>",
		type_arch(l->type));
	if (l->vcpus > 0)
		buf_fmt(b, "<vCpuInfo><defaultVCpus>%d</defaultVCpus></vCpuInfo>", l->vcpus);
	if (l->memory_mib > 0)
		buf_fmt(b, "<memoryInfo><sizeInMiB>%d</sizeInMiB></memoryInfo>", l->memory_mib);
	type_network(b, l);
}
