/* SPDX-License-Identifier: Apache-2.0 */
/* kubeletstate.c - what must outlive the kubelet: a folder for each pod with its manifest, its
 * network and its containers' states (podshim.h). */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "kubelet.h"
#include "log.h"
#include "str.h"

enum { STATE_MAX = 4 * 1024 * 1024, DEPTH = 32 };

void kpod_save(struct kpod *p)
{
	auto_json struct json *j = json_object();
	auto_buf struct buf text = { 0 };
	char dir[160], path[200];
	struct err e;

	kpod_dir(p, dir, sizeof(dir));
	snprintf(path, sizeof(path), "%s/pod", dir);
	json_add_str(j, "ip", p->ip);
	json_add_str(j, "sandbox", p->sandbox);
	json_add_bool(j, "up", p->net == KNET_UP);
	json_add(j, "pod", json_parse(p->text.p, p->text.len, &e));
	json_print(j, 0, &text);
	if (mkdirs(dir, 0755, &e) < 0 || file_replace(path, text.p, text.len, 0600, false, &e) < 0)
		log_error("pod=%s/%s would be forgotten: %s", p->ns, p->name, e.msg);
}

/* Links are not followed. */
static void erase(const char *dir, int depth)
{
	char path[600];
	struct dirent *d;
	DIR *list = opendir(dir);

	while (list && (d = readdir(list))) {
		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, d->d_name);
		if (unlink(path) < 0 && depth)
			erase(path, depth - 1);
	}
	if (list)
		closedir(list);
	rmdir(dir);
}

void kpod_erase(struct kpod *p)
{
	char dir[500];

	kpod_dir(p, dir, sizeof(dir));
	erase(dir, DEPTH);
	snprintf(dir, sizeof(dir), KUBELET_LOGS "/%s_%s_%s", p->ns, p->name, p->uid);
	erase(dir, DEPTH);
}

/* The last end of each container, as the API server was told. */
static void load_last(struct kcont *c, const struct json *pod)
{
	const struct json *list = json_get(pod, c->run.init ? "status.initContainerStatuses"
							    : "status.containerStatuses");

	for (const struct json *j = json_first(list); j; j = json_next(j)) {
		const struct json *t = json_get(j, "lastState.terminated");

		if (!t || strcmp(json_str(j, "name", ""), c->run.name) != 0)
			continue;
		c->run.last.is = true;
		c->run.last.code = (int)json_int(t, "exitCode", 0);
		snprintf(c->run.last.reason, sizeof(c->run.last.reason), "%s",
			 json_str(t, "reason", ""));
	}
}

static void load_pod(struct kubelet *k, const char *dir)
{
	auto_buf struct buf text = { 0 };
	auto_json struct json *j = NULL;
	const struct json *pod;
	char path[400];
	struct err e;
	struct kpod *p;

	snprintf(path, sizeof(path), "%s/pod", dir);
	if (file_read(path, STATE_MAX, &text, &e) < 0 ||
	    !(j = json_parse(text.p ? text.p : "", text.len, &e))) {
		log_warn("%s is passed over: %s", path, e.msg);
		return;
	}
	pod = json_get(j, "pod");
	p = kpod_new(k, pod);
	snprintf(p->ip, sizeof(p->ip), "%s", json_str(j, "ip", ""));
	snprintf(p->sandbox, sizeof(p->sandbox), "%s", json_str(j, "sandbox", ""));
	p->net = json_bool(j, "up", false) ? KNET_UP : KNET_GONE;
	for (size_t i = 0; i < p->n; i++) {
		load_last(&p->v[i], pod);
		if (!kcont_load(&p->v[i]))
			continue;
		kprobes_begin(&p->v[i], pod);
		if (p->v[i].run.state == PODRUN_RUNNING)
			kcont_follow(&p->v[i]);
	}
	p->done = p->net == KNET_GONE;
	log_info("pod=%s/%s is found again", p->ns, p->name);
}

void kubelet_load(struct kubelet *k)
{
	DIR *list = opendir(KUBELET_DIR);
	char path[320];
	struct dirent *d;
	struct stat st;

	while (list && (d = readdir(list))) {
		snprintf(path, sizeof(path), KUBELET_DIR "/%s", d->d_name);
		if (d->d_name[0] != '.' && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
			load_pod(k, path);
	}
	if (list)
		closedir(list);
}
