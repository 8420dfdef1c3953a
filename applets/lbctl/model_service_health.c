/* SPDX-License-Identifier: Apache-2.0 */
/* model_service_health.c - how the targets of a Service are asked for their health (spec-lbc-nlb
 * 5.4). */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "servicebuild.h"

static const struct service_health plain = { .protocol = "TCP",
					     .path = "/",
					     .codes = "200-399",
					     .interval_s = 10,
					     .timeout_s = 10,
					     .healthy = 3,
					     .unhealthy = 3 };
/* externalTrafficPolicy Local: only nodes that have a pod are healthy. */
static const struct service_health local = { .protocol = "HTTP",
					     .path = "/healthz",
					     .codes = "200-399",
					     .interval_s = 10,
					     .timeout_s = 6,
					     .healthy = 2,
					     .unhealthy = 2 };

static int find_protocol(struct service_build *b, const char **out, struct err *e)
{
	static const char *const protocols[] = { "TCP", "HTTP", "HTTPS" };
	const char *v = "";

	if (!annot_str(&b->l, A_NLB_HC_PROTOCOL, &v))
		return 0;
	for (size_t i = 0; i < COUNT(protocols); i++) {
		if (strcasecmp(v, protocols[i]) == 0) {
			*out = protocols[i];
			return 0;
		}
	}
	fail(e, EINVAL, "unsupported health check protocol %.60s, TCP, HTTP or HTTPS expected", v);
	return annot_blame(&b->l, A_NLB_HC_PROTOCOL, NULL, e);
}

/* The number behind the name of a port. */
static int by_name(struct service_build *b, const char *name, bool ip, int64_t *out, struct err *e)
{
	for (size_t i = 0; i < b->s->ports.n; i++) {
		const struct kube_service_port *p = &b->s->ports.v[i];

		if (strcmp(p->name, name) != 0)
			continue;
		*out = !ip ? p->node_port : p->target_port.n ? p->target_port.n : p->port;
		if (ip && p->target_port.s)
			return fail(e, EINVAL,
				    "failed to resolve healthCheckPort: port %s of service %s/%s "
				    "has a named targetPort: %s",
				    name, b->s->ns, b->s->name, p->target_port.s);
		return 0;
	}
	return fail(e, EINVAL,
		    "failed to resolve healthCheckPort: unable to find port %.100s on service "
		    "%s/%s",
		    name, b->s->ns, b->s->name);
}

static int find_port(struct service_build *b, bool ip, int64_t *out, struct err *e)
{
	const char *v = "";
	int r = 0;

	if (!annot_str(&b->l, A_NLB_HC_PORT, &v))
		return 0;
	*out = 0;
	if (strcmp(v, "traffic-port") == 0)
		return 0;
	if (!str_i64(v, out))
		r = by_name(b, v, ip, out, e);
	if (r == 0 && (*out < 1 || *out > UINT16_MAX))
		r = fail(e, EINVAL, "healthCheckPort must be within [1, 65535]: %lld",
			 (long long)*out);
	return r < 0 ? annot_blame(&b->l, A_NLB_HC_PORT, NULL, e) : 0;
}

static int find_text(struct service_build *b, enum annot_id id, const char **out, struct err *e)
{
	if (!annot_str(&b->l, id, out) || **out)
		return 0;
	fail(e, EINVAL, "an empty value");
	return annot_blame(&b->l, id, NULL, e);
}

static int find_number(struct service_build *b, enum annot_id id, int64_t *out, struct err *e)
{
	int r = annot_int(&b->l, id, out, e);

	if (r <= 0)
		return r;
	if (*out > 0)
		return 0;
	fail(e, EINVAL, "a number of 1 or more is expected: %lld", (long long)*out);
	return annot_blame(&b->l, id, NULL, e);
}

int service_health(struct service_build *b, bool ip_targets, struct service_health *out,
		   struct err *e)
{
	bool advanced = b->c->gates[GATE_NLB_HEALTH_CHECK_ADVANCED];
	bool is_local = !ip_targets && strcmp(b->s->external_policy, "Local") == 0 &&
			strcmp(b->s->type, "LoadBalancer") == 0;
	int64_t timeout_s;

	*out = is_local ? local : plain;
	if (is_local)
		out->port = b->s->health_node_port;
	timeout_s = out->timeout_s;
	if (find_protocol(b, &out->protocol, e) < 0 ||
	    find_port(b, ip_targets, &out->port, e) < 0 ||
	    find_text(b, A_NLB_HC_PATH, &out->path, e) < 0 ||
	    find_text(b, A_NLB_HC_CODES, &out->codes, e) < 0 ||
	    find_number(b, A_NLB_HC_INTERVAL, &out->interval_s, e) < 0 ||
	    find_number(b, A_NLB_HC_TIMEOUT, &out->timeout_s, e) < 0 ||
	    find_number(b, A_NLB_HC_HEALTHY, &out->healthy, e) < 0 ||
	    find_number(b, A_NLB_HC_UNHEALTHY, &out->unhealthy, e) < 0)
		return -1;
	if (!advanced)
		out->timeout_s = timeout_s;
	if (strcmp(out->protocol, "TCP") == 0)
		out->path = out->codes = NULL;
	if (!advanced)
		out->codes = NULL;
	return 0;
}
