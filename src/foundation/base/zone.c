/* IANA zones from the system's zoneinfo files (RFC 8536), read without touching the process's TZ. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "foundation/base/clock.h"
#include "foundation/base/file.h"

enum { HEADER = 44, DAY = 86400 };

static int32_t big32(const char *bytes) {
    const unsigned char *b = (const unsigned char *)bytes;
    return (int32_t)((uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3]);
}

static int64_t big64(const char *bytes) {
    return (int64_t)((uint64_t)(uint32_t)big32(bytes) << 32 | (uint32_t)big32(bytes + 4));
}

/* --- the footer: a POSIX TZ rule such as CET-1CEST,M3.5.0,M10.5.0/3 --- */
struct rule {
    char kind; /* 'M', 'J' or '0' */
    int month, week, day, time;
};

/* What holds at an instant: seconds east of UTC, and the name that goes with them. */
struct local {
    int offset;
    char name[16];
};

static void set_name(struct local *local, const char *name, size_t size) {
    size = size < sizeof local->name ? size : sizeof local->name - 1;
    memcpy(local->name, name, size);
    local->name[size] = '\0';
}

static bool read_name(const char **at, struct local *local) {
    if (**at == '<') {
        const char *end = strchr(*at, '>');
        if (!end)
            return false;
        set_name(local, *at + 1, (size_t)(end - *at - 1));
        *at = end + 1;
        return true;
    }
    const char *start = *at;
    while ((**at >= 'A' && **at <= 'Z') || (**at >= 'a' && **at <= 'z'))
        (*at)++;
    set_name(local, start, (size_t)(*at - start));
    return *at - start >= 3;
}

static int read_time(const char **at) {
    int sign = 1, parts[3] = {0};
    if (**at == '-' || **at == '+')
        sign = *(*at)++ == '-' ? -1 : 1;
    for (int i = 0; i < 3; i++) {
        char *end;
        parts[i] = (int)strtol(*at, &end, 10);
        *at = end;
        if (**at != ':')
            break;
        (*at)++;
    }
    return sign * (parts[0] * 3600 + parts[1] * 60 + parts[2]);
}

static bool read_rule(const char **at, struct rule *rule) {
    char *end;
    *rule = (struct rule){.kind = '0', .time = 7200};
    if (*(*at)++ != ',')
        return false;
    if (**at == 'M') {
        rule->kind = 'M';
        rule->month = (int)strtol(*at + 1, &end, 10);
        rule->week = (int)strtol(end + 1, &end, 10);
        rule->day = (int)strtol(end + 1, &end, 10);
    } else {
        if (**at == 'J')
            rule->kind = *(*at)++;
        rule->day = (int)strtol(*at, &end, 10);
    }
    *at = end;
    if (**at == '/') {
        (*at)++;
        rule->time = read_time(at);
    }
    return true;
}

static int64_t rule_moment(const struct rule *rule, int year) {
    int64_t first = clock_days_from_civil(year, 1, 1);
    bool leap = clock_days_from_civil(year + 1, 1, 1) - first == 366;
    if (rule->kind == 'J')
        return (first + rule->day - 1 + (leap && rule->day >= 60)) * DAY + rule->time;
    if (rule->kind == '0')
        return (first + rule->day) * DAY + rule->time;
    int64_t start = clock_days_from_civil(year, rule->month, 1);
    int64_t next =
        rule->month == 12 ? clock_days_from_civil(year + 1, 1, 1) : clock_days_from_civil(year, rule->month + 1, 1);
    int64_t weekday = (start + 4) % 7; /* 1970-01-01 was a Thursday */
    int64_t day = start + (rule->day - weekday + 7) % 7 + (int64_t)(rule->week - 1) * 7;
    while (day >= next)
        day -= 7;
    return day * DAY + rule->time;
}

static bool footer_local(const char *text, int64_t seconds, struct local *local) {
    struct rule begin, end;
    struct local other;
    const char *at = text;
    if (!read_name(&at, local))
        return false;
    int standard = -read_time(&at), summer = standard + 3600;
    local->offset = standard;
    if (*at == '\0')
        return true;
    if (!read_name(&at, &other))
        return false;
    if (*at != ',' && *at != '\0')
        summer = -read_time(&at);
    if (!read_rule(&at, &begin) || !read_rule(&at, &end))
        return false;
    int year, month, day;
    int64_t local_day = (seconds + standard) / DAY - ((seconds + standard) % DAY < 0);
    clock_civil_from_days(local_day, &year, &month, &day);
    int64_t from = rule_moment(&begin, year) - standard, to = rule_moment(&end, year) - summer;
    bool in_summer = from < to ? seconds >= from && seconds < to : seconds >= from || seconds < to;
    other.offset = summer;
    if (in_summer)
        *local = other;
    return true;
}

