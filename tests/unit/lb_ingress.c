/* SPDX-License-Identifier: Apache-2.0 */
/* lb_ingress.c - whole groups of Ingresses and the stacks that the original makes of them
 * (spec-lbc-alb 26, M1 to M20), names with their hashes. */
#include "lbfixture.h"

#define ARN(n) "arn:aws:acm:us-east-1:9999999:certificate/" n
#define ING(more) FIX_INGRESS("ing-1", more, FIX_RULES)
#define ONE(more, paths) FIX_INGRESS("ing-1", more, FIX_ONE(paths))
#define FLAG(name, value) "{'kind':'Case','flags':{'" name "':" value "}}"
#define GATE(name, on) "{'kind':'Case','flags':{'feature-gates':{'" name "':" on "}}}"

#define LB_INTERNAL "LB k8s-ns1-ing1-b7e914000d internal ipv4 subnet-a,subnet-b [$SG,sg-auto]\n"
#define RULES(port)                                                                             \
	"R " port ":1 host=app-1.example.com path=/svc-1 > forward $TG-ns-1/ing-1-svc-1:http\n" \
	"R " port ":2 host=app-1.example.com path=/svc-2 > forward $TG-ns-1/ing-1-svc-2:http\n" \
	"R " port ":3 host=app-2.example.com path=/svc-3 > forward $TG-ns-1/ing-1-svc-3:https\n"
#define NOT_FOUND "fixed-response 404 type=text/plain"
#define TG1                                                                                \
	"TG ns-1/ing-1-svc-1:http k8s-ns1-svc1-9889425938 instance:32768/HTTP/HTTP1 ipv4 " \
	"HTTP:traffic-port/=200 15/5/2/2\n"
#define TG2                                                                                \
	"TG ns-1/ing-1-svc-2:http k8s-ns1-svc2-9889425938 instance:32768/HTTP/HTTP1 ipv4 " \
	"HTTP:traffic-port/=200 15/5/2/2\n"
#define TG3                                                                           \
	"TG ns-1/ing-1-svc-3:https k8s-ns1-svc3-bf42870fba ip:8443/HTTPS/HTTP1 ipv4 " \
	"HTTPS:9090/health-check=200-300 20/10/7/5\n"
#define BINDINGS(peer)                                            \
	"B ns-1/ing-1-svc-1:http svc-1:\"http\" " peer ">32768\n" \
	"B ns-1/ing-1-svc-2:http svc-2:\"http\" " peer ">32768\n" \
	"B ns-1/ing-1-svc-3:https svc-3:\"https\" " peer ">8443 " peer ">9090\n"
#define SG80 "SG k8s-ns1-ing1-bd83176788 tcp:80<0.0.0.0/0\n"

TEST(an_internal_group_is_as_the_original_makes_it)
{
	static const struct fix_row rows[] = {
		/* M1 */
		{ "",
		  { ING("") },
		  SG80 LB_INTERNAL "L 80 HTTP " NOT_FOUND "\n" RULES("80")
			  TG1 TG2 TG3 BINDINGS("sg-auto") },
		/* M2 */
		{ "SG LB B",
		  { FLAG("enable-backend-security-group", "false"), ING("") },
		  SG80
		  "LB k8s-ns1-ing1-b7e914000d internal ipv4 subnet-a,subnet-b [$SG]\n" BINDINGS(
			  "$SG") },
		/* M10: named subnets, the other way round */
		{ "LB",
		  { ING(",'AI/subnets':'subnet-d, subnet-a'") },
		  "LB k8s-ns1-ing1-b7e914000d internal ipv4 subnet-d,subnet-a [$SG,sg-auto]\n" },
	};
	fix_check(rows, COUNT(rows));
}

TEST(the_scheme_names_the_load_balancer_and_picks_its_subnets)
{
	static const char want[] = "LB k8s-ns1-ing1-159dd7a143 internet-facing ipv4 "
				   "subnet-c,subnet-d [$SG,sg-auto]\n";
	static const struct fix_row rows[] = {
		{ "LB", { ING(",'AI/scheme':'internet-facing'") }, want },
		{ "LB",
		  { FLAG("default-load-balancer-scheme", "'internet-facing'"), ING("") },
		  want },
		{ "LB",
		  { FIX_CLASS("'scheme':'internet-facing'"),
		    FIX_OF_CLASS("ing-1", "'AI/scheme':'internal'", FIX_RULES) },
		  want },
	};
	fix_check(rows, COUNT(rows));
}

