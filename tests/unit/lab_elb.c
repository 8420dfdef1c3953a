/* SPDX-License-Identifier: Apache-2.0 */
/* lab_elb.c - the lab's load balancers: made, refused, changed, shown. */
#include "elbapi.h"
#include "labask.h"

TEST(elb_makes_a_network_load_balancer)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const struct xml *x = elb_ask(
		f, "CreateLoadBalancer",
		"Name=k8s-web&Type=network&SubnetMappings.member.1.SubnetId=%s"
		"&SubnetMappings.member.2.SubnetId=%s&Tags.member.1.Key=a&Tags.member.1.Value=",
		f->w.subnets[0].id, f->w.subnets[1].id);
	const struct xml *lb = xml_get(x, "LoadBalancers/member");

	CHECK(xml_count(x, "LoadBalancers/member") == 1);
	CHECK(strstr(xml_text(lb, "LoadBalancerArn"), ":loadbalancer/net/k8s-web/"));
	CHECK(str_prefix(xml_text(lb, "DNSName"), "k8s-web-"));
	CHECK(str_suffix(xml_text(lb, "DNSName"), ".elb.ap-northeast-2.amazonaws.com"));
	CHECK_STR(xml_text(lb, "CanonicalHostedZoneId"), "ZIBE1TIR4HY56");
	CHECK_STR(xml_text(lb, "Scheme"), "internet-facing");
	CHECK_STR(xml_text(lb, "VpcId"), f->w.vpc_id);
	CHECK_STR(xml_text(lb, "State/Code"), "provisioning");
	CHECK_STR(xml_text(lb, "IpAddressType"), "ipv4");
	CHECK_STR(xml_text(lb, "EnablePrefixForIpv6SourceNat"), "off");
	CHECK(!xml_get(lb, "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic"));
	CHECK(!xml_get(lb, "SecurityGroups"));
	CHECK(time_parse(xml_text(lb, "CreatedTime")) > 0);
	CHECK(xml_count(lb, "AvailabilityZones/member") == 2);
	CHECK_STR(xml_text(lb, "AvailabilityZones/member/ZoneName"), "ap-northeast-2a");
	CHECK(xml_get(lb, "AvailabilityZones/member/LoadBalancerAddresses"));
	x = elb_ask(f, "DescribeTags", "ResourceArns.member.1=%s", xml_text(lb, "LoadBalancerArn"));
	CHECK_STR(xml_text(x, "TagDescriptions/member/Tags/member/Key"), "a");
}

TEST(elb_makes_an_application_load_balancer)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const struct xml *lb;

	elb_new_lb(f, "web", "application", "Scheme=internal");
	lb = xml_get(f->x, "CreateLoadBalancerResult/LoadBalancers/member");
	CHECK(str_prefix(xml_text(lb, "DNSName"), "internal-web-"));
	CHECK(str_suffix(xml_text(lb, "DNSName"), ".ap-northeast-2.elb.amazonaws.com"));
	CHECK_STR(xml_text(lb, "SecurityGroups/member"), f->w.group);
	CHECK(!xml_get(lb, "EnablePrefixForIpv6SourceNat"));
}

TEST(elb_load_balancers_become_active_after_a_while)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *arn = elb_new_lb(f, "web", "network", "");
	const struct xml *x;

	f->elb.now += f->elb.c.provision_ms - 1;
	x = elb_ask(f, "DescribeLoadBalancers", "LoadBalancerArns.member.1=%s", arn);
	CHECK_STR(xml_text(x, "LoadBalancers/member/State/Code"), "provisioning");
	f->elb.now += 1;
	x = elb_ask(f, "DescribeLoadBalancers", "Names.member.1=web");
	CHECK_STR(xml_text(x, "LoadBalancers/member/State/Code"), "active");
}

