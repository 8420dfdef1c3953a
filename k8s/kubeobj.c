/* SPDX-License-Identifier: Apache-2.0 */
/* kubeobj.c - the tables of Kubernetes' objects; what a selector selects. */
#include <errno.h>
#include <string.h>

#include "kubeobj.h"

SHAPE_TABLE(kube_meta, KUBE_META)
SHAPE_TABLE(kube_service_port, KUBE_SERVICE_PORT)
SHAPE_TABLE(kube_lb_port, KUBE_LB_PORT)
SHAPE_TABLE(kube_lb_ingress, KUBE_LB_INGRESS)
SHAPE_TABLE(kube_service, KUBE_SERVICE)
SHAPE_TABLE(kube_condition, KUBE_CONDITION)
SHAPE_TABLE(kube_taint, KUBE_TAINT)
SHAPE_TABLE(kube_address, KUBE_ADDRESS)
SHAPE_TABLE(kube_node, KUBE_NODE)
SHAPE_TABLE(kube_gate, KUBE_GATE)
SHAPE_TABLE(kube_container_port, KUBE_CONTAINER_PORT)
SHAPE_TABLE(kube_container, KUBE_CONTAINER)
SHAPE_TABLE(kube_pod, KUBE_POD)
SHAPE_TABLE(kube_namespace, KUBE_NAMESPACE)
SHAPE_TABLE(kube_ref, KUBE_REF)
SHAPE_TABLE(kube_endpoint, KUBE_ENDPOINT)
SHAPE_TABLE(kube_slice_port, KUBE_SLICE_PORT)
SHAPE_TABLE(kube_slice, KUBE_SLICE)
SHAPE_TABLE(kube_backend_service, KUBE_BACKEND_SERVICE)
SHAPE_TABLE(kube_backend, KUBE_BACKEND)
SHAPE_TABLE(kube_path, KUBE_PATH)
SHAPE_TABLE(kube_rule, KUBE_RULE)
SHAPE_TABLE(kube_tls, KUBE_TLS)
SHAPE_TABLE(kube_ingress, KUBE_INGRESS)
SHAPE_TABLE(kube_class_ref, KUBE_CLASS_REF)
SHAPE_TABLE(kube_ingress_class, KUBE_INGRESS_CLASS)
SHAPE_TABLE(kube_selector_rule, KUBE_SELECTOR_RULE)
SHAPE_TABLE(kube_selector, KUBE_SELECTOR)
SHAPE_TABLE(kube_pair, KUBE_PAIR)
SHAPE_TABLE(kube_class_listener, KUBE_CLASS_LISTENER)
SHAPE_TABLE(kube_class_params, KUBE_CLASS_PARAMS)
SHAPE_TABLE(kube_peer, KUBE_PEER)
SHAPE_TABLE(kube_net_port, KUBE_NET_PORT)
SHAPE_TABLE(kube_net_rule, KUBE_NET_RULE)
SHAPE_TABLE(kube_networking, KUBE_NETWORKING)
SHAPE_TABLE(kube_binding, KUBE_BINDING)
SHAPE_TABLE(kube_gateway_class, KUBE_GATEWAY_CLASS)
SHAPE_TABLE(kube_gateway, KUBE_GATEWAY)
SHAPE_TABLE(kube_accelerator, KUBE_ACCELERATOR)

static bool among(const struct strs *l, const char *s)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i], s) == 0)
			return true;
	return false;
}

static int rule_holds(const struct kube_selector_rule *r, const char *value, bool *yes,
		      struct err *e)
{
	bool in = value && among(&r->values, value);

	if (strcmp(r->op, "Exists") == 0)
		*yes = value;
	else if (strcmp(r->op, "DoesNotExist") == 0)
		*yes = !value;
	else if (!r->values.n)
		return fail(e, EBADMSG, "selector %s: no values for operator '%.40s'", r->key,
			    r->op);
	else if (strcmp(r->op, "In") == 0)
		*yes = in;
	else if (strcmp(r->op, "NotIn") == 0)
		*yes = !in;
	else
		return fail(e, EBADMSG, "selector %s: '%.40s' is no operator", r->key, r->op);
	return 0;
}

int kube_selects(const struct kube_selector *s, const struct tags *labels, bool *yes, struct err *e)
{
	*yes = true;
	for (size_t i = 0; i < s->labels.n && *yes; i++) {
		const char *value = tag_get(labels, s->labels.v[i].key);

		*yes = value && strcmp(value, s->labels.v[i].value) == 0;
	}
	for (size_t i = 0; i < s->rules.n; i++) {
		bool holds = false;

		if (rule_holds(&s->rules.v[i], tag_get(labels, s->rules.v[i].key), &holds, e) < 0)
			return -1;
		*yes = *yes && holds;
	}
	return 0;
}
