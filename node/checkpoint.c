/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint.c - Amazon's ipam.json: read it strictly, write it whole. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "checkpoint.h"
#include "file.h"
#include "json.h"

#define CHECKPOINT_VERSION "vpc-cni-ipam/1"

static const size_t MAX_FILE = 16 * 1024 * 1024; /* a /16 of pods is 15 MiB */

static void put(struct buf *b, const char *key, const char *v)
{
	buf_str(b, key);
	json_quote(v, b);
}

/* Members that Amazon's file omits when they are empty. */
static void metadata_text(const struct lease *l, struct buf *b)
{
	const char *comma = "";

	buf_str(b, ",\"metadata\":{");
	if (*l->pod_ns) {
		put(b, "\"k8sPodNamespace\":", l->pod_ns);
		comma = ",";
	}
	if (*l->pod) {
		buf_str(b, comma);
		put(b, "\"k8sPodName\":", l->pod);
		comma = ",";
	}
	if (l->interfaces) {
		buf_str(b, comma);
		buf_str(b, "\"interfacesCount\":");
		buf_int(b, l->interfaces);
	}
	buf_str(b, "}");
}

void checkpoint_lease(const struct lease *l, struct buf *out)
{
	put(out, "{\"networkName\":", l->network);
	put(out, ",\"containerID\":", l->container);
	put(out, ",\"ifName\":", l->ifname);
	put(out, l->ip.family == IP_V6 ? ",\"ipv6\":" : ",\"ipv4\":", ip_text(l->ip).s);
	buf_str(out, ",\"allocationTimestamp\":");
	buf_int(out, l->since_ns);
	metadata_text(l, out);
	buf_str(out, "}");
}

void checkpoint_begin(struct buf *out)
{
	buf_str(out, "{\"version\":\"" CHECKPOINT_VERSION "\",\"allocations\":[");
}

void checkpoint_end(struct buf *out)
{
	buf_str(out, "]}\n");
}

void checkpoint_text(const struct lease *v, size_t n, struct buf *out)
{
	checkpoint_begin(out);
	for (size_t i = 0; i < n; i++) {
		buf_str(out, i ? "," : "");
		checkpoint_lease(&v[i], out);
	}
	checkpoint_end(out);
}

/* The string at path; "" when there is none. */
static int read_str(const struct json *j, const char *path, const char **out, struct arena *a,
		    struct err *e)
{
	const struct json *m = json_get(j, path);
	enum json_type t = json_type(m);

	if (t != JSON_NONE && t != JSON_NULL && t != JSON_STRING)
		return fail(e, EBADMSG, "%s is a %s, want a string", path, json_type_name(m));
	*out = t == JSON_STRING ? arena_str(a, json_text(m)) : "";
	return 0;
}

static int read_int(const struct json *j, const char *path, int64_t max, int64_t *out,
		    struct err *e)
{
	const struct json *m = json_get(j, path);
	enum json_type t = json_type(m);

	if (t != JSON_NONE && t != JSON_NULL && t != JSON_NUMBER)
		return fail(e, EBADMSG, "%s is a %s, want a number", path, json_type_name(m));
	*out = json_int(j, path, 0);
	if (*out < 0 || *out > max)
		return fail(e, EBADMSG, "%s %" PRId64 " is out of range", path, *out);
	return 0;
}

static int read_ip(const struct json *j, struct ip *out, struct arena *a, struct err *e)
{
	const char *v4, *v6;

	if (read_str(j, "ipv4", &v4, a, e) < 0 || read_str(j, "ipv6", &v6, a, e) < 0)
		return -1;
	if (!*v4 == !*v6)
		return fail(e, EBADMSG, "has %s, want exactly one of ipv4 and ipv6",
			    *v4 ? "both an ipv4 and an ipv6" : "neither ipv4 nor ipv6");
	if (*v4 && (!ip_parse(v4, out) || out->family != IP_V4))
		return fail(e, EBADMSG, "ipv4 '%.64s' is not an IPv4 address", v4);
	if (*v6 && (!ip_parse(v6, out) || out->family != IP_V6))
		return fail(e, EBADMSG, "ipv6 '%.64s' is not an IPv6 address", v6);
	return 0;
}

static int read_lease(const struct json *j, struct lease *l, struct arena *a, struct err *e)
{
	int64_t interfaces;

	if (json_type(j) != JSON_OBJECT)
		return fail(e, EBADMSG, "is a %s, want an object", json_type_name(j));
	if (read_str(j, "networkName", &l->network, a, e) < 0 ||
	    read_str(j, "containerID", &l->container, a, e) < 0 ||
	    read_str(j, "ifName", &l->ifname, a, e) < 0 || read_ip(j, &l->ip, a, e) < 0 ||
	    read_int(j, "allocationTimestamp", INT64_MAX, &l->since_ns, e) < 0 ||
	    read_str(j, "metadata.k8sPodNamespace", &l->pod_ns, a, e) < 0 ||
	    read_str(j, "metadata.k8sPodName", &l->pod, a, e) < 0 ||
	    read_int(j, "metadata.interfacesCount", INT_MAX, &interfaces, e) < 0)
		return -1;
	l->interfaces = (int)interfaces;
	return 0;
}

int checkpoint_parse(const char *text, size_t n, struct leases *out, struct arena *a, struct err *e)
{
	auto_json struct json *j = json_parse(text, n, e);
	const struct json *list = json_get(j, "allocations");
	const char *version;

	*out = (struct leases) { 0 };
	if (!j) {
		e->num = EBADMSG;
		return wrap(e, "checkpoint");
	}
	version = json_str(j, "version", "");
	if (strcmp(version, CHECKPOINT_VERSION) != 0)
		return fail(e, EBADMSG, "checkpoint version is '%.64s', want '%s'", version,
			    CHECKPOINT_VERSION);
	if (json_type(list) > JSON_NULL && json_type(list) != JSON_ARRAY)
		return fail(e, EBADMSG, "checkpoint allocations is a %s, want an array",
			    json_type_name(list));
	out->v = arena_get(a, json_count(list) * sizeof(*out->v));
	for (const struct json *i = json_first(list); i; i = json_next(i), out->n++)
		if (read_lease(i, &out->v[out->n], a, e) < 0)
			return wrap(e, "checkpoint allocation %zu", out->n);
	return 0;
}

int checkpoint_load(const char *path, struct leases *out, struct arena *a, struct err *e)
{
	auto_buf struct buf b = { 0 };

	*out = (struct leases) { 0 };
	if (file_read(path, MAX_FILE, &b, e) < 0)
		return e->num == ENOENT ? 0 : -1;
	if (checkpoint_parse(b.len ? b.p : "", b.len, out, a, e) < 0)
		return wrap(e, "%s", path);
	return 0;
}

int checkpoint_write(const char *path, const struct buf *text, struct err *e)
{
	return file_replace(path, text->p, text->len, 0600, true, e);
}

int checkpoint_save(const char *path, const struct lease *v, size_t n, struct err *e)
{
	auto_buf struct buf b = { 0 };

	checkpoint_text(v, n, &b);
	return checkpoint_write(path, &b, e);
}
