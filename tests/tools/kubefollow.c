/* SPDX-License-Identifier: Apache-2.0 */
/* kubefollow.c - a store that follows the API server of KUBECONFIG, for scripts: kubefollow KIND
 * prints "list", "+ NS/NAME VERSION", "~ ...", "- ...", "synced COUNT", "trouble TEXT", "well"
 * until its input ends; then all there is, "= NS/NAME VERSION". WATCH_S: timeoutSeconds of its
 * watches. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "kubewatch.h"
#include "str.h"

struct follow {
	struct kubestore *store;
	struct watch input;
};

static void note(void *arg, enum kube_kind kind, const struct kube_object *old,
		 const struct kube_object *new)
{
	const struct kube_meta *m = kube_meta(new ? new : old);

	(void)arg;
	(void)kind;
	printf("%c %s/%s %s\n", old && new ? '~' : new ? '+' : '-', m->ns, m->name, m->version);
}

static void on_changes(void *arg, enum kube_kind kind, const struct kube_change *v, size_t n)
{
	struct follow *f = arg;

	for (size_t i = 0; i < n; i++) {
		if (v[i].event == KUBE_LIST)
			puts("list");
		kubestore_apply(f->store, kind, &v[i], 1, note, NULL);
		if (v[i].event == KUBE_SYNCED)
			printf("synced %zu\n", kubestore_count(f->store, kind));
	}
}

static void on_trouble(void *arg, enum kube_kind kind, const struct err *e)
{
	(void)arg;
	(void)kind;
	if (e)
		printf("trouble %s\n", e->msg);
	else
		puts("well");
}

static void on_input(struct watch *w, uint32_t events)
{
	char text[64];

	(void)events;
	if (read(w->fd, text, sizeof(text)) <= 0)
		loop_stop(w->loop);
}

static enum kube_kind kind_of(const char *name)
{
	for (size_t i = 0; i < KUBE_KINDS; i++)
		if (strcmp(kube_kinds[i].kind, name) == 0)
			return (enum kube_kind)i;
	die("no kind %s", name);
}

static int follow(struct follow *f, struct loop *l, struct kubewatch_options *o, struct err *e)
{
	auto_kubewatch struct kubewatch *w = NULL;
	const struct kube_object *at = NULL;
	int rc;

	f->input.fn = on_input;
	if (watch_add(l, &f->input, STDIN_FILENO, EPOLLIN, e) < 0 || kubewatch_start(&w, o, e) < 0)
		return -1;
	rc = loop_run(l, e);
	while ((at = kubestore_next(f->store, o->kind, "", at)))
		printf("= %s/%s %s\n", kube_meta(at)->ns, kube_meta(at)->name,
		       kube_meta(at)->version);
	watch_del(&f->input);
	return rc;
}

int main(int argc, char **argv)
{
	auto_arena struct arena a = { 0 };
	auto_kube struct kube *k = NULL;
	auto_loop struct loop *l = NULL;
	auto_kubestore struct kubestore *store = kubestore_new();
	struct follow f = { .store = store };
	struct kubewatch_options o = {
		.ns = "", .changes = on_changes, .trouble = on_trouble, .arg = &f
	};
	struct kube_config config;
	uint64_t s = 0;
	struct err e = { 0 };

	if (argc != 2 || (*str_env("WATCH_S") && !str_u64(str_env("WATCH_S"), &s)))
		die("usage: [WATCH_S=SECONDS] kubefollow KIND");
	setvbuf(stdout, NULL, _IOLBF, 0);
	o.kind = kind_of(argv[1]);
	o.times.watch_s = (int64_t)s;
	l = o.loop = loop_new(&e);
	if (!l || kube_config_load(&config, NULL, NULL, &a, &e) < 0 ||
	    kube_new(&k, &(struct kube_options) { .config = &config, .agent = "kubefollow" }, &e) <
		    0)
		die("%s", e.msg);
	o.kube = k;
	if (follow(&f, l, &o, &e) < 0)
		die("%s", e.msg);
	return 0;
}
