/* SPDX-License-Identifier: Apache-2.0 */
/* kubeconfig.c - kubeconfigs of every kind, pods' service accounts, and what is refused. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "kubeconfig.h"
#include "test.h"
#include "tmpdir.h"
#include "yaml.h"

#define AROUND(cluster, user)                                                            \
	"apiVersion: v1\nkind: Config\ncurrent-context: c\n"                             \
	"contexts:\n- name: c\n  context: {cluster: k, user: u, namespace: shop}\n"      \
	"- {name: d, context: {cluster: k}}\n- {name: e, context: {cluster: x}}\n"       \
	"- {name: f, context: {cluster: k, user: x}}\n- {name: g, context: {user: 1}}\n" \
	"clusters: [{name: k, cluster: " cluster "}]\nusers: [{name: u, user: " user "}]\n"

static int parse(struct kube_config *c, const char *text, const char *context, struct arena *a,
		 struct err *e)
{
	*e = (struct err) { 0 };
	return kubeconfig_read(c, text, strlen(text), "conf", context, a, e);
}

TEST(kubeconfig_with_everything_in_it)
{
	static const char text[] = AROUND("{server: 'https://10.0.0.1:6443/base', "
					  "certificate-authority-data: \"Q0Et\\n UEVN\", "
					  "certificate-authority: nowhere, tls-server-name: "
					  "kubernetes, proxy-url: 'http://p:3128'}",
					  "{client-certificate-data: Q0VSVA==, client-key-data: "
					  "S0VZ, token: t0k, tokenFile: sub/tok}");
	auto_arena struct arena a = { 0 };
	struct kube_config c;
	struct err e;

	CHECK(parse(&c, text, NULL, &a, &e) == 0);
	CHECK_STR(e.msg, "");
	CHECK_STR(c.server, "https://10.0.0.1:6443/base");
	CHECK_STR(c.ca, "CA-PEM");
	CHECK_STR(c.server_name, "kubernetes");
	CHECK_STR(c.proxy, "http://p:3128");
	CHECK_STR(c.cert, "CERT");
	CHECK_STR(c.key, "KEY");
	CHECK_STR(c.token, "t0k");
	CHECK_STR(c.token_file, "sub/tok");
	CHECK_STR(c.ns, "shop");
	CHECK(!c.insecure && !c.eks_cluster);
	CHECK(parse(&c, text, "d", &a, &e) == 0);
	CHECK_STR(c.ns, "default");
	CHECK(!c.token && !c.cert);
}

TEST(kubeconfig_files_lie_beside_it)
{
	auto_dir struct dir d = dir_new();
	auto_arena struct arena a = { 0 };
	const char *path = arena_fmt(&a, "%s/config", d.path),
		   *none = arena_fmt(&a, "%s/none", d.path);
	static const char text[] =
		AROUND("{server: 'https://x', certificate-authority: ca.pem}",
		       "{client-certificate: ./c.pem, client-key: c.key, tokenFile: /abs/token}");
	struct kube_config c;
	struct err e = { 0 };

	setenv("HOME", d.path, 1);
	unsetenv("KUBERNETES_SERVICE_HOST");
	unsetenv("KUBECONFIG");
	CHECK(kube_config_load(&c, NULL, NULL, &a, &e) < 0 && e.num == ENOENT);
	CHECK(strstr(e.msg, "KUBECONFIG"));
	CHECK(file_replace(path, text, sizeof(text) - 1, 0600, false, &e) == 0);
	CHECK(kube_config_load(&c, path, NULL, &a, &e) < 0 && e.num == ENOENT);
	CHECK(strstr(e.msg, "/config: cluster k: certificate-authority: ") &&
	      strstr(e.msg, arena_fmt(&a, "%s/ca.pem", d.path)));
	CHECK(file_replace(arena_fmt(&a, "%s/ca.pem", d.path), "CA", 2, 0600, false, &e) == 0);
	CHECK(file_replace(arena_fmt(&a, "%s/c.pem", d.path), "CERT", 4, 0600, false, &e) == 0);
	CHECK(file_replace(arena_fmt(&a, "%s/c.key", d.path), "KEY", 3, 0600, false, &e) == 0);
	CHECK(kube_config_load(&c, path, NULL, &a, &e) == 0);
	CHECK_STR(c.ca, "CA");
	CHECK_STR(c.cert, "CERT");
	CHECK_STR(c.key, "KEY");
	CHECK_STR(c.token_file, "/abs/token");
	setenv("KUBECONFIG", arena_fmt(&a, ":%s:%s", none, path), 1);
	CHECK(kube_config_load(&c, NULL, NULL, &a, &e) == 0);
	CHECK_STR(c.server, "https://x");
	setenv("KUBECONFIG", none, 1);
	CHECK(kube_config_load(&c, NULL, NULL, &a, &e) < 0 && strstr(e.msg, none));
	unsetenv("KUBECONFIG");
	CHECK(mkdirs(arena_fmt(&a, "%s/.kube", d.path), 0700, &e) == 0);
	CHECK(rename(path, arena_fmt(&a, "%s/.kube/config", d.path)) == 0);
	CHECK(kube_config_load(&c, NULL, NULL, &a, &e) < 0 && strstr(e.msg, ".kube/ca.pem"));
	setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1", 1);
	setenv("KUBERNETES_SERVICE_PORT", "443", 1);
	CHECK(kube_config_load(&c, NULL, NULL, &a, &e) < 0);
	CHECK(strstr(e.msg, "service account: ") && strstr(e.msg, "/var/run/secrets/"));
	unsetenv("KUBERNETES_SERVICE_HOST");
	unsetenv("KUBERNETES_SERVICE_PORT");
	unsetenv("HOME");
}

TEST(kubeconfig_refusals_name_file_and_field)
{
	static const struct {
		const char *text, *context;
		int num;
		const char *want;
	} cases[] = {
		{ "", NULL, EINVAL, "conf: YAML: 0 documents where one is wanted" },
		{ "a: [", NULL, EINVAL, "conf: YAML line 2, column 1: " },
		{ "- a", NULL, EINVAL, "conf: no current-context, and none was named" },
		{ "a: 1", "z", EINVAL, "conf: there is no context 'z'" },
		{ AROUND("{}", "{}"), NULL, EINVAL, "conf: cluster k: server: it is missing" },
		{ AROUND("{server: 1}", "{}"), NULL, EINVAL,
		  "conf: cluster k: server: a number where a string is wanted" },
		{ AROUND("{server: x}", "{}"), "e", EINVAL,
		  "conf: context e: there is no cluster 'x'" },
		{ AROUND("{server: x}", "{}"), "f", EINVAL,
		  "conf: context f: there is no user 'x'" },
		{ AROUND("{server: x}", "{}"), "g", EINVAL,
		  "conf: context g: user: a number where a string is wanted" },
		{ AROUND("{server: x, insecure-skip-tls-verify: 'yes'}", "{}"), NULL, EINVAL,
		  "conf: cluster k: insecure-skip-tls-verify: a string where a bool is wanted" },
		{ AROUND("{server: x, insecure-skip-tls-verify: yes, certificate-authority-data: "
			 "QQ==}",
			 "{}"),
		  NULL, EINVAL, "conf: cluster k: insecure-skip-tls-verify: with a certificate" },
		{ AROUND("{server: x, certificate-authority-data: hush!}", "{}"), NULL, EINVAL,
		  "conf: cluster k: certificate-authority-data: not base64 of a text" },
		{ AROUND("{server: x, certificate-authority-data: aHVzaAA=}", "{}"), NULL, EINVAL,
		  "conf: cluster k: certificate-authority-data: not base64 of a text" },
		{ AROUND("{server: x}", "{token: 12}"), NULL, EINVAL,
		  "conf: user u: token: a number where a string is wanted" },
		{ AROUND("{server: x}", "{client-key-data: aHVzaA==}"), NULL, EINVAL,
		  "conf: user u: client-certificate: it is missing, the client-key is there" },
		{ AROUND("{server: x}", "{client-certificate-data: aHVzaA==}"), NULL, EINVAL,
		  "conf: user u: client-key: it is missing, the client-certificate is there" },
		{ AROUND("{server: x}", "{username: hush, password: hush}"), NULL, ENOTSUP,
		  "conf: user u: username: API servers take no passwords any more" },
		{ AROUND("{server: x}", "{as: hush}"), NULL, ENOTSUP,
		  "conf: user u: as: acting as somebody else is not supported" },
		{ AROUND("{server: x}", "{as-groups: [hush]}"), NULL, ENOTSUP,
		  "conf: user u: as-groups: acting as somebody else is not supported" },
		{ AROUND("{server: x}", "{auth-provider: {name: gcp, config: {id-token: hush}}}"),
		  NULL, ENOTSUP, "conf: user u: auth-provider 'gcp' is not supported" },
		{ AROUND("{server: x}", "{token: hush, exec: {command: aws}}"), NULL, EINVAL,
		  "conf: user u: exec: there is a token as well" },
		{ AROUND("{server: x}", "{exec: {command: /bin/gke-auth, args: [hush]}}"), NULL,
		  ENOTSUP, "conf: user u: exec: the plugin '/bin/gke-auth' is not run: " },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		auto_arena struct arena a = { 0 };
		struct kube_config c;
		struct err e;

		CHECK(parse(&c, cases[i].text, cases[i].context, &a, &e) < 0);
		CHECK_INT(e.num, cases[i].num);
		CHECK(strstr(e.msg, cases[i].want) == e.msg && !strstr(e.msg, "hush"));
		if (strstr(e.msg, cases[i].want) != e.msg)
			printf("#   is   %s\n#   want %s\n", e.msg, cases[i].want);
	}
}

TEST(kubeconfig_that_skips_verification_says_so)
{
	auto_arena struct arena a = { 0 };
	struct kube_config c;
	struct err e;

	CHECK(parse(&c,
		    AROUND("{server: x, insecure-skip-tls-verify: true}",
			   "{as: '', as-groups: []}"),
		    NULL, &a, &e) == 0);
	CHECK(c.insecure);
}

/* ---- exec */

