/* SPDX-License-Identifier: Apache-2.0 */
/* env.c - the frame around every verb: CNI_* and stdin, checked as the CNI specification asks
 * (spec-cni-dataplane 2.1). */
#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "cni.h"
#include "file.h"

enum { STDIN_MAX = 1024 * 1024, IFNAME_MAX = IFNAMSIZ - 1 };

/* Which verbs need a variable, by the first letters of the verbs: Add, Del, Check, Gc, Status. The
 * first one is always needed. */
static const struct variable {
	const char *name;
	size_t off;
	const char *needed;
} variables[] = {
	{ "CNI_COMMAND", offsetof(struct cni, command), "" },
	{ "CNI_CONTAINERID", offsetof(struct cni, container), "ADC" },
	{ "CNI_NETNS", offsetof(struct cni, netns), "AC" },
	{ "CNI_IFNAME", offsetof(struct cni, ifname), "ADC" },
	{ "CNI_ARGS", offsetof(struct cni, args), "" },
	{ "CNI_PATH", offsetof(struct cni, path), "ADCGS" },
	{ "CNI_NETNS_OVERRIDE", offsetof(struct cni, override), "" },
};
static const struct {
	const char *text;
	enum cni_shape shape;
} versions[] = {
#define ROW(text, shape) { text, shape },
	CNI_VERSIONS(ROW)
#undef ROW
};

void cni_free(struct cni *c)
{
	cni_ends_close(c);
	json_free(&c->json);
	buf_free(&c->in);
	buf_free(&c->out);
	arena_free(&c->a);
}

static bool is_verb(const char *s)
{
	static const char *const verbs[] = { "ADD", "DEL", "CHECK", "GC", "STATUS" };

	for (size_t i = 0; i < COUNT(verbs); i++)
		if (strcmp(s, verbs[i]) == 0)
			return true;
	return false;
}

/* Letters, digits, '_', '.' and '-', and the first a letter or digit: ids and network names. */
static bool is_id(const char *s)
{
	if (!isalnum((unsigned char)*s))
		return false;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr("_.-", *s))
			return false;
	return true;
}

static int check_id(const struct cni *c, struct err *e)
{
	if (is_id(c->container))
		return 0;
	fail(e, EINVAL, "invalid characters in CNI_CONTAINERID \"%s\"", c->container);
	return CNI_BAD_ENV;
}

static int check_ifname(const struct cni *c, struct err *e)
{
	const char *s = c->ifname, *why = NULL;

	if (strlen(s) > IFNAME_MAX)
		why = "is longer than 15 characters";
	else if (strcmp(s, ".") == 0 || strcmp(s, "..") == 0)
		why = "is a directory";
	else if (strpbrk(s, "/: \t\n\v\f\r"))
		why = "has a slash, a colon or white space";
	if (!why)
		return 0;
	fail(e, EINVAL, "CNI_IFNAME \"%s\" is no interface name: it %s", s, why);
	return CNI_BAD_ENV;
}

static int read_env(struct cni *c, struct err *e)
{
	auto_buf struct buf missing = { 0 };
	bool ours;

	for (size_t i = 0; i < COUNT(variables); i++) {
		const char *v = getenv(variables[i].name);

		*(const char **)((char *)c + variables[i].off) = v ? v : "";
	}
	ours = is_verb(c->command);
	for (size_t i = 0; i < COUNT(variables); i++) {
		const struct variable *v = &variables[i];
		const char *value = *(const char **)((char *)c + v->off);

		if (!*value && (i == 0 || (ours && strchr(v->needed, *c->command))))
			buf_fmt(&missing, "%s%s", missing.len ? "," : "", v->name);
	}
	if (missing.len) {
		fail(e, EINVAL, "required env variables [%s] missing", missing.p);
		return CNI_BAD_ENV;
	}
	if (!ours && strcmp(c->command, "VERSION") != 0) {
		fail(e, EINVAL, "unknown CNI_COMMAND: %s", c->command);
		return CNI_BAD_ENV;
	}
	if (!ours || !strchr("ADC", *c->command))
		return 0;
	return check_id(c, e) || check_ifname(c, e) ? CNI_BAD_ENV : 0;
}

/* What every plugin must find in its configuration. */
static int read_conf(struct cni *c, struct err *e)
{
	c->json = json_parse(c->in.len ? c->in.p : "", c->in.len, e);
	if (c->json && json_type(c->json) != JSON_OBJECT)
		fail(e, EBADMSG, "it must be an object, not %s", json_type_name(c->json));
	if (json_type(c->json) != JSON_OBJECT || cni_text(c->json, "name", &c->network, e) < 0 ||
	    cni_text(c->json, "cniVersion", &c->version, e) < 0) {
		wrap(e, "network configuration on stdin");
		return CNI_BAD_JSON;
	}
	if (!*c->version)
		c->version = versions[0].text;
	if (is_id(c->network))
		return 0;
	if (*c->network)
		fail(e, EINVAL, "invalid characters found in network name \"%s\"", c->network);
	else
		fail(e, EINVAL, "missing network name: the configuration has no \"name\"");
	return CNI_BAD_CONF;
}

int cni_read(struct cni *c, struct err *e)
{
	int code = read_env(c, e);

	c->version = c->network = "";
	if (code || strcmp(c->command, "VERSION") == 0)
		return code;
	if (fd_read(0, "stdin", STDIN_MAX, &c->in, e) < 0)
		return CNI_IO;
	return read_conf(c, e);
}

static int version_index(const char *text)
{
	for (size_t i = 0; i < COUNT(versions); i++)
		if (strcmp(text, versions[i].text) == 0)
			return (int)i;
	return -1;
}

void cni_versions_text(struct buf *out, const char *between)
{
	for (size_t i = 0; i < COUNT(versions); i++)
		buf_fmt(out, "%s%s", i ? between : "", versions[i].text);
}

int cni_version_check(struct cni *c, const char *least, struct err *e)
{
	auto_buf struct buf known = { 0 };
	int i = version_index(c->version);

	if (i >= 0 && i >= version_index(least)) {
		c->shape = versions[i].shape;
		return 0;
	}
	if (i >= 0) {
		fail(e, EINVAL, "config version does not allow %s", c->command);
		c->details = arena_fmt(&c->a, "cniVersion is \"%s\", %s needs at least \"%s\"",
				       c->version, c->command, least);
		return CNI_BAD_VERSION;
	}
	cni_versions_text(&known, "\" \"");
	fail(e, EINVAL, "incompatible CNI versions");
	c->details =
		arena_fmt(&c->a, "config is \"%s\", plugin supports [\"%s\"]", c->version, known.p);
	return CNI_BAD_VERSION;
}
