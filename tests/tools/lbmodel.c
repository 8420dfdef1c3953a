/* SPDX-License-Identifier: Apache-2.0 */
/* lbmodel.c - objects and facts of AWS in, the load-balancer controller's model out:
 * lbmodel FILE... (tests/golden/lbctl/README.md says what is in them and what is printed). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "lbcase.h"
#include "lblimits.h"
#include "yaml.h"

enum { FILE_MAX = YAML_MAX };

static int read_case(struct lbcase *c, const char *path)
{
	auto_buf struct buf text = { 0 };
	auto_json struct json *j = NULL;
	struct err e = { 0 };

	if (file_read(path, FILE_MAX, &text, &e) < 0)
		return fprintf(stderr, "%s\n", e.msg), -1;
	j = yaml_parse(text.p, text.len, &e);
	if (!j || lbcase_add(c, j, &e) < 0)
		return fprintf(stderr, "%s: %s\n", path, e.msg), -1;
	return 0;
}

static void print_stack(const struct stack *s)
{
	auto_json struct json *j = stack_json(s);
	auto_buf struct buf text = { 0 };

	json_print(j, 1, &text);
	puts(text.p);
}

static void print_service(struct lbcase *c, const struct kube_service *s)
{
	struct stack out = { 0 };
	struct err e = { 0 };

	printf("Service %s/%s\n", s->ns, s->name);
	if (model_service(&c->config, s, &c->objects, &c->facts, &out, &c->a, &e) < 0)
		printf("error: %s\n", e.msg);
	else
		print_stack(&out);
}

/* ---- groups of Ingresses */

static int by_id(const void *va, const void *vb)
{
	const struct ingress_group_id *a = va, *b = vb;
	int r = strcmp(a->ns, b->ns);

	return r ? r : strcmp(a->name, b->name);
}

/* Every group that an Ingress is in, or holds the finalizer of; in the order of their names. */
static size_t all_groups(struct lbcase *c, struct ingress_group_id **out)
{
	static const char explicit[] = "group.ingress.k8s.aws/";
	size_t n = 0, kept = 0;

	for (const void *i = lbcase_first(c, KUBE_INGRESS); i;
	     i = c->objects.next(c->objects.arg, KUBE_INGRESS, i))
		n += 2 + ((const struct kube_meta *)i)->finalizers.n;
	*out = arena_get(&c->a, (n + 1) * sizeof(**out));
	n = 0;
	for (const void *at = lbcase_first(c, KUBE_INGRESS); at;
	     at = c->objects.next(c->objects.arg, KUBE_INGRESS, at)) {
		const struct kube_ingress *i = at;
		const struct kube_class_params *params;
		struct err e = { 0 };
		int r = ingress_group_of(&c->config, &c->objects, i, &(*out)[n], &params, &c->a,
					 &e);

		if (r < 0)
			printf("Ingress %s/%s: %s\n", i->ns, i->name, e.msg);
		n += r == 1;
		for (size_t k = 0; k < i->finalizers.n; k++)
			(*out)[n++] =
				str_prefix(i->finalizers.v[k], explicit)
					? (struct ingress_group_id) { "", i->finalizers.v[k] +
										  sizeof(explicit) -
										  1 }
					: (struct ingress_group_id) { i->ns, i->name };
	}
	qsort(*out, n, sizeof(**out), by_id);
	for (size_t i = 0; i < n; i++)
		if (!kept || by_id(&(*out)[kept - 1], &(*out)[i]) != 0)
			(*out)[kept++] = (*out)[i];
	return kept;
}

static int model_group(struct lbcase *c, const struct ingress_group_id *id, struct stack *out,
		       struct member_errors *bad, struct err *e)
{
	struct ingress_group g;

	if (ingress_group_load(&c->config, &c->objects, id, &g, &c->a, e) < 0)
		return -1;
	return model_ingress(&c->config, &g, &c->objects, &c->facts, out, bad, &c->a, e);
}

static void print_group(struct lbcase *c, const struct ingress_group_id *id)
{
	const struct lblimits limits = lblimits_default();
	struct member_errors bad = { 0 };
	struct stack out = { 0 };
	struct err e = { 0 };

	printf("Ingress group %s%s%s\n", id->ns, *id->ns ? "/" : "", id->name);
	if (model_group(c, id, &out, &bad, &e) < 0)
		printf("error: %s\n", e.msg);
	else if (limits_stack(&out, &limits, &e) < 0)
		printf("limit: %s\n", e.msg);
	else
		print_stack(&out);
	for (size_t i = 0; i < bad.n; i++)
		printf("left out: %s/%s: %s\n", bad.v[i].ingress->ns, bad.v[i].ingress->name,
		       bad.v[i].e.msg);
}

static void print_groups(struct lbcase *c)
{
	struct ingress_group_id *ids;
	size_t n = all_groups(c, &ids);

	for (size_t i = 0; i < n; i++)
		print_group(c, &ids[i]);
}

int main(int argc, char **argv)
{
	auto_lbcase struct lbcase c;

	lbcase_init(&c);
	if (argc < 2)
		return fputs("usage: lbmodel FILE...\n", stderr), 100;
	for (int i = 1; i < argc; i++)
		if (read_case(&c, argv[i]) < 0)
			return 1;
	for (const void *s = lbcase_first(&c, KUBE_SERVICE); s;
	     s = c.objects.next(c.objects.arg, KUBE_SERVICE, s))
		print_service(&c, s);
	print_groups(&c);
	return 0;
}
