/* SPDX-License-Identifier: Apache-2.0 */
/* lb_ingress_tg.c - target groups and bindings of Ingresses (spec-lbc-alb 17, 7.4, 8.3), and the
 * rest of what annotations and classes say. */
#include "lbfixture.h"

#define FLAG(name, value) "{'kind':'Case','flags':{'" name "':" value "}}"
#define GATE(name, on) "{'kind':'Case','flags':{'feature-gates':{'" name "':" on "}}}"
#define UID1(spec)                                                                               \
	"{'kind':'Service','metadata':{'namespace':'ns-1','name':'svc-9','uid':'uid-1'},'spec':" \
	"{" spec "}}"
#define P8080 "'ports':[{'name':'http','port':80,'targetPort':8080}]"
#define TO9 FIX_ONE(FIX_PATH("/", FIX_TO("svc-9", FIX_HTTP)))
#define ING(more) FIX_INGRESS("ing-1", more, FIX_SIMPLE)
#define TG(rest) \
	"TG ns-1/ing-1-svc-1:http k8s-ns1-svc1-9889425938 instance:32768/HTTP/HTTP1 ipv4 " rest "\n"
#define TG_IP(rest) \
	"TG ns-1/ing-1-svc-1:http k8s-ns1-svc1-6350990f3a ip:8080/HTTP/HTTP1 ipv4 " rest "\n"
#define IP ",'AI/target-type':'ip'"

TEST(health_checks_follow_the_protocols_version)
{
	static const struct fix_row rows[] = {
		{ "TG",
		  { UID1(P8080),
		    FIX_INGRESS("ing-1", IP ",'AI/backend-protocol-version':'GRPC'", TO9) },
		  "TG ns-1/ing-1-svc-9:http k8s-ns1-svc9-99fae5157b ip:8080/HTTP/GRPC ipv4 "
		  "HTTP:traffic-port/AWS.ALB/healthcheck=grpc-12 15/5/2/2\n" },
		{ "TG",
		  { ING(",'AI/healthcheck-path':'/z','AI/success-codes':'200-299',"
			"'AI/healthcheck-protocol':'HTTPS','AI/healthcheck-port':'http'") },
		  TG("HTTPS:32768/z=200-299 15/5/2/2") },
		{ "TG B",
		  { ING(IP ",'AI/healthcheck-port':'http'") },
		  TG_IP("HTTP:8080/=200 15/5/2/2") "B ns-1/ing-1-svc-1:http svc-1:\"http\" "
						   "sg-auto>8080 sg-auto>8080\n" },
	};
	fix_check(rows, COUNT(rows));
}

TEST(bindings_let_in_each_port_that_is_asked)
{
	static const struct fix_row rows[] = {
		{ "TG B",
		  { ING(IP ",'AI/healthcheck-port':'8081','AI/"
			   "target-control-port.svc-1.http':'3000'") },
		  "TG ns-1/ing-1-svc-1:http k8s-ns1-svc1-ff23b7402b ip:8080/HTTP/HTTP1 ipv4 "
		  "HTTP:8081/=200 15/5/2/2 control=3000\n"
		  "B ns-1/ing-1-svc-1:http svc-1:\"http\" sg-auto>8080 sg-auto>8081 "
		  "sg-auto>3000\n" },
		{ "B",
		  { FLAG("disable-restricted-sg-rules", "true"),
		    ING(IP ",'AI/healthcheck-port':'8081'") },
		  "B ns-1/ing-1-svc-1:http svc-1:\"http\" sg-auto>all\n" },
		{ "B",
		  { ING(",'AI/target-node-labels':'a=b, c=d'") },
		  "B ns-1/ing-1-svc-1:http svc-1:\"http\" sg-auto>32768 nodes{a=b,c=d}\n" },
		{ "B",
		  { ING(IP ",'AI/target-node-labels':'a=b'") },
		  "B ns-1/ing-1-svc-1:http svc-1:\"http\" sg-auto>8080\n" },
	};
	fix_check(rows, COUNT(rows));
}

#define WRONG(annotation, value, words)                                          \
	{                                                                        \
		"", { ING(IP ",'AI/" annotation "':'" value "'") },              \
			"error: ingress: ns-1/ing-1: " words                     \
			" (alb.ingress.kubernetes.io/" annotation ": " value ")" \
	}