#define FACING ",'AI/scheme':'internet-facing'"
#define MTLS ",'AI/mutual-authentication':'[{\\'port\\':443,\\'mode\\':\\'off\\'}]'"
#define L443(list) "L 443 HTTPS " NOT_FOUND " ELBSecurityPolicy-2016-08 [" list "]"

TEST(certificates_open_443_alone_and_keep_their_order)
{
	static const struct fix_row rows[] = {
		/* M4 */
		{ "SG L R",
		  { ING(FACING ",'AI/certificate-arn':'" ARN("1111") "," ARN("3333") "," ARN(
			  "2222") ",," ARN("1111") "'" MTLS) },
		  "SG k8s-ns1-ing1-bd83176788 tcp:443<0.0.0.0/0\n" L443(ARN("1111") "," ARN(
			  "3333") "," ARN("2222") "," ARN("1111")) " mtls=off\n" RULES("443") },
		{ "L",
		  { ING(FACING ",'AI/certificate-arn':'" ARN("2222") "," ARN("3333") "," ARN(
			  "1111") ",," ARN("1111") "'") },
		  L443(ARN("2222") "," ARN("3333") "," ARN("1111")) "\n" },
		/* those of both members */
		{ "L",
		  { FIX_INGRESS("a", ",'AI/group.name':'g','AI/certificate-arn':'" ARN("3") "'",
				FIX_SIMPLE),
		    FIX_INGRESS("b", ",'AI/group.name':'g','AI/certificate-arn':'" ARN("1") "'",
				FIX_SIMPLE) },
		  L443(ARN("3") "," ARN("1")) "\n" },
		/* M7 */
		{ "L",
		  { FIX_CLASS("'sslPolicy':'ingress-class-policy','certificateArn':['own']"),
		    FIX_OF_CLASS("ing-1", "'AI/certificate-arn':'x','AI/ssl-policy':'y'",
				 FIX_RULES) },
		  "L 443 HTTPS " NOT_FOUND " ingress-class-policy [own]\n" },
	};
	fix_check(rows, COUNT(rows));
}

TEST(a_port_named_in_two_ways_has_two_target_groups)
{
	static const struct fix_row rows[] = {
		/* M5 */
		{ "TG B",
		  { ONE("", FIX_PATH("/a", FIX_TO("svc-1", FIX_HTTP)) "," FIX_PATH(
				    "/b", FIX_TO("svc-1", "'number':80"))) },
		  TG1 "TG ns-1/ing-1-svc-1:80 k8s-ns1-svc1-90b7d93b18 instance:32768/HTTP/HTTP1 "
		      "ipv4 HTTP:traffic-port/=200 15/5/2/2\n"
		      "B ns-1/ing-1-svc-1:http svc-1:\"http\" sg-auto>32768\n"
		      "B ns-1/ing-1-svc-1:80 svc-1:80 sg-auto>32768\n" },
		/* M8 */
		{ "TG B",
		  { FIX_CLASS("'targetType':'ip'"),
		    FIX_OF_CLASS("ing-1", "'AI/target-type':'instance'", FIX_SIMPLE) },
		  "TG ns-1/ing-1-svc-1:http k8s-ns1-svc1-6350990f3a ip:8080/HTTP/HTTP1 ipv4 "
		  "HTTP:traffic-port/=200 15/5/2/2\n"
		  "B ns-1/ing-1-svc-1:http svc-1:\"http\" sg-auto>8080\n" },
	};
	fix_check(rows, COUNT(rows));
}

TEST(who_may_connect_is_said_by_ranges_and_prefix_lists)
{
	static const struct fix_row rows[] = {
		/* M6 */
		{ "SG",
		  { FIX_CLASS("'inboundCIDRs':['172.16.0.0/12','10.0.0.0/8']"),
		    FIX_OF_CLASS("ing-1", "'AI/inbound-cidrs':'0.0.0.0/0'", FIX_RULES) },
		  "SG k8s-ns1-ing1-bd83176788 tcp:80<10.0.0.0/8 tcp:80<172.16.0.0/12\n" },
		/* M18 */
		{ "SG",
		  { ING(",'AI/ip-address-type':'dualstack'") },
		  "SG k8s-ns1-ing1-bd83176788 tcp:80<0.0.0.0/0 tcp:80<::/0\n" },
		/* M19 */
		{ "SG",
		  { FIX_CLASS("'prefixListsIDs':['pl-2','pl-1']"),
		    FIX_OF_CLASS("ing-1", "'AI/security-group-prefix-lists':'pl-9'", FIX_RULES) },
		  "SG k8s-ns1-ing1-bd83176788 tcp:80<pl-1 tcp:80<pl-2\n" },
		{ "SG",
		  { FIX_CLASS("'PrefixListsIDs':['pl-3']"), FIX_OF_CLASS("ing-1", "", FIX_RULES) },
		  "SG k8s-ns1-ing1-bd83176788 tcp:80<pl-3\n" },
		{ "SG",
		  { ING(",'AI/security-group-prefix-lists':'pl-00000000'") },
		  "SG k8s-ns1-ing1-bd83176788 tcp:80<pl-00000000\n" },
		/* M20 */
		{ "SG",
		  { ING(",'AI/security-group-prefix-lists':'pl-00000000',"
			"'AI/inbound-cidrs':'20.45.16.0/26'") },
		  "SG k8s-ns1-ing1-bd83176788 tcp:80<20.45.16.0/26 tcp:80<pl-00000000\n" },
		/* IPv6 ranges are nothing to an IPv4 load balancer */
		{ "SG",
		  { ING(",'AI/inbound-cidrs':'10.0.0.1/8,2001:db8::/32'") },
		  "SG k8s-ns1-ing1-bd83176788 tcp:80<10.0.0.1/8\n" },
	};
	fix_check(rows, COUNT(rows));
}

