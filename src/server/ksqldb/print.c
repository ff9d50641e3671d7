/* PRINT: the records of a topic as they lie there, each as a line. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "foundation/base/clock.h"
#include "foundation/base/memory.h"
#include "foundation/base/number.h"
#include "foundation/base/utf8.h"
#include "foundation/format/framing.h"
#include "foundation/format/inspect.h"
#include "server/ksqldb/session.h"

enum { IDLE_MS = 1000, WINDOW_BYTES = 8 };
#define PRINT_READERS (UINT64_C(1) << 63) /* numbers that the engine does not use */

struct printing {
    bool on_query;           /* names are told, silence is broken by empty lines */
    int64_t interval, limit; /* every so many records; -1 = no limit */
    int64_t seen, shown;
    const struct sql_type *key_type; /* of a declared source with a KAFKA key, else NULL */
    enum window_kind window;
    char key_format[96], value_format[96]; /* told last */
};

/* --- one side of a record --- */

static int64_t big_endian(const char *bytes, size_t size) {
    uint64_t number = size && (bytes[0] & 0x80) ? ~UINT64_C(0) : 0;
    for (size_t i = 0; i < size; i++)
        number = number << 8 | (unsigned char)bytes[i];
    return (int64_t)number;
}

static bool print_number(struct text *out, struct view bytes, const struct sql_type *type, char format[96]) {
    static const struct {
        enum sql_base base;
        size_t size;
        const char *format;
    } rows[] = {{SQL_INTEGER, 4, "KAFKA_INT"}, {SQL_BIGINT, 8, "KAFKA_BIGINT"}, {SQL_DOUBLE, 8, "KAFKA_DOUBLE"}};
    for (size_t i = 0; type && i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].base != type->base || rows[i].size != bytes.size)
            continue;
        char digits[NUMBER_MAX];
        int64_t number = big_endian(bytes.data, bytes.size);
        double real;
        memcpy(&real, &number, sizeof real);
        size_t size =
            type->base == SQL_DOUBLE ? number_write_java_double(digits, real) : number_write_int64(digits, number);
        text_append_bytes(out, digits, size);
        snprintf(format, 96, "%s", rows[i].format);
        return true;
    }
    return false;
}

/* JSON with `gap` behind : and , and no other space outside of strings: a space as Avro prints it, else none. */
static void print_json(struct text *out, struct view json, const char *gap) {
    bool inside = false;
    for (size_t i = 0; i < json.size; i++) {
        char c = json.data[i];
        if (!inside && (c == ' ' || c == '\t' || c == '\n' || c == '\r'))
            continue;
        text_append_char(out, c);
        if (c == '\\' && inside && i + 1 < json.size)
            text_append_char(out, json.data[++i]);
        else if (c == '"')
            inside = !inside;
        else if (!inside && (c == ':' || c == ','))
            text_append_string(out, gap);
    }
}

static void print_bytes(struct text *out, struct view bytes, struct schema_source *schemas, char format[96]) {
    static const char *const names[][2] = {{"AVRO", "AVRO"},
                                           {"JSON_SR", "JSON_SR or KAFKA_STRING"},
                                           {"JSON", "JSON or KAFKA_STRING"},
                                           {"STRING", "KAFKA_STRING"}};
    struct text json = TEXT_EMPTY;
    const char *how = "BYTES", *shown = "BYTES";
    int32_t id;
    struct error error = {0};
    if (inspect_to_json(bytes, schemas, &json, &how, &id, &error) != 0)
        text_append_format(out, "<%s>", error.message);
    else if (strcmp(how, "AVRO") == 0)
        print_json(out, text_view(&json), " ");
    else if (strcmp(how, "STRING") == 0)
        utf8_display(out, bytes);
    else
        print_json(out, text_view(&json), "");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i][0], how) == 0)
            shown = names[i][1];
    snprintf(format, 96, "%s", shown);
    text_free(&json);
}

static void print_side(struct text *out, struct view bytes, const struct sql_type *type, struct schema_source *schemas,
                       char format[96]) {
    if (!bytes.data)
        text_append_string(out, "<null>");
    else if (!print_number(out, bytes, type, format))
        print_bytes(out, bytes, schemas, format);
}

