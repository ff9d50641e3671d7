/* Time is handed in: a struct clock is real, or fixed and moved by hand (--clock, tests, script mode). */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "foundation/base/error.h"
#include "foundation/base/text.h"

struct clock {
    bool fixed;
    _Atomic int64_t now_ms; /* when fixed */
};

#define CLOCK_REAL_INIT                                                                                                \
    { 0 }

int64_t clock_wall_ms(const struct clock *clock); /* UTC milliseconds since 1970; NULL = real */
void clock_fix(struct clock *clock, int64_t now_ms);
void clock_advance(struct clock *clock, int64_t ms); /* fixed clocks only */
int64_t clock_monotonic_ns(void);                    /* real, for measuring and time-outs */
int64_t clock_monotonic_ms(void);
/* For durations that are shown: by a fixed clock time passes only as it is moved, by a real or no clock monotonically.
 */
int64_t clock_elapsed_ns(const struct clock *clock);
/* "2026-03-14T12:00:00[.SSS][Z|+hh:mm]"; without zone UTC. */
int clock_parse_iso(struct view text, int64_t *ms, struct error *error);
/* civil date from days since 1970 and back, proleptic Gregorian */
void clock_civil_from_days(int64_t days, int *year, int *month, int *day);
int64_t clock_days_from_civil(int year, int month, int day);
/* Offset of an IANA zone ("UTC", "Europe/Berlin", "+02:00") from UTC in seconds at an instant. Thread-safe
 * (reads zoneinfo itself, no TZ environment tricks); unknown zone is ERROR_INVALID. */
int clock_zone_offset(const char *zone, int64_t utc_ms, int *offset_seconds, struct error *error);
/* Its short name at an instant: "CEST", "+07" where the zone has no letters. */
int clock_zone_name(const char *zone, int64_t utc_ms, char name[16], struct error *error);
const char *clock_system_zone(void); /* TZ, /etc/timezone, /etc/localtime; "UTC" when unknown; static string */
