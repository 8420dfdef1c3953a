/* SPDX-License-Identifier: Apache-2.0 */
/* lab_elb_listener.c - listeners of the lab's load balancers, and their certificates. */
#include "labask.h"

#define LISTEN                                                          \
	"LoadBalancerArn=%s&Protocol=%s&Port=%s"                        \
	"&DefaultActions.member.1.Type=forward&DefaultActions.member.1" \
	".TargetGroupArn=%s%s"

TEST(elb_makes_a_listener_that_forwards)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *lb = elb_new_lb(f, "web", "application", "");
	const char *group = elb_new_group(f, "g", "HTTP", "");
	const struct xml *x = elb_ask(f, "CreateListener", LISTEN, lb, "HTTP", "80", group, "");
	const struct xml *l = xml_get(x, "Listeners/member");

	CHECK(strstr(xml_text(l, "ListenerArn"), ":listener/app/web/"));
	CHECK_STR(xml_text(l, "LoadBalancerArn"), lb);
	CHECK_STR(xml_text(l, "Port"), "80");
	CHECK(!xml_get(l, "Certificates") && !xml_get(l, "MutualAuthentication"));
	CHECK_STR(xml_text(l, "DefaultActions/member/Order"), "1");
	CHECK_STR(xml_text(l, "DefaultActions/member/TargetGroupArn"), group);
	l = xml_get(l, "DefaultActions/member/ForwardConfig");
	CHECK_STR(xml_text(l, "TargetGroups/member/Weight"), "1");
	CHECK_STR(xml_text(l, "TargetGroupStickinessConfig/Enabled"), "false");
	x = elb_ask(f, "DescribeTargetGroups", "LoadBalancerArn=%s", lb);
	CHECK_STR(xml_text(x, "TargetGroups/member/LoadBalancerArns/member"), lb);
	x = elb_ask(f, "DescribeRules", "ListenerArn=%s", f->elb.listeners->v->arn);
	CHECK_STR(xml_text(x, "Rules/member/Priority"), "default");
	CHECK_STR(xml_text(x, "Rules/member/IsDefault"), "true");
	CHECK_STR(xml_text(x, "Rules/member/Actions/member/TargetGroupArn"), group);
	CHECK(xml_get(x, "Rules/member/Conditions"));
}

TEST(elb_refuses_listeners_that_cannot_be)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *app = elb_new_lb(f, "a", "application", "");
	const char *net = elb_new_lb(f, "n", "network", "");
	const char *http = elb_new_group(f, "h", "HTTP", "");
	const char *tcp = elb_new_group(f, "t", "TCP", "");
	const char *grpc = elb_new_group(f, "r", "HTTP", "ProtocolVersion=GRPC");

	CHECK_REFUSED(f, "ValidationError", "one of 'HTTP, HTTPS'", "CreateListener", LISTEN, app,
		      "TCP", "80", tcp, "");
	CHECK_REFUSED(f, "ValidationError", "Protocol ''", "CreateListener", LISTEN, app, "", "80",
		      http, "");
	CHECK_REFUSED(f, "ValidationError", "Port '65536'", "CreateListener", LISTEN, app, "HTTP",
		      "65536", http, "");
	CHECK_REFUSED(f, "InvalidConfigurationRequest", "'UDP' is not supported", "CreateListener",
		      LISTEN, net, "UDP", "53", tcp, "");
	CHECK_REFUSED(f, "InvalidConfigurationRequest", "protocol-version 'GRPC'", "CreateListener",
		      LISTEN, app, "HTTP", "80", grpc, "");
	CHECK_REFUSED(f, "LoadBalancerNotFound", "/x/", "CreateListener", LISTEN,
		      "arn:x:loadbalancer/net/x/1", "TCP", "80", tcp, "");
	CHECK_REFUSED(f, "TargetGroupNotFound", "/x/", "CreateListener", LISTEN, net, "TCP", "80",
		      "arn:x:targetgroup/x/1", "");
	CHECK_REFUSED(f, "ValidationError", "At least one action", "CreateListener",
		      "LoadBalancerArn=%s&Protocol=TCP&Port=80", net);
	CHECK_REFUSED(f, "ValidationError", "A certificate must be", "CreateListener", LISTEN, net,
		      "TLS", "443", tcp, "");
	CHECK_REFUSED(f, "InvalidConfigurationRequest", "Certificates cannot", "CreateListener",
		      LISTEN, net, "TCP", "80", tcp, "&Certificates.member.1.CertificateArn=x");
	CHECK_REFUSED(f, "InvalidConfigurationRequest", "SSL policy cannot", "CreateListener",
		      LISTEN, net, "TCP", "80", tcp, "&SslPolicy=ELBSecurityPolicy-2016-08");
	CHECK_REFUSED(f, "ValidationError", "for TLS listeners", "CreateListener", LISTEN, net,
		      "TCP", "80", tcp, "&AlpnPolicy.member.1=HTTP2Only");
	CHECK_REFUSED(f, "ValidationError", "for HTTPS listeners", "CreateListener", LISTEN, net,
		      "TCP", "80", tcp, "&MutualAuthentication.Mode=verify");
	CHECK(!f->elb.listeners);
}