static bool file_local(struct view file, int64_t seconds, struct local *local) {
    if (file.size < HEADER || memcmp(file.data, "TZif", 4) != 0)
        return false;
    const char *at = file.data, *end = file.data + file.size;
    int wide = at[4] >= '2';
    for (int block = 0; block <= wide; block++) {
        if (end - at < HEADER)
            return false;
        int64_t utc = big32(at + 20), standard = big32(at + 24), leaps = big32(at + 28), times = big32(at + 32),
                types = big32(at + 36), letters = big32(at + 40);
        int64_t size = block ? 8 : 4;
        int64_t bytes = times * (size + 1) + types * 6 + letters + leaps * (size + 4) + standard + utc;
        if (times < 0 || types < 1 || letters < 0 || leaps < 0 || standard < 0 || utc < 0 || bytes > end - at - HEADER)
            return false;
        const char *moments = at + HEADER, *indexes = moments + times * size, *infos = indexes + times,
                   *names = infos + types * 6;
        at += HEADER + bytes;
        if (block < wide)
            continue;
        int64_t low = 0, high = times; /* the last change not after the instant */
        while (low < high) {
            int64_t middle = (low + high) / 2;
            int64_t moment = block ? big64(moments + middle * size) : big32(moments + middle * size);
            if (moment <= seconds)
                low = middle + 1;
            else
                high = middle;
        }
        if (low == times && wide && end - at > 2 && at[0] == '\n') {
            char footer[128] = "";
            const char *close = memchr(at + 1, '\n', (size_t)(end - at - 1));
            size_t length = close ? (size_t)(close - at - 1) : 0;
            if (length && length < sizeof footer) {
                memcpy(footer, at + 1, length);
                if (footer_local(footer, seconds, local))
                    return true;
            }
        }
        unsigned type = low ? (unsigned char)indexes[low - 1] : 0;
        int64_t name = type < types ? (unsigned char)infos[type * 6 + 5] : letters;
        if (name >= letters)
            return false;
        local->offset = big32(infos + type * 6);
        set_name(local, names + name, strnlen(names + name, (size_t)(letters - name)));
        return true;
    }
    return false;
}

static bool fixed_offset(const char *zone, int *offset) {
    static const char *const prefixes[] = {"UTC", "GMT", "UT", ""};
    if (strcmp(zone, "Z") == 0 || strcmp(zone, "UTC") == 0 || strcmp(zone, "GMT") == 0 ||
        strcmp(zone, "Etc/UTC") == 0) {
        *offset = 0;
        return true;
    }
    for (size_t i = 0; i < 4; i++) {
        size_t size = strlen(prefixes[i]);
        if (strncmp(zone, prefixes[i], size) != 0 || (zone[size] != '+' && zone[size] != '-'))
            continue;
        char *end;
        int sign = zone[size] == '-' ? -1 : 1;
        long hours = strtol(zone + size + 1, &end, 10), minutes = 0;
        if (end == zone + size + 1)
            return false;
        if (*end == ':')
            minutes = strtol(end + 1, &end, 10);
        else if (end - (zone + size + 1) == 4) {
            minutes = hours % 100;
            hours /= 100;
        }
        if (*end || hours > 18 || minutes < 0 || minutes > 59)
            return false;
        *offset = sign * (int)(hours * 3600 + minutes * 60);
        return true;
    }
    return false;
}

static int look_up(const char *zone, int64_t utc_ms, struct local *local, struct error *error) {
    int64_t seconds = utc_ms / 1000 - (utc_ms % 1000 < 0);
    if (fixed_offset(zone, &local->offset)) {
        set_name(local, zone, strlen(zone));
        return 0;
    }
    struct text path = TEXT_EMPTY, file = TEXT_EMPTY;
    bool system = strcmp(zone, "localtime") == 0, found = false;
    if (system)
        text_append_string(&path, "/etc/localtime");
    else if (zone[0] != '/' && !strstr(zone, ".."))
        text_append_format(&path, "/usr/share/zoneinfo/%s", zone);
    if (path.size && file_read(path.data, &file, NULL) == 0)
        found = file_local(text_view(&file), seconds, local);
    if (!found && system) {
        *local = (struct local){0, "UTC"}; /* a machine without /etc/localtime keeps UTC */
        found = true;
    }
    text_free(&path);
    text_free(&file);
    return found ? 0
                 : error_set(error, ERROR_INVALID,
                             "'%s' is not a time zone that this system knows (package tzdata lists them)", zone);
}

int clock_zone_offset(const char *zone, int64_t utc_ms, int *offset_seconds, struct error *error) {
    struct local local;
    if (look_up(zone, utc_ms, &local, error) != 0)
        return -1;
    *offset_seconds = local.offset;
    return 0;
}

int clock_zone_name(const char *zone, int64_t utc_ms, char name[16], struct error *error) {
    struct local local;
    if (look_up(zone, utc_ms, &local, error) != 0)
        return -1;
    memcpy(name, local.name, sizeof local.name);
    return 0;
}
