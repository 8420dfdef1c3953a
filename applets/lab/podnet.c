/* SPDX-License-Identifier: Apache-2.0 */
/* podnet.c - a pod's namespace by name (ip netns knows it too), its record, and the calls of the
 * conflist. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "file.h"
#include "hash.h"
#include "iface.h"
#include "netns.h"
#include "podnet.h"

enum { FILE_MAX = 256 * 1024 };

static const char conflist_path[] = "/etc/cni/net.d/10-aws.conflist";

bool podnet_word(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return n && n < 64 && !s[n] && s[0] != '-' && s[n - 1] != '-';
}

void podnet_name(struct podnet *r, const char *ns, const char *name, const char *uid)
{
	bool plain = strcmp(ns, "default") == 0;

	snprintf(r->uid, sizeof(r->uid), "%s", uid);
	if (!podnet_word(ns) || !podnet_word(name))
		snprintf(r->file, sizeof(r->file), "%s", uid);
	else
		snprintf(r->file, sizeof(r->file), "%s%s%s", plain ? "" : ns, plain ? "" : ".",
			 name);
	snprintf(r->path, sizeof(r->path), "/run/vpcbox-lab/pods/%s.json", r->file);
	snprintf(r->netns, sizeof(r->netns), "/run/netns/%s", r->file);
	r->pod = (struct cni_pod) { ns, name, r->uid, r->container, r->netns, "eth0" };
}

static struct json *read_json(const char *path, struct err *e)
{
	auto_buf struct buf text = { 0 };

	if (file_read(path, FILE_MAX, &text, e) < 0)
		return NULL;
	return json_parse(text.p ? text.p : "", text.len, e);
}

void podnet_id(char out[65])
{
	uint8_t raw[32];

	random_bytes(raw, sizeof(raw));
	hex(raw, sizeof(raw), out);
}

/* Of a pod that no API server has named. */
static void fresh_uid(struct podnet *r)
{
	uint8_t raw[16];
	char all[33];

	random_bytes(raw, sizeof(raw));
	hex(raw, sizeof(raw), all);
	snprintf(r->uid, sizeof(r->uid), "%.8s-%.4s-4%.3s-8%.3s-%.12s", all, all + 8, all + 12,
		 all + 15, all + 18);
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

static int save(const struct podnet *r, const struct json *conflist, struct json *result,
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

struct json *podnet_load(struct podnet *r, struct err *e)
{
	struct json *j = read_json(r->path, e);

	if (!j && e->num == ENOENT)
		return fail(e, ENOENT, "no pod '%s' on this node", r->file), NULL;
	snprintf(r->uid, sizeof(r->uid), "%s", json_str(j, "uid", ""));
	snprintf(r->container, sizeof(r->container), "%s", json_str(j, "container", ""));
	return j;
}

static int wire(struct podnet *r, const struct json *conflist, struct json **result, struct err *e)
{
	if (cniexec_add(conflist, &r->pod, result, e) < 0)
		return -1;
	if (save(r, conflist, *result, e) == 0)
		return 0;
	(void)!cniexec_del(conflist, &r->pod, *result, &(struct err) { 0 });
	return -1;
}

int podnet_add(struct podnet *r, struct json **result, struct err *e)
{
	auto_json struct json *conflist = read_json(conflist_path, e);

	if (!conflist)
		return wrap(e, "%s", conflist_path);
	podnet_id(r->container);
	if (!*r->uid)
		fresh_uid(r);
	if (netns_create(r->netns, e) < 0) {
		if (e->num != EEXIST)
			netns_delete(r->netns);
		return -1;
	}
	if (wire(r, conflist, result, e) == 0)
		return 0;
	netns_delete(r->netns);
	return -1;
}

/* A runtime that was killed in the midst of ADD leaves a namespace, and perhaps a record. */
void podnet_clear(struct podnet *r)
{
	struct podnet old = *r;
	struct err none;
	auto_json struct json *j = podnet_load(&old, &none);

	old.pod = r->pod;
	old.pod.uid = old.uid;
	old.pod.container = old.container;
	old.pod.netns = old.netns;
	if (j && strcmp(old.uid, r->uid) == 0)
		(void)!podnet_del(&old, &none);
	else if (!j && none.num == ENOENT)
		netns_delete(r->netns);
}

int podnet_del(struct podnet *r, struct err *e)
{
	auto_json struct json *j = podnet_load(r, e);

	if (!j || cniexec_del(json_get(j, "conflist"), &r->pod, json_get(j, "result"), e) < 0)
		return -1;
	netns_delete(r->netns);
	unlink(r->path);
	return 0;
}

int podnet_check(struct podnet *r, struct err *e)
{
	auto_json struct json *j = podnet_load(r, e);

	return j ? cniexec_check(json_get(j, "conflist"), &r->pod, json_get(j, "result"), e) : -1;
}
