/* Times to texts and back, by patterns. */
#include "ksql/function/family.h"
#include "ksql/function/pattern.h"

enum { DAY_MS = 86400000 };

/* The last argument when it is there, else the server's zone. */
static const char *zone_of(const struct function_call *call, const struct value *arguments, struct arena *arena) {
    if (call->argument_count > 2)
        return arena_copy_bytes(arena, arguments[2].bytes, arguments[2].size);
    return call->context && call->context->zone ? call->context->zone : "UTC";
}

/* Letters outside quotes that `allowed` does not have. */
static int check_letters(struct view pattern, const char *allowed, struct error *error) {
    bool quoted = false;
    for (size_t i = 0; i < pattern.size; i++) {
        char c = pattern.data[i];
        quoted ^= c == '\'';
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (letter && !quoted && strchr(allowed, c) == NULL)
            return error_set(error, ERROR_INVALID, "Unsupported field: pattern letter '%c' has no part in this type",
                             c);
    }
    return 0;
}

static const char date_letters[] = "GuyDMLdQqYwWEecF", time_letters[] = "aHhKkmsSAnN";

static int format(const struct function_call *call, struct view pattern, int64_t ms, const char *zone,
                  struct arena *arena, struct value *result, struct error *error) {
    struct view text;
    if (pattern_format(pattern, ms, zone, arena, &text, error) != 0)
        return error_wrap(error, "%s", call->function->name);
    *result = value_string(text);
    return 0;
}

SCALAR(format_moment) {
    return format(call, value_view(arguments[1]), arguments[0].integer, zone_of(call, arguments, arena), arena, result,
                  error);
}

SCALAR(format_day) {
    if (check_letters(value_view(arguments[1]), date_letters, error) != 0)
        return error_wrap(error, "%s", call->function->name);
    return format(call, value_view(arguments[1]), arguments[0].integer * DAY_MS, "UTC", arena, result, error);
}

SCALAR(format_time) {
    if (check_letters(value_view(arguments[1]), time_letters, error) != 0)
        return error_wrap(error, "%s", call->function->name);
    return format(call, value_view(arguments[1]), arguments[0].integer, "UTC", arena, result, error);
}

static int parse(const struct function_call *call, const struct value *arguments, const char *zone, int64_t *ms,
                 struct error *error) {
    return pattern_parse(value_view(arguments[1]), value_view(arguments[0]), zone, ms, error) == 0
               ? 0
               : error_wrap(error, "%s", call->function->name);
}

static int64_t days_of(int64_t ms) {
    return ms / DAY_MS - (ms % DAY_MS < 0);
}

SCALAR(parse_moment) {
    int64_t ms;
    if (parse(call, arguments, zone_of(call, arguments, arena), &ms, error) != 0)
        return -1;
    *result = call->result_type->base == SQL_BIGINT ? value_bigint(ms)
                                                    : (struct value){.tag = VALUE_TIMESTAMP, .integer = ms};
    return 0;
}

/* PARSE_DATE takes a text that goes on behind the date, STRINGTODATE does not. */
SCALAR(parse_day) {
    int64_t ms;
    if (call->result_type->base == SQL_INTEGER) {
        if (parse(call, arguments, "UTC", &ms, error) != 0)
            return -1;
    } else if (pattern_parse_front(value_view(arguments[1]), value_view(arguments[0]), "UTC", &ms, error) != 0) {
        return error_wrap(error, "%s", call->function->name);
    }
    *result = call->result_type->base == SQL_INTEGER ? value_integer((int32_t)days_of(ms))
                                                     : (struct value){.tag = VALUE_DATE, .integer = days_of(ms)};
    return 0;
}

SCALAR(parse_time) {
    int64_t ms;
    if (check_letters(value_view(arguments[1]), time_letters, error) != 0)
        return error_wrap(error, "%s", call->function->name);
    if (parse(call, arguments, "UTC", &ms, error) != 0)
        return -1;
    *result = (struct value){.tag = VALUE_TIME, .integer = ms - days_of(ms) * DAY_MS};
    return 0;
}

#define WITH_ZONE(type, function, kind, name)                                                                          \
    SIGNATURE(type, function, TAKES(kind, name), TAKES(STRING, "formatPattern")),                                      \
        SIGNATURE(type, function, TAKES(kind, name), TAKES(STRING, "formatPattern"), TAKES(STRING, "timeZone"))
static const struct function_signature timestamp_to_string_rows[] = {
    WITH_ZONE(&sql_string, format_moment, BIGINT, "epochMilli"),
};
static const struct function_signature format_timestamp_rows[] = {
    WITH_ZONE(&sql_string, format_moment, TIMESTAMP, "timestamp"),
};
static const struct function_signature string_to_timestamp_rows[] = {
    WITH_ZONE(&sql_bigint, parse_moment, STRING, "formattedTimestamp"),
};
static const struct function_signature parse_timestamp_rows[] = {
    WITH_ZONE(&sql_timestamp, parse_moment, STRING, "formattedTimestamp"),
};
static const struct function_signature date_to_string_rows[] = {
    SIGNATURE(&sql_string, format_day, TAKES(INTEGER, "epochDays"), TAKES(STRING, "formatPattern")),
};
static const struct function_signature format_date_rows[] = {
    SIGNATURE(&sql_string, format_day, TAKES(DATE, "date"), TAKES(STRING, "formatPattern")),
};
static const struct function_signature string_to_date_rows[] = {
    SIGNATURE(&sql_integer, parse_day, TAKES(STRING, "formattedDate"), TAKES(STRING, "formatPattern")),
};
static const struct function_signature parse_date_rows[] = {
    SIGNATURE(&sql_date, parse_day, TAKES(STRING, "formattedDate"), TAKES(STRING, "formatPattern")),
};
static const struct function_signature format_time_rows[] = {
    SIGNATURE(&sql_string, format_time, TAKES(TIME, "time"), TAKES(STRING, "formatPattern")),
};
static const struct function_signature parse_time_rows[] = {
    SIGNATURE(&sql_time, parse_time, TAKES(STRING, "formattedTime"), TAKES(STRING, "formatPattern")),
};

#define ROW(name, help, rows)                                                                                          \
    { name, FUNCTION_SCALAR, "DATE / TIME", help, FAMILY_SIGNATURES(rows) }
static const struct function functions[] = {
    ROW("TIMESTAMPTOSTRING", "Milliseconds since 1970 as a text.", timestamp_to_string_rows),
    ROW("STRINGTOTIMESTAMP", "A text as milliseconds since 1970.", string_to_timestamp_rows),
    ROW("DATETOSTRING", "Days since 1970 as a text.", date_to_string_rows),
    ROW("STRINGTODATE", "A text as days since 1970.", string_to_date_rows),
    ROW("FORMAT_TIMESTAMP", "A TIMESTAMP as a text.", format_timestamp_rows),
    ROW("FORMAT_DATE", "A DATE as a text.", format_date_rows),
    ROW("FORMAT_TIME", "A TIME as a text.", format_time_rows),
    ROW("PARSE_TIMESTAMP", "A text as a TIMESTAMP.", parse_timestamp_rows),
    ROW("PARSE_DATE", "A text as a DATE.", parse_date_rows),
    ROW("PARSE_TIME", "A text as a TIME.", parse_time_rows),
};
const struct function_family function_family_time = {functions, FAMILY_COUNT(functions)};
