/* SPDX-License-Identifier: Apache-2.0 */
/* kubeletstart.c - what a container's shim is told, and its start: in a job. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"
#include "kubelet.h"
#include "podenv.h"
#include "podimage.h"
#include "podnet.h"

enum { WORD_MAX = 4096, OBJECTS = 16 };

/* ConfigMaps and Secrets that were asked for. */
struct asked {
	struct kwork *w;
	struct json *v[OBJECTS];
	size_t n;
};

static const struct json *object(void *arg, const char *kind, const char *name, struct err *e)
{
	struct asked *q = arg;
	const char *ns = json_str(q->w->pod, "metadata.namespace", "");
	struct kube_call c = { .method = "GET",
			       .path = arena_fmt(&q->w->a, "/api/v1/namespaces/%s/%s/%s", ns, kind,
						 name) };

	if (q->n == OBJECTS)
		return fail(e, E2BIG, "more than %d ConfigMaps and Secrets", OBJECTS), NULL;
	if (kube_do(q->w->kube, &c, &q->v[q->n], now_ms() + KUBELET_CALL_MS, e) == 0)
		return q->v[q->n++];
	if (e->num == ENOENT)
		fail(e, ENOENT, "%s \"%s\" not found",
		     strcmp(kind, "secrets") == 0 ? "secret" : "configmap", name);
	return NULL;
}

static int environment(struct kwork *w, const char *dir, struct strs *env, struct json **mounts,
		       struct err *e)
{
	struct asked q = { .w = w };
	struct podenv_from f = { .pod = w->pod,
				 .container = kcont_spec(w->pod, w->name),
				 .pod_ip = w->ip,
				 .host_ip = w->host_ip,
				 .node = w->node,
				 .object = object,
				 .arg = &q };
	int rc = podenv_make(&f, env, &w->a, e);

	if (rc == 0) {
		*mounts = kubelet_mounts(w, dir, object, &q, e);
		rc = *mounts ? 0 : -1;
	}
	for (size_t i = 0; i < q.n; i++)
		json_free(&q.v[i]);
	return rc;
}

static int hosts_file(struct kwork *w, const char *path, struct err *e)
{
	auto_buf struct buf text = { 0 };

	buf_fmt(&text,
		"# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost "
		"ip6-localhost ip6-loopback\n%s\t%s\n",
		w->ip, json_str(w->pod, "metadata.name", ""));
	return file_replace(path, text.p, text.len, 0644, false, e);
}

static void add_strs(struct json *j, const char *key, const struct strs *l)
{
	struct json *list = json_array();

	for (size_t i = 0; i < l->n; i++)
		json_push_str(list, l->v[i]);
	json_add(j, key, list);
}

static struct json *keep(struct kwork *w)
{
	struct json *j = json_object();

	podnet_id(w->id);
	json_add_str(j, "id", w->id);
	json_add_int(j, "restarts", w->number);
	return j;
}

/* What to run, where: podshim.h. */
static struct json *orders(struct kwork *w, const char *dir, const struct strs *env, struct err *e)
{
	const char *ns = json_str(w->pod, "metadata.namespace", "");
	const char *name = json_str(w->pod, "metadata.name", "");
	const char *uid = json_str(w->pod, "metadata.uid", "");
	const struct json *spec = kcont_spec(w->pod, w->name);
	const struct podimage *image = podimage_find(json_str(spec, "image", ""));
	bool own = !json_count(json_get(spec, "command"));
	struct strs argv = podenv_command(spec, image ? image->command : NULL, env, &w->a);
	struct json *j = json_object();
	struct podnet net = { 0 };

	podnet_name(&net, ns, name, uid);
	if (own && image && image->server)
		json_add_str(j, "server", image->server);
	add_strs(j, "argv", &argv);
	add_strs(j, "env", env);
	json_add_str(j, "cwd", json_str(spec, "workingDir", "/"));
	json_add_str(j, "state", arena_fmt(&w->a, "%s/%s.json", dir, w->name));
	json_add_str(j, "log",
		     arena_fmt(&w->a, KUBELET_LOGS "/%s_%s_%s/%s/%d.log", ns, name, uid, w->name,
			       w->number));
	if (!json_bool(w->pod, "spec.hostNetwork", false)) {
		json_add_str(j, "netns", net.netns);
		json_add_str(j, "hostname", arena_fmt(&w->a, "%.63s", name));
		json_add_str(j, "hosts", arena_fmt(&w->a, "%s/etc-hosts", dir));
		if (hosts_file(w, json_str(j, "hosts", ""), e) < 0) {
			json_free(&j);
			return NULL;
		}
	}
	json_add(j, "keep", keep(w));
	if (mkdirs_for(json_str(j, "log", ""), 0755, e) < 0)
		json_free(&j);
	return j;
}

/* ENOEXEC: the command could not be started. */
static int shim(struct kwork *w, const char *path, struct err *e)
{
	char *const argv[] = { arena_str(&w->a, "vpcbox-lab"), arena_str(&w->a, "pod-shim"),
			       arena_str(&w->a, path), NULL };
	auto_buf struct buf word = { 0 };
	int ends[2], pid, rc;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return fail(e, errno, "pipe:");
	pid = kubelet_spawn(argv, -1, ends[1], -1, e);
	close(ends[1]);
	rc = pid < 0 ? -1 : fd_read(ends[0], "the shim's word", WORD_MAX, &word, e);
	close(ends[0]);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (rc < 0)
		return -1;
	if (word.len && sscanf(word.p, "ok %d", &w->pid) == 1)
		return 0;
	return fail(e, ENOEXEC,
		    "failed to create containerd task: failed to create shim task: %.*s",
		    word.len ? (int)strcspn(word.p + 1, "\n") : 0, word.len ? word.p + 1 : "");
}

int kcont_start_run(struct kwork *w, struct err *e)
{
	const char *dir = arena_fmt(&w->a, KUBELET_DIR "/%s", json_str(w->pod, "metadata.uid", ""));
	const char *path = arena_fmt(&w->a, "%s/%s.start", dir, w->name);
	auto_json struct json *j = NULL, *mounts = NULL;
	auto_buf struct buf text = { 0 };
	struct strs env = { 0 };

	if (environment(w, dir, &env, &mounts, e) < 0 || !(j = orders(w, dir, &env, e)))
		return -1;
	json_add(j, "mounts", TAKE(mounts));
	json_print(j, 0, &text);
	if (file_replace(path, text.p, text.len, 0600, false, e) < 0)
		return -1;
	return shim(w, path, e);
}
