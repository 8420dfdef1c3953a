/* SPDX-License-Identifier: Apache-2.0 */
/* cniexec.c - execute CNI plugins: environment, configuration on stdin, result or error object from
 * stdout. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cniexec.h"
#include "file.h"
#include "str.h"

enum { RESULT_MAX = 256 * 1024 };

static const char cni_path[] = "/opt/cni/bin:/usr/lib/cni";

/* A plugin's configuration is its object plus the list's name and version and the result so far. */
static void configuration(const struct json *list, const struct json *plugin,
			  const struct json *prev, struct buf *out)
{
	auto_json struct json *c = json_copy(plugin);

	json_drop(c, "name");
	json_drop(c, "cniVersion");
	json_drop(c, "capabilities");
	json_add_str(c, "name", json_str(list, "name", ""));
	json_add_str(c, "cniVersion", json_str(list, "cniVersion", "0.1.0"));
	if (prev)
		json_add(c, "prevResult", json_copy(prev));
	json_print(c, 0, out);
}

/* Ours without what we may have been given of CNI, and the call's own. */
static char **environment(const char *command, const struct cni_pod *p, struct arena *a)
{
	size_t n = 0, at = 0;
	char **v;

	while (environ[n])
		n++;
	v = arena_get(a, (n + 7) * sizeof(*v));
	for (size_t i = 0; i < n; i++)
		if (!str_prefix(environ[i], "CNI_"))
			v[at++] = environ[i];
	v[at++] = arena_fmt(a, "CNI_COMMAND=%s", command);
	v[at++] = arena_fmt(a, "CNI_CONTAINERID=%s", p->container);
	v[at++] = arena_fmt(a, "CNI_NETNS=%s", p->netns);
	v[at++] = arena_fmt(a, "CNI_IFNAME=%s", p->ifname);
	v[at++] = arena_fmt(a, "CNI_PATH=%s", cni_path);
	v[at] = arena_fmt(a,
			  "CNI_ARGS=IgnoreUnknown=1;K8S_POD_NAMESPACE=%s;K8S_POD_NAME=%s;"
			  "K8S_POD_INFRA_CONTAINER_ID=%s;K8S_POD_UID=%s",
			  p->ns, p->name, p->container, p->uid);
	return v;
}

static int find_plugin(const char *type, char *path, size_t size, struct err *e)
{
	static const char *const dirs[] = { "/opt/cni/bin", "/usr/lib/cni" };

	for (size_t i = 0; i < COUNT(dirs); i++) {
		snprintf(path, size, "%s/%s", dirs[i], type);
		if (!strchr(type, '/') && access(path, X_OK) == 0)
			return 0;
	}
	return fail(e, ENOENT, "no plugin '%s' in %s", type, cni_path);
}

/* Threads may be about: nothing is allocated here. */
static _Noreturn void become(const char *path, char *type, char **env, int in, int out)
{
	char *argv[] = { type, NULL };

	if (dup2(in, 0) >= 0 && dup2(out, 1) >= 0)
		execve(path, argv, env);
	_exit(127);
}

/* Small enough for a pipe, or written while the plugin reads: plugins read all of stdin first. */
static int converse(int to, int from, const struct buf *in, struct buf *out, struct err *e)
{
	for (size_t sent = 0; sent < in->len;) {
		ssize_t n = write(to, in->p + sent, in->len - sent);

		if (n < 0 && errno != EINTR)
			break; /* it left without reading: its answer says why */
		sent += n > 0 ? (size_t)n : 0;
	}
	close(to);
	return fd_read(from, "the plugin's answer", RESULT_MAX, out, e);
}

static int run(const char *type, char **env, const struct buf *in, struct buf *out, struct err *e)
{
	int to[2], from[2], status = 0, rc, pid;
	auto_arena struct arena a = { 0 };
	char *name = arena_str(&a, type);
	char path[256];

	if (find_plugin(type, path, sizeof(path), e) < 0)
		return -1;
	if (pipe2(to, O_CLOEXEC) < 0 || pipe2(from, O_CLOEXEC) < 0)
		return fail(e, errno, "pipe:");
	pid = fork();
	if (pid < 0)
		return fail(e, errno, "fork:");
	if (pid == 0)
		become(path, name, env, to[0], from[1]);
	close(to[0]);
	close(from[1]);
	rc = converse(to[1], from[0], in, out, e);
	close(from[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (rc < 0)
		return -1;
	if (status == 0)
		return 0;
	auto_json struct json *j = json_parse(out->len ? out->p : "", out->len, e);
	if (!j || !json_get(j, "msg"))
		return fail(e, EIO, "plugin %s: status %d and no error object", type, status);
	return fail(e, EIO, "plugin %s: %s (code %d%s%s)", type, json_str(j, "msg", ""),
		    (int)json_int(j, "code", 0), *json_str(j, "details", "") ? "; " : "",
		    json_str(j, "details", ""));
}

static int call(const char *command, const struct json *list, const struct json *plugin,
		const struct cni_pod *p, const struct json *prev, struct buf *out, struct err *e)
{
	auto_arena struct arena a = { 0 };
	auto_buf struct buf in = { 0 };

	configuration(list, plugin, prev, &in);
	return run(json_str(plugin, "type", ""), environment(command, p, &a), &in, out, e);
}

int cniexec_add(const struct json *list, const struct cni_pod *p, struct json **result,
		struct err *e)
{
	auto_json struct json *prev = NULL;
	const struct json *plugin;

	for (plugin = json_first(json_get(list, "plugins")); plugin; plugin = json_next(plugin)) {
		auto_buf struct buf out = { 0 };
		struct json *next;

		if (call("ADD", list, plugin, p, prev, &out, e) < 0 ||
		    !(next = json_parse(out.p ? out.p : "", out.len, e))) {
			struct err ignored;

			(void)!cniexec_del(list, p, prev, &ignored);
			return -1;
		}
		json_free(&prev);
		prev = next;
	}
	*result = TAKE(prev);
	return 0;
}

int cniexec_check(const struct json *list, const struct cni_pod *p, const struct json *result,
		  struct err *e)
{
	const struct json *plugin;

	for (plugin = json_first(json_get(list, "plugins")); plugin; plugin = json_next(plugin)) {
		auto_buf struct buf out = { 0 };

		if (call("CHECK", list, plugin, p, result, &out, e) < 0)
			return -1;
	}
	return 0;
}

/* Every plugin is asked, the last one first; the first failure is reported. */
int cniexec_del(const struct json *list, const struct cni_pod *p, const struct json *result,
		struct err *e)
{
	const struct json *v[16], *plugin;
	size_t n = 0;
	int rc = 0;

	for (plugin = json_first(json_get(list, "plugins")); plugin && n < COUNT(v);
	     plugin = json_next(plugin))
		v[n++] = plugin;
	while (n-- > 0) {
		auto_buf struct buf out = { 0 };
		struct err later;

		if (call("DEL", list, v[n], p, result, &out, rc ? &later : e) < 0)
			rc = -1;
	}
	return rc;
}
