/* SPDX-License-Identifier: Apache-2.0 */
/* log.h - one JSON object a line, one write(2) a line, in the shape of Amazon's CNI logs
 * (spec-cni-dataplane 2.4): level, ts, caller ("dir/file.c:line"), msg. */
#pragma once
#include "base.h"

/* Until log_open() everything goes to stderr from level debug on. Open and close before the first
 * job starts and after the last has ended; log_line() may be called from any thread. */
enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, LOG_FATAL };
/* Case does not matter; anything unknown is debug. */
enum log_level log_level(const char *name);
/* path: "" or "stderr", "stdout", or a file that is appended to (mode 0600, its folder is made). A
 * file that cannot be opened is an error and the log goes to stderr. */
MUST int log_open(const char *path, enum log_level least, struct err *e);
void log_close(void);
/* At most 8 KiB: a longer msg is cut and ends in "...". Control characters are escaped. errno
 * survives. */
void log_line(enum log_level level, const char *file, int line, const char *fmt, ...) FMT(4, 5);

/* A fixed phrase, then key=value: log_info("ENI attached eni=%s device=%d", ...). Never in util/ or
 * net/. */
#define log_debug(...) log_line(LOG_DEBUG, __FILE__, __LINE__, __VA_ARGS__)
#define log_info(...) log_line(LOG_INFO, __FILE__, __LINE__, __VA_ARGS__)
#define log_warn(...) log_line(LOG_WARN, __FILE__, __LINE__, __VA_ARGS__)
#define log_error(...) log_line(LOG_ERROR, __FILE__, __LINE__, __VA_ARGS__)
