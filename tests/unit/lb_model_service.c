/* SPDX-License-Identifier: Apache-2.0 */
/* lb_model_service.c - whole Services and the stacks that the original makes of them (spec-lbc-nlb
 * 18.1), names with their hashes. */
#include "lbsummary.h"
#include "test.h"

#define S1 "{'id':'subnet-1','zone':'a','cidr':'192.168.0.0/19','cidrs6':['2600:1::/64']}"
#define S2 "{'id':'subnet-2','zone':'b','cidr':'192.168.32.0/19','cidrs6':['2600:2::/64']}"
#define S3 "{'id':'subnet-3','zone':'c','cidr':'192.168.64.0/19','cidrs6':['2600:3::/64']}"
#define FACTS(subnets, more) \
	"{'kind':'Case','facts':{'subnets':[" subnets "],'routes':{'main':[]}" more "}}"
#define PUBLIC ",'routes':{'main':['igw-1']}"
#define GATE(name, on) "{'kind':'Case','flags':{'feature-gates':{'" name "':" on "}}}"
#define FLAG(name, value) "{'kind':'Case','flags':{'" name "':" value "}}"

#define UID1 "bdca2bd0-bfc6-449a-88a3-03451f05f18c"
#define UID2 "7ab4be33-11c2-4a7b-b655-7add8affab36"
#define UID3 "2dc098f0-ae33-4378-af7b-83e2a0424495"
#define SERVICE(ns, name, uid, annotations, spec)                                          \
	"{'kind':'Service','metadata':{'namespace':'" ns "','name':'" name "','uid':'" uid \
	"','annotations':{" annotations "}},'spec':{'type':'LoadBalancer'," spec "}}"
#define P80 "'ports':[{'port':80,'targetPort':80,'protocol':'TCP'}]"
#define NLB_IP "'SB/aws-load-balancer-type':'nlb-ip'"

#define ONE_LB "LB k8s-default-nlbipsvc-"
#define PLAIN_TG                                                                           \
	"TG 80 k8s-default-nlbipsvc-d4818dcd51 ip:80/TCP ipv4 TCP:traffic-port 10/10/3/3 " \
	"{proxy_protocol_v2.enabled=false}\n"

/* Each: documents in order (NULL ends them), and the stack's lines. */
struct row {
	const char *docs[6], *want;
};

static void check_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		auto_lbcase struct lbcase c;

		lbcase_init(&c);
		for (size_t k = 0; rows[i].docs[k]; k++)
			lbcase_text(&c, rows[i].docs[k]);
		CHECK_STR(lbsummary(&c), rows[i].want);
	}
}

#define NO_SG GATE("NLBSecurityGroup", "false")
#define M1                                                                                      \
	SERVICE("default", "nlb-ip-svc-tls", UID1,                                              \
		NLB_IP ",'SB/aws-load-balancer-inbound-sg-rules-on-private-link-traffic':'on'", \
		P80)
#define M2                                                                   \
	SERVICE("default", "nlb-ip-svc-tls", UID1,                           \
		NLB_IP ",'SB/aws-load-balancer-ip-address-type':'dualstack'" \
		       ",'SB/aws-load-balancer-scheme':'internet-facing'",   \
		P80)
#define M3                                                                             \
	SERVICE("default", "nlb-ip-svc", UID2,                                         \
		NLB_IP ",'SB/aws-load-balancer-healthcheck-protocol':'HTTP'"           \
		       ",'SB/aws-load-balancer-healthcheck-port':'8888'"               \
		       ",'SB/aws-load-balancer-healthcheck-path':'/healthz'"           \
		       ",'SB/aws-load-balancer-healthcheck-interval':'10'"             \
		       ",'SB/aws-load-balancer-healthcheck-timeout':'30'"              \
		       ",'SB/aws-load-balancer-healthcheck-healthy-threshold':'2'"     \
		       ",'SB/aws-load-balancer-healthcheck-unhealthy-threshold':'2'",  \
		"'ports':[{'name':'http','port':80,'targetPort':80,'protocol':'TCP'}," \
		"{'name':'https','port':83,'targetPort':80,'protocol':'TCP'}]")
