/* SPDX-License-Identifier: Apache-2.0 */
/* kubelethttp.c - port 10250: what the API server relays to, /pods, /healthz. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "file.h"
#include "kubelet.h"
#include "kubeletdoor.h"
#include "str.h"
#include "uri.h"

enum { TOKEN_MAX = 8192 };

void kubelet_refuse(struct httpd_call *c, int status, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	httpd_reply(c, status, NULL, text, strlen(text));
}

/* ---- who asks */

/* Equal, in a time that does not tell where they differ. */
static bool same_secret(const char *a, const char *b, size_t n)
{
	unsigned char differs = 0;

	for (size_t i = 0; i < n; i++)
		differs |= (unsigned char)(a[i] ^ b[i]);
	return !differs;
}

static bool may(const struct kubelet *k, const struct httpd_call *c)
{
	const char *got = http_header(&c->headers, "authorization");
	auto_buf struct buf want = { 0 };
	struct err e;
	size_t n;

	if (file_read(k->token_file, TOKEN_MAX, &want, &e) < 0)
		return false;
	n = want.len ? strcspn(want.p, "\r\n") : 0;
	if (!n || !str_prefix(got, "Bearer ") || strlen(got + 7) != n)
		return false;
	return same_secret(got + 7, want.p, n);
}

/* ---- the query and the path */

const char *kubelet_param(const char *query, const char *name, size_t nth, struct arena *a)
{
	size_t n = strlen(name);

	for (const char *p = query; *p; p += strcspn(p, "&"), p += *p == '&') {
		auto_buf struct buf value = { 0 };

		if (strncmp(p, name, n) != 0 || (p[n] != '=' && p[n] != '&' && p[n]) || nth--)
			continue;
		buf_str(&value, "");
		if (p[n] == '=')
			(void)!uri_decode(p + n + 1, strcspn(p + n + 1, "&"), &value);
		for (size_t i = 0; i < value.len; i++)
			if (value.p[i] == '+')
				value.p[i] = ' ';
		return arena_str(a, value.p);
	}
	return NULL;
}

bool kubelet_flag(const char *query, const char *name, struct arena *a)
{
	const char *s = kubelet_param(query, name, 0, a);
	bool yes = false;

	return s && (strcmp(s, "1") == 0 || (str_bool(s, &yes) && yes));
}

int64_t kubelet_number(const char *query, const char *name, int64_t def, struct arena *a)
{
	const char *s = kubelet_param(query, name, 0, a);
	int64_t v;

	return s && str_i64(s, &v) ? v : def;
}

/* /containerLogs/NS/POD/CONTAINER */
static struct kcont *container_of(const struct kubelet *k, struct httpd_call *c, const char **what)
{
	struct strs part = str_split(c->path, "/", &c->a);
	struct kubelet *any = c->arg;
	struct kcont *found = NULL;
	struct kpod *p;

	(void)k;
	if (part.n < 4)
		return kubelet_refuse(c, 404, "404 page not found"), NULL;
	*what = part.v[0];
	p = kpod_find(any, part.v[1], part.v[2]);
	if (p)
		found = kpod_container(p, part.v[part.n - 1]);
	if (!p)
		kubelet_refuse(c, 404, "pod \"%s\" does not exist on this node", part.v[2]);
	else if (!found)
		kubelet_refuse(c, 404, "container %s not found in pod %s_%s", part.v[part.n - 1],
			       part.v[2], part.v[1]);
	return found;
}

static void pods(const struct kubelet *k, struct httpd_call *c)
{
	auto_buf struct buf text = { 0 };
	struct http_headers h = { 0 };

	http_add(&h, "Content-Type", "application/json");
	buf_str(&text, "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{},\"items\":[");
	for (const struct kpod *p = k->pods; p; p = p->next)
		buf_fmt(&text, "%s%s", p == k->pods ? "" : ",", p->text.p);
	buf_str(&text, "]}\n");
	httpd_reply(c, 200, &h, text.p, text.len);
}

static void on_call(struct httpd_call *c)
{
	struct kubelet *k = c->arg;
	const char *what = "";
	struct kcont *found;

	if (strcmp(c->path, "/healthz") == 0) {
		httpd_reply(c, 200, NULL, "ok", 2);
		return;
	}
	if (!may(k, c)) {
		kubelet_refuse(c, 401, "Unauthorized");
		return;
	}
	if (strcmp(c->path, "/pods") == 0) {
		pods(k, c);
		return;
	}
	found = container_of(k, c, &what);
	if (!found)
		return;
	if (strcmp(what, "containerLogs") == 0)
		kubelet_logs(found, c);
	else if (strcmp(what, "exec") == 0)
		kubelet_exec_call(found, c);
	else
		kubelet_refuse(c, 404, "404 page not found");
}

int kubelet_serve(struct kubelet *k, struct err *e)
{
	struct ip any = ip_v4(0);
	struct httpd_at at = { .ip = &any, .port = KUBELET_PORT };

	k->http = httpd_new(k->loop, &at, on_call, k, e);
	return k->http ? 0 : -1;
}
