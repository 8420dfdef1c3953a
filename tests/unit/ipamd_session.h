/* SPDX-License-Identifier: Apache-2.0 */
/* ipamd_session.h - a conversation with the fake VPC, as a job of ipamd has it. */
#pragma once
#include "clock.h"
#include "cloud.h"
#include "fakevpc.h"

struct session {
	struct config config;
	struct nodefacts node;
	struct imds imds;
	struct aws *aws;
	struct cloud w;
	struct arena a;
};

static inline void session_free(struct session *s)
{
	aws_free(&s->aws);
	imds_free(&s->imds);
	arena_free(&s->a);
}
#define auto_session AUTO(session_free)

static inline void session_open_as(struct session *s, const struct aws_options *o)
{
	struct err e = { 0 };

	s->config = (struct config) { .cluster = "",
				      .subnet_discovery = true,
				      .manage_untagged = true };
	CHECK(imds_init(&s->imds, &e) == 0 && aws_new(&s->aws, o, now_ms() + 20000, &e) == 0 &&
	      nodefacts_read(&s->node, &s->config, &s->imds, &e) == 0);
	CHECK_STR(e.msg, "");
	s->w = (struct cloud) { s->aws, &s->imds, &s->node, &s->config };
}

static inline void session_open(struct session *s)
{
	session_open_as(s, NULL);
}

/* The next so many calls of an action fail. */
static inline void fault(struct fake *f, const char *action, const char *code, int times)
{
	size_t i = 0;

	while (f->faults[i].action)
		i++;
	f->faults[i] = (struct fake_fault) { action, code, NULL, times, false };
}

/* An item of IMDS says this from now on. */
static inline void says(struct fake *f, const char *path, const char *text)
{
	size_t i = 0;

	while (f->items[i].path)
		i++;
	f->items[i] = (struct fake_item) { path, text };
}
