/* SPDX-License-Identifier: Apache-2.0 */
/* elbgroupset.c - target groups as they are asked for: protocols that go together, health checks
 * and their defaults. */
#include <ctype.h>
#include <string.h>

#include "elbgroup.h"
#include "elbzone.h"

enum { MAX_NAME = 32, MAX_PATH_LEN = 1024 };

static int invalid(struct err *e, const char *what, const char *value)
{
	return world_refuse(e, "ValidationError", "%s '%.100s' is not valid", what, value);
}

static bool is(const char *s, const char *word)
{
	return s && strcmp(s, word) == 0;
}

static bool is_http(const char *protocol)
{
	return is(protocol, "HTTP") || is(protocol, "HTTPS");
}

/* ---- the group ---- */

static int name_check(const char *name, struct err *e)
{
	size_t n = strlen(name);

	if (!n || n > MAX_NAME)
		return world_refuse(e, "ValidationError",
				    "Target group name '%.100s' cannot be longer than '%d' "
				    "characters",
				    name, MAX_NAME);
	for (const char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '-')
			return world_refuse(e, "ValidationError",
					    "Target group name '%s' can only contain characters "
					    "that are alphanumeric characters and hyphens(-)",
					    name);
	if (*name == '-' || name[n - 1] == '-')
		return world_refuse(e, "ValidationError",
				    "Target group name '%s' cannot begin or end with a hyphen(-)",
				    name);
	return 0;
}

static int kind_check(const struct elb *b, const struct elb_target_group *v, struct arena *a,
		      struct err *e)
{
	if (word_check("targetType", v->target_type, "instance|ip|lambda|alb", a, e) < 0)
		return -1;
	if (is(v->target_type, "lambda") || is(v->protocol, "GENEVE"))
		return world_refuse(
			e, "UnsupportedOperation",
			"The lab has no Lambda functions and no gateway load balancers");
	if (!v->protocol)
		return world_refuse(e, "ValidationError", "A protocol must be specified");
	if (word_check("protocol", v->protocol,
		       "HTTP|HTTPS|TCP|TLS|UDP|TCP_UDP|GENEVE|QUIC|TCP_QUIC", a, e) < 0)
		return -1;
	if (v->port < 1 || v->port > 65535)
		return world_refuse(e, "ValidationError", "Port '%lld' must be between 1 and 65535",
				    (long long)v->port);
	if (!v->vpc)
		return world_refuse(e, "ValidationError", "A VPC ID must be specified");
	if (!is(v->vpc, b->w->vpc_id))
		return world_refuse(e, "ValidationError", "The VPC ID '%.100s' is not found",
				    v->vpc);
	if (is(v->target_type, "alb") && !is(v->protocol, "TCP"))
		return world_refuse(e, "InvalidConfigurationRequest",
				    "Protocol '%s' is not supported with target type 'alb'",
				    v->protocol);
	return word_check("ipAddressType", v->ip_address_type, "ipv4|ipv6", a, e);
}

static int version_check(struct elb_target_group *v, struct arena *a, struct err *e)
{
	if (!is_http(v->protocol))
		return v->protocol_version
			       ? world_refuse(e, "InvalidConfigurationRequest",
					      "Protocol version '%.40s' is not supported with "
					      "protocol '%s'",
					      v->protocol_version, v->protocol)
			       : 0;
	if (!v->protocol_version)
		v->protocol_version = "HTTP1";
	return word_check("protocolVersion", v->protocol_version, "HTTP1|HTTP2|GRPC", a, e);
}

/* ---- health checks ---- */

static void num(struct shape_num *n, int64_t def)
{
	if (!n->set)
		*n = (struct shape_num) { def, true };
}

static void defaults(struct elb_target_group *v)
{
	bool http = is_http(v->protocol), grpc = is(v->protocol_version, "GRPC");

	if (v->health_enabled == FLAG_UNSET)
		v->health_enabled = FLAG_YES;
	if (!v->health_protocol)
		v->health_protocol = http || is(v->target_type, "alb") ? "HTTP" : "TCP";
	if (!v->health_port)
		v->health_port = "traffic-port";
	num(&v->health_interval_s, 30);
	num(&v->health_timeout_s, http ? 5 : is(v->health_protocol, "HTTP") ? 6 : 10);
	num(&v->healthy_count, 5);
	num(&v->unhealthy_count, 2);
	if (!is_http(v->health_protocol))
		return;
	if (!v->health_path)
		v->health_path = grpc ? "/AWS.ALB/healthcheck" : "/";
	if (!v->http_codes && !v->grpc_codes && grpc)
		v->grpc_codes = "12";
	else if (!v->http_codes && !v->grpc_codes)
		v->http_codes = http ? "200" : "200-399";
}

static int range(const char *what, int64_t v, int least, int most, struct err *e)
{
	if (v >= least && v <= most)
		return 0;
	return world_refuse(e, "ValidationError", "%s '%lld' must be between %d and %d", what,
			    (long long)v, least, most);
}

/* "200", "200,202", "200-299", "0-99" */
static int codes_check(const char *what, const char *codes, uint64_t least, uint64_t most,
		       struct arena *a, struct err *e)
{
	struct strs all = str_split(codes, ",", a);

	for (size_t i = 0; i < all.n; i++) {
		struct strs ends = str_split(all.v[i], "-", a);
		uint64_t from, to;

		if (ends.n < 1 || ends.n > 2 || !str_u64(ends.v[0], &from) ||
		    !str_u64(ends.v[ends.n - 1], &to) || from < least || to > most || from > to)
			return invalid(e, what, codes);
	}
	return all.n ? 0 : invalid(e, what, codes);
}