#define M4                                                                                \
	SERVICE("default", "nlb-ip-svc", UID2,                                            \
		NLB_IP ",'SB/aws-load-balancer-internal':'false'"                         \
		       ",'SB/aws-load-balancer-healthcheck-protocol':'HTTP'"              \
		       ",'SB/aws-load-balancer-healthcheck-port':'80'"                    \
		       ",'SB/aws-load-balancer-healthcheck-path':'/healthz'"              \
		       ",'SB/aws-load-balancer-access-log-enabled':'true'"                \
		       ",'SB/aws-load-balancer-access-log-s3-bucket-name':'nlb-bucket'"   \
		       ",'SB/aws-load-balancer-access-log-s3-bucket-prefix':'bkt-pfx'"    \
		       ",'SB/aws-load-balancer-cross-zone-load-balancing-enabled':'true'" \
		       ",'SB/aws-load-balancer-ssl-ports':'83'"                           \
		       ",'SB/aws-load-balancer-ssl-cert':'arn:1,arn:2'",                  \
		"'ports':[{'name':'http','port':80,'targetPort':80,'protocol':'TCP'},"    \
		"{'name':'https','port':83,'targetPort':8883,'protocol':'TCP'}]")
#define M4_STACK(group)                                                                   \
	ONE_LB "33e41aa671 internet-facing ipv4 subnet-1 " group                          \
	       " {access_logs.s3.bucket=nlb-bucket,access_logs.s3.enabled=true,"          \
	       "access_logs.s3.prefix=bkt-pfx,load_balancing.cross_zone.enabled=true}\n"  \
	       "L 80 TCP $TG\n"                                                           \
	       "L 83 TLS $TG ELBSecurityPolicy-2016-08 arn:1,arn:2\n"                     \
	       "TG 80 k8s-default-nlbipsvc-62f81639fc ip:80/TCP ipv4 HTTP:80 /healthz "   \
	       "200-399 10/10/3/3 {proxy_protocol_v2.enabled=false}\n"                    \
	       "TG 83 k8s-default-nlbipsvc-77ea0c7734 ip:8883/TCP ipv4 HTTP:80 /healthz " \
	       "200-399 10/10/3/3 {proxy_protocol_v2.enabled=false}\n"
#define M3_TGS                                                                             \
	"L 80 TCP $TG\nL 83 TCP $TG\n"                                                     \
	"TG 80 k8s-default-nlbipsvc-62f81639fc ip:80/TCP ipv4 HTTP:8888 /healthz 200-399 " \
	"10/30/2/2 {proxy_protocol_v2.enabled=false}\n"                                    \
	"TG 83 k8s-default-nlbipsvc-3ede6b28b6 ip:80/TCP ipv4 HTTP:8888 /healthz 200-399 " \
	"10/30/2/2 {proxy_protocol_v2.enabled=false}\n"

