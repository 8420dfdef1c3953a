/* SPDX-License-Identifier: Apache-2.0 */
/* cni.c - the plugin's readers and writers: configuration, arguments, results, errors. */
#include "cni.h"

#include <errno.h>
#include <stdlib.h>

#include "test.h"

static void begin(struct cni *c, const char *version, const char *conf)
{
	struct err e = { 0 };

	*c = (struct cni) { .version = version, .ifname = "eth0", .netns = "/n", .args = "" };
	c->pod = "sample-pod";
	c->pod_ns = "default";
	c->json = json_parse(conf, strlen(conf), &e);
	CHECK_STR(e.msg, "");
	CHECK(cni_version_check(c, "", &e) == 0);
}

static void has(const char *text, const char *words)
{
	if (!strstr(text, words))
		CHECK_STR(text, words);
}

TEST(cni_conf_has_amazons_defaults)
{
	struct cni c;
	struct err e;

	begin(&c, "0.4.0", "{\"mtu\":null,\"ipam\":{},\"dns\":{},\"future\":[1]}");
	CHECK(cni_conf(&c, &e) == 0);
	CHECK_STR(c.veth_prefix, "eni");
	CHECK_STR(c.mtu, "9001");
	CHECK_STR(c.log_file, "");
	CHECK(!c.multi_nic && !c.has_prev);
	cni_free(&c);

	begin(&c, "0.4.0",
	      "{\"vethPrefix\":\"abcd\",\"mtu\":\"1500\",\"podSGEnforcingMode\":\"standard\","
	      "\"pluginLogFile\":\"/l\",\"pluginLogLevel\":\"Debug\"}");
	CHECK(cni_conf(&c, &e) == 0);
	CHECK_STR(c.veth_prefix, "abcd");
	CHECK_STR(c.mtu, "1500");
	CHECK_STR(c.log_file, "/l");
	CHECK_STR(c.log_level, "Debug");
	cni_free(&c);

	begin(&c, "0.4.0", "{\"vethPrefix\":\"\"}"); /* an empty one is meant */
	CHECK(cni_conf(&c, &e) == 0);
	CHECK_STR(c.veth_prefix, "");
	cni_free(&c);
}

TEST(cni_conf_names_the_field_and_the_value_that_are_wrong)
{
	static const struct {
		const char *conf, *words;
	} cases[] = {
		{ "{\"mtu\":9001}", "mtu must be a string, not number: 9001" },
		{ "{\"vethPrefix\":[]}", "vethPrefix must be a string, not array: []" },
		{ "{\"vethPrefix\":\"abcde\"}",
		  "conf.VethPrefix can be at most 4 characters long, vethPrefix is \"abcde\"" },
		{ "{\"vethPrefix\":\"a/b\"}", "vethPrefix \"a/b\" cannot" },
		{ "{\"podSGEnforcingMode\":true}", "podSGEnforcingMode must be a string" },
		{ "{\"pluginLogFile\":{}}", "pluginLogFile must be a string, not object: {}" },
		{ "{\"pluginLogLevel\":1}", "pluginLogLevel must be a string, not number: 1" },
		{ "{\"runtimeConfig\":1}", "runtimeConfig must be an object, not number: 1" },
		{ "{\"runtimeConfig\":{\"io.kubernetes.cri.pod-annotations\":[]}}",
		  "io.kubernetes.cri.pod-annotations must be an object" },
		{ "{\"runtimeConfig\":{\"io.kubernetes.cri.pod-annotations\":{\"a\":1}}}",
		  "a must be a string, not number: 1" },
		{ "{\"prevResult\":{\"cniVersion\":\"0.4.0\"}}", "could not parse prevResult: " },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct cni c;
		struct err e = { 0 };

		begin(&c, "1.0.0", cases[i].conf);
		CHECK(cni_conf(&c, &e) < 0);
		has(e.msg, cases[i].words);
		/* What could not be read names no log; a bad prefix was read and can be told. */
		CHECK(!c.log_file == !strstr(cases[i].conf, "vethPrefix\":\""));
		cni_free(&c);
	}
}

TEST(cni_conf_asks_for_several_interfaces_by_one_exact_annotation)
{
	static const struct {
		const char *value;
		bool multi;
	} cases[] = { { "multi-nic-attachment", true },
		      { "Multi-NIC-attachment", false },
		      { "", false } };

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct cni c;
		struct err e;
		char conf[256];

		snprintf(conf, sizeof(conf),
			 "{\"runtimeConfig\":{\"io.kubernetes.cri.pod-annotations\":{\"x\":\"y\","
			 "\"k8s.amazonaws.com/nicConfig\":\"%s\"}}}",
			 cases[i].value);
		begin(&c, "1.0.0", conf);
		CHECK(cni_conf(&c, &e) == 0);
		CHECK(c.multi_nic == cases[i].multi);
		cni_free(&c);
	}
}

