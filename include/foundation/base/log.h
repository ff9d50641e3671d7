/* One log file a process, one write(2) a line, safe from any thread. Before log_open lines are dropped.
 * Secrets never go here: callers pass names and lengths, not values. */
#pragma once

#include "foundation/base/error.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

int log_open(const char *path, struct error *error); /* appends, 0600; replaces an open one */
int log_open_descriptor(int descriptor);             /* e.g. 2 for `serve`; not closed by log_close */
void log_close(void);
void log_set_level(enum log_level level);
void log_write(enum log_level level, const char *area, const char *format, ...) __attribute__((format(printf, 3, 4)));

#define log_debug(area, ...) log_write(LOG_DEBUG, area, __VA_ARGS__)
#define log_info(area, ...) log_write(LOG_INFO, area, __VA_ARGS__)
#define log_warn(area, ...) log_write(LOG_WARN, area, __VA_ARGS__)
#define log_error(area, ...) log_write(LOG_ERROR, area, __VA_ARGS__)
