/* TIMESTAMPTOSTRING with the letters of Java's DateTimeFormatter: y u M d D E a h H m s S n X x Z V and 'text'.
 * Letters that are not there are refused by name, so no row gets a wrong text. */
#include <stdio.h>

#include "foundation/base/clock.h"
#include "ksql/function/family.h"

static const char *const months[] = {"January", "February", "March",     "April",   "May",      "June",
                                     "July",    "August",   "September", "October", "November", "December"};
static const char *const days[] = {"Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"};
enum { FORMATTED_MAX = 512 };

struct moment {
    int year, month, day;
    int64_t days;
    int day_of_year, hour, minute, second, ms, offset;
};
struct output {
    char *bytes;
    size_t size;
};

static void put(struct output *out, struct view text) {
    for (size_t i = 0; i < text.size && out->size < FORMATTED_MAX; i++)
        out->bytes[out->size++] = text.data[i];
}

static void put_number(struct output *out, int64_t number, int width) {
    char digits[32];
    int size = snprintf(digits, sizeof digits, "%0*lld", width > 20 ? 20 : width, (long long)number);
    put(out, (struct view){digits, (size_t)size});
}

static void put_name(struct output *out, const char *name, int width) {
    struct view view = view_of(name);
    view.size = width == 4 ? view.size : width == 5 ? 1 : view.size < 3 ? view.size : 3;
    put(out, view);
}

/* +01, +0100, +01:00 by width 1, 2, 3; `zulu` writes Z for zero. */
static void put_offset(struct output *out, int seconds, int width, bool zulu) {
    if (zulu && seconds == 0) {
        put(out, VIEW("Z"));
        return;
    }
    int minutes = (seconds < 0 ? -seconds : seconds) / 60;
    put(out, seconds < 0 ? VIEW("-") : VIEW("+"));
    put_number(out, minutes / 60, 2);
    if (width == 1 && minutes % 60 == 0)
        return;
    if (width == 3)
        put(out, VIEW(":"));
    put_number(out, minutes % 60, 2);
}

static void put_fraction(struct output *out, int ms, int width) {
    char digits[9] = {
        (char)('0' + ms / 100), (char)('0' + ms / 10 % 10), (char)('0' + ms % 10), '0', '0', '0', '0', '0', '0'};
    put(out, (struct view){digits, (size_t)width});
}

static int put_letter(struct output *out, char letter, int width, const struct moment *m, const char *zone,
                      struct error *error) {
    int limit = letter == 'S' || letter == 'n'                                     ? 9
                : letter == 'y' || letter == 'u'                                   ? 10
                : letter == 'M' || letter == 'E'                                   ? 5
                : letter == 'X' || letter == 'x' || letter == 'Z' || letter == 'D' ? 3
                : letter == 'a'                                                    ? 1
                                                                                   : 2;
    if (width > limit || (letter == 'V' && width != 2))
        return error_set(error, ERROR_INVALID, "Too many pattern letters: %c", letter);
    switch (letter) {
    case 'y':
    case 'u':
        put_number(out, width == 2 ? ((m->year % 100) + 100) % 100 : m->year, width);
        break;
    case 'M':
        if (width > 2)
            put_name(out, months[m->month - 1], width);
        else
            put_number(out, m->month, width);
        break;
    case 'E':
        put_name(out, days[((m->days % 7) + 7) % 7], width);
        break;
    case 'd':
        put_number(out, m->day, width);
        break;
    case 'D':
        put_number(out, m->day_of_year, width);
        break;
    case 'a':
        put(out, m->hour < 12 ? VIEW("AM") : VIEW("PM"));
        break;
    case 'h':
        put_number(out, (m->hour + 11) % 12 + 1, width);
        break;
    case 'H':
        put_number(out, m->hour, width);
        break;
    case 'm':
        put_number(out, m->minute, width);
        break;
    case 's':
        put_number(out, m->second, width);
        break;
    case 'S':
        put_fraction(out, m->ms, width);
        break;
    case 'n':
        put_number(out, (int64_t)m->ms * 1000000, width);
        break;
    case 'X':
        put_offset(out, m->offset, width, true);
        break;
    case 'x':
        put_offset(out, m->offset, width, false);
        break;
    case 'Z':
        put_offset(out, m->offset, 2, false);
        break;
    case 'V':
        put(out, view_of(zone));
        break;
    default:
        return error_set(error, ERROR_UNSUPPORTED,
                         "Pattern letter '%c' is not supported; use y M d H h m s S a E D n X x Z V", letter);
    }
    return 0;
}

