/* SPDX-License-Identifier: Apache-2.0 */
/* lb_service_parts.c - one annotation at a time: what becomes of it in the stack
 * (spec-lbc-nlb 18.2).
 */
#include "lbsummary.h"
#include "test.h"

#define A(suffix, value) ",'SB/aws-load-balancer-" suffix "':'" value "'"
#define IP ",'SB/aws-load-balancer-type':'nlb-ip'"
#define NODES A("type", "external") A("nlb-target-type", "instance")
#define GATE(name, on) "{'kind':'Case','flags':{'feature-gates':{'" name "':" on "}}}"
#define PORT(n, more) "{'port':" n ",'protocol':'TCP','nodePort':3" n more "}"
#define P80 PORT("80", "")

/* Two subnets with both families, private; their VPC. */
static const char vpc[] =
	"{'kind':'Case','facts':{'vpc':{'cidrs':['172.16.0.0/16'],'cidrs6':['2600::/48']},"
	"'subnets':[{'id':'subnet-1','zone':'a','cidr':'172.16.0.0/19','cidrs6':['2600:0:0:1::/"
	"64']},"
	"{'id':'subnet-2','zone':'b','cidr':'172.16.32.0/19','cidrs6':['2600:0:0:2::/64']}],"
	"'routes':{'main':[]}}}";
static const char public[] = "{'kind':'Case','facts':{'routes':{'main':['igw-1']}}}";

/* begin: of the line that counts; want: what is in it; or the error's words. */
struct row {
	const char *doc, *annotations, *ports, *spec, *begin, *want;
};

static void check_row(const struct row *r)
{
	auto_lbcase struct lbcase c;
	const char *line;

	lbcase_init(&c);
	lbcase_text(&c, vpc);
	if (r->doc)
		lbcase_text(&c, r->doc);
	lbcase_text(&c, arena_fmt(&c.a,
				  "{'kind':'Service','metadata':{'name':'web','uid':'u',"
				  "'annotations':{'x':'y'%s}},'spec':{'type':'LoadBalancer'%s,"
				  "'ports':[%s]}}",
				  r->annotations, r->spec ? r->spec : "", r->ports));
	line = lbsummary_line(&c, r->begin);
	CHECK(*line);
	if (!strstr(line, r->want))
		CHECK_STR(line, r->want);
}

static void check_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check_row(&rows[i]);
}

