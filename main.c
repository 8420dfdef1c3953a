/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - one executable, many names: run the applet that argv[0] or argv[1] asks for. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "applet.h"

enum { LONGEST = 40 }; /* names beyond it are not compared for a suggestion */

static const struct applet {
	const char *name, *aliases, *help;
	int (*main)(int argc, char **argv);
} applets[] = {
#define APPLET(name, aliases, help) { #name, aliases, help, name##_main },
#include "applets.def"
#undef APPLET
};

static bool has_word(const char *words, const char *name)
{
	size_t n = strlen(name);

	for (const char *w = words; n && (w = strstr(w, name)); w += n)
		if ((w == words || w[-1] == ' ') && (w[n] == ' ' || !w[n]))
			return true;
	return false;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static const struct applet *find(const char *path)
{
	const char *name = base_name(path);

	for (size_t i = 0; i < COUNT(applets); i++)
		if (strcmp(name, applets[i].name) == 0 || has_word(applets[i].aliases, name))
			return &applets[i];
	return NULL;
}

/* How many letters must change to make one word of the other. */
static size_t distance(const char *a, const char *b)
{
	size_t row[LONGEST + 1], n = strlen(b);

	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			size_t change = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			row[j] = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
			if (change < row[j])
				row[j] = change;
		}
	}
	return row[n];
}

static int unknown(const char *name)
{
	const char *best = NULL;
	size_t closest = 3;

	for (size_t i = 0; i < COUNT(applets) && strlen(name) <= LONGEST; i++) {
		size_t d = distance(name, applets[i].name);

		if (d < closest) {
			closest = d;
			best = applets[i].name;
		}
	}
	fprintf(stderr, "vpcbox: no applet '%s'%s%s%s; 'vpcbox --help' lists them\n", name,
		best ? ", did you mean '" : "", best ? best : "", best ? "'?" : "");
	return 127;
}

static int usage(FILE *out, int status)
{
	fputs("usage: vpcbox APPLET [ARGUMENT...]\n"
	      "       vpcbox --help | --version\n\n"
	      "The VPC network of a Kubernetes node on AWS. Called by one of an applet's other\n"
	      "names, the executable is that applet.\n\n",
	      out);
	for (size_t i = 0; i < COUNT(applets); i++) {
		fprintf(out, "  %-8s %s\n", applets[i].name, applets[i].help);
		if (*applets[i].aliases)
			fprintf(out, "  %-8s   as %s\n", "", applets[i].aliases);
	}
	fputs("\n'vpcbox APPLET --help' tells each one's arguments.\n", out);
	return status;
}

/* A closed 0, 1 or 2 would let a later open() put a socket where we print. */
static void keep_stdio(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= 2);
	fd_free(&fd);
}

int main(int argc, char **argv)
{
	const struct applet *a;

	keep_stdio();
	if (argc < 1)
		return usage(stderr, 127);
	a = find(argv[0]);
	if (a)
		return a->main(argc, argv);
	if (argc < 2)
		return usage(stderr, 127);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return usage(stdout, 0);
	if (strcmp(argv[1], "--version") == 0)
		return puts("vpcbox " VERSION) < 0;
	a = find(argv[1]);
	return a ? a->main(argc - 1, argv + 1) : unknown(argv[1]);
}