TEST(elb_refuses_load_balancers_in_awss_words)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *a = f->w.subnets[0].id, *b = f->w.subnets[1].id;

	CHECK_REFUSED(f, "ValidationError", "cannot be longer than '32'", "CreateLoadBalancer",
		      "Name=123456789-123456789-123456789-123&Type=network&Subnets.member.1=%s", a);
	CHECK_REFUSED(f, "ValidationError", "alphanumeric", "CreateLoadBalancer",
		      "Name=a_b&Subnets.member.1=%s", a);
	CHECK_REFUSED(f, "ValidationError", "hyphen", "CreateLoadBalancer",
		      "Name=a-&Subnets.member.1=%s", a);
	CHECK_REFUSED(f, "ValidationError", "'internal-'", "CreateLoadBalancer",
		      "Name=internal-a&Subnets.member.1=%s", a);
	CHECK_REFUSED(f, "ValidationError", "enum value set", "CreateLoadBalancer",
		      "Name=x&Type=classic&Subnets.member.1=%s", a);
	CHECK_REFUSED(f, "UnsupportedOperation", "gateway", "CreateLoadBalancer",
		      "Name=x&Type=gateway&Subnets.member.1=%s", a);
	CHECK_REFUSED(f, "ValidationError", "scheme", "CreateLoadBalancer",
		      "Name=x&Scheme=public&Subnets.member.1=%s", a);
	CHECK_REFUSED(f, "ValidationError", "At least two subnets", "CreateLoadBalancer",
		      "Name=x&Subnets.member.1=%s", a);
	CHECK_REFUSED(f, "ValidationError", "At least one subnet", "CreateLoadBalancer", "Name=x");
	CHECK_REFUSED(f, "ValidationError", "either subnets or subnet mappings",
		      "CreateLoadBalancer",
		      "Name=x&Subnets.member.1=%s&SubnetMappings.member.1.SubnetId=%s", a, b);
	CHECK_REFUSED(f, "SubnetNotFound", "'subnet-0'", "CreateLoadBalancer",
		      "Name=x&Subnets.member.1=subnet-0");
	CHECK_REFUSED(f, "InvalidConfigurationRequest", "same Availability Zone",
		      "CreateLoadBalancer",
		      "Name=x&Type=network&Subnets.member.1=%s&Subnets.member.2=%s", a, a);
	CHECK_REFUSED(f, "InvalidSecurityGroup", "'sg-0'", "CreateLoadBalancer",
		      "Name=x&Subnets.member.1=%s&Subnets.member.2=%s&SecurityGroups.member.1=sg-0",
		      a, b);
	CHECK_REFUSED(f, "ValidationError", "ipAddressType", "CreateLoadBalancer",
		      "Name=x&IpAddressType=ipv5&Subnets.member.1=%s", a);
	CHECK_REFUSED(f, "InvalidConfigurationRequest", "dualstack-without", "CreateLoadBalancer",
		      "Name=x&Type=network&IpAddressType=dualstack-without-public-ipv4"
		      "&Subnets.member.1=%s",
		      a);
	CHECK_REFUSED(f, "InvalidConfigurationRequest", "dualstack network", "CreateLoadBalancer",
		      "Name=x&Type=network&EnablePrefixForIpv6SourceNat=on&Subnets.member.1=%s", a);
	CHECK_REFUSED(f, "ValidationError", "'Colour'", "CreateLoadBalancer", "Name=x&Colour=red");
	CHECK(!f->elb.lbs);
}

TEST(elb_addresses_of_zones_fit_the_scheme)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *a = f->w.subnets[0].id;
	const struct xml *x;

#define MAPPED \
	"CreateLoadBalancer", "Name=x&Type=%s&Scheme=%s&SubnetMappings.member.1.SubnetId=%s&%s"
	CHECK_REFUSED(f, "AllocationIdNotFound", "'eip-1'", MAPPED, "network", "internet-facing", a,
		      "SubnetMappings.member.1.AllocationId=eip-1");
	CHECK_REFUSED(f, "InvalidConfigurationRequest", "internet-facing", MAPPED, "network",
		      "internal", a, "SubnetMappings.member.1.AllocationId=eipalloc-1");
	CHECK_REFUSED(f, "InvalidConfigurationRequest", "internal", MAPPED, "network",
		      "internet-facing", a,
		      "SubnetMappings.member.1.PrivateIPv4Address=192.168.1.9");
	CHECK_REFUSED(f, "ValidationError", "not in the range", MAPPED, "network", "internal", a,
		      "SubnetMappings.member.1.PrivateIPv4Address=192.168.2.9");
	CHECK_REFUSED(f, "InvalidConfigurationRequest", "network load balancers", MAPPED,
		      "application", "internal", a,
		      "SubnetMappings.member.1.PrivateIPv4Address=192.168.1.9");
	CHECK_REFUSED(f, "InvalidConfigurationRequest", "dualstack", MAPPED, "network", "internal",
		      a, "SubnetMappings.member.1.IPv6Address=2001:db8::1");
	CHECK_REFUSED(f, "ValidationError", "associated IPv6", MAPPED, "network", "internal", a,
		      "IpAddressType=dualstack");
	f->w.c.ipv6 = true;
	CHECK_REFUSED(f, "ValidationError", "not in the range", MAPPED, "network", "internal", a,
		      "IpAddressType=dualstack&SubnetMappings.member.1.IPv6Address=1.2.3.4");
	x = elb_ask(f, MAPPED, "network", "internet-facing", a,
		    "SubnetMappings.member.1.AllocationId=eipalloc-0123");
	x = xml_get(x,
		    "LoadBalancers/member/AvailabilityZones/member/LoadBalancerAddresses/member");
	CHECK_STR(xml_text(x, "AllocationId"), "eipalloc-0123");
	CHECK(str_prefix(xml_text(x, "IpAddress"), "203.0.113."));