#define NO_INT(annotation)                                                               \
	{                                                                                \
		"", { ING(",'AI/" annotation "':'1s'") },                                \
			"error: ingress: ns-1/ing-1: failed to parse int32 annotation, " \
			"alb.ingress.kubernetes.io/" annotation                          \
			": 1s: strconv.ParseInt: parsing \"1s\": "                       \
			"invalid syntax"                                                 \
	}
#define NO_MAP(annotation)                                                                   \
	{                                                                                    \
		"", { ING(",'AI/" annotation "':'x'") },                                     \
			"error: ingress: ns-1/ing-1: failed to parse stringMap annotation, " \
			"alb.ingress.kubernetes.io/" annotation ": x"                        \
	}

TEST(nonsense_about_target_groups_is_refused_by_name)
{
	static const struct fix_row rows[] = {
		{ "",
		  { ING(",'AI/target-type':'pods'") },
		  "error: ingress: ns-1/ing-1: unknown targetType: pods "
		  "(alb.ingress.kubernetes.io/target-type: pods)" },
		WRONG("backend-protocol", "TCP",
		      "backend protocol must be within [HTTP, HTTPS]: TCP"),
		WRONG("backend-protocol-version", "HTTP3",
		      "backend protocol version must be within [HTTP1, HTTP2, GRPC]: HTTP3"),
		WRONG("healthcheck-protocol", "TCP",
		      "healthCheckProtocol must be within [HTTP, HTTPS]: TCP"),
		WRONG("healthcheck-port", "0", "healthCheckPort must be within [1, 65535]: 0"),
		WRONG("healthcheck-port", "nope",
		      "failed to resolve healthCheckPort: unable to find port nope on service "
		      "ns-1/svc-1"),
		WRONG("target-control-port.svc-1.http", "65536",
		      "target control port must be within [1, 65535]: 65536"),
		{ "",
		  { ING(",'AI/target-control-port.svc-1.http':'42'") },
		  "error: ingress: ns-1/ing-1: target control port is not supported for instance "
		  "target "
		  "target group (alb.ingress.kubernetes.io/target-control-port.svc-1.http: 42)" },
	};
	fix_check(rows, COUNT(rows));
}

TEST(what_a_service_lacks_for_its_target_group_is_told)
{
	static const struct fix_row rows[] = {
		NO_INT("healthcheck-interval-seconds"),
		NO_INT("healthcheck-timeout-seconds"),
		NO_INT("healthy-threshold-count"),
		NO_INT("unhealthy-threshold-count"),
		NO_INT("target-control-port.svc-1.http"),
		NO_MAP("target-group-attributes"),
		NO_MAP("target-node-labels"),
		{ "",
		  { UID1("'ports':[{'name':'http','port':80,'targetPort':8080}]"),
		    FIX_INGRESS("ing-1", "", TO9) },
		  "error: ingress: ns-1/ing-1: TargetGroup port is empty. When using Instance "
		  "targets, "
		  "your service be must of type 'NodePort' or 'LoadBalancer'" },
		{ "",
		  { UID1("'ports':[{'name':'http','port':80,'targetPort':'named'}]"),
		    FIX_INGRESS("ing-1", IP ",'AI/healthcheck-port':'http'", TO9) },
		  "error: ingress: ns-1/ing-1: cannot use named healthCheckPort for IP TargetType "
		  "when "
		  "service's targetPort is a named port "
		  "(alb.ingress.kubernetes.io/healthcheck-port: http)" },
		{ "",
		  { FIX_SERVICE("svc-9", "",
				"'ports':[{'name':'http','port':80,'nodePort':1},{'name':'hc','"
				"port':81}]"),
		    FIX_INGRESS("ing-1", ",'AI/healthcheck-port':'hc'", TO9) },
		  "error: ingress: ns-1/ing-1: failed to resolve healthCheckPort: port hc of "
		  "service "
		  "ns-1/svc-9 has no node port (alb.ingress.kubernetes.io/healthcheck-port: hc)" },
		{ "",
		  { FIX_CLASS("'targetType':'pods'"), FIX_OF_CLASS("ing-1", "", FIX_SIMPLE) },
		  "error: ingress: ns-1/ing-1: unknown targetType: pods" },
		{ "",
		  { FIX_SERVICE("svc-9", "'AI/auth-type':'oidc'", P8080),
		    FIX_INGRESS("ing-1", IP, TO9) },
		  "error: ingress: ns-1/ing-1: Service ns-1/svc-9: "
		  "alb.ingress.kubernetes.io/auth-type: "
		  "oidc: authentication by the load balancer: not built yet in vpcbox: take the "
		  "annotation "
		  "away, or leave the object to aws-load-balancer-controller" },
	};
	fix_check(rows, COUNT(rows));
}