TEST(services_with_pods_behind_and_no_groups_become_the_originals_stacks)
{
	static const struct row rows[] = {
		{ { FACTS(S1, ""), NO_SG, M1 },
		  ONE_LB "6b0ba8ff70 internal ipv4 plink=on subnet-1 []\n"
			 "L 80 TCP $TG\n" PLAIN_TG "B 80 192.168.0.0/19>TCP:80\n" },
		{ { FACTS(S1, PUBLIC), NO_SG, M2 },
		  ONE_LB "4d831c6ca6 internet-facing dualstack subnet-1 []\n"
			 "L 80 TCP $TG\n" PLAIN_TG "B 80 192.168.0.0/19>TCP:80\n" },
		{ { FACTS(S1 "," S2, ""), NO_SG, M3 },
		  ONE_LB "518cdfc227 internal ipv4 subnet-1,subnet-2 []\n" M3_TGS
			 "B 80 192.168.0.0/19,192.168.32.0/19>TCP:80 "
			 "192.168.0.0/19,192.168.32.0/19>TCP:8888\n"
			 "B 83 192.168.0.0/19,192.168.32.0/19>TCP:80 "
			 "192.168.0.0/19,192.168.32.0/19>TCP:8888\n" },
		{ { FACTS(S1, PUBLIC), NO_SG, M4 },
		  M4_STACK("[]") "B 80 192.168.0.0/19>TCP:80\n"
				 "B 83 192.168.0.0/19>TCP:8883 192.168.0.0/19>TCP:80\n" },
		/* M9: clients' addresses arrive */
		{ { FACTS(S1, ",'vpc':{'cidrs':['192.160.0.0/16','100.64.0.0/16']}"), NO_SG,
		    SERVICE("default", "nlb-ip-svc-tls", UID1,
			    NLB_IP ",'SB/aws-load-balancer-target-group-attributes':"
				   "'preserve_client_ip.enabled=true'",
			    P80) },
		  ONE_LB "6b0ba8ff70 internal ipv4 subnet-1 []\nL 80 TCP $TG\n"
			 "TG 80 k8s-default-nlbipsvc-d4818dcd51 ip:80/TCP ipv4 TCP:traffic-port "
			 "10/10/3/3 "
			 "{preserve_client_ip.enabled=true,proxy_protocol_v2.enabled=false}\n"
			 "B 80 192.160.0.0/16,100.64.0.0/16>TCP:80\n" },
		/* M10: selected by its class */
		{ { FACTS(S1, ""), NO_SG, FLAG("default-target-type", "'ip'"),
		    SERVICE("default", "nlb-ip-svc-tls", UID1, "",
			    "'loadBalancerClass':'service.k8s.aws/nlb'," P80) },
		  ONE_LB "6b0ba8ff70 internal ipv4 subnet-1 []\n"
			 "L 80 TCP $TG\n" PLAIN_TG "B 80 192.168.0.0/19>TCP:80\n" },
		/* M19 */
		{ { FACTS(S1, ""), NO_SG,
		    SERVICE("default", "nlb-ip-svc-tls", UID1,
			    NLB_IP
			    ",'SB/aws-load-balancer-manage-backend-security-group-rules':'false'",
			    P80) },
		  ONE_LB "6b0ba8ff70 internal ipv4 subnet-1 []\n"
			 "L 80 TCP $TG\n" PLAIN_TG "B 80 -\n" },
		/* M31 */
		{ { FACTS(S1, PUBLIC), NO_SG,
		    FLAG("default-load-balancer-scheme", "'internet-facing'"),
		    SERVICE("default", "nlb-ip-svc-tls", UID1, NLB_IP, P80) },
		  ONE_LB "4d831c6ca6 internet-facing ipv4 subnet-1 []\n"
			 "L 80 TCP $TG\n" PLAIN_TG "B 80 192.168.0.0/19>TCP:80\n" },
		/* M32 */
		{ { FACTS(S1, ""),
		    SERVICE("default", "nlb-ip-svc-tls", UID1,
			    NLB_IP ",'SB/aws-load-balancer-disable-nlb-sg':'true'", P80) },
		  ONE_LB "6b0ba8ff70 internal ipv4 subnet-1 []\n"
			 "L 80 TCP $TG\n" PLAIN_TG "B 80 192.168.0.0/19>TCP:80\n" },
	};

	check_rows(rows, COUNT(rows));
}

TEST(services_with_pods_behind_and_groups_become_the_originals_stacks)
{
	static const struct row rows[] = {
		/* M20 */
		{ { FACTS(S1, ""), FLAG("disable-restricted-sg-rules", "true"), M1 },
		  "SG k8s-default-nlbipsvc-1da4b78715 tcp:80<0.0.0.0/0\n" ONE_LB
		  "6b0ba8ff70 internal ipv4 plink=on subnet-1 [$SG,sg-backend]\n"
		  "L 80 TCP $TG\n" PLAIN_TG "B 80 sg-backend>TCP\n" },
		/* M21 */
		{ { FACTS(S1, PUBLIC), M2 },
		  "SG k8s-default-nlbipsvc-1da4b78715 tcp:80<0.0.0.0/0 tcp:80<::/0\n" ONE_LB
		  "4d831c6ca6 internet-facing dualstack subnet-1 [$SG,sg-backend]\n"
		  "L 80 TCP $TG\n" PLAIN_TG "B 80 sg-backend>TCP:80\n" },
		/* M22 */
		{ { FACTS(S1 "," S2, ""), M3 },
		  "SG k8s-default-nlbipsvc-51de41384e tcp:80<0.0.0.0/0 tcp:83<0.0.0.0/0\n" ONE_LB
		  "518cdfc227 internal ipv4 subnet-1,subnet-2 [$SG,sg-backend]\n" M3_TGS
		  "B 80 sg-backend>TCP:80,TCP:8888\nB 83 sg-backend>TCP:80,TCP:8888\n" },
		/* M23 */
		{ { FACTS(S1, PUBLIC), M4 },
		  "SG k8s-default-nlbipsvc-51de41384e tcp:80<0.0.0.0/0 tcp:83<0.0.0.0/0\n" M4_STACK(
			  "[$SG,sg-backend]") "B 80 sg-backend>TCP:80\n"
					      "B 83 sg-backend>TCP:8883,TCP:80\n" },
	};

	check_rows(rows, COUNT(rows));
}

