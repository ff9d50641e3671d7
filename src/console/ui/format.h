/* Figures as people read them. Buffers are the caller's, FORMAT_SIZE bytes; the returned string is the buffer. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { FORMAT_SIZE = 96 };
const char *format_rate(double per_second, char *out);                             /* 0.4/s 13.2/s 120/s 1.2k/s */
const char *format_bytes_rate(double per_second, char *out);                       /* 38 kB/s */
const char *format_count(int64_t number, char *out);                               /* 23,907; from 10 million 12.3M */
const char *format_ratio(double ratio, char *out);                                 /* 13.1x, >99x */
const char *format_age(int64_t ms, char *out);                                     /* 4s 52s 2m 1h05m 3d */
const char *format_latency(int64_t ms, char *out);                                 /* 82ms 1.8s */
const char *format_time(int64_t utc_ms, int zone_offset, bool with_ms, char *out); /* 12:04:31.204 */
const char *format_card(const char *card, bool mask, char *out);                   /* 5031 •••• 2983 */
const char *format_figure(double per_second, char *out);                           /* 13.2, 1.2k */
const char *format_short_age(int64_t ms, char *out);                               /* at most three columns */
const char *format_timer(int64_t ms, char *out);                                   /* 0:21 41:20 1:05:00 */
const char *format_fit(const char *figure, int columns);                           /* itself, or ### when it is wider */
