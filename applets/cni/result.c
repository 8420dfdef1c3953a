/* SPDX-License-Identifier: Apache-2.0 */
/* result.c - results and errors as every version of the CNI specification writes them
 * (spec-cni-dataplane 2.2, 2.9). */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cni.h"

enum { INDENT = 4 };

/* ---- in: prevResult */

static int read_if(const struct json *j, struct cni_if *out, struct err *e)
{
	*out = (struct cni_if) { "", "", "" };
	if (json_type(j) != JSON_OBJECT)
		return fail(e, EBADMSG, "an interface must be an object, not %s",
			    json_type_name(j));
	if (cni_text(j, "name", &out->name, e) < 0 || cni_text(j, "mac", &out->mac, e) < 0 ||
	    cni_text(j, "sandbox", &out->sandbox, e) < 0)
		return -1;
	return 0;
}

static int read_ip(const struct json *j, struct cni_ip *out, struct err *e)
{
	const struct json *at = json_member(j, "interface");
	const char *address = "", *gateway = "";

	*out = (struct cni_ip) { .interface = -1 };
	if (json_type(j) != JSON_OBJECT)
		return fail(e, EBADMSG, "an IP must be an object, not %s", json_type_name(j));
	if (cni_text(j, "address", &address, e) < 0 || cni_text(j, "gateway", &gateway, e) < 0)
		return -1;
	if (!cidr_parse(address, &out->address))
		return fail(e, EBADMSG, "address \"%s\" is not of the form IP/LENGTH", address);
	if (*gateway && !ip_parse(gateway, &out->gateway))
		return fail(e, EBADMSG, "gateway \"%s\" is not an IP address", gateway);
	if (json_type(at) == JSON_NUMBER)
		out->interface = json_int(at, "", -1);
	else if (json_type(at) != JSON_NONE && json_type(at) != JSON_NULL)
		return fail(e, EBADMSG, "interface must be a number, not %s", json_type_name(at));
	return 0;
}

/* The array at key, of n elements; nothing is an empty one. */
static int array(const struct json *j, const char *key, const struct json **out, size_t *n,
		 struct err *e)
{
	const struct json *v = json_member(j, key);
	enum json_type t = json_type(v);

	*out = NULL;
	*n = 0;
	if (t == JSON_NONE || t == JSON_NULL)
		return 0;
	if (t != JSON_ARRAY)
		return fail(e, EBADMSG, "%s must be an array, not %s", key, json_type_name(v));
	*out = json_first(v);
	*n = json_count(v);
	return 0;
}

static int read_lists(struct cni *c, const struct json *prev, struct err *e)
{
	struct cni_result *r = &c->prev;
	const struct json *v;
	size_t n;

	if (array(prev, "interfaces", &v, &n, e) < 0)
		return -1;
	r->ifs = arena_get(&c->a, n * sizeof(*r->ifs));
	for (; v; v = json_next(v), r->nifs++)
		if (read_if(v, &r->ifs[r->nifs], e) < 0)
			return wrap(e, "interfaces[%zu]", r->nifs);
	if (array(prev, "ips", &v, &n, e) < 0)
		return -1;
	r->ips = arena_get(&c->a, n * sizeof(*r->ips));
	for (; v; v = json_next(v), r->nips++)
		if (read_ip(v, &r->ips[r->nips], e) < 0)
			return wrap(e, "ips[%zu]", r->nips);
	return 0;
}

/* -1: a version that we do not know. */
static int shape_of(const char *version)
{
#define ROW(text, shape)                \
	if (strcmp(version, text) == 0) \
		return shape;
	CNI_VERSIONS(ROW)
#undef ROW
	return -1;
}