#define INSTANCE                                  \
	"'SB/aws-load-balancer-type':'external'," \
	"'SB/aws-load-balancer-nlb-target-type':'instance'"
#define TWO(protocol)                                                                         \
	"'ports':[{'name':'http','port':80,'targetPort':80,'protocol':'" protocol             \
	"','nodePort':31223},{'name':'alt','port':83,'targetPort':8883,'protocol':'" protocol \
	"','nodePort':32323}]"
#define M6 SERVICE("default", "instance-mode", UID3, INSTANCE, TWO("TCP"))
#define RANGES "'loadBalancerSourceRanges':['10.20.0.0/16','1.2.3.4/19'],"
#define M7(protocol)                                                                       \
	SERVICE("app", "traffic-local", UID3, INSTANCE,                                    \
		"'externalTrafficPolicy':'Local','healthCheckNodePort':29123," RANGES TWO( \
			protocol))
#define M6_TGS                                                                            \
	"L 80 TCP $TG\nL 83 TCP $TG\n"                                                    \
	"TG 80 k8s-default-instance-0c68c79423 instance:31223/TCP ipv4 TCP:traffic-port " \
	"10/10/3/3 {proxy_protocol_v2.enabled=false}\n"                                   \
	"TG 83 k8s-default-instance-c200165858 instance:32323/TCP ipv4 TCP:traffic-port " \
	"10/10/3/3 {proxy_protocol_v2.enabled=false}\n"
#define LOCAL_TGS(protocol, one, two)                                                 \
	"L 80 " protocol " $TG\nL 83 " protocol " $TG\n"                              \
	"TG 80 k8s-app-trafficl-" one " instance:31223/" protocol " ipv4 HTTP:29123 " \
	"/healthz 200-399 10/6/2/2 {proxy_protocol_v2.enabled=false}\n"               \
	"TG 83 k8s-app-trafficl-" two " instance:32323/" protocol " ipv4 HTTP:29123 " \
	"/healthz 200-399 10/6/2/2 {proxy_protocol_v2.enabled=false}\n"

TEST(services_with_nodes_behind_become_the_originals_stacks)
{
	static const struct row rows[] = {
		{ { FACTS(S1, ""), NO_SG, M6 },
		  "LB k8s-default-instance-7ca1de7e6c internal ipv4 subnet-1 []\n" M6_TGS
		  "B 80 192.168.0.0/16>TCP:31223\nB 83 192.168.0.0/16>TCP:32323\n" },
		{ { FACTS(S1 "," S2 "," S3, ",'loadBalancer':{'scheme':'internet-facing','subnets':"
					    "['subnet-1','subnet-2',"
					    "'subnet-3']}"),
		    M7("TCP") },
		  "LB k8s-app-trafficl-2af705447d internet-facing ipv4 "
		  "subnet-1,subnet-2,subnet-3 []\n" LOCAL_TGS(
			  "TCP", "d2b8571b2f",
			  "4be0ac1fb8") "B 80 10.20.0.0/16,1.2.3.4/19>TCP:31223 "
					"192.168.0.0/19,192.168.32.0/19,192.168.64.0/19>TCP:29123\n"
					"B 83 10.20.0.0/16,1.2.3.4/19>TCP:32323 "
					"192.168.0.0/19,192.168.32.0/19,192.168.64.0/"
					"19>TCP:29123\n" },
		/* M18: by class, no UID */
		{ { FACTS(S1, ""), NO_SG,
		    SERVICE("awesome", "lb-with-class", "", "",
			    "'loadBalancerClass':'service.k8s.aws/nlb','ports':[{'port':80,"
			    "'targetPort':8080,'protocol':'TCP','nodePort':32110}]") },
		  "LB k8s-awesome-lbwithcl-6652458428 internal ipv4 subnet-1 []\nL 80 TCP $TG\n"
		  "TG 80 k8s-awesome-lbwithcl-081c7df2ca instance:32110/TCP ipv4 "
		  "TCP:traffic-port 10/10/3/3 {proxy_protocol_v2.enabled=false}\n"
		  "B 80 192.168.0.0/16>TCP:32110\n" },
	};

	check_rows(rows, COUNT(rows));
}

