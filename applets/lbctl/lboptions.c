/* SPDX-License-Identifier: Apache-2.0 */
/* lboptions.c - flags to settings, and what cannot be. */
#include <errno.h>
#include <string.h>

#include "annot.h"
#include "lboptions.h"
#include "opt.h"
#include "tagset.h"

enum { TABLE = 80 };

/* clang-format off */
static size_t aws_table(struct lboptions *p, struct opt *o)
{
	struct lbconfig *c = &p->c;
	const struct opt rows[] = {
		{ 0, "cluster-name", NULL, OPT_STR, &c->cluster, "", "name of the cluster, for names and tags in AWS" },
		{ 0, "kubeconfig", NULL, OPT_STR, &p->kubeconfig, NULL, "kubeconfig file; without: KUBECONFIG, the pod's service account, ~/.kube/config" },
		{ 0, "context", NULL, OPT_STR, &p->context, NULL, "context of the kubeconfig file" },
		{ 0, "watch-namespace", NULL, OPT_STR, &p->watch_ns, "", "only objects of this namespace; empty: all" },
		{ 0, "log-level", NULL, OPT_STR, &p->log_level, "info", "debug, info, warn or error" },
		{ 0, "aws-region", NULL, OPT_STR, &p->region, NULL, "region; without: AWS_DEFAULT_REGION, AWS_REGION, the profile, IMDS" },
		{ 0, "aws-vpc-id", NULL, OPT_STR, &p->vpc, "", "VPC; without: --aws-vpc-tags, then IMDS" },
		{ 0, "aws-vpc-tags", NULL, OPT_STR, &p->vpc_tags, "", "find the VPC by its tags: k=v,..." },
		{ 0, "aws-api-endpoints", NULL, OPT_STR, &p->endpoints, NULL, "SERVICE ID=URL,..." },
		{ 0, "aws-api-throttle", NULL, OPT_STR, &p->throttle, NULL, "SERVICE ID:regex=rate:burst,..." },
		{ 0, "aws-max-retries", NULL, OPT_INT, &p->aws_attempts, "10", "attempts at each call" },
		{ 0, "aws-log", NULL, OPT_BOOL, &p->aws_log, NULL, "one line for each call" },
		{ 0, "default-tags", NULL, OPT_STR, &p->default_tags, "", "tags for all that is made: k=v,..." },
		{ 0, "external-managed-tags", NULL, OPT_STR, &p->external_tags, "", "keys of tags that others keep" },
		{ 0, "service-target-eni-security-group-tags", NULL, OPT_STR, &p->service_sg_tags, "", "which security group of an ENI gets rules: k=v,..." },
	};

	memcpy(o, rows, sizeof(rows));
	return COUNT(rows);
}

static size_t model_table(struct lboptions *p, struct opt *o)
{
	struct lbconfig *c = &p->c;
	const struct opt rows[] = {
		{ 0, "default-target-type", NULL, OPT_STR, &c->target_type, "instance", "instance or ip" },
		{ 0, "default-load-balancer-scheme", NULL, OPT_STR, &c->scheme, "internal", "internal or internet-facing" },
		{ 0, "default-ssl-policy", NULL, OPT_STR, &c->ssl_policy, "ELBSecurityPolicy-2016-08", "of listeners that name none" },
		{ 0, "load-balancer-class", NULL, OPT_STR, &c->lb_class, "service.k8s.aws/nlb", "spec.loadBalancerClass of Services of ours" },
		{ 0, "ingress-class", NULL, OPT_STR, &c->ingress_class, "alb", "kubernetes.io/ingress.class of Ingresses of ours" },
		{ 0, "disable-ingress-class-annotation", NULL, OPT_BOOL, &c->no_class_annotation, NULL, "refuse new uses of it" },
		{ 0, "disable-ingress-group-name-annotation", NULL, OPT_BOOL, &c->no_group_annotation, NULL, "refuse new uses of it" },
		{ 0, "tolerate-non-existent-backend-service", NULL, OPT_BOOL, &c->tolerate_no_service, "true", "a rule to it answers 503" },
		{ 0, "tolerate-non-existent-backend-action", NULL, OPT_BOOL, &c->tolerate_no_action, "true", "a rule to it answers 503" },
		{ 0, "allowed-certificate-authority-arns", NULL, OPT_STR, &p->authorities, "", "only certificates of these are discovered" },
		{ 0, "enable-backend-security-group", NULL, OPT_BOOL, &c->backend_sg, "true", "one security group that all load balancers share" },
		{ 0, "backend-security-group", NULL, OPT_STR, &c->backend_sg_id, "", "id of that group; empty: made here" },
		{ 0, "enable-manage-backend-security-group-rules", NULL, OPT_BOOL, &c->manage_backend_rules, NULL, "also with groups given by annotation" },
		{ 0, "disable-restricted-sg-rules", NULL, OPT_BOOL, &c->unrestricted_rules, NULL, "open all ports to load balancers" },
		{ 0, "max-targets-per-target-group", NULL, OPT_INT, &p->max_targets, "0", "0: any number" },
		{ 0, "feature-gates", NULL, OPT_STR, &p->gates, "", "NAME=true|false,..." },
	};

	memcpy(o, rows, sizeof(rows));
	return COUNT(rows);
}

