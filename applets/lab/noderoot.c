/* SPDX-License-Identifier: Apache-2.0 */
/* noderoot.c - a tmpfs of links into the host's root (seen at /.host), pivoted into. Nothing that a
 * node writes to /etc, /run, /opt or /var/log reaches the host. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "file.h"
#include "noderoot.h"

static bool listed(const char *const *names, const char *name)
{
	for (; *names; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

/* root/DIR gets a link to /.host/DIR/X for every X that the host has there, but for those in
 * except. */
static int link_all(const char *root, const char *dir, const char *const *except, struct err *e)
{
	char from[PATH_MAX], to[PATH_MAX];
	struct dirent *d;
	DIR *list;

	snprintf(from, sizeof(from), "/%s", dir);
	list = opendir(from);
	if (!list)
		return errno == ENOENT ? 0 : fail(e, errno, "list %s:", from);
	while ((d = readdir(list))) {
		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0 ||
		    listed(except, d->d_name))
			continue;
		if (snprintf(from, sizeof(from), "/.host/%s%s%s", dir, *dir ? "/" : "",
			     d->d_name) >= (int)sizeof(from) ||
		    snprintf(to, sizeof(to), "%s/%s%s%s", root, dir, *dir ? "/" : "", d->d_name) >=
			    (int)sizeof(to))
			continue;
		if (symlink(from, to) < 0 && errno != EEXIST) {
			closedir(list);
			return fail(e, errno, "link %s:", to);
		}
	}
	closedir(list);
	return 0;
}

static int make_dirs(const char *root, struct err *e)
{
	static const char *const dirs[] = {
		".host",         ".old",
		"proc",          "sys",
		"run/netns",     "run/vpcbox-lab/pods",
		"etc/cni/net.d", "opt/cni/bin",
		"opt/vpcbox",    "var/log/aws-routed-eni",
		"var/lib/cni", /* results that libcni keeps */
	};
	char path[PATH_MAX];

	for (size_t i = 0; i < COUNT(dirs); i++) {
		snprintf(path, sizeof(path), "%s/%s", root, dirs[i]);
		if (mkdirs(path, 0755, e) < 0)
			return -1;
	}
	return 0;
}

static int write_at(const char *root, const char *name, const char *text, struct err *e)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	return file_replace(path, text, strlen(text), 0644, false, e);
}

static int link_at(const char *root, const char *name, const char *to, struct err *e)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	return symlink(to, path) < 0 ? fail(e, errno, "link %s:", path) : 0;
}

/* Amazon's conflist with its defaults (spec-cni-dataplane 6.3), without portmap, which is not ours.
 */
static const char conflist[] =
	"{\n"
	"  \"cniVersion\": \"0.4.0\",\n"
	"  \"name\": \"aws-cni\",\n"
	"  \"disableCheck\": false,\n"
	"  \"plugins\": [\n"
	"    {\n"
	"      \"name\": \"aws-cni\",\n"
	"      \"type\": \"aws-cni\",\n"
	"      \"vethPrefix\": \"eni\",\n"
	"      \"mtu\": \"9001\",\n"
	"      \"podSGEnforcingMode\": \"strict\",\n"
	"      \"pluginLogFile\": \"/var/log/aws-routed-eni/plugin.log\",\n"
	"      \"pluginLogLevel\": \"DEBUG\",\n"
	"      \"capabilities\": {\"io.kubernetes.cri.pod-annotations\": true}\n"
	"    },\n"
	"    {\n"
	"      \"name\": \"egress-cni\",\n"
	"      \"type\": \"egress-cni\",\n"
	"      \"mtu\": \"9001\",\n"
	"      \"enabled\": \"false\",\n"
	"      \"randomizeSNAT\": \"prng\",\n"
	"      \"nodeIP\": \"\",\n"
	"      \"ipam\": {\n"
	"        \"type\": \"host-local\",\n"
	"        \"ranges\": [[{\"subnet\": \"fd00::ac:00/118\"}]],\n"
	"        \"routes\": [{\"dst\": \"::/0\"}],\n"
	"        \"dataDir\": \"/run/cni/v4pd/egress-v6-ipam\"\n"
	"      },\n"
	"      \"pluginLogFile\": \"/var/log/aws-routed-eni/egress-v6-plugin.log\",\n"
	"      \"pluginLogLevel\": \"DEBUG\"\n"
	"    }\n"
	"  ]\n"
	"}\n";

