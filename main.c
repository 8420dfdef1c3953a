/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - one executable, many names: run the applet that argv[0] or argv[1] asks for. */
#include <stdio.h>
#include <string.h>

#include "applet.h"
#include "str.h"

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
	size_t n = strlen(name), len;

	for (; *words; words += len + strspn(words + len, " ")) {
		len = strcspn(words, " ");
		if (len == n && memcmp(words, name, n) == 0)
			return true;
	}
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

static int unknown(const char *name)
{
	const char *best = NULL;
	size_t closest = 3;

	for (size_t i = 0; i < COUNT(applets); i++) {
		size_t d = str_distance(name, applets[i].name);

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

int main(int argc, char **argv)
{
	const struct applet *a;

	stdio_keep();
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