TEST(services_with_nodes_behind_and_groups_become_the_originals_stacks)
{
	static const struct row rows[] = {
		/* M24 */
		{ { FACTS(S1, ""), FLAG("enable-backend-security-group", "false"),
		    FLAG("disable-restricted-sg-rules", "true"), M6 },
		  "SG k8s-default-instance-38fe420757 tcp:80<0.0.0.0/0 tcp:83<0.0.0.0/0\n"
		  "LB k8s-default-instance-7ca1de7e6c internal ipv4 subnet-1 [$SG]\n" M6_TGS
		  "B 80 $SG>TCP\nB 83 $SG>TCP\n" },
		/* M25 */
		{ { FACTS(S1, PUBLIC), FLAG("default-load-balancer-scheme", "'internet-facing'"),
		    M7("TCP") },
		  "SG k8s-app-trafficl-7b81fc143c tcp:80<10.20.0.0/16 tcp:80<1.2.3.4/19 "
		  "tcp:83<10.20.0.0/16 tcp:83<1.2.3.4/19\n"
		  "LB k8s-app-trafficl-2af705447d internet-facing ipv4 subnet-1 "
		  "[$SG,sg-backend]\n" LOCAL_TGS(
			  "TCP", "d2b8571b2f",
			  "4be0ac1fb8") "B 80 sg-backend>TCP:31223,TCP:29123\n"
					"B 83 sg-backend>TCP:32323,TCP:29123\n" },
		/* M26 */
		{ { FACTS(S1, PUBLIC), FLAG("default-load-balancer-scheme", "'internet-facing'"),
		    M7("UDP") },
		  "SG k8s-app-trafficl-7b81fc143c udp:80<10.20.0.0/16 udp:80<1.2.3.4/19 "
		  "udp:83<10.20.0.0/16 udp:83<1.2.3.4/19\n"
		  "LB k8s-app-trafficl-2af705447d internet-facing ipv4 subnet-1 "
		  "[$SG,sg-backend]\n" LOCAL_TGS(
			  "UDP", "5f852f95c2",
			  "5eafb7edb6") "B 80 sg-backend>UDP:31223,TCP:29123\n"
					"B 83 sg-backend>UDP:32323,TCP:29123\n" },
		/* M12: TCP and UDP on one port */
		{ { FACTS(S1, PUBLIC), FLAG("enable-backend-security-group", "false"),
		    SERVICE("app", "tcpudp-protocol", UID3,
			    INSTANCE ",'SB/aws-load-balancer-enable-tcp-udp-listener':'true',"
				     "'SB/aws-load-balancer-scheme':'internet-facing'",
			    "'ports':[{'name':'tcp','port':80,'targetPort':80,'protocol':'TCP',"
			    "'nodePort':31223},{'name':'udp','port':80,'targetPort':80,"
			    "'protocol':'UDP','nodePort':31223},{'name':'tcp2','port':83,"
			    "'targetPort':8883,'protocol':'TCP','nodePort':32323}]") },
		  "SG k8s-app-tcpudppr-06a9156bf8 tcp:80<0.0.0.0/0 udp:80<0.0.0.0/0 "
		  "tcp:83<0.0.0.0/0\n"
		  "LB k8s-app-tcpudppr-2af705447d internet-facing ipv4 subnet-1 [$SG]\n"
		  "L 80 TCP_UDP $TG\nL 83 TCP $TG\n"
		  "TG 80 k8s-app-tcpudppr-2213a0d759 instance:31223/TCP_UDP ipv4 "
		  "TCP:traffic-port 10/10/3/3 {proxy_protocol_v2.enabled=false}\n"
		  "TG 83 k8s-app-tcpudppr-c200165858 instance:32323/TCP ipv4 TCP:traffic-port "
		  "10/10/3/3 {proxy_protocol_v2.enabled=false}\n"
		  "B 80 $SG>UDP:31223,TCP:31223\nB 83 $SG>TCP:32323\n" },
	};

	check_rows(rows, COUNT(rows));
}