int cni_prev(struct cni *c, struct err *e)
{
	const struct json *prev = json_member(c->json, "prevResult");
	const char *version = c->version;

	if (json_type(prev) == JSON_NONE || json_type(prev) == JSON_NULL)
		return 0;
	if (json_type(prev) != JSON_OBJECT)
		return fail(e, EBADMSG, "it must be an object, not %s", json_type_name(prev));
	if (cni_text(prev, "cniVersion", &version, e) < 0)
		return -1;
	if (!*version)
		version = "0.1.0";
	if (shape_of(version) != (int)c->shape)
		return fail(e, EBADMSG,
			    "its cniVersion \"%s\" does not go with the configuration's \"%s\"",
			    version, c->version);
	if (c->shape != CNI_020 && read_lists(c, prev, e) < 0) /* 0.2.0 names no interface */
		return -1;
	c->has_prev = true;
	return 0;
}

int cni_find_if(const struct cni_result *r, const char *name)
{
	for (size_t i = 0; i < r->nifs; i++)
		if (strcmp(r->ifs[i].name, name) == 0)
			return (int)i;
	return -1;
}

int cni_find_ip(const struct cni_result *r, const char *ifname, struct cni_ip *out, struct err *e)
{
	int at = cni_find_if(r, ifname), found = 0;

	if (at < 0)
		return fail(e, EBADMSG, "cannot find contVethName %s in prevResult", ifname);
	for (size_t i = 0; i < r->nips; i++)
		if (r->ips[i].interface == at) {
			*out = r->ips[i];
			found++;
		}
	if (found != 1)
		return fail(e, EBADMSG, "found %d containerIPs for %s in prevResult", found,
			    ifname);
	return 0;
}

/* ---- out */

const char *cni_ifname(struct cni *c, int i)
{
	return i ? arena_fmt(&c->a, "mNicIf%d", i) : c->ifname;
}

const char *cni_dummy(struct cni *c)
{
	char hash[POD_HASH_LEN + 1];

	pod_hash(c->pod_ns, c->pod, 0, hash);
	return arena_fmt(&c->a, "dummy%s", hash);
}

void cni_result_make(struct cni *c, const struct pod_if *p, size_t n, int device,
		     struct cni_result *out)
{
	const char *hash = p->host + strlen(p->host) - POD_HASH_LEN; /* of the first, as in dummy */
	struct cni_if *at;

	out->ifs = at = arena_get(&c->a, (2 * n + 1) * sizeof(*out->ifs));
	out->ips = arena_get(&c->a, n * sizeof(*out->ips));
	for (size_t i = 0; i < n; i++) {
		*at++ = (struct cni_if) { arena_str(&c->a, p[i].host), "", "" };
		*at++ = (struct cni_if) { arena_str(&c->a, p[i].cont),
					  arena_fmt(&c->a, "%u", p[i].table), c->netns };
		out->ips[i] = (struct cni_ip) { .address = cidr_host(p[i].ip),
						.interface = (int64_t)(2 * i + 1) };
	}
	*at++ = (struct cni_if) { arena_fmt(&c->a, "dummy%s", hash), "0",
				  arena_fmt(&c->a, "%d", device) };
	out->nifs = 2 * n + 1;
	out->nips = n;
}

/* ---- JSON on its way out. Written by hand: a tree would cost more than all else that ADD
 * computes. Layout, order and omissions are those of Go's encoding/json. */

struct writer {
	struct buf *out;
	int level;
	bool inner; /* something stands before us on this level */
};

static void new_line(struct writer *w)
{
	buf_str(w->out, "\n");
	for (int i = 0; i < w->level; i++)
		buf_add(w->out, "    ", INDENT);
}

static void key(struct writer *w, const char *name)
{
	if (w->inner)
		buf_str(w->out, ",");
	if (w->level)
		new_line(w);
	w->inner = true;
	if (name) {
		json_quote(name, w->out);
		buf_str(w->out, ": ");
	}
}

static void begin(struct writer *w, const char *name, const char *bracket)
{
	key(w, name);
	buf_str(w->out, bracket);
	w->level++;
	w->inner = false;
}

static void end(struct writer *w, const char *bracket)
{
	w->level--;
	if (w->inner)
		new_line(w);
	buf_str(w->out, bracket);
	w->inner = true;
}

static void text(struct writer *w, const char *name, const char *v)
{
	if (!*v)
		return;
	key(w, name);
	json_quote(v, w->out);
}

