/* SPDX-License-Identifier: Apache-2.0 */
/* describe.c - what the table does not know: EC2's answer about a type, IMDS's about this node. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ec2host.h"
#include "imds.h"
#include "typefind.h"

/* EC2's numbers fit the table's fields, or are refused. Not told: -1. */
static int number(const struct ec2_instance_type *t, const char *what, int64_t v, int64_t max,
		  int64_t *out, struct err *e)
{
	if (v < 0 || v > max)
		return fail(e, EBADMSG, "EC2 says that %s has %lld %s", t->type, (long long)v,
			    what);
	*out = v ? v : -1;
	return 0;
}

static int from_ec2(const struct ec2_instance_type *t, struct limits *out, struct err *e)
{
	int64_t enis, ipv4, cards, card, vcpus, mib;

	if (number(t, "ENIs on its default network card", t->default_card_enis, 255, &enis, e) <
		    0 ||
	    number(t, "IPv4 addresses per ENI", t->ipv4, 255, &ipv4, e) < 0 ||
	    number(t, "network cards", t->cards, 255, &cards, e) < 0 ||
	    number(t, "as its default network card", t->default_card, 255, &card, e) < 0 ||
	    number(t, "vCPUs", t->vcpus, INT16_MAX, &vcpus, e) < 0 ||
	    number(t, "MiB", t->memory_mib, INT32_MAX, &mib, e) < 0)
		return -1;
	*out = (struct limits) { .memory_mib = (int32_t)mib,
				 .vcpus = (int16_t)vcpus,
				 .branch_enis = -1,
				 .enis = (uint8_t)enis,
				 .ipv4 = (uint8_t)ipv4,
				 .cards = (uint8_t)(cards < 0 ? 0 : cards),
				 .default_card = (uint8_t)(card < 0 ? 0 : card),
				 .bare_metal = t->bare_metal };
	snprintf(out->type, sizeof(out->type), "%s", t->type);
	if (strcmp(t->hypervisor, "nitro") == 0)
		out->hypervisor = HYPERVISOR_NITRO;
	else if (strcmp(t->hypervisor, "xen") == 0)
		out->hypervisor = HYPERVISOR_XEN;
	for (size_t i = 0; i < t->each_card.n; i++)
		out->cards_differ = out->cards_differ || t->each_card.v[i].enis != enis;
	for (size_t i = 0; i < t->archs.n; i++)
		out->archs |= (uint8_t)arch_bit(t->archs.v[i]);
	return 0;
}

int type_describe(const char *type, struct limits *out, int64_t deadline, struct err *e)
{
	auto_arena struct arena a = { 0 };
	auto_aws struct aws *w = NULL;
	struct ec2_instance_type t;

	if (aws_new(&w, NULL, deadline, e) < 0)
		return wrap(e, "EC2 cannot be asked about %s", type);
	if (ec2_describe_instance_type(w, type, &t, &a, deadline, e) < 0)
		return wrap(e, "EC2 was asked about %s", type);
	return from_ec2(&t, out, e);
}

int type_here(const char **type, struct arena *a, int64_t deadline, struct err *e)
{
	auto_imds struct imds m = { 0 };
	const char *text;
	size_t n;

	if (imds_init(&m, e) < 0 ||
	    imds_get(&m, "/latest/meta-data/instance-type", &text, a, deadline, e) < 0)
		return wrap(e, "the type of this instance");
	n = strlen(text);
	while (n && isspace((unsigned char)text[n - 1]))
		n--;
	*type = arena_fmt(a, "%.*s", (int)n, text);
	if (!type_valid(*type))
		return fail(e, EBADMSG, "IMDS says that the type of this instance is %s",
			    type_shown(*type, a));
	return 0;
}