/* ---- tags and attributes */

#define TAGGED "'AI/tags':'a=1,b=1'"
#define DEFAULTS "{'kind':'Case','flags':{'default-tags':{'b':'2','c':'2'}}}"

TEST(tags_of_class_annotation_and_flag_win_in_this_order)
{
	static const struct fix_row rows[] = {
		{ "SG LB L R TG",
		  { DEFAULTS, FIX_CLASS("'tags':[{'key':'a','value':'3'}]"),
		    FIX_OF_CLASS("ing-1", TAGGED, FIX_SIMPLE) },
		  "SG k8s-ns1-ing1-bd83176788 tcp:80<0.0.0.0/0 {a=3,b=2,c=2}\n"
		  "LB k8s-ns1-ing1-b7e914000d internal ipv4 subnet-a,subnet-b [$SG,sg-auto] "
		  "{a=3,b=2,c=2}\n"
		  "L 80 HTTP fixed-response 404 type=text/plain {a=3,b=2,c=2}\n"
		  "R 80:1 path=/ > forward $TG-ns-1/ing-1-svc-1:http {a=3,b=2,c=2}\n" TG(
			  "HTTP:traffic-port/=200 15/5/2/2 {a=3,b=2,c=2}") },
		{ "SG TG R",
		  { DEFAULTS, GATE("EnableDefaultTagsLowPriority", "true"), ING("," TAGGED) },
		  "SG k8s-ns1-ing1-bd83176788 tcp:80<0.0.0.0/0 {a=1,b=1,c=2}\n"
		  "R 80:1 path=/ > forward $TG-ns-1/ing-1-svc-1:http {a=1,b=1,c=2}\n" TG(
			  "HTTP:traffic-port/=200 15/5/2/2 {a=1,b=1,c=2}") },
		/* a Service's own take the place of the Ingress's */
		{ "TG",
		  { FIX_SERVICE("svc-9", "'AI/tags':'s=1'", P8080),
		    FIX_INGRESS("ing-1", IP "," TAGGED, TO9) },
		  "TG ns-1/ing-1-svc-9:http k8s-ns1-svc9-6350990f3a ip:8080/HTTP/HTTP1 ipv4 "
		  "HTTP:traffic-port/=200 15/5/2/2 {s=1}\n" },
		{ "",
		  { FLAG("external-managed-tags", "['a']"), ING("," TAGGED) },
		  "error: failed build tags for Ingress ns-1/ing-1: external managed tag key a "
		  "cannot be "
		  "specified (alb.ingress.kubernetes.io/tags: a=1,b=1)" },
		{ "",
		  { FLAG("external-managed-tags", "['a']"),
		    FIX_CLASS("'tags':[{'key':'a','value':'3'}]"),
		    FIX_OF_CLASS("ing-1", "", FIX_SIMPLE) },
		  "error: failed build tags for IngressClassParams p: external managed tag key a "
		  "cannot be "
		  "specified" },
		{ "",
		  { FLAG("external-managed-tags", "['s']"),
		    FIX_SERVICE("svc-9", "'AI/tags':'s=1'", P8080), FIX_INGRESS("ing-1", IP, TO9) },
		  "error: ingress: ns-1/ing-1: failed build tags for Ingress ns-1/ing-1 and "
		  "Service "
		  "ns-1/svc-9: external managed tag key s cannot be specified "
		  "(alb.ingress.kubernetes.io/tags: s=1)" },
	};
	fix_check(rows, COUNT(rows));
}

#define LB(rest) \
	"LB k8s-ns1-ing1-b7e914000d internal ipv4 subnet-a,subnet-b [$SG,sg-auto]" rest "\n"