static int exec(struct kube_config *c, const char *text, struct arena *a, struct err *e)
{
	auto_json struct json *j = yaml_parse_one(text, strlen(text), e);

	*c = (struct kube_config) { 0 };
	CHECK(j);
	return kubeconfig_exec(c, j, a, e);
}

TEST(kubeconfig_exec_of_eks_is_read_instead_of_run)
{
	static const struct {
		const char *text, *cluster, *region, *role, *profile;
	} cases[] = {
		/* as `aws eks update-kubeconfig` writes it */
		{ "{command: aws, args: [--region, eu-west-1, eks, get-token, --cluster-name, "
		  "prod, --output, json]}",
		  "prod", "eu-west-1", NULL, NULL },
		{ "{command: aws, args: [--region, r, eks, get-token, --cluster-name, prod, "
		  "--role-arn, 'arn:aws:iam::1:role/x'], env: [{name: AWS_PROFILE, value: dev}]}",
		  "prod", "r", "arn:aws:iam::1:role/x", "dev" },
		{ "{command: /usr/local/bin/aws, args: [eks, get-token, --cluster-id=i-1, "
		  "--role=x, --profile=p], env: [{name: AWS_PROFILE, value: dev}, {name: "
		  "AWS_DEFAULT_REGION, value: a}, {name: AWS_REGION, value: b}, {name: "
		  "AWS_DEFAULT_REGION, value: c}, {name: AWS_STS_REGIONAL_ENDPOINTS, value: "
		  "regional}]}",
		  "i-1", "b", "x", "p" },
		{ "{command: aws-iam-authenticator, args: [token, -i, prod, -r, role]}", "prod",
		  NULL, "role", NULL },
		{ "{command: aws-iam-authenticator, args: [token, --cluster-id, prod, --region, "
		  "r], env: }",
		  "prod", "r", NULL, NULL },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		auto_arena struct arena a = { 0 };
		struct kube_config c;
		struct err e = { 0 };

		CHECK(exec(&c, cases[i].text, &a, &e) == 0);
		CHECK_STR(e.msg, "");
		CHECK_STR(c.eks_cluster, cases[i].cluster);
		CHECK_STR(c.eks_region, cases[i].region);
		CHECK_STR(c.eks_role, cases[i].role);
		CHECK_STR(c.eks_profile, cases[i].profile);
	}
}