TEST(target_group_attributes_are_laid_over_each_other)
{
	static const struct row rows[] = {
		{ NULL, IP, P80, NULL, "TG", "{proxy_protocol_v2.enabled=false}" },
		{ NULL,
		  IP A("target-group-attributes", "deregistration_delay.timeout_seconds=80")
			  A("target-group-attributes.80", "deregistration_delay.timeout_seconds="),
		  P80, NULL, "TG",
		  "{deregistration_delay.timeout_seconds=80,proxy_protocol_v2.enabled=false}" },
		{ NULL,
		  IP A("target-group-attributes", "slow_start.duration_seconds=30")
			  A("target-group-attributes.80", "stickiness.enabled=true"),
		  P80, NULL, "TG",
		  "{proxy_protocol_v2.enabled=false,slow_start.duration_seconds=30,"
		  "stickiness.enabled=true}" },
		{ NULL,
		  IP A("target-group-attributes", "a=") A("target-group-attributes.81", "b=c"), P80,
		  NULL, "TG", "{a=,proxy_protocol_v2.enabled=false}" },
		{ NULL,
		  IP A("target-group-attributes.80", "proxy_protocol_v2.enabled=false")
			  A("proxy-protocol", "*"),
		  P80, NULL, "TG", "{proxy_protocol_v2.enabled=true}" },
		{ NULL, IP A("target-group-attributes", "proxy_protocol_v2.enabled=,a=b"), P80,
		  NULL, "TG", " {a=b}" },
		{ NULL, IP A("proxy-protocol-per-target-group", "80"), P80, NULL, "TG",
		  "{proxy_protocol_v2.enabled=true}" },
		{ NULL, IP A("proxy-protocol-per-target-group", "443, 22"), P80, NULL, "TG",
		  "{proxy_protocol_v2.enabled=false}" },
		{ NULL, IP A("proxy-protocol-per-target-group", "443, 22") A("proxy-protocol", "*"),
		  P80, NULL, "TG", "{proxy_protocol_v2.enabled=true}" },
		{ NULL,
		  IP A("proxy-protocol-per-target-group", "80,3306")
			  A("target-group-attributes.80",
			    "proxy_protocol_v2.enabled=false,stickiness.enabled=true"),
		  P80, NULL, "TG", "{proxy_protocol_v2.enabled=true,stickiness.enabled=true}" },
		{ NULL, IP A("proxy-protocol", "v2"), P80, NULL, "",
		  "error: invalid value v2 for Load Balancer proxy protocol v2 annotation, only "
		  "value currently supported is * (service.beta.kubernetes.io/"
		  "aws-load-balancer-proxy-protocol: v2)" },
		{ NULL, IP A("proxy-protocol-per-target-group", "80,x"), P80, NULL, "",
		  "error: failed to parse port: x (" },
		{ NULL, IP A("target-group-attributes", "k1=v1, malformed"), P80, NULL, "",
		  "error: failed to parse stringMap annotation" },
		{ NULL, IP A("target-group-attributes.80", "malformed"), P80, NULL, "",
		  "aws-load-balancer-target-group-attributes.80: malformed" },
		{ NULL, IP A("target-group-attributes", "preserve_client_ip.enabled= FalSe"), P80,
		  NULL, "", "error: failed to parse attribute preserve_client_ip.enabled=FalSe (" },
		{ NULL, IP A("target-group-attributes.80", "preserve_client_ip.enabled=x"), P80,
		  NULL, "", "target-group-attributes.80: preserve_client_ip.enabled=x)" },
	};

	check_rows(rows, COUNT(rows));
}

TEST(health_checks_are_as_the_annotations_say)
{
	static const struct row rows[] = {
		{ NULL, IP A("healthcheck-protocol", "http"), P80, NULL, "TG",
		  "HTTP:traffic-port / 200-399 10/10/3/3" },
		{ NULL,
		  IP A("healthcheck-protocol", "HTTPS")
			  A("healthcheck-success-codes", "200-220,231,250-300,301,302"),
		  P80, NULL, "TG", "HTTPS:traffic-port / 200-220,231,250-300,301,302 10/" },
		{ NULL, IP, P80, ",'externalTrafficPolicy':'Local','healthCheckNodePort':31000",
		  "TG", "TCP:traffic-port 10/10/3/3" },
		{ NULL, NODES, P80, ",'externalTrafficPolicy':'Local','healthCheckNodePort':31000",
		  "TG", "HTTP:31000 /healthz 200-399 10/6/2/2" },
		{ NULL,
		  NODES A("healthcheck-protocol", "tcp") A("healthcheck-port", "8888")
			  A("healthcheck-healthy-threshold", "5")
				  A("healthcheck-unhealthy-threshold", "5"),
		  P80, ",'externalTrafficPolicy':'Local','healthCheckNodePort':31000", "TG",
		  "TCP:8888 10/6/5/5 {" },
		{ NULL, NODES A("healthcheck-port", "traffic-port"), P80,
		  ",'externalTrafficPolicy':'Local','healthCheckNodePort':31000", "TG",
		  "HTTP:traffic-port /healthz" },
		{ NULL, NODES A("healthcheck-port", "hc"), PORT("80", ",'name':'hc'"), NULL, "TG",
		  "TCP:380 10/" },
		{ NULL, IP A("healthcheck-port", "hc"),
		  PORT("80", ",'name':'hc','targetPort':8080"), NULL, "TG", "TCP:8080 10/" },
		{ NULL, IP A("healthcheck-port", "hc"), PORT("80", ",'name':'hc','targetPort':'n'"),
		  NULL, "",
		  "error: failed to resolve healthCheckPort: port hc of service default/web has a "
		  "named targetPort: n (" },
		{ NULL, IP A("healthcheck-port", "a34576"), P80, NULL, "",
		  "error: failed to resolve healthCheckPort: unable to find port a34576 on service "
		  "default/web (service.beta.kubernetes.io/aws-load-balancer-healthcheck-port: "
		  "a34576)" },
		{ NULL, IP A("healthcheck-port", "70000"), P80, NULL, "",
		  "error: healthCheckPort must be within [1, 65535]: 70000 (" },
		{ NULL, IP A("healthcheck-path", ""), P80, NULL, "", "error: an empty value (" },
		{ NULL, IP A("healthcheck-success-codes", ""), P80, NULL, "",
		  "error: an empty value (" },
		{ NULL, IP A("healthcheck-interval", "0"), P80, NULL, "",
		  "error: a number of 1 or more is expected: 0 (" },
		{ NULL, IP A("healthcheck-unhealthy-threshold", "-1"), P80, NULL, "",
		  "error: a number of 1 or more is expected: -1 (" },
		{ NULL, NODES A("healthcheck-port", "hc"),
		  "{'port':80,'nodePort':380},{'port':81,'name':'hc'}", NULL, "",
		  "error: healthCheckPort must be within [1, 65535]: 0 (" },
		{ GATE("NLBHealthCheckAdvancedConfig", "false"),
		  IP A("healthcheck-protocol", "http") A("healthcheck-timeout", "5")
			  A("healthcheck-interval", "30"),
		  P80, NULL, "TG", "HTTP:traffic-port / 30/10/3/3" },
	};

	check_rows(rows, COUNT(rows));
}

