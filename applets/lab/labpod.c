/* SPDX-License-Identifier: Apache-2.0 */
/* labpod.c - a pod's namespace by name (ip netns knows it too), its record, and the calls of the
 * conflist. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "cniexec.h"
#include "file.h"
#include "hash.h"
#include "iface.h"
#include "labpod.h"
#include "netns.h"

enum { FILE_MAX = 256 * 1024 };

static const char conflist_path[] = "/etc/cni/net.d/10-aws.conflist";

/* A pod as this runtime remembers it: /run/vpcbox-lab/pods/FILE.json. */
struct record {
	char file[300], path[360], netns[320];
	char container[65], uid[40];
	struct cni_pod pod;
};

static bool word_ok(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return n && n < 64 && !s[n] && s[0] != '-' && s[n - 1] != '-';
}

static int record_names(struct record *r, const char *ns, const char *name, struct err *e)
{
	if (!word_ok(ns) || !word_ok(name))
		return fail(e, EINVAL,
			    "'%s' is no name for a %s: lower-case letters, digits and '-'",
			    word_ok(ns) ? name : ns, word_ok(ns) ? "pod" : "namespace");
	if (strcmp(ns, "default") == 0)
		snprintf(r->file, sizeof(r->file), "%s", name);
	else
		snprintf(r->file, sizeof(r->file), "%s.%s", ns, name);
	snprintf(r->path, sizeof(r->path), "/run/vpcbox-lab/pods/%s.json", r->file);
	snprintf(r->netns, sizeof(r->netns), "/run/netns/%s", r->file);
	r->pod = (struct cni_pod) { ns, name, r->uid, r->container, r->netns, "eth0" };
	return 0;
}

static struct json *read_json(const char *path, struct err *e)
{
	auto_buf struct buf text = { 0 };

	if (file_read(path, FILE_MAX, &text, e) < 0)
		return NULL;
	return json_parse(text.p ? text.p : "", text.len, e);
}

static void fresh_ids(struct record *r)
{
	uint8_t raw[48];
	char all[97];

	random_bytes(raw, sizeof(raw));
	hex(raw, sizeof(raw), all);
	snprintf(r->container, sizeof(r->container), "%.64s", all);
	snprintf(r->uid, sizeof(r->uid), "%.8s-%.4s-4%.3s-8%.3s-%.12s", all + 64, all + 72,
		 all + 76, all + 79, all + 82);
}

/* The namespace lives as long as the file it is mounted on. */
static int netns_create(const char *path, struct err *e)
{
	auto_fd int fd = 0, file = 0;
	struct iface_set up = { .up = true };
	auto_nl struct nl nl = { 0 };
	char from[64];

	file = open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
	if (file < 0)
		return errno == EEXIST ? fail(e, EEXIST, "there is a pod of that name already")
				       : fail(e, errno, "create %s:", path);
	if (netns_new(&fd, e) < 0)
		return -1;
	snprintf(from, sizeof(from), "/proc/self/fd/%d", fd);
	if (mount(from, path, NULL, MS_BIND, NULL) < 0)
		return fail(e, errno, "mount %s:", path);
	if (nl_open(&nl, fd, e) < 0)
		return -1;
	return iface_change_name(&nl, "lo", &up, e);
}

static void netns_delete(const char *path)
{
	umount2(path, MNT_DETACH);
	unlink(path);
}

static int save(const struct record *r, const struct json *conflist, struct json *result,
		struct err *e)
{
	auto_json struct json *j = json_object();
	auto_buf struct buf text = { 0 };

	json_add_str(j, "file", r->file);
	json_add_str(j, "namespace", r->pod.ns);
	json_add_str(j, "name", r->pod.name);
	json_add_str(j, "uid", r->uid);
	json_add_str(j, "container", r->container);
	json_add_str(j, "ip", json_str(json_first(json_get(result, "ips")), "address", ""));
	json_add(j, "result", json_copy(result));
	json_add(j, "conflist", json_copy(conflist));
	json_print(j, 2, &text);
	return file_replace(r->path, text.p, text.len, 0600, false, e);
}

/* With the configuration that ADD was given, as runtimes do: the file may have changed since. */
static struct json *load(struct record *r, struct err *e)
{
	struct json *j = read_json(r->path, e);

	if (!j && e->num == ENOENT)
		return fail(e, ENOENT, "no pod '%s' on this node", r->file), NULL;
	snprintf(r->uid, sizeof(r->uid), "%s", json_str(j, "uid", ""));
	snprintf(r->container, sizeof(r->container), "%s", json_str(j, "container", ""));
	return j;
}

static int add(struct record *r, struct json **result, struct err *e)
{
	auto_json struct json *conflist = read_json(conflist_path, e);

	if (!conflist)
		return wrap(e, "%s", conflist_path);
	fresh_ids(r);
	if (netns_create(r->netns, e) < 0) {
		if (e->num != EEXIST)
			netns_delete(r->netns);
		return -1;
	}
	if (cniexec_add(conflist, &r->pod, result, e) < 0) {
		netns_delete(r->netns);
		return -1;
	}
	return save(r, conflist, *result, e);
}

static int told(const char *what, const struct record *r, const struct err *e)
{
	fprintf(stderr, "vpcbox-lab: pod %s %s: %s\n", what, r->file, e->msg);
	return 1;
}

int labpod_add(const char *ns, const char *name, bool json)
{
	auto_json struct json *result = NULL;
	auto_buf struct buf text = { 0 };
	struct record r = { 0 };
	struct err e = { 0 };

	if (record_names(&r, ns, name, &e) < 0 || add(&r, &result, &e) < 0)
		return told("add", &r, &e);
	if (json)
		json_print(result, 4, &text);
	else
		buf_fmt(&text, "%s %s", r.file,
			json_str(json_first(json_get(result, "ips")), "address", ""));
	printf("%s\n", text.p);
	return 0;
}

int labpod_del(const char *ns, const char *name)
{
	auto_json struct json *j = NULL;
	struct record r = { 0 };
	struct err e = { 0 };

	if (record_names(&r, ns, name, &e) < 0 || !(j = load(&r, &e)) ||
	    cniexec_del(json_get(j, "conflist"), &r.pod, json_get(j, "result"), &e) < 0)
		return told("del", &r, &e);
	netns_delete(r.netns);
	unlink(r.path);
	printf("%s deleted\n", r.file);
	return 0;
}

int labpod_check(const char *ns, const char *name)
{
	auto_json struct json *j = NULL;
	struct record r = { 0 };
	struct err e = { 0 };

	if (record_names(&r, ns, name, &e) < 0 || !(j = load(&r, &e)) ||
	    cniexec_check(json_get(j, "conflist"), &r.pod, json_get(j, "result"), &e) < 0)
		return told("check", &r, &e);
	printf("%s is wired as it should be\n", r.file);
	return 0;
}