TEST(attributes_and_capacity_of_the_class_come_first)
{
	static const struct fix_row rows[] = {
		{ "LB L TG",
		  { FIX_CLASS("'loadBalancerAttributes':[{'key':'k','value':'45'}],'listeners':[{'"
			      "protocol':'HTTP',"
			      "'port':80,'listenerAttributes':[{'key':'l','value':'1'}]}],"
			      "'minimumLoadBalancerCapacity':{'capacityUnits':7},"
			      "'ipamConfiguration':{'ipv4IPAMPoolId':'pool'}"),
		    FIX_OF_CLASS(
			    "ing-1",
			    "'AI/load-balancer-attributes':'k=30,j=1','AI/"
			    "target-group-attributes':'t=1',"
			    "'AI/listener-attributes.HTTP-80':'l=2,m=2','AI/ipam-ipv4-pool-id':'x',"
			    "'AI/minimum-load-balancer-capacity':'CapacityUnits=500'",
			    FIX_SIMPLE) },
		  LB(" attributes{j=1,k=45} ipam=pool cap=7") "L 80 HTTP fixed-response 404 "
							      "type=text/plain "
							      "attributes{l=1,m=2}\n" TG(
								      "HTTP:traffic-port/=200 "
								      "15/5/2/2 attributes{t=1}") },
		{ "LB",
		  { ING(",'AI/minimum-load-balancer-capacity':'CapacityUnits=0','AI/"
			"customer-owned-ipv4-pool':'p'") },
		  LB(" coip=p cap=0") },
		{ "LB",
		  { GATE("LBCapacityReservation", "false"),
		    ING(",'AI/minimum-load-balancer-capacity':'x'") },
		  LB("") },
		{ "",
		  { ING(",'AI/listener-attributes.HTTP-80':'x'") },
		  "error: ingress: ns-1/ing-1: failed to parse stringMap annotation, "
		  "alb.ingress.kubernetes.io/listener-attributes.HTTP-80: x" },
	};
	fix_check(rows, COUNT(rows));
}

/* ---- names of explicit groups */
#define GROUP(name) ",'AI/group.name':'" name "'"

TEST(explicit_groups_are_named_by_themselves)
{
	static const struct fix_row rows[] = {
		{ "SG LB TG",
		  { UID1("'ports':[{'port':80,'targetPort':8080}]"),
		    FIX_INGRESS("ing-1",
				IP GROUP("my-group") ",'AI/backend-protocol-version':'HTTP2'",
				FIX_ONE(FIX_PATH("/", FIX_TO("svc-9", "'number':80")))) },
		  "SG k8s-mygroup-78a1dbf232 tcp:80<0.0.0.0/0\n"
		  "LB k8s-mygroup-3de7ea1769 internal ipv4 subnet-a,subnet-b [$SG,sg-auto]\n"
		  "TG ns-1/ing-1-svc-9:80 k8s-ns1-svc9-c8b0e9187d ip:8080/HTTP/HTTP2 ipv4 "
		  "HTTP:traffic-port/=200 15/5/2/2\n" },
		{ "LB",
		  { ING(GROUP("my-group") ",'AI/scheme':'internet-facing'") },
		  "LB k8s-mygroup-d8f2248e3c internet-facing ipv4 subnet-c,subnet-d "
		  "[$SG,sg-auto]\n" },
		{ "LB",
		  { ING(GROUP("a.very-long.group-name.with.dots")) },
		  "LB k8s-averylonggroupnam-c4e8dbaec2 internal ipv4 subnet-a,subnet-b "
		  "[$SG,sg-auto]\n" },
		{ "LB",
		  { ING(",'AI/load-balancer-name':'mine'") },
		  "LB mine internal ipv4 subnet-a,subnet-b [$SG,sg-auto]\n" },
	};
	fix_check(rows, COUNT(rows));
}

/* ---- subnets and certificates */

#define EXISTING(scheme)                                                                      \
	"{'kind':'Case','facts':{'loadBalancer':{'scheme':'" scheme "','type':'application'," \
	"'subnets':['subnet-x','subnet-y']}}}"