static void number(struct writer *w, const char *name, int64_t v)
{
	key(w, name);
	buf_int(w->out, v);
}

/* From 1.0.0 on the keys are sorted. */
static void write_if(struct writer *w, const struct cni_if *i, bool sorted)
{
	begin(w, NULL, "{");
	if (sorted)
		text(w, "mac", i->mac);
	text(w, "name", i->name);
	if (!sorted)
		text(w, "mac", i->mac);
	text(w, "sandbox", i->sandbox);
	end(w, "}");
}

static void write_ip(struct writer *w, const struct cni_ip *ip, bool sorted)
{
	begin(w, NULL, "{");
	if (!sorted) {
		text(w, "version", ip->address.ip.family == IP_V4 ? "4" : "6");
		number(w, "interface", ip->interface);
	}
	text(w, "address", cidr_text(ip->address).s);
	text(w, "gateway", ip_text(ip->gateway).s);
	if (sorted)
		number(w, "interface", ip->interface);
	end(w, "}");
}

static void write_lists(struct writer *w, const struct cni_result *r, bool sorted)
{
	begin(w, "interfaces", "[");
	for (size_t i = 0; i < r->nifs; i++)
		write_if(w, &r->ifs[i], sorted);
	end(w, "]");
	begin(w, "ips", "[");
	for (size_t i = 0; i < r->nips; i++)
		write_ip(w, &r->ips[i], sorted);
	end(w, "]");
}

/* Before 0.3.0 a result was one address of each family. */
static void write_first(struct writer *w, const struct cni_result *r, uint8_t family,
			const char *name)
{
	size_t i = 0;

	while (i < r->nips && r->ips[i].address.ip.family != family)
		i++;
	if (i == r->nips)
		return;
	begin(w, name, "{");
	text(w, "ip", cidr_text(r->ips[i].address).s);
	text(w, "gateway", ip_text(r->ips[i].gateway).s);
	end(w, "}");
}

void cni_result_print(struct cni *c, const struct cni_result *r)
{
	struct writer w = { .out = &c->out };

	begin(&w, NULL, "{");
	text(&w, "cniVersion", c->version);
	if (c->shape == CNI_020) {
		write_first(&w, r, IP_V4, "ip4");
		write_first(&w, r, IP_V6, "ip6");
	} else {
		write_lists(&w, r, c->shape == CNI_100);
	}
	if (c->shape != CNI_100) {
		begin(&w, "dns", "{");
		end(&w, "}");
	}
	end(&w, "}");
}

void cni_handed_on_print(struct cni *c)
{
	auto_json struct json *out = json_object();

	json_add_str(out, "cniVersion", c->version);
	for (const struct json *v = json_first(json_member(c->json, "prevResult")); v;
	     v = json_next(v))
		if (strcmp(json_key(v), "cniVersion") != 0)
			json_add(out, json_key(v), json_copy(v));
	json_print(out, INDENT, &c->out);
}

void cni_versions_print(struct cni *c)
{
	auto_buf struct buf known = { 0 };

	cni_versions_text(&known, "\",\"");
	buf_fmt(&c->out, "{\"cniVersion\":\"%s\",\"supportedVersions\":[\"%s\"]}\n", CNI_NEWEST,
		known.p);
}

/* The remote's code, and the class of the failure where the message does not say it. */
static const char *details(struct cni *c, int code, const struct err *e)
{
	const char *class = strerror(e->num);

	if (c->details)
		return c->details;
	if (code < CNI_NOT_AVAILABLE || e->num == EINVAL || e->num == EBADMSG ||
	    strstr(e->msg, class))
		return e->code;
	return arena_fmt(&c->a, "%s%s%s", e->code, *e->code ? ": " : "", class);
}

void cni_error_print(struct cni *c, int code, const struct err *e)
{
	struct writer w = { .out = &c->out };

	c->out.len = 0;
	begin(&w, NULL, "{");
	number(&w, "code", code);
	text(&w, "msg", e->msg);
	text(&w, "details", details(c, code, e));
	end(&w, "}");
}