#define WEB(more, spec) \
	SERVICE("default", "nlb-ip-svc-tls", UID1, NLB_IP "," more "'x':'y'", spec P80)

TEST(addresses_of_the_other_family_are_kept_apart)
{
	static const struct row rows[] = {
		/* M15 */
		{ { FACTS(S1, ""), WEB("", "'ipFamilies':['IPv6'],") },
		  "error: unsupported IPv6 configuration, lb not dual-stack" },
		/* M16 */
		{ { FACTS(S1, ",'vpc':{'cidrs6':['2600::/56','-2601::/56']}"), NO_SG,
		    SERVICE("default", "traffic-v6", "u",
			    INSTANCE ",'SB/aws-load-balancer-ip-address-type':'dualstack'",
			    "'ipFamilies':['IPv6'],'ports':[{'port':80,'nodePort':32332}]") },
		  "LB k8s-default-trafficv-cd9e18cc34 internal dualstack subnet-1 []\nL 80 TCP "
		  "$TG\n"
		  "TG 80 k8s-default-trafficv-93f22c0af7 instance:32332/TCP ipv6 TCP:traffic-port "
		  "10/10/3/3 {proxy_protocol_v2.enabled=false}\nB 80 2600::/56>TCP:32332\n" },
		{ { FACTS(S1, PUBLIC), NO_SG,
		    SERVICE("default", "traffic-v6", "u",
			    INSTANCE ",'SB/aws-load-balancer-ip-address-type':'dualstack',"
				     "'SB/aws-load-balancer-scheme':'internet-facing'",
			    "'ipFamilies':['IPv6'],'ports':[{'port':80,'nodePort':32332}]") },
		  "LB k8s-default-trafficv-f4f10bdc32 internet-facing dualstack subnet-1 []\n"
		  "L 80 TCP $TG\n"
		  "TG 80 k8s-default-trafficv-93f22c0af7 instance:32332/TCP ipv6 TCP:traffic-port "
		  "10/10/3/3 {proxy_protocol_v2.enabled=false}\nB 80 ::/0>TCP:32332\n" },
		/* M30 */
		{ { FACTS(S1, ""), WEB("", "'loadBalancerSourceRanges':['2600::/16'],") },
		  "error: unsupported v6 cidr 2600::/16 when lb is not dualstack" },
		{ { FACTS(S1, ""), WEB("'SB/load-balancer-source-ranges':'2600::/16',", "") },
		  "error: unsupported v6 cidr 2600::/16 when lb is not dualstack "
		  "(service.beta.kubernetes.io/load-balancer-source-ranges: 2600::/16)" },
	};

	check_rows(rows, COUNT(rows));
}

#define FAILS(part, words) "{'kind':'Case','facts':{'fail':{'" part "':'" words "'}}}"
#define GONE(annotations, finalizer)                                                  \
	"{'kind':'Service','metadata':{'namespace':'default','name':'web','uid':'u'," \
	"'deletionTimestamp':'2026-01-01T00:00:00Z','finalizers':['" finalizer        \
	"'],'annotations':{" NLB_IP annotations "}},'spec':{'type':'LoadBalancer'," P80 "}}"
#define ATTRIBUTES(v) ",'SB/aws-load-balancer-attributes':'" v "'"
#define OURS "service.k8s.aws/resources"

