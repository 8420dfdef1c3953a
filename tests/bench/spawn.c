/* SPDX-License-Identifier: Apache-2.0 */
/* spawn.c - time CNI plugins from exec to exit, several of them in one interleaved run:
 *
 *   spawn ROUNDS PODS NAME PROGRAM CONFIGURATION [NAME PROGRAM CONFIGURATION]...
 *
 * Each round makes PODS network namespaces for each plugin, adds every pod and deletes it again,
 * taking turns, and then removes the namespaces and waits until the kernel is done with them: that
 * is never timed. A PROGRAM may have arguments, separated by spaces. The result of ADD is the
 * prevResult of DEL, as a runtime would have it. Prints NAME VERB COUNT FAILED MIN MEDIAN P99,
 * times in microseconds. */
#include <fcntl.h>
#include <net/if.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "arena.h"
#include "clock.h"
#include "file.h"
#include "netns.h"
#include "str.h"

enum { PODS_MAX = 300, PLUGINS_MAX = 8, TEXT_MAX = 64 * 1024, GONE_MS = 60000 };
enum verb { ADD, DEL, VERBS };

static const char *const verbs[VERBS] = { "ADD", "DEL" };

struct plugin {
	const char *name;
	char **argv;
	struct buf conf;
	int netns[PODS_MAX];
	struct buf result[PODS_MAX];
	double *us[VERBS];
	size_t n[VERBS], failed[VERBS];
};

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* A file in memory: what a plugin reads, or what it has written. */
static int memory(const struct buf *b)
{
	int fd = memfd_create("spawn", MFD_CLOEXEC);

	if (fd < 0 || (b && (write(fd, b->p, b->len) != (ssize_t)b->len || lseek(fd, 0, SEEK_SET))))
		die("memfd:");
	return fd;
}

static void configure(const struct plugin *p, int pod, enum verb v, struct buf *out)
{
	const struct buf *result = &p->result[pod];

	buf_add(out, p->conf.p, p->conf.len);
	while (out->len && out->p[out->len - 1] != '}')
		out->len--;
	if (v == ADD || !result->len)
		return;
	out->len--;
	buf_fmt(out, ",\"prevResult\":%s}", result->p);
}

static char **environment(const struct plugin *p, int pod, enum verb v, int round, struct arena *a)
{
	const char *id = arena_fmt(a, "bench%08d", round * PODS_MAX + pod);
	char *const vars[] = {
		arena_fmt(a, "CNI_COMMAND=%s", verbs[v]),
		arena_fmt(a, "CNI_CONTAINERID=%s", id),
		arena_fmt(a, "CNI_NETNS=/proc/%d/fd/%d", (int)getpid(), p->netns[pod]),
		arena_str(a, "CNI_IFNAME=eth0"),
		arena_str(a, "CNI_PATH=/usr/lib/cni"),
		arena_fmt(a,
			  "CNI_ARGS=IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=%s-%s;"
			  "K8S_POD_INFRA_CONTAINER_ID=%s",
			  p->name, id, id),
		NULL,
	};

	return memcpy(arena_get(a, sizeof(vars)), vars, sizeof(vars));
}

/* From exec to exit. */
static double run(char **argv, char **env, int in, int out, int *status)
{
	posix_spawn_file_actions_t fa;
	double start;
	pid_t pid;

	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_adddup2(&fa, in, 0);
	posix_spawn_file_actions_adddup2(&fa, out, 1);
	start = now_us();
	if (posix_spawn(&pid, argv[0], &fa, NULL, argv, env) != 0)
		die("cannot start %s", argv[0]);
	waitpid(pid, status, 0);
	start = now_us() - start;
	posix_spawn_file_actions_destroy(&fa);
	return start;
}