#define NO_SG A("disable-nlb-sg", "true")
#define UDP80 "{'port':80,'protocol':'UDP','nodePort':380}"
#define PRESERVE A("target-group-attributes", "preserve_client_ip.enabled=true")
#define RANGES ",'SB/load-balancer-source-ranges':'10.0.0.0/16, 1.2.3.4/24'"
#define SUBNETS "172.16.0.0/19,172.16.32.0/19"
#define HC808 A("healthcheck-port", "808")
#define V6 A("ip-address-type", "dualstack")
#define BOTH_PORTS P80 "," UDP80
#define MERGE A("enable-tcp-udp-listener", "true")

TEST(rules_let_in_clients_and_health_checks_when_there_is_no_group)
{
	static const struct row rows[] = {
		{ NULL, IP NO_SG RANGES, UDP80, NULL, "B",
		  "10.0.0.0/16,1.2.3.4/24>UDP:80 " SUBNETS ">TCP:80" },
		{ public, IP NO_SG HC808 A("scheme", "internet-facing"), UDP80, NULL, "B",
		  "B 80 0.0.0.0/0>UDP:80 " SUBNETS ">TCP:808" },
		{ NULL, IP NO_SG, UDP80, NULL, "B", "172.16.0.0/16>UDP:80 " SUBNETS ">TCP:80" },
		{ NULL, IP NO_SG, P80, NULL, "B", "B 80 " SUBNETS ">TCP:80" },
		{ public, IP NO_SG PRESERVE A("scheme", "internet-facing"), P80, NULL, "B",
		  "B 80 0.0.0.0/0>TCP:80" },
		{ NULL, IP NO_SG PRESERVE, P80, NULL, "B", "B 80 172.16.0.0/16>TCP:80" },
		{ NULL, IP NO_SG PRESERVE HC808, P80, NULL, "B",
		  "B 80 172.16.0.0/16>TCP:80 " SUBNETS ">TCP:808" },
		{ NULL, IP NO_SG PRESERVE RANGES A("healthcheck-port", "80"), P80, NULL, "B",
		  "10.0.0.0/16,1.2.3.4/24>TCP:80 " SUBNETS ">TCP:80" },
		{ NULL, IP NO_SG PRESERVE ",'SB/load-balancer-source-ranges':'1.0.0.0/8,0.0.0.0/0'",
		  P80, NULL, "B", "B 80 1.0.0.0/8,0.0.0.0/0>TCP:80" },
		{ public, IP NO_SG V6 PRESERVE A("scheme", "internet-facing"), P80,
		  ",'ipFamilies':['IPv6']", "B", "B 80 ::/0>TCP:80" },
		{ NULL, IP NO_SG V6, P80, ",'ipFamilies':['IPv6']", "B",
		  "B 80 2600:0:0:1::/64,2600:0:0:2::/64>TCP:80" },
		{ NULL, IP NO_SG V6 PRESERVE, P80, ",'ipFamilies':['IPv6']", "B",
		  "B 80 2600::/48>TCP:80" },
		{ public, IP NO_SG MERGE HC808 A("scheme", "internet-facing"), BOTH_PORTS, NULL,
		  "B", "B 80 0.0.0.0/0>TCP:80,UDP:80 " SUBNETS ">TCP:808" },
		{ public, IP NO_SG MERGE A("healthcheck-port", "80") A("scheme", "internet-facing"),
		  BOTH_PORTS, NULL, "B", "B 80 0.0.0.0/0>TCP:80,UDP:80" },
		{ NULL, IP NO_SG A("manage-backend-security-group-rules", "false"), P80, NULL, "B",
		  "B 80 -" },
		{ NULL, IP NO_SG, PORT("80", ",'targetPort':'http'"), NULL, "B",
		  SUBNETS ">TCP:http" },
		{ NULL, IP NO_SG A("healthcheck-port", "1"), PORT("80", ",'targetPort':'http'"),
		  NULL, "B", SUBNETS ">TCP:http " SUBNETS ">TCP:1" },
		{ NULL, IP NO_SG ",'SB/load-balancer-source-ranges':'x'", UDP80, NULL, "",
		  "error: source ranges: not a CIDR: x (" },
	};

	check_rows(rows, COUNT(rows));
}

