/* SPDX-License-Identifier: Apache-2.0 */
/* crilog.h - a container's log as runtimes keep it for the kubelet: "TIME stdout|stderr F|P TEXT",
 * a line each, P when the text's own line goes on in the next one (Kubernetes, KEP on CRI logs).
 * Pure.
 */
#pragma once
#include "buf.h"

enum { CRILOG_LINE = 16 * 1024, CRILOG_STAMP = 30 };
/* What a container has written on one stream. Zero-initialise, set name. */
struct crilog {
	const char *name; /* "stdout" */
	struct buf rest;  /* of a line without its end */
};
/* The lines that n bytes complete, with the time unix_ns, appended to out. */
void crilog_feed(struct crilog *l, const char *p, size_t n, int64_t unix_ns, struct buf *out);
/* The stream has ended. */
void crilog_end(struct crilog *l, int64_t unix_ns, struct buf *out);
void crilog_free(struct crilog *l);
/* "2026-01-02T03:04:05.678901234Z" */
void crilog_stamp(int64_t unix_ns, char out[CRILOG_STAMP + 1]);

/* ---- reading */

/* What of a log is asked for. */
struct crilog_want {
	bool stamps;     /* each line begins with its time */
	int64_t since_s; /* lines of this second since 1970 and after; 0: all */
	int64_t left;    /* bytes that may still be given; below zero: any number */
};
/* Cut whole lines off text's n bytes and append them as the container wrote them. Returns how many
 * bytes were taken: the rest is a line that is not whole yet. What is no line of a log is passed
 * over. */
size_t crilog_show(struct crilog_want *w, const char *text, size_t n, struct buf *out);
/* Where the last `lines` lines (of the container's own) of the text begin. */
size_t crilog_tail(const char *text, size_t n, int64_t lines);
