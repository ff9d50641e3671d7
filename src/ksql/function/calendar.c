/* Sums of times and durations, numbers to times and back, now. */
#include "foundation/base/clock.h"
#include "ksql/function/family.h"

enum { DAY_MS = 86400000 };

static int64_t unit_ms(struct view unit) {
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = {{"DAY", DAY_MS}, {"HOUR", 3600000}, {"MINUTE", 60000}, {"SECOND", 1000}, {"MILLISECOND", 1}};
    if (unit.size > 1 && (unit.data[unit.size - 1] | 0x20) == 's')
        unit.size--;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (view_equal_ignoring_case(unit, view_of(units[i].name)))
            return units[i].ms;
    return 0;
}

static int64_t days_of(int64_t ms) {
    return ms / DAY_MS - (ms % DAY_MS < 0);
}

static int shift(const struct value *arguments, int64_t sign, struct value *result, struct error *error) {
    int64_t unit = unit_ms(value_view(arguments[0])), ms = arguments[2].integer, by;
    if (unit == 0)
        return error_set(error, ERROR_INVALID, "%.*s is no unit of time", VIEW_ARGS(value_view(arguments[0])));
    if (arguments[2].tag == VALUE_DATE)
        ms *= DAY_MS;
    if (__builtin_mul_overflow(arguments[1].integer * sign, unit, &by) || __builtin_add_overflow(ms, by, &ms))
        return error_set(error, ERROR_INVALID, "the time is out of range");
    *result = arguments[2];
    result->integer = result->tag == VALUE_DATE   ? days_of(ms)
                      : result->tag == VALUE_TIME ? ms - days_of(ms) * DAY_MS
                                                  : ms;
    return 0;
}

SCALAR(add) {
    return shift(arguments, 1, result, error);
}

SCALAR(subtract) {
    return shift(arguments, -1, result, error);
}

/* The clock of one zone read in another. */
SCALAR(convert_zone) {
    const char *from = arena_copy_bytes(arena, arguments[1].bytes, arguments[1].size);
    const char *to = arena_copy_bytes(arena, arguments[2].bytes, arguments[2].size);
    int64_t local = arguments[0].integer;
    int was = 0, is = 0;
    /* twice: the first guess may lie on the other side of a change of the clocks */
    if (clock_zone_offset(from, local, &was, error) != 0 ||
        clock_zone_offset(from, local - (int64_t)was * 1000, &was, error) != 0)
        return -1;
    int64_t instant = local - (int64_t)was * 1000;
    if (clock_zone_offset(to, instant, &is, error) != 0)
        return -1;
    *result = (struct value){.tag = VALUE_TIMESTAMP, .integer = instant + (int64_t)is * 1000};
    return 0;
}

SCALAR(date_of_days) {
    *result = (struct value){.tag = VALUE_DATE, .integer = arguments[0].integer};
    return 0;
}

SCALAR(days_of_date) {
    *result = value_integer((int32_t)arguments[0].integer);
    return 0;
}

SCALAR(timestamp_of_ms) {
    *result = (struct value){.tag = VALUE_TIMESTAMP, .integer = arguments[0].integer};
    return 0;
}

SCALAR(ms_of_timestamp) {
    *result = value_bigint(arguments[0].integer);
    return 0;
}

static int64_t now(const struct function_call *call) {
    return clock_wall_ms(call->context == NULL ? NULL : call->context->clock);
}

SCALAR(today) {
    *result = value_integer((int32_t)days_of(now(call)));
    return 0;
}

SCALAR(this_moment) {
    *result = value_bigint(now(call));
    return 0;
}

#define SHIFT(name, type, kind, function, argument)                                                                    \
    static const struct function_signature name[] = {                                                                  \
        SIGNATURE(type, function, TAKES(UNIT, "unit"), TAKES(INTEGER, "interval"), TAKES(kind, argument))}
SHIFT(date_add_rows, &sql_date, DATE, add, "date");
SHIFT(date_sub_rows, &sql_date, DATE, subtract, "date");
SHIFT(time_add_rows, &sql_time, TIME, add, "time");
SHIFT(time_sub_rows, &sql_time, TIME, subtract, "time");
SHIFT(timestamp_add_rows, &sql_timestamp, TIMESTAMP, add, "timestamp");
SHIFT(timestamp_sub_rows, &sql_timestamp, TIMESTAMP, subtract, "timestamp");
static const struct function_signature convert_rows[] = {
    SIGNATURE(&sql_timestamp, convert_zone, TAKES(TIMESTAMP, "timestamp"), TAKES(STRING, "fromTimeZone"),
              TAKES(STRING, "toTimeZone")),
};
static const struct function_signature from_days_rows[] = {SIGNATURE(&sql_date, date_of_days, TAKES(INTEGER, "days"))};
static const struct function_signature from_unixtime_rows[] = {
    SIGNATURE(&sql_timestamp, timestamp_of_ms, TAKES(BIGINT, "epochMilli")),
};
static const struct function_signature unix_date_rows[] = {
    {.returns = &sql_integer, .evaluate = today},
    SIGNATURE(&sql_integer, days_of_date, TAKES(DATE, "date")),
};
static const struct function_signature unix_timestamp_rows[] = {
    {.returns = &sql_bigint, .evaluate = this_moment},
    SIGNATURE(&sql_bigint, ms_of_timestamp, TAKES(TIMESTAMP, "timestamp")),
};

#define ROW(name, help, rows)                                                                                          \
    { name, FUNCTION_SCALAR, "DATE / TIME", help, FAMILY_SIGNATURES(rows) }
static const struct function functions[] = {
    ROW("DATEADD", "A DATE later by a duration.", date_add_rows),
    ROW("DATESUB", "A DATE earlier by a duration.", date_sub_rows),
    ROW("TIMEADD", "A TIME later by a duration, round the clock.", time_add_rows),
    ROW("TIMESUB", "A TIME earlier by a duration, round the clock.", time_sub_rows),
    ROW("TIMESTAMPADD", "A TIMESTAMP later by a duration.", timestamp_add_rows),
    ROW("TIMESTAMPSUB", "A TIMESTAMP earlier by a duration.", timestamp_sub_rows),
    ROW("CONVERT_TZ", "The clock of one zone read in another.", convert_rows),
    ROW("FROM_DAYS", "Days since 1970 as a DATE.", from_days_rows),
    ROW("FROM_UNIXTIME", "Milliseconds since 1970 as a TIMESTAMP.", from_unixtime_rows),
    ROW("UNIX_DATE", "A DATE, or today, as days since 1970.", unix_date_rows),
    ROW("UNIX_TIMESTAMP", "A TIMESTAMP, or now, as milliseconds since 1970.", unix_timestamp_rows),
};
const struct function_family function_family_calendar = {functions, FAMILY_COUNT(functions)};