TEST(discovery_does_not_move_a_load_balancer_that_is_there)
{
	static const struct fix_row rows[] = {
		{ "LB",
		  { EXISTING("internal"), ING("") },
		  "LB k8s-ns1-ing1-b7e914000d internal ipv4 subnet-x,subnet-y [$SG,sg-auto]\n" },
		{ "LB", { EXISTING("internet-facing"), ING("") }, LB("") },
		{ "LB",
		  { FIX_CLASS("'subnets':{'ids':['subnet-c','subnet-d']}"),
		    FIX_OF_CLASS("ing-1", "'AI/subnets':'subnet-a,subnet-b'", FIX_SIMPLE) },
		  "LB k8s-ns1-ing1-b7e914000d internal ipv4 subnet-c,subnet-d [$SG,sg-auto]\n" },
		{ "LB",
		  { FIX_CLASS("'subnets':{'tags':{'kubernetes.io/role/elb':['1']}}"),
		    FIX_OF_CLASS("ing-1", "", FIX_SIMPLE) },
		  "LB k8s-ns1-ing1-b7e914000d internal ipv4 subnet-c,subnet-d [$SG,sg-auto]\n" },
		{ "",
		  { FIX_CLASS("'subnets':{'ids':['subnet-c','subnet-d']},'group':{'name':'g'}"),
		    FIX_OF_CLASS("ing-1", "", FIX_SIMPLE),
		    FIX_INGRESS("b", GROUP("g") ",'AI/subnets':'subnet-a,subnet-b'", FIX_SIMPLE) },
		  "error: conflicting subnet specifications: IngressClassParams versus "
		  "annotation" },
		{ "",
		  { FIX_CLASS("'subnets':{'ids':['subnet-c','subnet-d']},'group':{'name':'g'}"),
		    FIX_OF_CLASS("ing-1", "", FIX_SIMPLE),
		    "[{'kind':'IngressClass','metadata':{'name':'d'},'spec':{'controller':"
		    "'ingress.k8s.aws/alb','parameters':{'apiGroup':'elbv2.k8s.aws','kind':"
		    "'IngressClassParams','name':'q'}}},{'kind':'IngressClassParams','metadata':{"
		    "'name':'q'},'spec':{'subnets':{'ids':['subnet-a']},'group':{'name':'g'}}},"
		    "{'kind':'Ingress','metadata':{'name':'b'},'spec':{'ingressClassName':'d'}}]" },
		  "error: conflicting IngressClassParams subnet specifications" },
		{ "",
		  { "{'kind':'Case','facts':{'subnets':[]}}", ING("") },
		  "error: couldn't auto-discover subnets: unable to resolve at least one subnet. "
		  "Evaluated 0 "
		  "subnets: 0 are tagged for other clusters, and 0 have insufficient available IP "
		  "addresses" },
	};
	fix_check(rows, COUNT(rows));
}

#define CERTS                                                                                \
	"{'kind':'Case','facts':{'certificates':[{'arn':'arn:2','names':['*.example.com']}," \
	"{'arn':'arn:1','names':['a.example.com','other.org']},"                             \
	"{'arn':'arn:3','names':['b.org'],'authority':'arn:ca'}]}}"
#define TLS(host)                                                        \
	FIX_INGRESS("ing-1", ",'AI/listen-ports':'[{\\'HTTPS\\':443}]'", \
		    "'tls':[{'hosts':['" host "']}]")
#define L443(list) \
	"L 443 HTTPS fixed-response 404 type=text/plain ELBSecurityPolicy-2016-08 [" list "]\n"

TEST(certificates_are_found_by_hosts)
{
	static const struct fix_row rows[] = {
		{ "L", { CERTS, TLS("a.example.com") }, L443("arn:1,arn:2") },
		{ "L", { CERTS, TLS("b.example.com") }, L443("arn:2") },
		{ "L", { CERTS, TLS("*.example.com") }, L443("arn:2") },
		{ "L", { CERTS, TLS("b.org") }, L443("arn:3") },
		{ "",
		  { CERTS, TLS("example.com") },
		  "error: ingress: ns-1/ing-1: no certificate found for host: example.com" },
		{ "",
		  { CERTS, TLS("a.b.example.com") },
		  "error: ingress: ns-1/ing-1: no certificate found for host: a.b.example.com" },
		{ "",
		  { CERTS, TLS("A.example.org") },
		  "error: ingress: ns-1/ing-1: no certificate found for host: A.example.org" },
		{ "L",
		  { CERTS, FLAG("allowed-certificate-authority-arns", "['arn:ca']"), TLS("b.org") },
		  L443("arn:3") },
		{ "",
		  { CERTS, FLAG("allowed-certificate-authority-arns", "['arn:ca']"),
		    TLS("other.org") },
		  "error: ingress: ns-1/ing-1: no certificate found for host: other.org" },
	};
	fix_check(rows, COUNT(rows));
}