#undef MAPPED
}

TEST(elb_the_same_load_balancer_again_is_no_second_one)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *tags = "Tags.member.1.Key=k&Tags.member.1.Value=v";
	const char *arn = elb_new_lb(f, "web", "network", tags);

	CHECK_STR(elb_new_lb(f, "web", "network", tags), arn);
	CHECK(f->elb.lbs && !f->elb.lbs->next);
	CHECK_REFUSED(f, "DuplicateLoadBalancerName", "'web' exists, but with different settings",
		      "CreateLoadBalancer", "Name=web&Type=network&Subnets.member.1=%s&%s",
		      f->w.subnets[0].id, tags);
	/* Tags are not looked at. */
	CHECK_STR(elb_new_lb(f, "web", "network", ""), arn);
	CHECK_STR(world_tag_get(f->elb.lbs->tags, "k"), "v");
}

TEST(elb_has_room_for_as_many_load_balancers_as_the_quota_says)
{
	auto_fix struct fix *f = fix_new("t3.medium");

	f->elb.c.quota[ELB_MAX_NLBS] = 1;
	elb_new_lb(f, "one", "network", "");
	CHECK_REFUSED(f, "TooManyLoadBalancers", ": 1", "CreateLoadBalancer",
		      "Name=two&Type=network&Subnets.member.1=%s", f->w.subnets[0].id);
	elb_new_lb(f, "three", "application", "");
}

TEST(elb_deletes_load_balancers_unless_they_are_protected)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *arn = elb_new_lb(f, "web", "network", "");
	const char *group = elb_new_group(f, "g", "TCP", "");

	elb_new_listener(f, arn, "TCP", 80, group);
	CHECK(elb_ask(f, "ModifyLoadBalancerAttributes",
		      "LoadBalancerArn=%s&Attributes.member.1.Key=deletion_protection.enabled"
		      "&Attributes.member.1.Value=true",
		      arn));
	CHECK_REFUSED(f, "OperationNotPermitted", "deletion protection", "DeleteLoadBalancer",
		      "LoadBalancerArn=%s", arn);
	CHECK(elb_ask(f, "ModifyLoadBalancerAttributes",
		      "LoadBalancerArn=%s&Attributes.member.1.Key=deletion_protection.enabled"
		      "&Attributes.member.1.Value=false",
		      arn));
	CHECK(elb_ask(f, "DeleteLoadBalancer", "LoadBalancerArn=%s", arn));
	CHECK(!f->elb.lbs && !f->elb.listeners && !f->elb.rules);
	CHECK(elb_ask(f, "DeleteLoadBalancer", "LoadBalancerArn=%s", arn));
	CHECK_REFUSED(f, "ValidationError", "not a valid load balancer ARN", "DeleteLoadBalancer",
		      "LoadBalancerArn=web");
	CHECK_REFUSED(f, "LoadBalancerNotFound", arn, "DescribeLoadBalancers",
		      "LoadBalancerArns.member.1=%s", arn);
	CHECK_REFUSED(f, "LoadBalancerNotFound", "[web]", "DescribeLoadBalancers",
		      "Names.member.1=web");
	CHECK_REFUSED(f, "ValidationError", "same time", "DescribeLoadBalancers",
		      "Names.member.1=web&LoadBalancerArns.member.1=%s", arn);
}