#define SG_MANUAL \
	"{'kind':'Case','facts':{'groups':[{'id':'sg-manual','tags':{'Name':'by hand'}}]}}"
#define MANAGE ",'AI/manage-backend-security-group-rules':'true'"

TEST(given_security_groups_take_the_place_of_the_managed_one)
{
	static const struct fix_row rows[] = {
		/* M12 */
		{ "SG LB B",
		  { SG_MANUAL,
		    FIX_INGRESS("ing-1", ",'AI/security-groups':'sg-manual'", FIX_SIMPLE) },
		  "LB k8s-ns1-ing1-b7e914000d internal ipv4 subnet-a,subnet-b [sg-manual]\n"
		  "B ns-1/ing-1-svc-1:http svc-1:\"http\" -\n" },
		{ "SG LB B",
		  { SG_MANUAL,
		    FIX_INGRESS("ing-1", ",'AI/security-groups':'by hand'" MANAGE, FIX_SIMPLE) },
		  "LB k8s-ns1-ing1-b7e914000d internal ipv4 subnet-a,subnet-b "
		  "[sg-manual,sg-auto]\n"
		  "B ns-1/ing-1-svc-1:http svc-1:\"http\" sg-auto>32768\n" },
		/* M13 */
		{ "",
		  { SG_MANUAL, FLAG("enable-backend-security-group", "false"),
		    ING(",'AI/security-groups':'sg-manual'" MANAGE) },
		  "error: backendSG feature is required to manage worker node SG rules when "
		  "frontendSG manually specified" },
		{ "",
		  { ING(",'AI/security-groups':'sg-absent'") },
		  "error: couldn't find all security groups: requested ids [sg-absent] but found "
		  "[]" },
	};
	fix_check(rows, COUNT(rows));
}

#define SVC6                                                                     \
	FIX_SERVICE("svc-ipv6", "'AI/target-type':'ip'",                         \
		    "'ipFamilies':['IPv6'],'ports':[{'name':'https','port':443," \
		    "'targetPort':8443}]")
#define TO6 FIX_PATH("/", FIX_TO("svc-ipv6", "'name':'https'"))
#define SVC_NAMED(annotations)                           \
	FIX_SERVICE("svc-named-targetport", annotations, \
		    "'ports':[{'name':'https','port':443,'targetPort':'target-port'}]")
#define TO_NAMED FIX_PATH("/", FIX_TO("svc-named-targetport", "'name':'https'"))
#define NAMED_WANT                                                                \
	"TG ns-1/ing-1-svc-named-targetport:https k8s-ns1-svcnamed-3430e53ee8 "   \
	"ip:1/HTTP/HTTP1 ipv4 HTTP:traffic-port/=200 15/5/2/2\n"                  \
	"B ns-1/ing-1-svc-named-targetport:https svc-named-targetport:\"https\" " \
	"sg-auto>\"target-port\"\n"