TEST(cni_args_are_pairs_and_unknown_ones_must_be_allowed)
{
	static const struct {
		const char *args, *words;
	} cases[] = {
		{ "", NULL },
		{ "K8S_POD_NAME=p;K8S_POD_NAMESPACE=n;K8S_POD_INFRA_CONTAINER_ID=i;K8S_POD_UID=u",
		  NULL },
		{ "X=1;IgnoreUnknown=1", NULL },
		{ "IgnoreUnknown=TRUE;X=1", NULL },
		{ "K8S_POD_NAME=", NULL },
		{ "X=1", "CNI_ARGS: unknown key \"X\"" },
		{ "IgnoreUnknown=false;K8S_POD_NAME=p;Y=1;Z=2", "unknown key \"Y\"" },
		{ "IgnoreUnknown=maybe", "IgnoreUnknown must be true or false, not \"maybe\"" },
		{ "K8S_POD_NAME", "CNI_ARGS: \"K8S_POD_NAME\" is not of the form KEY=VALUE" },
		{ "K8S_POD_NAME=a=b", "\"K8S_POD_NAME=a=b\" is not of the form" },
		{ "K8S_POD_NAME=a;", "\"\" is not of the form" },
		{ ";", "\"\" is not of the form" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct cni c;
		struct err e = { 0 };

		begin(&c, "1.0.0", "{}");
		c.args = cases[i].args;
		CHECK_INT(cni_args(&c, &e), cases[i].words ? -1 : 0);
		has(e.msg, cases[i].words ? cases[i].words : "");
		if (i == 1) {
			CHECK_STR(c.pod, "p");
			CHECK_STR(c.pod_ns, "n");
			CHECK_STR(c.infra, "i");
			CHECK_STR(c.uid, "u");
		}
		cni_free(&c);
	}
}

TEST(cni_versions_have_a_floor_for_newer_verbs)
{
	static const struct {
		const char *version, *least, *words;
	} cases[] = {
		{ "0.1.0", "", NULL },
		{ "1.1.0", "1.1.0", NULL },
		{ "0.4.0", "0.4.0", NULL },
		{ "0.3.1", "0.4.0", "config version does not allow CHECK" },
		{ "1.0.0", "1.1.0", "config version does not allow CHECK" },
		{ "9.9.9", "", "incompatible CNI versions" },
		{ "1.0", "0.4.0", "incompatible CNI versions" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct cni c = { .version = cases[i].version, .command = "CHECK" };
		struct err e = { 0 };

		CHECK_INT(cni_version_check(&c, cases[i].least, &e),
			  cases[i].words ? CNI_BAD_VERSION : 0);
		has(e.msg, cases[i].words ? cases[i].words : "");
		cni_free(&c);
	}
}

/* ---- results */

static const char RESULT_040[] = "{\n"
				 "    \"cniVersion\": \"%s\",\n"
				 "    \"interfaces\": [\n"
				 "        {\n"
				 "            \"name\": \"enicc21c2d7785\"\n"
				 "        },\n"
				 "        {\n"
				 "            \"name\": \"eth0\",\n"
				 "            \"mac\": \"2\",\n"
				 "            \"sandbox\": \"/n\"\n"
				 "        },\n"
				 "        {\n"
				 "            \"name\": \"dummycc21c2d7785\",\n"
				 "            \"mac\": \"0\",\n"
				 "            \"sandbox\": \"1\"\n"
				 "        }\n"
				 "    ],\n"
				 "    \"ips\": [\n"
				 "        {\n"
				 "            \"version\": \"4\",\n"
				 "            \"interface\": 1,\n"
				 "            \"address\": \"10.0.1.15/32\"\n"
				 "        }\n"
				 "    ],\n"
				 "    \"dns\": {}\n"
				 "}";
static const char RESULT_100[] = "{\n"
				 "    \"cniVersion\": \"%s\",\n"
				 "    \"interfaces\": [\n"
				 "        {\n"
				 "            \"name\": \"enicc21c2d7785\"\n"
				 "        },\n"
				 "        {\n"
				 "            \"mac\": \"2\",\n"
				 "            \"name\": \"eth0\",\n"
				 "            \"sandbox\": \"/n\"\n"
				 "        },\n"
				 "        {\n"
				 "            \"mac\": \"0\",\n"
				 "            \"name\": \"dummycc21c2d7785\",\n"
				 "            \"sandbox\": \"1\"\n"
				 "        }\n"
				 "    ],\n"
				 "    \"ips\": [\n"
				 "        {\n"
				 "            \"address\": \"10.0.1.15/32\",\n"
				 "            \"interface\": 1\n"
				 "        }\n"
				 "    ]\n"
				 "}";
static const char RESULT_020[] = "{\n"
				 "    \"cniVersion\": \"%s\",\n"
				 "    \"ip4\": {\n"
				 "        \"ip\": \"10.0.1.15/32\"\n"
				 "    },\n"
				 "    \"dns\": {}\n"
				 "}";

#pragma GCC diagnostic ignored "-Wformat-nonliteral"
TEST(cni_result_has_the_shape_of_its_version)
{
	static const struct {
		const char *version, *want;
	} cases[] = {
		{ "0.1.0", RESULT_020 }, { "0.2.0", RESULT_020 }, { "0.3.0", RESULT_040 },
		{ "0.3.1", RESULT_040 }, { "0.4.0", RESULT_040 }, { "1.0.0", RESULT_100 },
		{ "1.1.0", RESULT_100 },
	};
	struct pod_if p = { .host = "enicc21c2d7785", .cont = "eth0", .table = 2 };

	CHECK(ip_parse("10.0.1.15", &p.ip));
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct cni_result r;
		char want[1024];
		struct cni c;

		begin(&c, cases[i].version, "{}");
		cni_result_make(&c, &p, 1, 1, &r);
		cni_result_print(&c, &r);
		snprintf(want, sizeof(want), cases[i].want, cases[i].version);
		CHECK_STR(c.out.p, want);
		cni_free(&c);
	}
}

TEST(cni_result_of_two_interfaces_has_five_entries)
{
	struct pod_if p[2] = { { .host = "eni3a52ce78095", .cont = "eth0", .table = 254 },
			       { .host = "enice799470a46", .cont = "mNicIf1", .table = 9 } };
	const char *const names[] = { "eni3a52ce78095", "eth0", "enice799470a46", "mNicIf1",
				      "dummy3a52ce78095" };
	struct cni_result r;
	struct cni c;

	CHECK(ip_parse("10.0.1.15", &p[0].ip) && ip_parse("fd00::1", &p[1].ip));
	begin(&c, "0.4.0", "{}");
	c.pod = c.pod_ns = "";
	cni_result_make(&c, p, 2, 0, &r);
	CHECK_INT(r.nifs, 5);
	for (size_t i = 0; i < r.nifs && i < COUNT(names); i++)
		CHECK_STR(r.ifs[i].name, names[i]);
	CHECK_STR(r.ifs[1].mac, "254");
	CHECK_STR(r.ifs[4].sandbox, "0");
	CHECK_INT(r.nips, 2);
	CHECK_INT(r.ips[1].interface, 3);
	CHECK_STR(cidr_text(r.ips[1].address).s, "fd00::1/128");
	cni_result_print(&c, &r);
	has(c.out.p, "\"version\": \"6\",\n            \"interface\": 3");
	c.out.len = 0;
	c.shape = CNI_020;
	cni_result_print(&c, &r); /* the first of each family */
	has(c.out.p, "\"ip4\": {\n        \"ip\": \"10.0.1.15/32\"\n    },\n    \"ip6\": {\n"
		     "        \"ip\": \"fd00::1/128\"");
	CHECK_STR(cni_ifname(&c, 0), "eth0");
	CHECK_STR(cni_ifname(&c, 2), "mNicIf2");
	cni_free(&c);
}

/* ---- prevResult */

static int prev(struct cni *c, const char *version, const char *text, struct err *e)
{
	char conf[1024];

	snprintf(conf, sizeof(conf), "{\"prevResult\":%s}", text);
	*e = (struct err) { 0 };
	begin(c, version, conf);
	return cni_prev(c, e);
}

TEST(cni_prevresult_must_be_of_the_same_family_and_well_formed)
{
	static const struct {
		const char *version, *prev, *words; /* NULL: accepted */
	} cases[] = {
		{ "0.4.0", "null", NULL },
		{ "0.4.0", "{}", NULL },
		{ "0.4.0", "{\"cniVersion\":\"0.3.0\"}", NULL },
		{ "1.1.0", "{\"cniVersion\":\"1.0.0\"}", NULL },
		{ "0.1.0", "{\"cniVersion\":\"\"}", NULL },
		{ "0.2.0", "{\"cniVersion\":\"0.1.0\",\"ip4\":{\"ip\":\"10.0.0.1/32\"}}", NULL },
		{ "0.4.0", "{\"cniVersion\":\"\"}", "\"0.1.0\" does not go with" },
		{ "0.4.0", "{\"cniVersion\":\"9.9.9\"}", "its cniVersion \"9.9.9\" does not go" },
		{ "0.4.0", "{\"cniVersion\":\"1.0.0\"}", "does not go with" },
		{ "1.0.0", "{\"cniVersion\":\"0.4.0\"}", "does not go with" },
		{ "0.4.0", "[]", "it must be an object, not array" },
		{ "0.4.0", "{\"cniVersion\":1}", "cniVersion must be a string, not number: 1" },
		{ "0.4.0", "{\"interfaces\":{}}", "interfaces must be an array, not object" },
		{ "0.4.0", "{\"interfaces\":[{},1]}", "interfaces[1]: an interface must be" },
		{ "0.4.0", "{\"interfaces\":[{\"mac\":2}]}",
		  "interfaces[0]: mac must be a string" },
		{ "0.4.0", "{\"ips\":[{}]}", "ips[0]: address \"\" is not of the form IP/LENGTH" },
		{ "0.4.0", "{\"ips\":[{\"address\":\"10.0.0.300/32\"}]}", "10.0.0.300/32" },
		{ "0.4.0", "{\"ips\":[{\"address\":\"10.0.0.3/32\",\"gateway\":\"x\"}]}",
		  "gateway \"x\" is not an IP address" },
		{ "0.4.0", "{\"ips\":[{\"address\":\"10.0.0.3/32\",\"interface\":\"1\"}]}",
		  "interface must be a number, not string" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct cni c;
		struct err e;

		CHECK_INT(prev(&c, cases[i].version, cases[i].prev, &e), cases[i].words ? -1 : 0);
		has(e.msg, cases[i].words ? cases[i].words : "");
		CHECK(c.has_prev == (i > 0 && !cases[i].words));
		cni_free(&c);
	}
}

TEST(cni_prevresult_finds_the_one_address_of_an_interface)
{
	static const struct {
		const char *prev, *want; /* the address or the error */
	} cases[] = {
		{ "{\"interfaces\":[{\"name\":\"eth0\"}],"
		  "\"ips\":[{\"address\":\"10.0.0.1/32\",\"interface\":0}]}",
		  "10.0.0.1/32" },
		{ "{\"interfaces\":[{\"name\":\"h\"}]}",
		  "cannot find contVethName eth0 in prevResult" },
		{ "{\"interfaces\":[{\"name\":\"eth0\"}]}",
		  "found 0 containerIPs for eth0 in prevResult" },
		{ "{\"interfaces\":[{\"name\":\"eth0\"}],\"ips\":[{\"address\":\"10.0.0.1/32\"}]}",
		  "found 0 containerIPs for eth0 in prevResult" }, /* bound to no interface */
		{ "{\"interfaces\":[{\"name\":\"eth0\"}],"
		  "\"ips\":[{\"address\":\"10.0.0.1/32\",\"interface\":0},"
		  "{\"address\":\"10.0.0.2/32\",\"interface\":0}]}",
		  "found 2 containerIPs for eth0 in prevResult" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct cni_ip ip;
		struct cni c;
		struct err e;

		CHECK(prev(&c, "1.0.0", cases[i].prev, &e) == 0);
		if (cni_find_ip(&c.prev, "eth0", &ip, &e) == 0)
			CHECK_STR(cidr_text(ip.address).s, cases[i].want);
		else
			CHECK_STR(e.msg, cases[i].want);
		cni_free(&c);
	}
}

/* ---- errors */

TEST(cni_error_object_has_details_when_there_is_more_to_say)
{
	static const struct {
		int code, num;
		const char *remote, *msg, *want;
	} cases[] = {
		{ CNI_BAD_ENV, EINVAL, "", "m", "{\n    \"code\": 4,\n    \"msg\": \"m\"\n}" },
		{ CNI_FAILED, EINVAL, "", "<m>",
		  "{\n    \"code\": 999,\n    \"msg\": \"\\u003cm\\u003e\"\n}" },
		{ CNI_FAILED, EPERM, "", "m: Operation not permitted",
		  "{\n    \"code\": 999,\n    \"msg\": \"m: Operation not permitted\"\n}" },
		{ CNI_FAILED, ENOENT, "Unavailable", "m",
		  "{\n    \"code\": 999,\n    \"msg\": \"m\",\n"
		  "    \"details\": \"Unavailable: No such file or directory\"\n}" },
		{ CNI_NOT_AVAILABLE, EOPNOTSUPP, "", "m",
		  "{\n    \"code\": 50,\n    \"msg\": \"m\",\n"
		  "    \"details\": \"Operation not supported\"\n}" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err e = { .num = cases[i].num };
		struct cni c = { 0 };

		snprintf(e.code, sizeof(e.code), "%s", cases[i].remote);
		snprintf(e.msg, sizeof(e.msg), "%s", cases[i].msg);
		buf_str(&c.out, "half a result");
		cni_error_print(&c, cases[i].code, &e);
		CHECK_STR(c.out.p, cases[i].want);
		cni_free(&c);
	}
}