TEST(elb_shows_pages)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const struct xml *x;

	for (int i = 0; i < 5; i++)
		elb_new_lb(f, arena_fmt(&f->a, "lb%d", i), "network", "");
	x = elb_ask(f, "DescribeLoadBalancers", "PageSize=2");
	CHECK(xml_count(x, "LoadBalancers/member") == 2);
	CHECK_STR(xml_text(x, "NextMarker"), "2");
	x = elb_ask(f, "DescribeLoadBalancers", "PageSize=2&Marker=4");
	CHECK(xml_count(x, "LoadBalancers/member") == 1);
	CHECK_STR(xml_text(x, "LoadBalancers/member/LoadBalancerName"), "lb4");
	CHECK(!xml_get(x, "NextMarker"));
	CHECK_REFUSED(f, "ValidationError", "between 1 and 400", "DescribeLoadBalancers",
		      "PageSize=401");
	CHECK_REFUSED(f, "ValidationError", "Marker 'x'", "DescribeLoadBalancers", "Marker=x");
	CHECK_REFUSED(f, "ValidationError", "'many' at 'PageSize'", "DescribeLoadBalancers",
		      "PageSize=many");
}

TEST(elb_sets_subnets)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *net = elb_new_lb(f, "n", "network", ""), *app;
	const struct xml *x = elb_ask(f, "SetSubnets", "LoadBalancerArn=%s&Subnets.member.1=%s",
				      net, f->w.subnets[1].id);

	app = elb_new_lb(f, "a", "application", "");
	x = elb_ask(f, "SetSubnets", "LoadBalancerArn=%s&Subnets.member.1=%s", net,
		    f->w.subnets[1].id);
	CHECK(xml_count(x, "AvailabilityZones/member") == 1);
	CHECK_STR(xml_text(x, "AvailabilityZones/member/SubnetId"), f->w.subnets[1].id);
	CHECK_STR(xml_text(x, "IpAddressType"), "ipv4");
	CHECK_STR(xml_text(x, "EnablePrefixForIpv6SourceNat"), "off");
	CHECK(f->elb.lbs->v->zones.n == 1);
	CHECK_REFUSED(f, "ValidationError", "At least two", "SetSubnets",
		      "LoadBalancerArn=%s&Subnets.member.1=%s", app, f->w.subnets[1].id);
	f->w.c.ipv6 = true;
	x = elb_ask(f, "SetSubnets",
		    "LoadBalancerArn=%s&IpAddressType=dualstack&EnablePrefixForIpv6SourceNat=on"
		    "&SubnetMappings.member.1.SubnetId=%s"
		    "&SubnetMappings.member.1.SourceNatIpv6Prefix=auto_assigned",
		    net, f->w.subnets[0].id);
	CHECK_STR(xml_text(x, "AvailabilityZones/member/SourceNatIpv6Prefixes/member"),
		  "2001:db8:0:101:1::/80");
	CHECK_REFUSED(f, "LoadBalancerNotFound", "/gone/", "SetSubnets",
		      "LoadBalancerArn=arn:x:loadbalancer/net/gone/1&Subnets.member.1=%s",
		      f->w.subnets[0].id);
}

TEST(elb_network_load_balancers_have_security_groups_from_the_beginning_or_never)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *group = arena_fmt(&f->a, "SecurityGroups.member.1=%s", f->w.group);
	const char *bare = elb_new_lb(f, "bare", "network", "");
	const char *with = elb_new_lb(f, "with", "network", group);
	const char *app = elb_new_lb(f, "app", "application", "");
	const struct xml *x;

	CHECK_REFUSED(f, "InvalidConfigurationRequest", "created without", "SetSecurityGroups",
		      "LoadBalancerArn=%s&%s", bare, group);
	CHECK_REFUSED(f, "InvalidConfigurationRequest", "all be removed", "SetSecurityGroups",
		      "LoadBalancerArn=%s&SecurityGroups=", with);
	CHECK_REFUSED(f, "ValidationError", "At least one security group", "SetSecurityGroups",
		      "LoadBalancerArn=%s&SecurityGroups=", app);
	CHECK_REFUSED(f, "InvalidSecurityGroup", "'sg-0'", "SetSecurityGroups",
		      "LoadBalancerArn=%s&SecurityGroups.member.1=sg-0", with);
	CHECK_REFUSED(f, "InvalidConfigurationRequest", "for network", "SetSecurityGroups",
		      "LoadBalancerArn=%s&%s"
		      "&EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic=off",
		      app, group);
	CHECK_REFUSED(f, "ValidationError", "enum value set", "SetSecurityGroups",
		      "LoadBalancerArn=%s&%s"
		      "&EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic=maybe",
		      with, group);
	x = elb_ask(f, "SetSecurityGroups",
		    "LoadBalancerArn=%s&%s"
		    "&EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic=off",
		    with, group);
	CHECK_STR(xml_text(x, "SecurityGroupIds/member"), f->w.group);
	CHECK_STR(xml_text(x, "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic"), "off");
	x = elb_ask(f, "DescribeLoadBalancers", "LoadBalancerArns.member.1=%s", with);
	CHECK_STR(xml_text(x, "LoadBalancers/member/"
			      "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic"),
		  "off");
	CHECK_REFUSED(f, "InvalidConfigurationRequest", "at most 5", "SetSecurityGroups",
		      "LoadBalancerArn=%s&SecurityGroups.member.1=a&SecurityGroups.member.2=b"
		      "&SecurityGroups.member.3=c&SecurityGroups.member.4=d"
		      "&SecurityGroups.member.5=e&SecurityGroups.member.6=f",
		      app);
}

