/* SPDX-License-Identifier: Apache-2.0 */
/* bindcase.c - a cluster and an AWS around a TargetGroupBinding. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aws_session.h"
#include "bindaws.h"
#include "clock.h"
#include "fakeaws.h"
#include "file.h"
#include "kubewatch.h"
#include "log.h"
#include "test.h"

#define ENI(id, device, ip, group)                                                                 \
	"<item><networkInterfaceId>" id "</networkInterfaceId><groupSet><item><groupId>" group     \
	"</groupId></item></groupSet><attachment><attachmentId>a-" id "</attachmentId>"            \
	"<deviceIndex>" device                                                                     \
	"</deviceIndex></attachment><privateIpAddressesSet><item><privateIpAddress>" ip            \
	"</privateIpAddress><primary>true</primary></item></privateIpAddressesSet><ipv4PrefixSet>" \
	"<item><ipv4Prefix>"
#define INSTANCE(id, ip, prefix)                                                       \
	"<item><instanceId>" id                                                        \
	"</instanceId><networkInterfaceSet>" ENI("eni-" id, "0", ip, "sg-node") prefix \
		"</ipv4Prefix></item></ipv4PrefixSet></item></networkInterfaceSet></item>"
/* The pods' addresses are in the prefixes: odd tens on the one, even tens on the other. */
static const char instances[] =
	"<reservationSet><item><instancesSet>" INSTANCE("i-a", "192.168.0.10", "192.168.1.0/24")
		INSTANCE("i-b", "192.168.0.11", "192.168.2.0/24") "</instancesSet></item>"
								  "</reservationSet>";
static const char groups[] =
	"<securityGroupInfo><item><groupId>sg-node</groupId><groupName>node</groupName><vpcId>vpc-1"
	"</vpcId><ipPermissions/><tagSet><item><key>kubernetes.io/cluster/lab</key><value>owned"
	"</value></item></tagSet></item></securityGroupInfo>";
static const char vpcs[] =
	"<vpcSet><item><vpcId>vpc-1</vpcId><cidrBlock>192.168.0.0/16</cidrBlock>"
	"<cidrBlockAssociationSet><item><cidrBlock>192.168.0.0/16</cidrBlock><cidrBlockState>"
	"<state>associated</state></cidrBlockState></item></cidrBlockAssociationSet></item>"
	"</vpcSet>";

static void open_aws(struct bindcase *c)
{
	const struct aws_options o = { .throttle = "EC2:.=1000000:1000000,"
						   "Elastic Load Balancing v2:.=1000000:1000000",
				       .no_imds = true };
	struct err e;

	c->w.instances = instances;
	c->w.groups = groups;
	c->w.vpcs = vpcs;
	bindaws_start(&c->w);
	fakeaws_env(c->w.web.url);
	if (aws_new(&c->aws, &o, now_ms() + 1000, &e) < 0)
		die("fake AWS: %s", e.msg);
	c->aws->pause_ms = 1;
}

static void put_node(struct bindcase *c, const char *letter)
{
	bindcase_put(c,
		     "{'apiVersion':'v1','kind':'Node','metadata':{'name':'node-%s','labels':"
		     "{'topology.kubernetes.io/zone':'eu-central-1%s'}},'spec':{'providerID':"
		     "'aws:///eu-central-1%s/i-%s'},'status':{'conditions':[{'type':'Ready',"
		     "'status':'True'}]}}",
		     letter, letter, letter, letter);
}

struct bindcase *bindcase_new(void)
{
	struct bindcase *c = xalloc(sizeof(*c));
	struct err e;
	int fd;

	snprintf(c->log, sizeof(c->log), "/tmp/vpcbox-unit-XXXXXX");
	fd = mkstemp(c->log);
	CHECK(fd >= 0);
	close(fd);
	CHECK(log_open(c->log, LOG_DEBUG, &e) == 0);
	open_aws(c);
	fakekube_start(&c->k);
	c->kube = fakekube_client(&c->k);
	c->c = lbconfig_default();
	c->c.cluster = "lab";
	c->c.vpc = "vpc-1";
	c->c.region = "eu-central-1";
	c->index = elbindex_new(&c->c);
	c->facts = awsfacts_new(c->aws, &c->c, c->index);
	c->all = bindings_new(15000, 10 * 3600000);
	c->store = kubestore_new();
	c->env = (struct passenv) { .c = &c->c,
				    .aws = c->aws,
				    .kube = c->kube,
				    .index = c->index,
				    .facts = c->facts,
				    .bindings = c->all };
	put_node(c, "a");
	put_node(c, "b");
	return c;
}