/* A windowed key has its start behind it; one of a session its end, then its start. */
static void print_key(struct text *out, const struct printing *printing, struct view key, struct schema_source *schemas,
                      char format[96]) {
    size_t tail = printing->window == WINDOW_NONE      ? 0
                  : printing->window == WINDOW_SESSION ? 2 * WINDOW_BYTES
                                                       : WINDOW_BYTES;
    if (!key.data || key.size < tail || !tail) {
        print_side(out, key, printing->key_type, schemas, format);
        return;
    }
    char inner[96] = "";
    struct view start = {key.data + key.size - WINDOW_BYTES, WINDOW_BYTES};
    text_append_char(out, '[');
    print_side(out, (struct view){key.data, key.size - tail}, printing->key_type, schemas, inner);
    text_append_format(out, "@%lld/", (long long)big_endian(start.data, start.size));
    if (printing->window == WINDOW_SESSION)
        text_append_format(out, "%lld]", (long long)big_endian(start.data - WINDOW_BYTES, WINDOW_BYTES));
    else
        text_append_string(out, "-]");
    if (printing->window == WINDOW_SESSION)
        snprintf(format, 96, "SESSION(%.80s)", inner);
    else
        snprintf(format, 96, "HOPPING(%.30s) or TUMBLING(%.30s)", inner, inner);
}

/* --- lines --- */

static void print_time(struct text *out, int64_t ms) {
    int year, month, day;
    int64_t days = ms / 86400000 - (ms % 86400000 < 0), rest = ms % 86400000 + (ms % 86400000 < 0 ? 86400000 : 0);
    clock_civil_from_days(days, &year, &month, &day);
    text_append_format(out, "%04d/%02d/%02d %02d:%02d:%02d.%03d Z", year, month, day, (int)(rest / 3600000),
                       (int)(rest / 60000 % 60), (int)(rest / 1000 % 60), (int)(rest % 1000));
}

static void tell_format(struct text *out, const char *side, const char *format, char told[96]) {
    static const char none[] = "\xc2\xaf\\_(\xe3\x83\x84)_/\xc2\xaf - no data processed";
    const char *news = *format ? format : *told ? told : none;
    if (strcmp(news, told) == 0)
        return;
    text_append_format(out, "%s format: %s\n", side, news);
    snprintf(told, 96, "%s", news);
}

static void print_record(struct session *session, const struct engine_record *record) {
    struct printing *printing = session->printing;
    struct schema_source *schemas = &session->core->schemas.source;
    struct text line = TEXT_EMPTY;
    char key_format[96] = "", value_format[96] = "";
    text_append_string(&line, "rowtime: ");
    print_time(&line, record->timestamp);
    text_append_string(&line, ", key: ");
    print_key(&line, printing, record->key, schemas, key_format);
    text_append_string(&line, ", value: ");
    print_side(&line, record->value, NULL, schemas, value_format);
    text_append_format(&line, ", partition: %d\n", (int)record->partition);
    if (printing->on_query) {
        tell_format(&session->line, "Key", key_format, printing->key_format);
        tell_format(&session->line, "Value", value_format, printing->value_format);
    }
    text_append(&session->line, text_view(&line));
    text_free(&line);
}

void printing_take(struct session *session, const struct reader_block *block) {
    struct printing *printing = session->printing;
    text_clear(&session->line);
    for (size_t i = 0; i < block->count && printing->shown != printing->limit; i++) {
        if (printing->seen++ % printing->interval != 0)
            continue;
        print_record(session, &block->records[i]);
        printing->shown++;
    }
    session_write(session, text_view(&session->line));
    if (printing->shown != printing->limit)
        return;
    readers_close(session->core->topics.readers, session->readers.items[0]);
    session_end(session);
}

void printing_idle(struct session *session) {
    if (session->printing->on_query && clock_monotonic_ms() - session->spoke_ms >= IDLE_MS)
        session_write(session, VIEW("\n"));
}

void printing_free(struct printing *printing) {
    memory_free(printing);
}