static int private_files(const struct node *n, const char *root, struct err *e)
{
	const struct world *w = &n->lab->w;
	char text[512], host[PATH_MAX];

	snprintf(text, sizeof(text), "nameserver %s\nsearch %s.compute.internal\n",
		 ip_text(lab_vpc_ip(w, 2)).s, w->c.region);
	if (write_at(root, "etc/resolv.conf", text, e) < 0)
		return -1;
	snprintf(text, sizeof(text), "127.0.0.1 localhost\n::1 localhost\n%s %s %s\n",
		 ip_text(n->i->primary->ips[0].ip).s, n->i->hostname, n->i->name);
	if (write_at(root, "etc/hosts", text, e) < 0)
		return -1;
	snprintf(text, sizeof(text), "%s\n", n->i->hostname);
	if (write_at(root, "etc/hostname", text, e) < 0 ||
	    write_at(root, "etc/cni/net.d/10-aws.conflist", conflist, e) < 0)
		return -1;
	snprintf(host, sizeof(host), "/.host%s", n->lab->vpcbox);
	if (link_at(root, "opt/vpcbox/vpcbox", host, e) < 0 ||
	    link_at(root, "opt/cni/bin/aws-cni", "../../vpcbox/vpcbox", e) < 0 ||
	    link_at(root, "opt/cni/bin/egress-cni", "../../vpcbox/vpcbox", e) < 0)
		return -1;
	return link_at(root, "var/run", "/run", e);
}

static int fill(const struct node *n, const char *root, struct err *e)
{
	static const char *const top[] = { "proc", "sys",   "run",  "etc", "opt",
					   "var",  ".host", ".old", NULL };
	static const char *const etc[] = {
		"resolv.conf", "hosts", "hostname", "cni", "mtab", NULL
	};
	static const char *const opt[] = { "cni", "vpcbox", NULL };
	static const char *const var[] = { "run", "log", "lib", NULL };
	static const char *const lib[] = { "cni", NULL };

	if (make_dirs(root, e) < 0 || private_files(n, root, e) < 0 ||
	    link_all(root, "", top, e) < 0 || link_all(root, "etc", etc, e) < 0 ||
	    link_all(root, "opt", opt, e) < 0 || link_all(root, "var", var, e) < 0)
		return -1;
	return link_all(root, "var/lib", lib, e);
}

/* A fresh sysfs shows the node's own links; where it may not be mounted the host's has to do. */
static int kernel_mounts(const char *root, struct err *e)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/proc", root);
	if (mount("proc", path, "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		return fail(e, errno, "mount /proc (masked by a container runtime?):");
	snprintf(path, sizeof(path), "%s/sys", root);
	if (mount("sysfs", path, "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0 &&
	    mount("/sys", path, NULL, MS_BIND | MS_REC, NULL) < 0)
		return fail(e, errno, "mount /sys:");
	return 0;
}

static int mount_tmpfs(const char *path, struct err *e)
{
	if (mkdirs(path, 0755, e) < 0)
		return -1;
	if (mount("node", path, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=64m") < 0)
		return fail(e, errno, "mount a tmpfs on %s:", path);
	return 0;
}

/* A mount of its own, as container runtimes leave it: else the first "ip netns add" would bind the
 * folder over itself, and the pods that are there would live on beneath it when they are deleted.
 */
static int netns_folder(const char *root, struct err *e)
{
	char path[80];

	snprintf(path, sizeof(path), "%s/run/netns", root);
	return mount(path, path, NULL, MS_BIND, NULL) < 0 ? fail(e, errno, "bind %s:", path) : 0;
}

int noderoot_make(const struct node *n, struct err *e)
{
	char root[64], path[80];

	snprintf(root, sizeof(root), "/run/vpcbox-lab/%s", n->i->name);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return fail(e, errno, "make mounts private:");
	snprintf(path, sizeof(path), "%s/run", root);
	if (mount_tmpfs(root, e) < 0 || mount_tmpfs(path, e) < 0 || fill(n, root, e) < 0 ||
	    netns_folder(root, e) < 0)
		return -1;
	snprintf(path, sizeof(path), "%s/.host", root);
	if (mount("/", path, NULL, MS_BIND | MS_REC, NULL) < 0)
		return fail(e, errno, "bind / to %s:", path);
	if (kernel_mounts(root, e) < 0)
		return -1;
	snprintf(path, sizeof(path), "%s/.old", root);
	if (syscall(SYS_pivot_root, root, path) < 0 || chdir("/") < 0)
		return fail(e, errno, "pivot_root to %s:", root);
	if (umount2("/.old", MNT_DETACH) < 0)
		return fail(e, errno, "leave the old root:");
	rmdir("/.old");
	if (sethostname(n->i->hostname, strlen(n->i->hostname)) < 0)
		return fail(e, errno, "set host name:");
	return 0;
}