static size_t process_table(struct lboptions *p, struct opt *o)
{
	const struct opt rows[] = {
		{ 0, "service-max-concurrent-reconciles", NULL, OPT_INT, &p->service_jobs, "3", "Services at once" },
		{ 0, "ingress-max-concurrent-reconciles", NULL, OPT_INT, &p->group_jobs, "3", "groups of Ingresses at once" },
		{ 0, "targetgroupbinding-max-concurrent-reconciles", NULL, OPT_INT, &p->binding_jobs, "3", "TargetGroupBindings at once" },
		{ 0, "targetgroupbinding-max-exponential-backoff-delay", NULL, OPT_STR, &p->binding_backoff, "16m40s", "longest wait after failures" },
		{ 0, "targetgroupbinding-requeue-duration", NULL, OPT_STR, &p->binding_again, "15s", "how often targets are asked for that are not healthy yet" },
		{ 0, "lb-stabilization-monitor-interval", NULL, OPT_STR, &p->stabilize, "2m", "how often a load balancer is looked at that is not active yet" },
		{ 0, "sync-period", NULL, OPT_STR, &p->sync, "10h", "how often everything is looked at again" },
		{ 0, "enable-endpoint-slices", NULL, OPT_BOOL, &p->slices, "true", "false is refused: Endpoints are not read" },
		{ 0, "enable-pod-readiness-gate-inject", NULL, OPT_BOOL, &p->inject_gates, "true", "in namespaces that ask for it" },
		{ 0, "metrics-bind-addr", NULL, OPT_STR, &p->metrics_addr, ":8080", "metrics; 0: none" },
		{ 0, "health-probe-bind-addr", NULL, OPT_STR, &p->health_addr, ":61779", "/healthz and /readyz" },
		{ 0, "webhook-bind-port", NULL, OPT_INT, &p->webhook_port, "9443", "admission webhooks; 0: none" },
		{ 0, "webhook-cert-dir", NULL, OPT_STR, &p->webhook_dir, "", "folder of their certificate" },
		{ 0, "webhook-cert-file", NULL, OPT_STR, &p->webhook_cert, "tls.crt", "its file" },
		{ 0, "webhook-key-file", NULL, OPT_STR, &p->webhook_key, "tls.key", "its key's file" },
		{ 0, "kube-ca-pem-filepath", NULL, OPT_STR, &p->webhook_ca, "", "whoever calls them must have a certificate of this CA" },
		{ 0, "enable-leader-election", NULL, OPT_BOOL, &p->leader_election, "true", "act only with the lease" },
		{ 0, "leader-election-id", NULL, OPT_STR, &p->lease, "aws-load-balancer-controller-leader", "name of the lease" },
		{ 0, "leader-election-namespace", NULL, OPT_STR, &p->lease_ns, "", "its namespace; empty: the pod's" },
	};

	memcpy(o, rows, sizeof(rows));
	return COUNT(rows);
}

/* Accepted, as the original does. */
static size_t idle_table(struct lboptions *p, struct opt *o)
{
	const struct opt rows[] = {
		{ 0, "enable-waf", NULL, OPT_BOOL, &p->waf, "true", "nothing yet" },
		{ 0, "enable-wafv2", NULL, OPT_BOOL, &p->wafv2, "true", "nothing yet" },
		{ 0, "enable-shield", NULL, OPT_BOOL, &p->shield, "true", "nothing yet" },
		{ 0, "aws-vpc-tag-key", NULL, OPT_STR, &p->vpc_tag_key, NULL, "nothing: deprecated" },
		{ 0, "default-pca-arn", NULL, OPT_STR, &p->pca, NULL, "nothing yet" },
		{ 0, "required-secrets-label", NULL, OPT_STR, &p->secrets_label, NULL, "nothing yet: no Secret is read" },
		{ 0, "quic-environment-variable-name", NULL, OPT_STR, &p->quic_variable, NULL, "nothing yet" },
		{ 0, "gateway-class-max-concurrent-reconciles", NULL, OPT_INT, &p->gateway_class_jobs, "3", "nothing yet" },
		{ 0, "alb-gateway-max-concurrent-reconciles", NULL, OPT_INT, &p->alb_gateway_jobs, "3", "nothing yet" },
		{ 0, "nlb-gateway-max-concurrent-reconciles", NULL, OPT_INT, &p->nlb_gateway_jobs, "3", "nothing yet" },
		{ 0, "globalaccelerator-max-concurrent-reconciles", NULL, OPT_INT, &p->accelerator_jobs, "1", "nothing yet" },
		{ 0, "globalaccelerator-max-exponential-backoff-delay", NULL, OPT_STR, &p->accelerator_backoff, NULL, "nothing yet" },
	};

	memcpy(o, rows, sizeof(rows));
	return COUNT(rows);
}
/* clang-format on */