TEST(rules_let_in_the_shared_group)
{
	static const char free_rules[] = "{'kind':'Case','flags':{'disable-restricted-sg-rules':"
					 "true}}";
	static const struct row rows[] = {
		{ free_rules, IP, P80, NULL, "B", "B 80 sg-backend>TCP" },
		{ free_rules, IP, UDP80, NULL, "B", "B 80 sg-backend>TCP,UDP" },
		{ NULL, IP, P80, NULL, "B", "B 80 sg-backend>TCP:80" },
		{ NULL, IP, UDP80, NULL, "B", "B 80 sg-backend>UDP:80,TCP:80" },
		{ NULL, IP HC808, P80, NULL, "B", "B 80 sg-backend>TCP:80,TCP:808" },
		{ NULL, IP HC808, UDP80, NULL, "B", "B 80 sg-backend>UDP:80,TCP:808" },
		{ NULL, IP HC808 MERGE, BOTH_PORTS, NULL, "B",
		  "B 80 sg-backend>UDP:80,TCP:80,TCP:808" },
		{ NULL, IP A("ssl-cert", "arn:c"), P80, NULL, "B", "B 80 sg-backend>TCP:80" },
		{ NULL, IP, PORT("80", ",'targetPort':'http'"), NULL, "B",
		  "B 80 sg-backend>TCP:http" },
		/* with a managed group the annotation is passed over */
		{ NULL, IP A("manage-backend-security-group-rules", "false"), P80, NULL, "B",
		  "B 80 sg-backend>TCP:80" },
		{ NULL, NODES A("target-node-labels", "a=b, c/d=e"), P80, NULL, "B",
		  "B 80 sg-backend>TCP:380 {a=b,c/d=e}" },
		{ NULL, IP A("target-node-labels", "a=b"), P80, NULL, "B",
		  "B 80 sg-backend>TCP:80" },
	};

	check_rows(rows, COUNT(rows));
}