/* After an opening quote; two quotes stand for one. */
static int put_quoted(struct output *out, struct view pattern, size_t *at, struct error *error) {
    if (*at < pattern.size && pattern.data[*at] == '\'') {
        put(out, VIEW("'"));
        ++*at;
        return 0;
    }
    for (; *at < pattern.size; ++*at) {
        if (pattern.data[*at] == '\'') {
            if (*at + 1 >= pattern.size || pattern.data[*at + 1] != '\'') {
                ++*at;
                return 0;
            }
            ++*at;
        }
        put(out, (struct view){&pattern.data[*at], 1});
    }
    return error_set(error, ERROR_INVALID, "Pattern ends with an incomplete string literal: %.*s", VIEW_ARGS(pattern));
}

static struct moment moment_of(int64_t utc_ms, int offset) {
    int64_t ms = utc_ms + (int64_t)offset * 1000, day_ms = 86400000;
    struct moment m = {.offset = offset, .days = ms / day_ms - (ms % day_ms < 0)};
    int64_t rest = ms - m.days * day_ms;
    clock_civil_from_days(m.days, &m.year, &m.month, &m.day);
    m.day_of_year = (int)(m.days - clock_days_from_civil(m.year, 1, 1)) + 1;
    m.hour = (int)(rest / 3600000), m.minute = (int)(rest / 60000 % 60), m.second = (int)(rest / 1000 % 60);
    m.ms = (int)(rest % 1000);
    return m;
}

static int timestamp_to_string(const struct function_call *call, const struct value *arguments, struct arena *arena,
                               struct value *result, struct error *error) {
    /* Year 9999 either way: beyond it Java prints a sign, and the sums below stay far from overflow. */
    const int64_t limit = INT64_C(253402300799999);
    if (arguments[0].integer > limit || arguments[0].integer < -INT64_C(62135596800000))
        return error_set(error, ERROR_INVALID, "TIMESTAMPTOSTRING: %lld is not between the years 1 and 9999",
                         (long long)arguments[0].integer);
    const char *zone = call->context && call->context->zone ? call->context->zone : "UTC";
    if (call->argument_count > 2)
        zone = arena_copy_bytes(arena, arguments[2].bytes, arguments[2].size);
    int offset = 0;
    if (clock_zone_offset(zone, arguments[0].integer, &offset, error))
        return -1;
    struct moment m = moment_of(arguments[0].integer, offset);
    struct view pattern = value_view(arguments[1]);
    struct output out = {arena_allocate(arena, FORMATTED_MAX), 0};
    for (size_t at = 0; at < pattern.size;) {
        char letter = pattern.data[at++];
        bool is_letter = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
        int width = 1;
        while (is_letter && at < pattern.size && pattern.data[at] == letter && width < 100)
            at++, width++;
        if (is_letter ? put_letter(&out, letter, width, &m, zone, error)
                      : letter == '\'' && put_quoted(&out, pattern, &at, error))
            return -1;
        if (letter && strchr("[]{}#", letter))
            return error_set(error, ERROR_UNSUPPORTED, "Pattern sign '%c' is not supported; put it in quotes", letter);
        if (!is_letter && letter != '\'')
            put(&out, (struct view){&letter, 1});
        if (out.size >= FORMATTED_MAX)
            return error_set(error, ERROR_INVALID, "TIMESTAMPTOSTRING: the text is longer than %d bytes",
                             FORMATTED_MAX);
    }
    *result = value_string((struct view){out.bytes, out.size});
    return 0;
}

static const struct function_signature to_string_signatures[] = {
    {.parameters = {{PARAMETER_BIGINT, "epochMilli"}, {PARAMETER_STRING, "formatPattern"}},
     .returns = &sql_string,
     .evaluate = timestamp_to_string},
    {.parameters = {{PARAMETER_BIGINT, "epochMilli"},
                    {PARAMETER_STRING, "formatPattern"},
                    {PARAMETER_STRING, "timeZone"}},
     .returns = &sql_string,
     .evaluate = timestamp_to_string},
};

static const struct function functions[] = {
    {"TIMESTAMPTOSTRING", FUNCTION_SCALAR, "DATE / TIME", "Milliseconds since 1970 as a text.",
     FAMILY_SIGNATURES(to_string_signatures)},
};
const struct function_family function_family_time = {functions, FAMILY_COUNT(functions)};
