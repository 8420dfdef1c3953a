/* SPDX-License-Identifier: Apache-2.0 */
/* progress.h - what a command is at, told to people when it takes long. */
#pragma once
#include "base.h"

struct progress;
/* Lines "lbctl COMMAND: WORDS ..." to fd, for what has not changed for after_ms: each once, from a
 * thread of its own. NULL when there can be none; then nothing is told. command is kept. */
struct progress *progress_new(const char *command, int fd, int64_t after_ms);
/* What is done now; p may be NULL. Any thread. */
void progress_say(struct progress *p, const char *fmt, ...) FMT(2, 3);
void progress_free(struct progress **p);