TEST(targets_are_nodes_or_pods)
{
	static const struct row rows[] = {
		{ NULL, NODES, P80, NULL, "TG", " instance:380/TCP " },
		{ NULL, IP, PORT("80", ",'targetPort':8080"), NULL, "TG", " ip:8080/TCP " },
		{ NULL, IP, PORT("80", ",'targetPort':'http'"), NULL, "TG", " ip:1/TCP " },
		{ NULL, IP, P80, NULL, "TG", " ip:80/TCP " },
		{ "{'kind':'Case','flags':{'default-target-type':'ip'}}", "", P80,
		  ",'loadBalancerClass':'service.k8s.aws/nlb'", "TG", " ip:80/TCP " },
		{ NULL, A("nlb-target-type", "odd"), P80,
		  ",'loadBalancerClass':'service.k8s.aws/nlb'", "TG", " instance:380/TCP " },
		{ NULL, NODES, "{'port':80,'protocol':'TCP'}", NULL, "",
		  "error: TargetGroup port is empty. When using Instance targets, your service be "
		  "must of type 'NodePort' or 'LoadBalancer'" },
		{ NULL, NODES, P80, ",'allocateLoadBalancerNodePorts':false", "TG",
		  " instance:380/TCP " },
		{ NULL, NODES, "{'port':80,'protocol':'TCP'}",
		  ",'allocateLoadBalancerNodePorts':false", "",
		  "error: unable to support instance targets: port 80 of service default/web has "
		  "no "
		  "node port" },
		{ NULL, NODES, P80, ",'type':'ClusterIP'", "",
		  "error: unsupported service type \"ClusterIP\" for load balancer target type "
		  "\"instance\"" },
	};

	check_rows(rows, COUNT(rows));
}

TEST(load_balancer_attributes_and_capacity_are_as_said)
{
	static const struct row rows[] = {
		{ NULL,
		  IP A("attributes", "load_balancing.cross_zone.enabled=true,"
				     "access_logs.s3.bucket=one,k=v")
			  A("cross-zone-load-balancing-enabled", "false")
				  A("access-log-enabled", "true")
					  A("access-log-s3-bucket-name", "two"),
		  P80, NULL, "LB",
		  "{access_logs.s3.bucket=two,access_logs.s3.enabled=true,k=v,"
		  "load_balancing.cross_zone.enabled=false}" },
		{ NULL, IP A("access-log-enabled", "false") A("access-log-s3-bucket-name", "two"),
		  P80, NULL, "LB", "[$SG,sg-backend]" },
		{ NULL, IP A("attributes", "dns_record.client_routing_policy=nearest"), P80, NULL,
		  "",
		  "error: invalid dns_record.client_routing_policy set in annotation "
		  "service.beta.kubernetes.io/aws-load-balancer-attributes: got 'nearest'" },
		{ NULL,
		  IP A("attributes", "dns_record.client_routing_policy=availability_zone_affinity"),
		  P80, NULL, "LB",
		  "{dns_record.client_routing_policy=availability_zone_affinity}" },
		{ NULL, IP A("access-log-enabled", "FalSe"), P80, NULL, "",
		  "error: failed to parse bool annotation" },
		{ NULL, IP A("minimum-load-balancer-capacity", "CapacityUnits=3000"), P80, NULL,
		  "LB", "] cap=3000" },
		{ NULL, IP A("minimum-load-balancer-capacity", "CapacityUnits=0"), P80, NULL, "LB",
		  "] cap=0" },
		{ NULL, IP A("minimum-load-balancer-capacity", "Units=1"), P80, NULL, "",
		  "error: invalid key to set the capacity: Units, Expected key: CapacityUnits (" },
		{ NULL, IP A("minimum-load-balancer-capacity", "CapacityUnits=x"), P80, NULL, "",
		  "error: invalid value to set the capacity: x (" },
		{ GATE("LBCapacityReservation", "false"),
		  IP A("minimum-load-balancer-capacity", "Units=1"), P80, NULL, "LB",
		  "[$SG,sg-backend]" },
		{ NULL, IP A("name", "a23456789012345678901234567890xx"), P80, NULL, "LB",
		  "LB a23456789012345678901234567890xx internal" },
		{ NULL, IP A("name", ""), P80, NULL, "",
		  "error: load balancer name cannot be empty (" },
		{ NULL, IP A("name", "a23456789012345678901234567890xxx"), P80, NULL, "",
		  "error: load balancer name cannot be longer than 32 characters (" },
	};

	check_rows(rows, COUNT(rows));
}
