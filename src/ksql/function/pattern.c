#include "ksql/function/pattern.h"

#include <string.h>

#include "foundation/base/clock.h"

static const char *const months[] = {"January", "February", "March",     "April",   "May",      "June",
                                     "July",    "August",   "September", "October", "November", "December"};
static const char *const days[] = {"Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"};
enum { FORMATTED_MAX = 512 };

struct moment {
    int year, month, day;
    int64_t days;
    int day_of_year, hour, minute, second, ms, offset;
    char zone_name[16];
};
struct output {
    char *bytes;
    size_t size;
};

static void put(struct output *out, struct view text) {
    size_t room = FORMATTED_MAX - out->size, size = text.size < room ? text.size : room;
    memcpy(out->bytes + out->size, text.data, size);
    out->size += size;
}

static void put_byte(struct output *out, char byte) {
    if (out->size < FORMATTED_MAX)
        out->bytes[out->size++] = byte;
}

/* By hand: printf costs more than the rest of a row. */
static void put_number(struct output *out, int64_t number, int width) {
    if (width == 2 && number >= 0 && number < 100) { /* what most patterns are made of */
        put_byte(out, (char)('0' + number / 10));
        put_byte(out, (char)('0' + number % 10));
        return;
    }
    char digits[24];
    size_t at = sizeof digits, least = (size_t)(width > 20 ? 20 : width);
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do
        digits[--at] = (char)('0' + rest % 10);
    while ((rest /= 10) != 0);
    while (sizeof digits - at < least - (number < 0 && least > 0))
        digits[--at] = '0';
    if (number < 0)
        digits[--at] = '-';
    put(out, (struct view){digits + at, sizeof digits - at});
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
    int limit = letter == 'S' || letter == 'n'                                                      ? 9
                : letter == 'y' || letter == 'u'                                                    ? 10
                : letter == 'M' || letter == 'E'                                                    ? 5
                : letter == 'X' || letter == 'x' || letter == 'Z' || letter == 'z' || letter == 'D' ? 3
                : letter == 'a'                                                                     ? 1
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
    case 'z':
        put(out, view_of(m->zone_name));
        break;
    default:
        return error_set(error, ERROR_UNSUPPORTED,
                         "Pattern letter '%c' is not supported; use y M d H h m s S a E D n X x Z z V", letter);
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
    int64_t ms, day_ms = 86400000;
    if (__builtin_add_overflow(utc_ms, (int64_t)offset * 1000, &ms))
        ms = utc_ms; /* hours at the end of all time */
    struct moment m = {.offset = offset, .days = ms / day_ms - (ms % day_ms < 0)};
    int64_t rest = ms % day_ms + (ms % day_ms < 0 ? day_ms : 0);
    clock_civil_from_days(m.days, &m.year, &m.month, &m.day);
    m.day_of_year = (int)(m.days - clock_days_from_civil(m.year, 1, 1)) + 1;
    m.hour = (int)(rest / 3600000), m.minute = (int)(rest / 60000 % 60), m.second = (int)(rest / 1000 % 60);
    m.ms = (int)(rest % 1000);
    return m;
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int letter_width(struct view pattern, size_t *at, char letter) {
    int width = 1;
    while (is_letter(letter) && *at < pattern.size && pattern.data[*at] == letter && width < 100)
        ++*at, width++;
    return width;
}

static int refuse_sign(char letter, struct error *error) {
    if (letter == '[' || letter == ']' || letter == '{' || letter == '}' || letter == '#')
        return error_set(error, ERROR_UNSUPPORTED, "Pattern sign '%c' is not supported; put it in quotes", letter);
    return 0;
}

int pattern_format(struct view pattern, int64_t utc_ms, const char *zone, struct arena *arena, struct view *text,
                   struct error *error) {
    /* Year 9999 either way: beyond it Java prints a sign, and the sums below stay far from overflow. */
    const int64_t limit = INT64_C(253402300799999);
    if (utc_ms > limit || utc_ms < -INT64_C(62135596800000))
        return error_set(error, ERROR_INVALID, "%lld is not between the years 1 and 9999", (long long)utc_ms);
    int offset = 0;
    if (clock_zone_offset(zone, utc_ms, &offset, error))
        return -1;
    struct moment m = moment_of(utc_ms, offset);
    if (memchr(pattern.data, 'z', pattern.size) != NULL && clock_zone_name(zone, utc_ms, m.zone_name, error))
        return -1;
    char bytes[FORMATTED_MAX]; /* the arena gets what is used of it: rows stay close together */
    struct output out = {bytes, 0};
    for (size_t at = 0; at < pattern.size;) {
        char letter = pattern.data[at++];
        int width = letter_width(pattern, &at, letter);
        if (is_letter(letter) ? put_letter(&out, letter, width, &m, zone, error)
                              : letter == '\'' && put_quoted(&out, pattern, &at, error))
            return -1;
        if (refuse_sign(letter, error) != 0)
            return -1;
        if (!is_letter(letter) && letter != '\'')
            put_byte(&out, letter);
        if (out.size >= FORMATTED_MAX)
            return error_set(error, ERROR_INVALID, "the text is longer than %d bytes", FORMATTED_MAX);
    }
    *text = arena_copy_view(arena, (struct view){out.bytes, out.size});
    return 0;
}

/* --- reading --- */

struct reading {
    struct view rest;
    int year, month, day, day_of_year, hour, half, half_hour, minute, second, ms, offset; /* -1: not there */
    bool has_offset;
    char zone[64];
};

static bool read_number(struct reading *r, int least, int most, int *number) {
    int digits = 0, value = 0;
    while (digits < most && (size_t)digits < r->rest.size && r->rest.data[digits] >= '0' && r->rest.data[digits] <= '9')
        value = value * 10 + (r->rest.data[digits++] - '0');
    if (digits < least)
        return false;
    r->rest = (struct view){r->rest.data + digits, r->rest.size - (size_t)digits};
    *number = value;
    return true;
}

static bool read_text(struct reading *r, struct view text) {
    if (!view_starts_with(r->rest, text))
        return false;
    r->rest = (struct view){r->rest.data + text.size, r->rest.size - text.size};
    return true;
}

static bool read_name(struct reading *r, const char *const *names, size_t count, int width, int *number) {
    for (size_t i = 0; i < count; i++) {
        struct view name = view_of(names[i]);
        name.size = width == 4 || name.size < 3 ? name.size : 3;
        if (r->rest.size >= name.size && view_equal_ignoring_case((struct view){r->rest.data, name.size}, name)) {
            *number = (int)i;
            return read_text(r, (struct view){r->rest.data, name.size});
        }
    }
    return false;
}

static bool read_offset(struct reading *r, bool zulu) {
    int hours = 0, minutes = 0;
    r->has_offset = true;
    if (zulu && read_text(r, VIEW("Z"))) {
        r->offset = 0;
        return true;
    }
    bool minus = r->rest.size != 0 && r->rest.data[0] == '-';
    if (!(minus ? read_text(r, VIEW("-")) : read_text(r, VIEW("+"))) || !read_number(r, 2, 2, &hours))
        return false;
    read_text(r, VIEW(":"));
    read_number(r, 2, 2, &minutes);
    r->offset = (hours * 60 + minutes) * (minus ? -60 : 60);
    return hours <= 18 && minutes < 60;
}

static bool read_zone(struct reading *r) {
    size_t size = 0;
    while (size < r->rest.size && size + 1 < sizeof r->zone && r->rest.data[size] != ' ')
        size++;
    memcpy(r->zone, r->rest.data, size);
    r->zone[size] = '\0';
    r->rest = (struct view){r->rest.data + size, r->rest.size - size};
    return size != 0;
}

/* Short names stand for a zone with its summer time, as in Java: PST in May is the clock of Los Angeles. */
static bool read_zone_name(struct reading *r) {
    static const char *const names[][2] = {
        {"PST", "America/Los_Angeles"},
        {"PDT", "America/Los_Angeles"},
        {"MST", "America/Denver"},
        {"MDT", "America/Denver"},
        {"CST", "America/Chicago"},
        {"CDT", "America/Chicago"},
        {"EST", "America/New_York"},
        {"EDT", "America/New_York"},
        {"AKST", "America/Anchorage"},
        {"AKDT", "America/Anchorage"},
        {"HST", "Pacific/Honolulu"},
        {"Z", "UTC"},
        {"GMT", "UTC"},
        {"BST", "Europe/London"},
        {"WET", "Europe/Lisbon"},
        {"WEST", "Europe/Lisbon"},
        {"CET", "Europe/Paris"},
        {"CEST", "Europe/Paris"},
        {"EET", "Europe/Athens"},
        {"EEST", "Europe/Athens"},
        {"MSK", "Europe/Moscow"},
        {"IST", "Asia/Kolkata"},
        {"JST", "Asia/Tokyo"},
        {"KST", "Asia/Seoul"},
        {"AEST", "Australia/Sydney"},
        {"AEDT", "Australia/Sydney"},
        {"NZST", "Pacific/Auckland"},
        {"NZDT", "Pacific/Auckland"},
        {"SAST", "Africa/Johannesburg"},
    };
    if (!read_zone(r))
        return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (view_equal_ignoring_case(view_of(r->zone), view_of(names[i][0])))
            memcpy(r->zone, names[i][1], strlen(names[i][1]) + 1);
    return true;
}

static bool read_fraction(struct reading *r, int width) {
    int digits = 0, scale = 100;
    r->ms = 0;
    for (; digits < width && (size_t)digits < r->rest.size; digits++, scale /= 10) {
        char c = r->rest.data[digits];
        if (c < '0' || c > '9')
            break;
        r->ms += (c - '0') * scale;
    }
    r->rest = (struct view){r->rest.data + digits, r->rest.size - (size_t)digits};
    return digits == width;
}

static bool read_half(struct reading *r) {
    bool am = r->rest.size >= 2 && view_equal_ignoring_case((struct view){r->rest.data, 2}, VIEW("AM"));
    bool pm = r->rest.size >= 2 && view_equal_ignoring_case((struct view){r->rest.data, 2}, VIEW("PM"));
    r->half = pm;
    r->rest = (struct view){r->rest.data + 2, r->rest.size - (am || pm ? 2 : 0)};
    return am || pm;
}

static bool read_letter(struct reading *r, char letter, int width) {
    int ignored;
    int least = width > 1 ? width : 1, most = width > 1 ? width : 9;
    switch (letter) {
    case 'y':
    case 'u':
        if (!read_number(r, least, width == 2 ? 2 : 9, &r->year))
            return false;
        r->year += width == 2 ? 2000 : 0;
        return true;
    case 'M':
        if (width <= 2)
            return read_number(r, least, 2, &r->month);
        if (!read_name(r, months, 12, width, &r->month))
            return false;
        r->month++;
        return true;
    case 'E':
        return read_name(r, days, 7, width, &ignored);
    case 'd':
        return read_number(r, least, 2, &r->day);
    case 'D':
        return read_number(r, least, 3, &r->day_of_year);
    case 'H':
        return read_number(r, least, 2, &r->hour);
    case 'h':
        return read_number(r, least, 2, &r->half_hour);
    case 'a':
        return read_half(r);
    case 'm':
        return read_number(r, least, 2, &r->minute);
    case 's':
        return read_number(r, least, 2, &r->second);
    case 'S':
        return read_fraction(r, width);
    case 'n':
        if (!read_number(r, least, most, &ignored))
            return false;
        r->ms = ignored / 1000000;
        return true;
    case 'X':
        return read_offset(r, true);
    case 'x':
    case 'Z':
        return read_offset(r, false);
    case 'V':
        return read_zone(r);
    case 'z':
        return width < 4 && read_zone_name(r);
    default:
        return false;
    }
}

static bool read_moment(struct reading *r, const char *zone, int64_t *utc_ms, struct error *error) {
    static const char lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int hour = r->hour >= 0 ? r->hour : r->half_hour >= 0 ? r->half_hour % 12 + (r->half == 1 ? 12 : 0) : 0;
    int minute = r->minute < 0 ? 0 : r->minute, second = r->second < 0 ? 0 : r->second;
    int month = r->month < 0 ? 1 : r->month, day = r->day < 0 ? 1 : r->day, year = r->year < 0 ? 1970 : r->year;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (month < 1 || month > 12 || day < 1 || day > lengths[month - 1] + (month == 2 && leap) || hour > 23 ||
        minute > 59 || second > 59 || year > 9999 || r->day_of_year > 365 + leap || r->day_of_year == 0)
        return false;
    int64_t days_since = r->day_of_year > 0 ? clock_days_from_civil(year, 1, 1) + r->day_of_year - 1
                                            : clock_days_from_civil(year, month, day);
    int64_t local = ((days_since * 24 + hour) * 60 + minute) * 60000 + second * 1000 + (r->ms < 0 ? 0 : r->ms);
    int offset = r->offset;
    if (!r->has_offset) {
        const char *name = r->zone[0] != '\0' ? r->zone : zone;
        /* twice: the first guess may lie on the other side of a change of the clocks */
        if (clock_zone_offset(name, local, &offset, error) != 0 ||
            clock_zone_offset(name, local - (int64_t)offset * 1000, &offset, error) != 0)
            return false;
    }
    *utc_ms = local - (int64_t)offset * 1000;
    return true;
}

static int parse(struct view pattern, struct view text, const char *zone, bool whole, int64_t *utc_ms,
                 struct error *error) {
    struct reading r = {text, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 0, false, ""};
    struct error problem = {0};
    bool right = true;
    for (size_t at = 0; right && at < pattern.size;) {
        char letter = pattern.data[at++];
        if (is_letter(letter)) {
            right = read_letter(&r, letter, letter_width(pattern, &at, letter));
        } else if (letter == '\'') {
            char bytes[FORMATTED_MAX];
            struct output out = {bytes, 0};
            if (put_quoted(&out, pattern, &at, error) != 0)
                return -1;
            right = read_text(&r, (struct view){bytes, out.size});
        } else if (refuse_sign(letter, error) != 0) {
            return -1;
        } else {
            right = read_text(&r, (struct view){&letter, 1});
        }
    }
    if (right && (r.rest.size == 0 || !whole) && read_moment(&r, zone, utc_ms, &problem))
        return 0;
    return error_set(error, ERROR_INVALID, "Failed to parse timestamp '%.*s' with pattern '%.*s'%s%s", VIEW_ARGS(text),
                     VIEW_ARGS(pattern), problem.code != ERROR_NONE ? ": " : "", problem.message);
}

int pattern_parse(struct view pattern, struct view text, const char *zone, int64_t *utc_ms, struct error *error) {
    return parse(pattern, text, zone, true, utc_ms, error);
}

int pattern_parse_front(struct view pattern, struct view text, const char *zone, int64_t *utc_ms, struct error *error) {
    return parse(pattern, text, zone, false, utc_ms, error);
}