void bindcase_free(struct bindcase **at)
{
	struct bindcase *c = TAKE(*at);

	kubestore_free(&c->store);
	bindings_free(&c->all);
	awsfacts_free(&c->facts);
	elbindex_free(&c->index);
	kube_free(&c->kube);
	aws_free(&c->aws);
	fakekube_stop(&c->k);
	bindaws_stop(&c->w);
	fakeaws_env(NULL);
	log_close();
	unlink(c->log);
	arena_free(&c->a);
	free(c);
}

/* ---- objects */

void bindcase_put(struct bindcase *c, const char *fmt, ...)
{
	char text[4096];
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(text, sizeof(text), fmt, ap) >= (int)sizeof(text))
		die("a manifest is too long");
	va_end(ap);
	for (char *p = text; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	fakekube_put(&c->k, text);
}

/* Of node-a the odd ones, of node-b the even ones. */
static const char *address_of(struct bindcase *c, size_t i)
{
	return arena_fmt(&c->a, "192.168.%zu.%zu", 1 + i % 2, 1 + i / 2);
}

static void put_pod(struct bindcase *c, size_t i, const char *gate)
{
	const char *gates = *gate ? arena_fmt(&c->a,
					      "'readinessGates':[{'conditionType':"
					      "'target-health.elbv2.k8s.aws/%s'}],",
					      gate)
				  : "";

	bindcase_put(c,
		     "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'web-%zu','namespace':"
		     "'default','uid':'uid-%zu','creationTimestamp':'2026-01-01T00:00:00Z'},'spec':"
		     "{'nodeName':'node-%c',%s'containers':[{'name':'c','ports':[{'name':'http',"
		     "'containerPort':8080}]}]},'status':{'podIP':'%s','conditions':[{'type':"
		     "'ContainersReady','status':'True'}]}}",
		     i, i, "ab"[i % 2], gates, address_of(c, i));
}

void bindcase_web(struct bindcase *c, size_t pods, const char *gate)
{
	bindcase_put(c, "{'apiVersion':'v1','kind':'Service','metadata':{'name':'web','namespace':"
			"'default'},'spec':{'type':'NodePort','ports':[{'name':'http','port':80,"
			"'targetPort':'http','nodePort':30080}]}}");
	/* At most so many in a slice, as the real ones have them. */
	for (size_t from = 0; from == 0 || from < pods; from += 10) {
		auto_buf struct buf l = { 0 };

		buf_str(&l, "");
		for (size_t i = from; i < pods && i < from + 10; i++) {
			buf_fmt(&l,
				"%s{'addresses':['%s'],'conditions':{'ready':true},'targetRef':"
				"{'kind':'Pod','namespace':'default','name':'web-%zu'}}",
				i > from ? "," : "", address_of(c, i), i);
			put_pod(c, i, gate);
		}
		bindcase_put(
			c,
			"{'apiVersion':'discovery.k8s.io/v1','kind':'EndpointSlice','metadata':"
			"{'name':'web-%zu','namespace':'default','labels':"
			"{'kubernetes.io/service-name':'web'}},'addressType':'IPv4','ports':"
			"[{'name':'http','port':8080}],'endpoints':[%s]}",
			from, l.p);
	}
}

void bindcase_bind(struct bindcase *c, const char *name, const char *more)
{
	bindcase_put(c,
		     "{'apiVersion':'elbv2.k8s.aws/v1beta1','kind':'TargetGroupBinding','metadata':"
		     "{'name':'%s','namespace':'default'},'spec':{'targetGroupARN':'" BINDCASE_ARN
		     "','targetType':'ip','serviceRef':{'name':'web','port':80}%s}}",
		     name, more);
}

/* ---- a pass */

static void list_kind(struct bindcase *c, enum kube_kind kind)
{
	auto_arena struct arena a = { 0 };
	const struct kube_call get = { .method = "GET",
				       .path = kube_path(kind, "", NULL, NULL, &a) };
	auto_json struct json *j = NULL;
	struct kube_change *v;
	size_t n = 0;
	struct err e;

	if (kube_do(c->kube, &get, &j, now_ms() + 20000, &e) < 0)
		die("list: %s", e.msg);
	v = arena_get(&a, (json_count(json_member(j, "items")) + 2) * sizeof(*v));
	v[n++].event = KUBE_LIST;
	for (const struct json *m = json_first(json_member(j, "items")); m; m = json_next(m)) {
		v[n].event = KUBE_SET;
		v[n].object = kube_object(kind, m, &e);
		if (!v[n++].object)
			die("object: %s", e.msg);
	}
	v[n++].event = KUBE_SYNCED;
	kubestore_apply(c->store, kind, v, n, NULL, NULL);
}

int bindcase_pass_as_was(struct bindcase *c, const char *name)
{
	struct pass p = { .env = &c->env };
	int rc;

	c->env.deadline = now_ms() + 20000;
	c->e = (struct err) { 0 };
	binding_give(c->all, &p.objects, c->store, "default", name);
	rc = pass_binding(&p, "default", name, &c->e);
	c->again_ms = p.again_ms;
	pass_free(&p);
	return rc;
}