#define PORTS(json, words)                                                                         \
	{                                                                                          \
		"", { ING(",'AI/listen-ports':'" json "'") }, "error: ingress: ns-1/ing-1: " words \
	}

TEST(listen_ports_that_are_nonsense_are_refused_by_name)
{
	static const struct fix_row rows[] = {
		PORTS("", "failed to parse listen-ports configuration: `` "
			  "(alb.ingress.kubernetes.io/listen-ports: )"),
		PORTS("{}", "failed to parse listen-ports configuration: `{}` "
			    "(alb.ingress.kubernetes.io/listen-ports: {})"),
		PORTS("[]", "empty listen-ports configuration: `[]` "
			    "(alb.ingress.kubernetes.io/listen-ports: [])"),
		PORTS("[80]", "failed to parse listen-ports configuration: `[80]` "
			      "(alb.ingress.kubernetes.io/listen-ports: [80])"),
		PORTS("[{\\'HTTP\\':1.5}]",
		      "failed to parse listen-ports configuration: `[{\"HTTP\":1.5}]` "
		      "(alb.ingress.kubernetes.io/listen-ports: [{\"HTTP\":1.5}])"),
		PORTS("[{\\'HTTP\\':0}]",
		      "listen port must be within [1, 65535]: 0 "
		      "(alb.ingress.kubernetes.io/listen-ports: [{\"HTTP\":0}])"),
		PORTS("[{\\'HTTP\\':-1}]",
		      "listen port must be within [1, 65535]: -1 "
		      "(alb.ingress.kubernetes.io/listen-ports: [{\"HTTP\":-1}])"),
		PORTS("[{\\'http\\':80}]",
		      "listen protocol must be within [HTTP, HTTPS]: http "
		      "(alb.ingress.kubernetes.io/listen-ports: [{\"http\":80}])"),
		{ "L",
		  { ING(",'AI/listen-ports':'[{\\'HTTPS\\':80,\\'HTTP\\':90},{\\'HTTP\\':80}]'") },
		  "L 80 HTTP fixed-response 404 type=text/plain\nL 90 HTTP fixed-response 404 "
		  "type=text/plain\n" },
		{ "",
		  { ING(",'AI/certificate-arn':'x','AI/mutual-authentication':'[]'") },
		  "error: ingress: ns-1/ing-1: empty mutualAuthentication configuration from "
		  "ingress annotation: "
		  "`[]` (alb.ingress.kubernetes.io/mutual-authentication: [])" },
		{ "",
		  { ING(",'AI/certificate-arn':'x','AI/"
			"mutual-authentication':'[{\\'port\\':0,\\'mode\\':\\'off\\'}]'") },
		  "error: ingress: ns-1/ing-1: listen port must be within [1, 65535]: 0 "
		  "(alb.ingress.kubernetes.io/mutual-authentication: "
		  "[{\"port\":0,\"mode\":\"off\"}])" },
		{ "",
		  { ING(",'AI/certificate-arn':'x','AI/"
			"mutual-authentication':'[{\\'port\\':443,\\'mode\\':\\'off\\',\\'"
			"trustStore\\':\\'t\\'}]'") },
		  "error: ingress: ns-1/ing-1: Mutual Authentication mode off does not support "
		  "trustStore for port 443 "
		  "(alb.ingress.kubernetes.io/mutual-authentication: "
		  "[{\"port\":443,\"mode\":\"off\",\"trustStore\":\"t\"}])" },
		{ "",
		  { FIX_CLASS("'inboundCIDRs':['10.0.0.0']"),
		    FIX_OF_CLASS("ing-1", "", FIX_SIMPLE) },
		  "error: ingress: ns-1/ing-1: invalid CIDR in IngressClassParams InboundCIDR "
		  "10.0.0.0: invalid CIDR "
		  "address: 10.0.0.0" },
	};
	fix_check(rows, COUNT(rows));
}