static size_t table(struct lboptions *p, struct opt o[TABLE])
{
	size_t n = aws_table(p, o);

	n += model_table(p, o + n);
	n += process_table(p, o + n);
	return n + idle_table(p, o + n);
}

/* ---- values */

static int tags_of(const char *flag, const char *text, struct tags *out, struct arena *a,
		   struct err *e)
{
	*out = (struct tags) { 0 };
	if (*text && annot_parse_map(text, out, a) < 0)
		return fail(e, EINVAL, "--%s '%s' is not KEY=VALUE,...", flag, text);
	tagset_sort(out);
	return 0;
}

static int one_gate(struct lbconfig *c, const char *name, const char *value, struct err *e)
{
	static const char *const names[GATES] = {
#define GATE(id, text, on) [GATE_##id] = text,
#include "gates.def"
#undef GATE
	};
	bool on;

	for (int i = 0; i < GATES; i++) {
		if (strcmp(names[i], name) != 0)
			continue;
		if (!str_bool(value, &on))
			return fail(e, EINVAL, "--feature-gates %s: '%s' is neither true nor false",
				    name, value);
		c->gates[i] = on;
		return 0;
	}
	return fail(e, EINVAL, "--feature-gates: there is no gate '%s'", name);
}

static int gates_of(struct lboptions *o, struct arena *a, struct err *e)
{
	struct tags t = { 0 };

	if (tags_of("feature-gates", o->gates, &t, a, e) < 0)
		return -1;
	for (size_t i = 0; i < t.n; i++)
		if (one_gate(&o->c, t.v[i].key, t.v[i].value, e) < 0)
			return -1;
	return 0;
}

static int duration(const char *flag, const char *text, int64_t *ms, struct err *e)
{
	if (str_duration(text, ms) && *ms > 0)
		return 0;
	return fail(e, EINVAL, "--%s '%s' is not a duration above zero, such as 15s", flag, text);
}

static int durations(struct lboptions *o, struct err *e)
{
	if (duration("targetgroupbinding-max-exponential-backoff-delay", o->binding_backoff,
		     &o->binding_backoff_ms, e) < 0 ||
	    duration("targetgroupbinding-requeue-duration", o->binding_again, &o->binding_again_ms,
		     e) < 0)
		return -1;
	if (duration("lb-stabilization-monitor-interval", o->stabilize, &o->stabilize_ms, e) < 0)
		return -1;
	return duration("sync-period", o->sync, &o->sync_ms, e);
}

/* ---- what cannot be (spec-lbc-nlb 14.1) */

static int tracking_keys(const struct lbconfig *c, struct err *e)
{
	static const char *const keys[] = {
		"elbv2.k8s.aws/cluster",     "elbv2.k8s.aws/resource",
		"ingress.k8s.aws/stack",     "ingress.k8s.aws/resource",
		"service.k8s.aws/stack",     "service.k8s.aws/resource",
		"gateway.k8s.aws.nlb/stack", "gateway.k8s.aws.nlb/resource",
		"gateway.k8s.aws.alb/stack", "gateway.k8s.aws.alb/resource"
	};

	for (size_t i = 0; i < COUNT(keys); i++) {
		if (tag_get(&c->default_tags, keys[i]))
			return fail(e, EINVAL,
				    "tag key %s cannot be specified in default-tags flag", keys[i]);
		for (size_t k = 0; k < c->external_tags.n; k++)
			if (strcmp(c->external_tags.v[k], keys[i]) == 0)
				return fail(
					e, EINVAL,
					"tag key %s cannot be specified in external-managed-tags "
					"flag",
					keys[i]);
	}
	for (size_t k = 0; k < c->external_tags.n; k++)
		if (tag_get(&c->default_tags, c->external_tags.v[k]))
			return fail(e, EINVAL,
				    "tag key %s cannot be specified in both default-tags and "
				    "external-managed-tags flag",
				    c->external_tags.v[k]);
	return 0;
}

static bool among(const char *v, const char *a, const char *b)
{
	return strcmp(v, a) == 0 || strcmp(v, b) == 0;
}