TEST(elb_one_listener_for_each_port)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *lb = elb_new_lb(f, "n", "network", "");
	const char *a = elb_new_group(f, "a", "TCP", ""), *b = elb_new_group(f, "b", "TCP", "");
	const char *l = elb_new_listener(f, lb, "TCP", 80, a);

	CHECK_STR(elb_new_listener(f, lb, "TCP", 80, a), l);
	CHECK_REFUSED(f, "DuplicateListener", lb, "CreateListener", LISTEN, lb, "TCP", "80", b, "");
	elb_new_listener(f, lb, "TCP", 81, b);
	CHECK_REFUSED(f, "DuplicateListener", lb, "ModifyListener", "ListenerArn=%s&Port=81", l);
	f->elb.c.quota[ELB_MAX_NLB_LISTENERS] = 2;
	CHECK_REFUSED(f, "TooManyListeners", ": 2", "CreateListener", LISTEN, lb, "TCP", "82", b,
		      "");
}

TEST(elb_a_target_group_belongs_to_one_load_balancer)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *one = elb_new_lb(f, "one", "network", "");
	const char *two = elb_new_lb(f, "two", "network", "");
	const char *group = elb_new_group(f, "g", "TCP", "");

	elb_new_listener(f, one, "TCP", 80, group);
	elb_new_listener(f, one, "TCP", 81, group);
	CHECK_REFUSED(f, "TargetGroupAssociationLimit", group, "CreateListener", LISTEN, two, "TCP",
		      "80", group, "");
	CHECK_REFUSED(f, "ResourceInUse", "in use by a listener", "DeleteTargetGroup",
		      "TargetGroupArn=%s", group);
}

TEST(elb_secure_listeners_have_a_certificate_that_is_issued)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *lb = elb_new_lb(f, "n", "network", ""), *g = elb_new_group(f, "g", "TLS", "");
	const char *cert = acm_new(f, "a.example.com");
	const char *with = arena_fmt(&f->a, "&Certificates.member.1.CertificateArn=%s", cert);
	const char *pending =
		json_str(acm_ask(f, "RequestCertificate", "{\"DomainName\":\"b.example.com\"}"),
			 "CertificateArn", "");
	const struct xml *x;

	pending = arena_str(&f->a, pending);
	CHECK_REFUSED(f, "CertificateNotFound", "'arn:aws:acm:x'", "CreateListener", LISTEN, lb,
		      "TLS", "443", g, "&Certificates.member.1.CertificateArn=arn:aws:acm:x");
	CHECK_REFUSED(f, "UnsupportedCertificate", pending, "CreateListener", LISTEN "%s", lb,
		      "TLS", "443", g, "&Certificates.member.1.CertificateArn=", pending);
	CHECK_REFUSED(f, "ValidationError", "Up to one", "CreateListener", LISTEN "%s", lb, "TLS",
		      "443", g, with, "&Certificates.member.2.CertificateArn=y");
	CHECK_REFUSED(f, "SSLPolicyNotFound", "'TLS13'", "CreateListener", LISTEN "%s", lb, "TLS",
		      "443", g, with, "&SslPolicy=TLS13");
	CHECK_REFUSED(f, "ALPNPolicyNotSupported", "'HTTP3'", "CreateListener", LISTEN "%s", lb,
		      "TLS", "443", g, with, "&AlpnPolicy.member.1=HTTP3");
	CHECK_REFUSED(f, "ValidationError", "Only one ALPN", "CreateListener", LISTEN "%s", lb,
		      "TLS", "443", g, with,
		      "&AlpnPolicy.member.1=HTTP1Only&AlpnPolicy.member.2=None");
	x = elb_ask(f, "CreateListener", LISTEN "%s", lb, "TLS", "443", g, with,
		    "&AlpnPolicy.member.1=HTTP2Preferred");
	CHECK_STR(xml_text(x, "Listeners/member/SslPolicy"), "ELBSecurityPolicy-2016-08");
	CHECK_STR(xml_text(x, "Listeners/member/AlpnPolicy/member"), "HTTP2Preferred");
	CHECK_STR(xml_text(x, "Listeners/member/Certificates/member/CertificateArn"), cert);
	CHECK(!xml_get(x, "Listeners/member/Certificates/member/IsDefault"));
}