TEST(a_service_that_goes_becomes_an_empty_stack_unless_it_is_protected)
{
	static const struct row rows[] = {
		{ { GONE("", OURS) }, "" },                                       /* M5 */
		{ { GONE(ATTRIBUTES("deletion_protection.enabled=true"), OURS) }, /* M14 */
		  "error: deletion_protection is enabled, cannot delete the service: web" },
		{ { GONE(ATTRIBUTES("deletion_protection.enabled=false"), OURS) }, "" },
		{ { GONE(ATTRIBUTES("deletion_protection.enabled=true"), "other") }, "" },
		{ { GONE(ATTRIBUTES("k1=v1, malformed"), OURS) },
		  "error: failed to parse stringMap annotation, "
		  "service.beta.kubernetes.io/aws-load-balancer-attributes: k1=v1, malformed" },
		{ { GONE(ATTRIBUTES("deletion_protection.enabled=FalSe"), OURS) },
		  "error: failed to parse attribute deletion_protection.enabled=FalSe "
		  "(service.beta.kubernetes.io/aws-load-balancer-attributes: "
		  "deletion_protection.enabled=FalSe)" },
		/* M17 */
		{ { FACTS(S1, ""), SERVICE("default", "web", "u", "", P80) }, "" },
		{ { FACTS(S1, ""), GATE("ServiceTypeLoadBalancerOnly", "true"),
		    "{'kind':'Service','metadata':{'name':'web','annotations':{" NLB_IP "}},"
		    "'spec':{'type':'NodePort'," P80 "}}" },
		  "" },
	};

	check_rows(rows, COUNT(rows));
}

TEST(what_is_not_known_of_aws_ends_the_build)
{
	static const struct row rows[] = {
		/* M13 */
		{ { FACTS(S1, ""), FAILS("loadBalancer", "no list"), WEB("", "") },
		  "error: no list" },
		{ { FACTS(S1, ""), FAILS("subnets", "no subnets"), WEB("", "") },
		  "error: no subnets" },
		{ { FACTS(S1, ""), FAILS("backendSecurityGroup", "no group"), WEB("", "") },
		  "error: no group" },
		{ { FACTS(S1, ""), NO_SG, FAILS("vpc", "no vpc"),
		    SERVICE("default", "instance-mode", UID3, INSTANCE, TWO("TCP")) },
		  "error: no vpc" },
		{ { FACTS(S1, ""), FAILS("groups", "no groups"),
		    WEB("'SB/aws-load-balancer-security-groups':'a',", "") },
		  "error: no groups (service.beta.kubernetes.io/aws-load-balancer-security-groups: "
		  "a)" },
		/* M11 */
		{ { FACTS(S1, ""), GATE("EnableIPTargetType", "false"), WEB("", "") },
		  "error: unsupported targetType: ip when EnableIPTargetType is false" },
		/* M27 */
		{ { FACTS(S1, ",'loadBalancer':{'arn':'lb-1','securityGroups':['sg-1'],"
			      "'subnets':['subnet-1']}"),
		    NO_SG, WEB("", "") },
		  "error: conflicting security groups configuration: load balancer lb-1 has "
		  "security groups, and they cannot be taken away" },
	};

	check_rows(rows, COUNT(rows));
}

#define NAMED ",'groups':[{'id':'sg-id1','tags':{'Name':'named security group'}},{'id':'sg-id2'}]"
#define GIVEN "'SB/aws-load-balancer-security-groups':'named security group,sg-id2',"
#define MANAGED "'SB/aws-load-balancer-manage-backend-security-group-rules':'true',"

TEST(given_groups_are_used_and_rules_are_kept_only_when_asked_for)
{
	static const struct row rows[] = {
		/* M28: ids first */
		{ { FACTS(S1, NAMED), WEB(GIVEN, "") },
		  ONE_LB "6b0ba8ff70 internal ipv4 subnet-1 [sg-id2,sg-id1]\n"
			 "L 80 TCP $TG\n" PLAIN_TG "B 80 -\n" },
		/* M29 */
		{ { FACTS(S1, NAMED), WEB(GIVEN MANAGED, "") },
		  ONE_LB "6b0ba8ff70 internal ipv4 subnet-1 [sg-id2,sg-id1,sg-backend]\n"
			 "L 80 TCP $TG\n" PLAIN_TG "B 80 sg-backend>TCP:80\n" },
		{ { FACTS(S1, NAMED), FLAG("backend-security-group", "'sg-mine'"),
		    FLAG("enable-manage-backend-security-group-rules", "true"), WEB(GIVEN, "") },
		  ONE_LB "6b0ba8ff70 internal ipv4 subnet-1 [sg-id2,sg-id1,sg-mine]\n"
			 "L 80 TCP $TG\n" PLAIN_TG "B 80 sg-mine>TCP:80\n" },
		{ { FACTS(S1, NAMED), FLAG("enable-backend-security-group", "false"),
		    WEB(GIVEN MANAGED, "") },
		  "error: backendSG feature is required to manage worker node SG rules when "
		  "frontendSG manually specified "
		  "(service.beta.kubernetes.io/"
		  "aws-load-balancer-manage-backend-security-group-rules: true)" },
	};

	check_rows(rows, COUNT(rows));
}