static int validate(const struct lboptions *o, struct err *e)
{
	const struct lbconfig *c = &o->c;

	if (!among(c->target_type, "instance", "ip"))
		return fail(e, EINVAL, "--default-target-type '%s' is neither instance nor ip",
			    c->target_type);
	if (!among(c->scheme, "internal", "internet-facing"))
		return fail(e, EINVAL,
			    "--default-load-balancer-scheme '%s' is neither internal nor "
			    "internet-facing",
			    c->scheme);
	if (*c->backend_sg_id && !str_prefix(c->backend_sg_id, "sg-"))
		return fail(e, EINVAL, "--backend-security-group '%s' is no id (sg-...)",
			    c->backend_sg_id);
	if (c->manage_backend_rules && !c->backend_sg)
		return fail(e, EINVAL,
			    "--enable-manage-backend-security-group-rules needs "
			    "--enable-backend-security-group");
	if (!o->slices)
		return fail(e, EINVAL,
			    "--enable-endpoint-slices=false: Endpoints are deprecated and "
			    "not read here; leave the flag out");
	if (o->service_jobs < 1 || o->group_jobs < 1 || o->binding_jobs < 1)
		return fail(e, EINVAL, "--...-max-concurrent-reconciles must be at least 1");
	if (o->max_targets < 0)
		return fail(e, EINVAL, "--max-targets-per-target-group must be 0 or more");
	return tracking_keys(c, e);
}

/* Given, and without effect here. */
static void complain(const struct lboptions *o, struct buf *out)
{
	const struct lbconfig *c = &o->c;

	if (o->vpc_tag_key)
		buf_str(out, "--aws-vpc-tag-key does nothing: it is deprecated\n");
	if (o->pca)
		buf_str(out,
			"--default-pca-arn does nothing yet: certificates are not made here\n");
	if (o->secrets_label)
		buf_str(out, "--required-secrets-label does nothing yet: no Secret is read\n");
	if (o->quic_variable)
		buf_str(out,
			"--quic-environment-variable-name does nothing yet: QUIC is refused\n");
	if (o->accelerator_backoff || c->gates[GATE_GLOBAL_ACCELERATOR])
		buf_str(out, "Global Accelerator is not built yet: nothing of its is touched\n");
	if (c->gates[GATE_CERTIFICATE_MANAGEMENT])
		buf_str(out, "feature gate EnableCertificateManagement does nothing yet\n");
	if (c->gates[GATE_TARGET_CONTROL_AGENT])
		buf_str(out, "feature gate ALBTargetControlAgent does nothing yet\n");
	if (c->gates[GATE_RGT_API])
		buf_str(out, "feature gate EnableRGTAPI does nothing: tags are read with "
			     "DescribeTags, for all stacks at once\n");
	if (c->gates[GATE_INGRESS_PLAN])
		buf_str(out, "feature gate IngressPlanAnnotation does nothing: use lbctl plan\n");
}

int lboptions_read(struct lboptions *o, int argc, char **argv, struct buf *complaints,
		   struct arena *a, struct err *e)
{
	struct opt rows[TABLE];
	int i;

	*o = (struct lboptions) { .c = lbconfig_default() };
	i = opt_parse(rows, table(o, rows), argc, argv, e);
	if (i < 0)
		return -1;
	if (tags_of("default-tags", o->default_tags, &o->c.default_tags, a, e) < 0 ||
	    tags_of("service-target-eni-security-group-tags", o->service_sg_tags,
		    &o->c.service_sg_tags, a, e) < 0)
		return -1;
	o->c.external_tags = annot_parse_list(o->external_tags, a);
	o->c.authorities = annot_parse_list(o->authorities, a);
	o->c.max_targets = o->max_targets;
	if (gates_of(o, a, e) < 0 || durations(o, e) < 0 || validate(o, e) < 0)
		return -1;
	complain(o, complaints);
	return i;
}

void lboptions_help(void)
{
	struct lboptions o;
	struct opt rows[TABLE];

	opt_help(rows, table(&o, rows),
		 "vpcbox lbctl [controller] [OPTION...]\n"
		 "       vpcbox lbctl plan | apply | explain | route | status ... (--help)\n\n"
		 "  plan      what would be changed, of files or of the cluster\n"
		 "  apply     exactly that\n"
		 "  explain   why an object is as it is, or what is wrong with it\n"
		 "  route     which rule and target group a request would meet\n"
		 "  status    load balancers, listeners, targets and their health",
		 "  vpcbox lbctl --cluster-name=demo --aws-region=ap-northeast-2 "
		 "--aws-vpc-id=vpc-0abc\n"
		 "  vpcbox lbctl plan --cluster-name=demo --cluster\n");
}