TEST(elb_certificates_by_name_are_added_one_by_one)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *lb = elb_new_lb(f, "a", "application", "");
	const char *g = elb_new_group(f, "g", "HTTP", ""), *plain, *l;
	const char *cert[4];
	const struct xml *x;

	for (int i = 0; i < 4; i++)
		cert[i] = acm_new(f, arena_fmt(&f->a, "%d.example.com", i));
	x = elb_ask(f, "CreateListener", LISTEN "%s", lb, "HTTPS", "443", g,
		    "&Certificates.member.1.CertificateArn=", cert[0]);
	l = xml_text(x, "Listeners/member/ListenerArn");
	CHECK_STR(xml_text(x, "Listeners/member/MutualAuthentication/Mode"), "off");
#define ONE "ListenerArn=%s&Certificates.member.1.CertificateArn=%s"
	f->elb.c.quota[ELB_MAX_ALB_CERTIFICATES] = 2;
	x = elb_ask(f, "AddListenerCertificates", ONE, l, cert[1]);
	CHECK_STR(xml_text(x, "Certificates/member/IsDefault"), "false");
	CHECK(elb_ask(f, "AddListenerCertificates", ONE, l, cert[2]));
	CHECK(elb_ask(f, "AddListenerCertificates", ONE, l, cert[2]));
	CHECK_REFUSED(f, "TooManyCertificates", ": 2", "AddListenerCertificates", ONE, l, cert[3]);
	x = elb_ask(f, "DescribeListenerCertificates", "ListenerArn=%s", l);
	CHECK(xml_count(x, "Certificates/member") == 3);
	CHECK_STR(xml_text(x, "Certificates/member/IsDefault"), "true");
	x = elb_ask(f, "DescribeListenerCertificates", "ListenerArn=%s&PageSize=1&Marker=1", l);
	CHECK_STR(xml_text(x, "Certificates/member/CertificateArn"), cert[1]);
	CHECK_STR(xml_text(x, "NextMarker"), "2");
	CHECK(elb_ask(f, "RemoveListenerCertificates", ONE, l, cert[1]));
	CHECK(elb_ask(f, "RemoveListenerCertificates", ONE, l, cert[1]));
	CHECK(f->elb.listeners->sni.n == 1);
	CHECK_REFUSED(f, "OperationNotPermitted", "default certificate",
		      "RemoveListenerCertificates", ONE, l, cert[0]);
	CHECK_REFUSED(f, "ValidationError", "Exactly one", "AddListenerCertificates",
		      ONE "&Certificates.member.2.CertificateArn=x", l, cert[1]);
	CHECK_REFUSED(f, "ValidationError", "Exactly one", "RemoveListenerCertificates",
		      "ListenerArn=%s", l);
	CHECK_REFUSED(f, "CertificateNotFound", "'arn:aws:acm:x'", "AddListenerCertificates", ONE,
		      l, "arn:aws:acm:x");
	CHECK_REFUSED(f, "ListenerNotFound", "/x/", "AddListenerCertificates", ONE,
		      "arn:x:listener/app/x/1/2", cert[1]);
	plain = elb_new_listener(f, lb, "HTTP", 80, g);
	CHECK_REFUSED(f, "OperationNotPermitted", "HTTPS and TLS", "AddListenerCertificates", ONE,
		      plain, cert[1]);
#undef ONE
}