TEST(kubeconfig_exec_of_anything_else_is_refused_by_name)
{
	static const struct {
		const char *text;
		int num;
		const char *want;
	} cases[] = {
		{ "{}", ENOTSUP, "the plugin '' is not run" },
		{ "{command: kubelogin}", ENOTSUP, "the plugin 'kubelogin' is not run" },
		{ "{command: aws}", ENOTSUP, "aws without eks is not supported" },
		{ "{command: aws, args: [eks]}", ENOTSUP,
		  "aws without get-token is not supported" },
		{ "{command: aws, args: [eks, get-token]}", EINVAL,
		  "aws is told no cluster (--cluster-name)" },
		{ "{command: aws, args: [eks, delete-cluster]}", ENOTSUP,
		  "aws's argument delete-cluster is not supported" },
		{ "{command: aws, args: [eks, get-token, x]}", ENOTSUP,
		  "aws's argument x is not supported" },
		{ "{command: aws, args: [eks, get-token, --endpoint-url, 'http://x']}", ENOTSUP,
		  "aws's argument --endpoint-url is not supported" },
		{ "{command: aws, args: [eks, get-token, -i, x]}", ENOTSUP,
		  "aws's argument -i is not supported" },
		{ "{command: aws, args: [eks, get-token, --cluster-name]}", EINVAL,
		  "aws's argument --cluster-name has no value" },
		{ "{command: aws, args: [eks, get-token, --cluster-name=]}", EINVAL,
		  "aws's argument --cluster-name has no value" },
		{ "{command: aws, args: [eks, get-token, --cluster-name, 7]}", EINVAL,
		  "aws's argument --cluster-name has no value" },
		{ "{command: aws, args: [eks, 7]}", EINVAL,
		  "args: a number where strings are wanted" },
		{ "{command: aws-iam-authenticator, args: [init]}", ENOTSUP,
		  "aws-iam-authenticator's argument init is not supported" },
		{ "{command: aws-iam-authenticator, args: [token, --profile, p]}", ENOTSUP,
		  "aws-iam-authenticator's argument --profile is not supported" },
		{ "{command: aws, env: [{name: AWS_SECRET_ACCESS_KEY, value: hush}]}", ENOTSUP,
		  "the variable 'AWS_SECRET_ACCESS_KEY' is not supported" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		auto_arena struct arena a = { 0 };
		struct kube_config c;
		struct err e = { 0 };

		CHECK(exec(&c, cases[i].text, &a, &e) < 0);
		CHECK_INT(e.num, cases[i].num);
		CHECK(strstr(e.msg, cases[i].want) && strstr(e.msg, "exec: ") == e.msg);
		CHECK(!strstr(e.msg, "hush"));
		if (!strstr(e.msg, cases[i].want))
			printf("#   %s\n", e.msg);
	}
}

/* ---- pods */

TEST(kubeconfig_of_a_pod)
{
	auto_dir struct dir d = dir_new();
	auto_arena struct arena a = { 0 };
	struct kube_config c;
	struct err e = { 0 };

	unsetenv("KUBERNETES_SERVICE_HOST");
	CHECK(kubeconfig_pod(&c, d.path, &a, &e) < 0 && e.num == ENOENT);
	setenv("KUBERNETES_SERVICE_HOST", "fd00::1", 1);
	unsetenv("KUBERNETES_SERVICE_PORT");
	CHECK(kubeconfig_pod(&c, d.path, &a, &e) < 0 && strstr(e.msg, "KUBERNETES_SERVICE_PORT"));
	setenv("KUBERNETES_SERVICE_PORT", "443", 1);
	CHECK(kubeconfig_pod(&c, d.path, &a, &e) < 0 && strstr(e.msg, "/ca.crt"));
	CHECK(file_replace(arena_fmt(&a, "%s/ca.crt", d.path), "CA", 2, 0600, false, &e) == 0);
	CHECK(kubeconfig_pod(&c, d.path, &a, &e) < 0 && strstr(e.msg, "/namespace"));
	CHECK(file_replace(arena_fmt(&a, "%s/namespace", d.path), "kube-system\n", 12, 0600, false,
			   &e) == 0);
	CHECK(kubeconfig_pod(&c, d.path, &a, &e) == 0);
	CHECK_STR(c.server, "https://[fd00::1]:443");
	CHECK_STR(c.ca, "CA");
	CHECK_STR(c.ns, "kube-system");
	CHECK_STR(c.token_file, arena_fmt(&a, "%s/token", d.path));
	setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1", 1);
	CHECK(file_replace(arena_fmt(&a, "%s/namespace", d.path), "", 0, 0600, false, &e) == 0);
	CHECK(kubeconfig_pod(&c, d.path, &a, &e) == 0);
	CHECK_STR(c.server, "https://10.0.0.1:443");
	CHECK_STR(c.ns, "default");
	unsetenv("KUBERNETES_SERVICE_HOST");
	unsetenv("KUBERNETES_SERVICE_PORT");
}