TEST(a_load_balancer_that_is_there_keeps_scheme_and_subnets)
{
	static const struct row rows[] = {
		{ { FACTS(S1 "," S2,
			  ",'loadBalancer':{'scheme':'internet-facing','securityGroups':['sg-1'],"
			  "'subnets':['subnet-2']}"),
		    WEB("", "") },
		  "SG k8s-default-nlbipsvc-1da4b78715 tcp:80<0.0.0.0/0\n" ONE_LB
		  "4d831c6ca6 internet-facing ipv4 subnet-2 [$SG,sg-backend]\n"
		  "L 80 TCP $TG\n" PLAIN_TG "B 80 sg-backend>TCP:80\n" },
		/* of another scheme: it will be replaced */
		{ { FACTS(S1, ",'loadBalancer':{'scheme':'internet-facing','subnets':['subnet-2'],"
			      "'securityGroups':['sg-1']}"),
		    WEB("'SB/aws-load-balancer-scheme':'internal',", "") },
		  "SG k8s-default-nlbipsvc-1da4b78715 tcp:80<0.0.0.0/0\n" ONE_LB
		  "6b0ba8ff70 internal ipv4 subnet-1 [$SG,sg-backend]\n"
		  "L 80 TCP $TG\n" PLAIN_TG "B 80 sg-backend>TCP:80\n" },
		{ { FACTS(S1 "," S2, ",'loadBalancer':{'subnets':['subnet-2'],"
				     "'securityGroups':['sg-1']}"),
		    WEB("'SB/aws-load-balancer-subnets':'subnet-2,subnet-1',", "") },
		  "SG k8s-default-nlbipsvc-1da4b78715 tcp:80<0.0.0.0/0\n" ONE_LB
		  "6b0ba8ff70 internal ipv4 subnet-2,subnet-1 [$SG,sg-backend]\n"
		  "L 80 TCP $TG\n" PLAIN_TG "B 80 sg-backend>TCP:80\n" },
	};

	check_rows(rows, COUNT(rows));
}

TEST(tags_are_on_everything_that_is_made) /* M8 */
{
	static const struct row rows[] = {
		{ { FACTS(S1, ""), FLAG("default-tags", "{'d':'e'}"),
		    WEB("'SB/aws-load-balancer-additional-resource-tags':"
			"'resource.tag1=value1,tag2/purpose=test.2',",
			"") },
		  "SG k8s-default-nlbipsvc-1da4b78715 tcp:80<0.0.0.0/0 "
		  "{d=e,resource.tag1=value1,tag2/purpose=test.2}\n" ONE_LB
		  "6b0ba8ff70 internal ipv4 subnet-1 [$SG,sg-backend] "
		  "{d=e,resource.tag1=value1,tag2/purpose=test.2}\n"
		  "L 80 TCP $TG {d=e,resource.tag1=value1,tag2/purpose=test.2}\n"
		  "TG 80 k8s-default-nlbipsvc-d4818dcd51 ip:80/TCP ipv4 TCP:traffic-port "
		  "10/10/3/3 {proxy_protocol_v2.enabled=false} "
		  "{d=e,resource.tag1=value1,tag2/purpose=test.2}\n"
		  "B 80 sg-backend>TCP:80\n" },
		{ { FACTS(S1, ""), FLAG("external-managed-tags", "['k']"),
		    WEB("'SB/aws-load-balancer-additional-resource-tags':'k=v',", "") },
		  "error: external managed tag key k cannot be specified "
		  "(service.beta.kubernetes.io/aws-load-balancer-additional-resource-tags: k=v)" },
	};

	check_rows(rows, COUNT(rows));
}