static void once(struct plugin *p, int pod, enum verb v, int round)
{
	auto_arena struct arena a = { 0 };
	auto_buf struct buf conf = { 0 };
	auto_fd int in = 0, out = memory(NULL);
	struct err e;
	int status = 0;

	configure(p, pod, v, &conf);
	in = memory(&conf);
	p->us[v][p->n[v]++] = run(p->argv, environment(p, pod, v, round, &a), in, out, &status);
	p->failed[v] += status != 0;
	p->result[pod].len = 0;
	if (lseek(out, 0, SEEK_SET) || fd_read(out, "result", TEXT_MAX, &p->result[pod], &e) < 0)
		die("%s", e.msg);
	if (status)
		fprintf(stderr, "%s %s: %s\n", p->name, verbs[v],
			p->result[pod].len ? p->result[pod].p : "failed");
}

static size_t links(void)
{
	struct if_nameindex *all = if_nameindex();
	size_t n = 0;

	while (all && all[n].if_index)
		n++;
	if_freenameindex(all);
	return n;
}

/* Who is i-th: nobody always comes first, or always behind the same one. */
static size_t turn(size_t i, size_t n, int pod)
{
	size_t at = (i + (size_t)pod / 2) % n;

	return pod % 2 ? n - 1 - at : at;
}

static void round_of(struct plugin *p, size_t n, int pods, int round)
{
	size_t before = links();
	int64_t deadline;
	struct err e;

	for (int pod = 0; pod < pods; pod++)
		for (size_t i = 0; i < n; i++)
			if (netns_new(&p[i].netns[pod], &e) < 0)
				die("%s", e.msg);
	for (int v = ADD; v < VERBS; v++)
		for (int pod = 0; pod < pods; pod++)
			for (size_t i = 0; i < n; i++)
				once(&p[turn(i, n, pod)], pod, (enum verb)v, round);
	for (int pod = 0; pod < pods; pod++)
		for (size_t i = 0; i < n; i++)
			fd_free(&p[i].netns[pod]);
	deadline = now_ms() + GONE_MS;
	while (links() > before && pause_ms(20, deadline))
		;
}

static int less(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void report(struct plugin *p)
{
	for (int v = ADD; v < VERBS; v++) {
		double *t = p->us[v];
		size_t n = p->n[v];

		qsort(t, n, sizeof(*t), less);
		printf("%s\t%s\t%zu\t%zu\t%.0f\t%.0f\t%.0f\n", p->name, verbs[v], n, p->failed[v],
		       t[0], t[n / 2], t[n * 99 / 100]);
	}
}

static void setup(struct plugin *p, char **argv, size_t times, struct arena *a)
{
	struct strs words = str_split(argv[1], " ", a);
	struct err e;

	p->name = argv[0];
	p->argv = arena_get(a, (words.n + 1) * sizeof(*p->argv));
	for (size_t i = 0; i < words.n; i++)
		p->argv[i] = arena_str(a, words.v[i]);
	for (int v = ADD; v < VERBS; v++)
		p->us[v] = arena_get(a, times * sizeof(double));
	if (file_read(argv[2], TEXT_MAX, &p->conf, &e) < 0)
		die("%s", e.msg);
}

int main(int argc, char **argv)
{
	static struct plugin p[PLUGINS_MAX];
	auto_arena struct arena a = { 0 };
	uint64_t rounds, pods;
	size_t n = argc > 3 ? (size_t)(argc - 3) / 3 : 0;

	if (!n || n > PLUGINS_MAX || argc % 3 || !str_u64(argv[1], &rounds) || rounds > 10000 ||
	    !str_u64(argv[2], &pods) || pods > PODS_MAX)
		die("usage: spawn ROUNDS PODS NAME PROGRAM CONFIGURATION...");
	for (size_t i = 0; i < n; i++)
		setup(&p[i], argv + 3 + 3 * i, (size_t)(rounds * pods), &a);
	for (int r = 0; r < (int)rounds; r++)
		round_of(p, n, (int)pods, r);
	for (size_t i = 0; i < n; i++)
		report(&p[i]);
	return 0;
}
