#include "foundation/base/clock.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

int64_t clock_wall_ms(const struct clock *clock) {
    if (clock && clock->fixed)
        return atomic_load(&((struct clock *)(uintptr_t)clock)->now_ms);
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void clock_fix(struct clock *clock, int64_t now_ms) {
    clock->fixed = true;
    atomic_store(&clock->now_ms, now_ms);
}

void clock_advance(struct clock *clock, int64_t ms) {
    if (clock->fixed)
        atomic_fetch_add(&clock->now_ms, ms);
}

int64_t clock_monotonic_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t clock_monotonic_ms(void) {
    return clock_monotonic_ns() / 1000000;
}

int64_t clock_elapsed_ns(const struct clock *clock) {
    return clock && clock->fixed ? clock_wall_ms(clock) * 1000000 : clock_monotonic_ns();
}

/* Days and civil dates by Howard Hinnant's published algorithms. */
void clock_civil_from_days(int64_t days, int *year, int *month, int *day) {
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153;
    *day = (int)(day_of_year - (153 * shifted + 2) / 5 + 1);
    *month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
    *year = (int)(year_of_era + era * 400 + (*month <= 2));
}

int64_t clock_days_from_civil(int year, int month, int day) {
    int64_t y = (int64_t)year - (month <= 2);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static bool digits(struct view *text, size_t count, int *number) {
    *number = 0;
    if (text->size < count)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (text->data[i] < '0' || text->data[i] > '9')
            return false;
        *number = *number * 10 + (text->data[i] - '0');
    }
    text->data += count;
    text->size -= count;
    return true;
}

static bool character(struct view *text, const char *any) {
    if (text->size == 0 || !strchr(any, text->data[0]))
        return false;
    text->data++;
    text->size--;
    return true;
}

static bool parse_offset(struct view text, int *seconds) {
    int hours, minutes = 0;
    bool minus = text.size && text.data[0] == '-';
    if (!character(&text, "+-") || !digits(&text, 2, &hours))
        return false;
    character(&text, ":");
    if (text.size && !digits(&text, 2, &minutes))
        return false;
    if (text.size || hours > 18 || minutes > 59)
        return false;
    *seconds = (hours * 3600 + minutes * 60) * (minus ? -1 : 1);
    return true;
}

int clock_parse_iso(struct view whole, int64_t *ms, struct error *error) {
    struct view text = whole;
    int year, month, day, hour = 0, minute = 0, second = 0, offset = 0;
    int64_t fraction = 0;
    if (!digits(&text, 4, &year) || !character(&text, "-") || !digits(&text, 2, &month) || !character(&text, "-") ||
        !digits(&text, 2, &day) || month < 1 || month > 12 || day < 1 || day > 31)
        goto wrong;
    if (character(&text, "T ")) {
        if (!digits(&text, 2, &hour) || !character(&text, ":") || !digits(&text, 2, &minute))
            goto wrong;
        if (character(&text, ":") && !digits(&text, 2, &second))
            goto wrong;
        if (character(&text, ".,")) {
            int64_t scale = 100;
            int digit;
            if (text.size == 0)
                goto wrong;
            while (digits(&text, 1, &digit)) {
                fraction += digit * scale;
                scale /= 10;
            }
        }
    }
    if (hour > 23 || minute > 59 || second > 59)
        goto wrong;
    if (text.size && !(text.size == 1 && character(&text, "Zz")) && !parse_offset(text, &offset))
        goto wrong;
    *ms = (clock_days_from_civil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset) * 1000 +
          fraction;
    return 0;
wrong:
    return error_set(error, ERROR_INVALID,
                     "'%.*s' is not a time; write 2026-03-14T12:00:00 or 2026-03-14T12:00:00.250+01:00",
                     VIEW_ARGS(whole));
}

const char *clock_system_zone(void) {
    const char *zone = getenv("TZ");
    if (zone && *zone == ':')
        zone++;
    return zone && *zone ? zone : "localtime";
}