TEST(families_and_named_ports_of_services_show_in_their_target_groups)
{
	static const struct fix_row rows[] = {
		/* M14 */
		{ "SG TG",
		  { SVC6, ONE(",'AI/ip-address-type':'dualstack'", TO6) },
		  "SG k8s-ns1-ing1-bd83176788 tcp:80<0.0.0.0/0 tcp:80<::/0\n"
		  "TG ns-1/ing-1-svc-ipv6:https k8s-ns1-svcipv6-c387b9e773 ip:8443/HTTP/HTTP1 "
		  "ipv6 HTTP:traffic-port/=200 15/5/2/2\n" },
		/* M15 */
		{ "",
		  { SVC6, ONE("", TO6) },
		  "error: ingress: ns-1/ing-1: unsupported IPv6 configuration, lb not "
		  "dual-stack" },
		/* M16 */
		{ "",
		  { GATE("EnableIPTargetType", "false"),
		    ONE(",'AI/target-type':'ip'", FIX_PATH("/", FIX_TO("svc-1", FIX_HTTP))) },
		  "error: ingress: ns-1/ing-1: unsupported targetType: ip when EnableIPTargetType "
		  "is false" },
		/* M17 */
		{ "TG B", { SVC_NAMED("'AI/target-type':'ip'"), ONE("", TO_NAMED) }, NAMED_WANT },
		{ "TG B",
		  { FLAG("default-target-type", "'ip'"), SVC_NAMED(""), ONE("", TO_NAMED) },
		  NAMED_WANT },
	};
	fix_check(rows, COUNT(rows));
}

/* M11 */
TEST(a_protected_load_balancer_keeps_its_ingress)
{
	static const struct fix_row rows[] = {
		{ "",
		  { "{'kind':'Ingress','metadata':{'name':'hello-ingress','deletionTimestamp':'x',"
		    "'finalizers':['ingress.k8s.aws/resources'],'annotations':{"
		    "'AI/load-balancer-attributes':'deletion_protection.enabled=true'}}}" },
		  "error: deletion_protection is enabled, cannot delete the ingress: "
		  "hello-ingress" },
		{ "",
		  { "{'kind':'Ingress','metadata':{'name':'hello-ingress','deletionTimestamp':'x',"
		    "'finalizers':['ingress.k8s.aws/resources'],'annotations':{"
		    "'AI/load-balancer-attributes':'deletion_protection.enabled=false'}}}" },
		  "" },
		{ "",
		  { "{'kind':'Ingress','metadata':{'name':'hello-ingress','deletionTimestamp':'x',"
		    "'finalizers':['ingress.k8s.aws/resources'],'annotations':{"
		    "'AI/load-balancer-attributes':'deletion_protection.enabled'}}}" },
		  "error: failed to parse stringMap annotation, "
		  "alb.ingress.kubernetes.io/load-balancer-attributes: "
		  "deletion_protection.enabled" },
	};
	fix_check(rows, COUNT(rows));
}

#define BOTH ",'AI/listen-ports':'[{\\'HTTP\\':80},{\\'HTTPS\\':443}]','AI/certificate-arn':'x'"
#define TO_443 "L 80 HTTP redirect HTTP_301 protocol=HTTPS port=443\n"

TEST(ssl_redirect_turns_every_http_listener_into_a_redirect)
{
	static const struct fix_row rows[] = {
		{ "L R",
		  { FIX_INGRESS("ing-1", BOTH, FIX_SIMPLE) },
		  "L 80 HTTP " NOT_FOUND
		  "\n" L443("x") "\nR 80:1 path=/ > forward $TG-ns-1/ing-1-svc-1:http\n"
				 "R 443:1 path=/ > forward $TG-ns-1/ing-1-svc-1:http\n" },
		{ "L R",
		  { FIX_INGRESS("ing-1", BOTH ",'AI/ssl-redirect':'443'", FIX_SIMPLE) },
		  TO_443 L443("x") "\nR 443:1 path=/ > forward $TG-ns-1/ing-1-svc-1:http\n" },
		{ "L",
		  { FIX_CLASS("'sslRedirectPort':'443'"),
		    FIX_OF_CLASS("ing-1", "'x':'y'" BOTH, FIX_SIMPLE) },
		  TO_443 L443("x") "\n" },
		/* the original's habit: nonsense in a class is no redirect */
		{ "L",
		  { FIX_CLASS("'sslRedirectPort':'https'"),
		    FIX_OF_CLASS("ing-1", "'AI/ssl-redirect':'443'" BOTH, FIX_SIMPLE) },
		  "L 80 HTTP " NOT_FOUND "\n" L443("x") "\n" },
		{ "",
		  { FIX_INGRESS("ing-1", BOTH ",'AI/ssl-redirect':'8443'", FIX_SIMPLE) },
		  "error: listener does not exist for SSLRedirect port: 8443 "
		  "(alb.ingress.kubernetes.io/ssl-redirect: 8443)" },
		{ "",
		  { FIX_INGRESS("ing-1", BOTH ",'AI/ssl-redirect':'80'", FIX_SIMPLE) },
		  "error: listener protocol non-SSL for SSLRedirect port: 80 "
		  "(alb.ingress.kubernetes.io/ssl-redirect: 80)" },
	};
	fix_check(rows, COUNT(rows));
}
