#include "server/broker/limits.h"

#include <stddef.h>

#define AT(field) offsetof(struct broker_limits, field)
#define MEGABYTE ((int64_t)1 << 20)

const struct broker_limit broker_limit_rows[] = {
    {"max.connections", 1000, 1, 100000, AT(connections), "connections of all clients"},
    {"max.connections.per.ip", 600, 1, 100000, AT(connections_each), "connections of one address"},
    {"socket.request.max.bytes", 100 * MEGABYTE, 1024, INT32_MAX, AT(request_bytes), "largest request"},
    {"queued.max.request.bytes", 512 * MEGABYTE, MEGABYTE, INT64_C(1) << 40, AT(requests_bytes),
     "memory for requests that have not come in whole, of all clients together"},
    {"queued.max.response.bytes", 512 * MEGABYTE, MEGABYTE, INT64_C(1) << 40, AT(answers_bytes),
     "memory for answers that clients have not taken yet, of all together"},
    {"queued.max.response.bytes.per.connection", 64 * MEGABYTE, 64 << 10, INT32_MAX, AT(answer_bytes),
     "the same of one connection"},
    {"producer_byte_rate", 0, 0, INT64_C(1) << 40, AT(produce_rate),
     "bytes a second that one address may produce; 0 = no limit; the client is told throttle_time_ms"},
    {"consumer_byte_rate", 0, 0, INT64_C(1) << 40, AT(fetch_rate),
     "bytes a second that one address may fetch; 0 = no limit; the client is told throttle_time_ms"},
    {"connections.max.idle.ms", 600000, 1000, INT64_C(1) << 40, AT(idle_ms),
     "a connection without a request is closed after"},
    {"connections.max.stalled.ms", 60000, 1000, INT64_C(1) << 40, AT(stalled_ms),
     "a connection that takes nothing of its answers is closed after"},
};
const size_t broker_limit_count = sizeof broker_limit_rows / sizeof *broker_limit_rows;

static void put(struct broker_limits *limits, const struct broker_limit *row, int64_t value) {
    *(int64_t *)(void *)((char *)limits + row->at) = value;
}

int64_t broker_limit_get(const struct broker_limits *limits, const struct broker_limit *row) {
    return *(const int64_t *)(const void *)((const char *)limits + row->at);
}

static int unknown(struct view name, struct error *error) {
    struct text names = TEXT_EMPTY;
    for (size_t i = 0; i < broker_limit_count; i++)
        text_append_format(&names, "%s%s", i ? ", " : "", broker_limit_rows[i].name);
    error_set(error, ERROR_INVALID, "there is no limit '%.*s'; there are %s", VIEW_ARGS(name), text_string(&names));
    text_free(&names);
    return -1;
}

int broker_limits_read(struct broker_limits *limits, const char *text, struct error *error) {
    struct view rest = view_of(text ? text : ""), value;
    for (size_t i = 0; i < broker_limit_count; i++)
        put(limits, &broker_limit_rows[i], broker_limit_rows[i].value);
    while (rest.size && view_split(&rest, ',', &value)) {
        const struct broker_limit *row = NULL;
        struct view name = {"", 0};
        int64_t number;
        bool has_value = view_split(&value, '=', &name) && value.data;
        for (size_t i = 0; i < broker_limit_count && !row; i++)
            if (view_equal(view_of(broker_limit_rows[i].name), name))
                row = &broker_limit_rows[i];
        if (!row)
            return unknown(name, error);
        if (!has_value || !view_to_int64(value, &number) || number < row->least || number > row->most)
            return error_set(error, ERROR_INVALID, "the limit %s is a number from %lld to %lld, not '%.*s'", row->name,
                             (long long)row->least, (long long)row->most, VIEW_ARGS(value));
        put(limits, row, number);
    }
    return 0;
}