/* --- start --- */

static int no_topic(struct core *core, struct view topic, struct fault *fault) {
    struct kafka_cluster cluster;
    struct text meant = TEXT_EMPTY;
    if (kafka_admin_cluster(core->topics.admin, TOPICS_PATIENCE_MS, &cluster, NULL) == 0) {
        for (size_t i = 0; i < cluster.topic_count; i++)
            if (view_equal_ignoring_case(view_of(cluster.topics[i].name), topic))
                text_append_format(&meant, "%s\tprint %s;", meant.size ? "\n" : "\nDid you mean:\n",
                                   cluster.topics[i].name);
        kafka_cluster_free(&cluster);
    }
    fault_set(fault, FAULT_BAD_REQUEST,
              "Could not find topic '%.*s', or the KSQL user does not have permissions to list the topic. Topic names "
              "are case-sensitive.%s",
              VIEW_ARGS(topic), text_string(&meant));
    text_free(&meant);
    return -1;
}

/* What a declared source knows of the keys in its topic. */
static void learn_keys(struct printing *printing, const struct catalog *catalog, struct view topic) {
    const struct source *source;
    for (size_t i = 0; (source = catalog_at(catalog, i)); i++) {
        if (!view_equal(source->topic, topic))
            continue;
        printing->window = source->format.window.kind;
        if (source->schema->key_count == 1 && view_equal(source->format.key_format, VIEW("KAFKA")))
            printing->key_type = source->schema->columns[0].type->base == SQL_INTEGER  ? &sql_integer
                                 : source->schema->columns[0].type->base == SQL_BIGINT ? &sql_bigint
                                 : source->schema->columns[0].type->base == SQL_DOUBLE ? &sql_double
                                                                                       : NULL;
        return;
    }
}

static int find_start(struct core *core, const struct statement *statement, int64_t **offsets, size_t *partitions,
                      struct fault *fault) {
    struct kafka_topic_info info;
    struct topic_name name;
    struct error error = {0};
    if (topic_name_copy(&name, statement->name, &error) != 0 ||
        topics_find(&core->topics, statement->name, &info, &error) != 0)
        return error.code == ERROR_NOT_FOUND || error.code == ERROR_INVALID
                   ? no_topic(core, statement->name, fault)
                   : fault_set(fault, FAULT_SERVER, "%s", error.message);
    *partitions = (size_t)info.partitions;
    *offsets = memory_zero(*partitions, sizeof **offsets);
    for (size_t i = 0; i < *partitions; i++) {
        int64_t low, high;
        if (kafka_admin_watermarks(core->topics.admin, name.text, (int32_t)i, TOPICS_PATIENCE_MS, &low, &high,
                                   &error) != 0) {
            memory_free(*offsets);
            return fault_set(fault, FAULT_SERVER, "%s", error.message);
        }
        (*offsets)[i] = statement->from_beginning ? low : high;
    }
    return 0;
}

int session_print(struct sessions *sessions, struct http_exchange *exchange, bool on_query,
                  const struct statement *statement, struct fault *fault) {
    struct core *core = sessions->core;
    int64_t *offsets;
    size_t partitions;
    if (find_start(core, statement, &offsets, &partitions, fault) != 0)
        return -1;
    struct session *session = session_add(sessions, exchange);
    session->printing = memory_zero(1, sizeof *session->printing);
    session->printing->on_query = on_query;
    session->printing->interval = statement->interval > 0 ? statement->interval : 1;
    session->printing->limit = statement->limit >= 0 ? statement->limit : -1;
    learn_keys(session->printing, engine_catalog(core->engine), statement->name);
    uint64_t reader = PRINT_READERS | ++sessions->last_print;
    vector_push(&session->readers, reader);
    readers_open(core->topics.readers, reader, statement->name, offsets, partitions);
    memory_free(offsets);
    http_exchange_start(exchange, 200, on_query ? "application/json" : NULL, (size_t)0x7fffffff << 8);
    if (session->printing->limit == 0) {
        readers_close(core->topics.readers, reader);
        session_end(session);
    }
    return 0;
}