TEST(elb_modifies_a_listener)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *lb = elb_new_lb(f, "a", "application", "");
	const char *g = elb_new_group(f, "g", "HTTP", ""), *h = elb_new_group(f, "h", "HTTP", "");
	const char *l = elb_new_listener(f, lb, "HTTP", 80, g), *cert = acm_new(f, "a.example.com");
	const struct xml *x;

	CHECK_REFUSED(f, "ValidationError", "A certificate must", "ModifyListener",
		      "ListenerArn=%s&Protocol=HTTPS", l);
	x = elb_ask(f, "ModifyListener",
		    "ListenerArn=%s&Protocol=HTTPS&Port=443&Certificates.member.1.CertificateArn=%s"
		    "&MutualAuthentication.Mode=passthrough",
		    l, cert);
	CHECK_STR(xml_text(x, "Listeners/member/Port"), "443");
	CHECK_STR(xml_text(x, "Listeners/member/MutualAuthentication/Mode"), "passthrough");
	CHECK_STR(xml_text(x, "Listeners/member/DefaultActions/member/TargetGroupArn"), g);
	CHECK(elb_ask(f, "AddListenerCertificates",
		      "ListenerArn=%s&Certificates.member.1.CertificateArn=%s", l, cert));
	CHECK_REFUSED(f, "TrustStoreNotFound", "'ts'", "ModifyListener",
		      "ListenerArn=%s&MutualAuthentication.Mode=verify"
		      "&MutualAuthentication.TrustStoreArn=ts",
		      l);
	/* Back again: what only HTTPS has is gone. */
	x = elb_ask(f, "ModifyListener",
		    "ListenerArn=%s&Protocol=HTTP&DefaultActions.member.1.Type=forward"
		    "&DefaultActions.member.1.TargetGroupArn=%s",
		    l, h);
	CHECK(x && !xml_get(x, "Listeners/member/Certificates"));
	CHECK(!xml_get(x, "Listeners/member/SslPolicy"));
	CHECK(!xml_get(x, "Listeners/member/MutualAuthentication"));
	CHECK(!f->elb.listeners->sni.n);
	CHECK_STR(f->elb.rules->v->actions.v[0].target_group, h);
	CHECK(elb_ask(f, "DeleteTargetGroup", "TargetGroupArn=%s", g));
	CHECK_REFUSED(f, "ListenerNotFound", "/x/", "ModifyListener",
		      "ListenerArn=arn:x:listener/app/x/1/2&Port=1");
}

TEST(elb_describes_and_deletes_listeners)
{
	auto_fix struct fix *f = fix_new("t3.medium");
	const char *lb = elb_new_lb(f, "n", "network", ""), *g = elb_new_group(f, "g", "TCP", "");
	const char *a = elb_new_listener(f, lb, "TCP", 80, g);
	const char *b = elb_new_listener(f, lb, "TCP", 81, g);
	const struct xml *x = elb_ask(f, "DescribeListeners", "LoadBalancerArn=%s&PageSize=1", lb);

	CHECK(xml_count(x, "Listeners/member") == 1);
	CHECK_STR(xml_text(x, "NextMarker"), "1");
	x = elb_ask(f, "DescribeListeners", "ListenerArns.member.1=%s", b);
	CHECK_STR(xml_text(x, "Listeners/member/Port"), "81");
	CHECK_REFUSED(f, "ValidationError", "either listener ARNs", "DescribeListeners", "%s", "");
	CHECK(elb_ask(f, "DeleteListener", "ListenerArn=%s", a));
	CHECK_REFUSED(f, "ListenerNotFound", a, "DeleteListener", "ListenerArn=%s", a);
	CHECK_REFUSED(f, "ListenerNotFound", a, "DescribeListeners", "ListenerArns.member.1=%s", a);
	CHECK_REFUSED(f, "ValidationError", "not a valid listener ARN", "DeleteListener",
		      "ListenerArn=80");
	CHECK_REFUSED(f, "ResourceInUse", "", "DeleteTargetGroup", "TargetGroupArn=%s", g);
	CHECK(elb_ask(f, "DeleteListener", "ListenerArn=%s", b));
	CHECK(elb_ask(f, "DeleteTargetGroup", "TargetGroupArn=%s", g));
	CHECK(!f->elb.rules && !f->elb.groups);
}