static int protocol_check(const struct elb_target_group *v, struct arena *a, struct err *e)
{
	const char *p = v->health_protocol;

	if (word_check("healthCheckProtocol", p, "HTTP|HTTPS|TCP|TLS|UDP|TCP_UDP|GENEVE", a, e) < 0)
		return -1;
	if (!is(p, "TCP") && !is_http(p))
		return world_refuse(e, "InvalidConfigurationRequest",
				    "Health check protocol '%s' is not supported", p);
	if (is(p, "TCP") && (is_http(v->protocol) || is(v->target_type, "alb")))
		return world_refuse(
			e, "InvalidConfigurationRequest",
			"Health check protocol 'TCP' is not supported for target groups "
			"of protocol '%s' and type '%s'",
			v->protocol, v->target_type);
	return 0;
}

static int port_check(const char *port, struct err *e)
{
	uint64_t v;

	if (is(port, "traffic-port") || (str_u64(port, &v) && v >= 1 && v <= 65535))
		return 0;
	return invalid(e, "Health check port", port);
}

static int request_check(const struct elb_target_group *v, struct arena *a, struct err *e)
{
	bool grpc = is(v->protocol_version, "GRPC"), http = is_http(v->protocol);

	if (!is_http(v->health_protocol)) {
		if (v->health_path || v->http_codes || v->grpc_codes)
			return world_refuse(e, "InvalidConfigurationRequest",
					    "A health check path or matcher is not supported with "
					    "health check protocol '%s'",
					    v->health_protocol);
		return 0;
	}
	if (*v->health_path != '/' || strlen(v->health_path) > MAX_PATH_LEN)
		return invalid(e, "Health check path", v->health_path);
	if (v->grpc_codes && (!grpc || v->http_codes))
		return world_refuse(e, "InvalidConfigurationRequest",
				    "A GrpcCode is for target groups of protocol version GRPC");
	if (v->grpc_codes)
		return codes_check("GRPC code", v->grpc_codes, 0, 99, a, e);
	if (grpc)
		return world_refuse(
			e, "InvalidConfigurationRequest",
			"An HttpCode is not for target groups of protocol version GRPC");
	return codes_check("HTTP code", v->http_codes, 200, http ? 499 : 599, a, e);
}

static int times_check(const struct elb_target_group *v, struct err *e)
{
	int64_t interval = v->health_interval_s.v, timeout = v->health_timeout_s.v;

	if (range("Health check interval", interval, 5, 300, e) < 0 ||
	    range("Health check timeout", timeout, 2, 120, e) < 0 ||
	    range("Healthy threshold count", v->healthy_count.v, 2, 10, e) < 0 ||
	    range("Unhealthy threshold count", v->unhealthy_count.v, 2, 10, e) < 0)
		return -1;
	if (timeout > interval || (timeout == interval && is_http(v->protocol)))
		return world_refuse(e, "ValidationError",
				    "Health check interval must be greater than the timeout.");
	return 0;
}

static int health_check(struct elb_target_group *v, struct arena *a, struct err *e)
{
	defaults(v);
	if (v->health_enabled == FLAG_NO)
		return world_refuse(e, "ValidationError",
				    "Health check enabled must be true for target groups with "
				    "target type '%s'",
				    v->target_type);
	if (protocol_check(v, a, e) < 0 || port_check(v->health_port, e) < 0 ||
	    times_check(v, e) < 0)
		return -1;
	return request_check(v, a, e);
}

/* ---- create, change ---- */

/* The members that both structures have, by their macro. */
#define COPY(T, kind, member, ...) out->member = in->member;

int group_settle(const struct elb *b, const struct elb_create_target_group *in,
		 struct elb_target_group *out, struct arena *a, struct err *e)
{
	*out = (struct elb_target_group) { .name = in->name ? in->name : "" };
	ELB_TARGET_GROUP_SETTINGS(COPY, )
	if (!out->target_type)
		out->target_type = "instance";
	if (!out->ip_address_type)
		out->ip_address_type = "ipv4";
	if (name_check(out->name, e) < 0 || kind_check(b, out, a, e) < 0 ||
	    version_check(out, a, e) < 0)
		return -1;
	return health_check(out, a, e);
}

int group_change(struct elb_target_group *v, const struct elb_modify_target_group *in,
		 struct arena *a, struct err *e)
{
	struct elb_target_group changed = { 0 }, *out = &changed;

	ELB_HEALTH_CHECK(COPY, )
	if (changed.health_enabled != FLAG_UNSET)
		v->health_enabled = changed.health_enabled;
	if (changed.health_protocol)
		v->health_protocol = changed.health_protocol;
	if (changed.health_port)
		v->health_port = changed.health_port;
	if (changed.health_interval_s.set)
		v->health_interval_s = changed.health_interval_s;
	if (changed.health_timeout_s.set)
		v->health_timeout_s = changed.health_timeout_s;
	if (changed.healthy_count.set)
		v->healthy_count = changed.healthy_count;
	if (changed.unhealthy_count.set)
		v->unhealthy_count = changed.unhealthy_count;
	if (!is_http(v->health_protocol))
		v->health_path = v->http_codes = v->grpc_codes = NULL;
	if (changed.health_path)
		v->health_path = changed.health_path;
	if (changed.http_codes || changed.grpc_codes) {
		v->http_codes = changed.http_codes;
		v->grpc_codes = changed.grpc_codes;
	}
	return health_check(v, a, e);
}