int bindcase_pass(struct bindcase *c, const char *name)
{
	for (int k = 0; k < KUBE_KINDS; k++)
		list_kind(c, (enum kube_kind)k);
	return bindcase_pass_as_was(c, name);
}

/* ---- what came of it */

int bindcase_calls(struct bindcase *c, const char *action)
{
	const char *want = *action ? arena_fmt(&c->a, "%s Action=", action) : " Action=";
	int n = 0;

	pthread_mutex_lock(&c->w.lock);
	for (const char *p = c->w.log.p; (p = strstr(p, want)); p++)
		n += !*action || p == c->w.log.p || p[-1] == '\n';
	pthread_mutex_unlock(&c->w.lock);
	return n;
}

const char *bindcase_sent(struct bindcase *c, const char *action)
{
	const char *want = arena_fmt(&c->a, "%s Action=", action), *out = "";

	pthread_mutex_lock(&c->w.lock);
	for (const char *p = c->w.log.p; (p = strstr(p, want)); p++)
		if (p == c->w.log.p || p[-1] == '\n')
			out = arena_fmt(&c->a, "%.*s", (int)strcspn(p, "\n"), p);
	pthread_mutex_unlock(&c->w.lock);
	return out;
}

void bindcase_fail(struct bindcase *c, const char *action, const char *code, const char *message,
		   int times)
{
	pthread_mutex_lock(&c->w.lock);
	for (size_t i = 0; i < BINDAWS_FAULTS; i++) {
		struct bindaws_fault *f = &c->w.faults[i];

		if (f->action && strcmp(f->action, action) != 0)
			continue;
		*f = (struct bindaws_fault) { action, code, message, times, 0 };
		if (times < 0)
			f->action = NULL;
		break;
	}
	pthread_mutex_unlock(&c->w.lock);
}

void bindcase_all(struct bindcase *c, const char *state, const char *reason)
{
	pthread_mutex_lock(&c->w.lock);
	for (size_t i = 0; i < c->w.n; i++) {
		snprintf(c->w.v[i].state, sizeof(c->w.v[i].state), "%s", state);
		snprintf(c->w.v[i].reason, sizeof(c->w.v[i].reason), "%s", reason);
	}
	pthread_mutex_unlock(&c->w.lock);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char *bindcase_targets(struct bindcase *c)
{
	const char **v = arena_get(&c->a, BINDAWS_TARGETS * sizeof(*v));
	auto_buf struct buf out = { 0 };
	size_t n;

	pthread_mutex_lock(&c->w.lock);
	n = c->w.n;
	for (size_t i = 0; i < n; i++)
		v[i] = arena_fmt(&c->a, "%s:%d%s%s %s", c->w.v[i].id, c->w.v[i].port,
				 *c->w.v[i].zone ? "@" : "", c->w.v[i].zone, c->w.v[i].state);
	pthread_mutex_unlock(&c->w.lock);
	qsort(v, n, sizeof(*v), by_text);
	buf_str(&out, "");
	for (size_t i = 0; i < n; i++)
		buf_fmt(&out, "%s%s", i ? " " : "", v[i]);
	return arena_str(&c->a, out.p);
}

const char *bindcase_member(struct bindcase *c, const char *path, const char *member)
{
	const char *text = fakekube_get(&c->k, path, &c->a);
	auto_json struct json *j = NULL;
	const struct json *m;
	struct err e;

	j = json_parse(text, strlen(text), &e);
	m = json_get(j, member);
	if (!m)
		m = json_member(json_get(j, "metadata.annotations"), member);
	return m ? json_words(m, &c->a) : "";
}

const char *bindcase_gate(struct bindcase *c, const char *pod, const char *binding)
{
	const char *path = arena_fmt(&c->a, "/api/v1/namespaces/default/pods/%s", pod);
	const char *type = arena_fmt(&c->a, "target-health.elbv2.k8s.aws/%s", binding);
	const char *text = fakekube_get(&c->k, path, &c->a);
	auto_json struct json *j = NULL;
	struct err e;

	j = json_parse(text, strlen(text), &e);
	for (const struct json *m = json_first(json_get(j, "status.conditions")); m;
	     m = json_next(m))
		if (strcmp(json_str(m, "type", ""), type) == 0)
			return arena_fmt(&c->a, "%s/%s/%s", json_str(m, "status", ""),
					 json_str(m, "reason", ""), json_str(m, "message", ""));
	return "";
}

bool bindcase_said(struct bindcase *c, const char *words)
{
	auto_buf struct buf text = { 0 };
	struct err e;

	if (file_read(c->log, 4 << 20, &text, &e) < 0)
		return false;
	return text.p && strstr(text.p, words);
}