TEST(elb_sets_the_address_type)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *arn = elb_new_lb(f, "n", "network", "");
	const struct xml *x;

	CHECK_REFUSED(f, "ValidationError", "associated IPv6", "SetIpAddressType",
		      "LoadBalancerArn=%s&IpAddressType=dualstack", arn);
	f->w.c.ipv6 = true;
	x = elb_ask(f, "SetIpAddressType", "LoadBalancerArn=%s&IpAddressType=dualstack", arn);
	CHECK_STR(xml_text(x, "IpAddressType"), "dualstack");
	CHECK_STR(f->elb.lbs->v->ip_address_type, "dualstack");
	CHECK_REFUSED(f, "ValidationError", "ipAddressType", "SetIpAddressType",
		      "LoadBalancerArn=%s", arn);
}

TEST(elb_reserves_capacity)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *arn = elb_new_lb(f, "n", "network", "");
	const struct xml *x = elb_ask(f, "DescribeCapacityReservation", "LoadBalancerArn=%s", arn);

	CHECK(xml_get(x, "CapacityReservationState") && !xml_get(x, "MinimumLoadBalancerCapacity"));
	CHECK_STR(xml_text(x, "DecreaseRequestsRemaining"), "2");
#define UNITS "LoadBalancerArn=%s&MinimumLoadBalancerCapacity.CapacityUnits=%d"
	CHECK_REFUSED(f, "InvalidConfigurationRequest", "not active", "ModifyCapacityReservation",
		      UNITS, arn, 3000);
	f->elb.now += f->elb.c.provision_ms;
	CHECK_REFUSED(f, "InvalidConfigurationRequest", "between 100", "ModifyCapacityReservation",
		      UNITS, arn, 99);
	CHECK_REFUSED(f, "ValidationError", "either", "ModifyCapacityReservation",
		      UNITS "&ResetCapacityReservation=true", arn, 3000);
	x = elb_ask(f, "ModifyCapacityReservation", UNITS, arn, 3000);
	CHECK_STR(xml_text(x, "MinimumLoadBalancerCapacity/CapacityUnits"), "3000");
	CHECK(xml_count(x, "CapacityReservationState/member") == 2);
	CHECK_STR(xml_text(x, "CapacityReservationState/member/State/Code"), "provisioned");
	CHECK_STR(xml_text(x, "CapacityReservationState/member/EffectiveCapacityUnits"), "1500");
	CHECK(elb_ask(f, "ModifyCapacityReservation",
		      "LoadBalancerArn=%s&ResetCapacityReservation=true", arn));
	CHECK(f->elb.lbs->units == 0);
#undef UNITS
}

TEST(elb_tells_its_limits)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const struct xml *x = elb_ask(f, "DescribeAccountLimits", "%s", "");

	CHECK(xml_count(x, "Limits/member") == ELB_QUOTAS);
	CHECK_STR(xml_text(x, "Limits/member/Name"), "application-load-balancers");
	CHECK_STR(xml_text(x, "Limits/member/Max"), "50");
}

TEST(elb_has_only_the_actions_that_it_has)
{
	auto_fix struct fix *f = fix_new("t3.medium");

	CHECK_REFUSED(f, "InvalidAction", "DescribeColours", "DescribeColours", "%s", "");
	CHECK_REFUSED(f, "ValidationError", "true or false", "ModifyCapacityReservation",
		      "ResetCapacityReservation=yes");
	CHECK_REFUSED(f, "ValidationError", "a list", "DescribeLoadBalancers", "Names=web");
}

TEST(elb_has_every_action_that_the_controller_calls)
{
	for (size_t i = 0; i < ELB_ACTIONS; i++) {
		bool found = false;

		for (size_t k = 0; k < elb_service.nactions; k++)
			found |= strcmp(elb_service.actions[k].name, elb_actions[i].name) == 0;
		if (!found)
			printf("# %s\n", elb_actions[i].name);
		CHECK(found);
	}
}
