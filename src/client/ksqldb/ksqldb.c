#include "client/ksqldb.h"

#include <stdio.h>

#include "client/ksqldb/private.h"
#include "foundation/base/memory.h"
#include "foundation/base/vector.h"

/* A server that creates topics and starts queries for several statements takes its time. */
enum { STATEMENT_TIMEOUT_MS = 60000 };

struct ksqldb_client *ksqldb_client_new(const struct profile *profile, struct http_client *http, struct error *error) {
    const struct rest_options options = {"ksqldb", "ksqlDB", "application/vnd.ksql.v1+json"};
    struct rest *rest = rest_new(profile, http, &options, error);
    if (!rest)
        return NULL;
    struct ksqldb_client *client = memory_zero(1, sizeof *client);
    client->rest = rest;
    client->http = http;
    return client;
}

void ksqldb_client_free(struct ksqldb_client *client) {
    if (!client)
        return;
    rest_free(client->rest);
    memory_free(client);
}

static void write_properties(struct text *body, const char *name, const struct properties *properties) {
    text_append_json(body, view_of(name));
    text_append_string(body, ":{");
    for (size_t i = 0; properties && i < properties_count(properties); i++) {
        const char *property, *value;
        properties_at(properties, i, &property, &value);
        if (i)
            text_append_char(body, ',');
        text_append_json(body, view_of(property));
        text_append_char(body, ':');
        text_append_json(body, view_of(value));
    }
    text_append_char(body, '}');
}

void ksqldb_write_session(struct text *body, const char *name, const struct ksqldb_session *session) {
    write_properties(body, name, session ? session->properties : NULL);
    if (!session || !session->variables || properties_count(session->variables) == 0)
        return;
    text_append_char(body, ',');
    write_properties(body, "sessionVariables", session->variables);
}

void ksqldb_find_position(struct error *error) {
    if (!error)
        return;
    int line = 0, column = 0;
    const char *at = error->message;
    while (at && (at = strcasestr(at, "line"))) {
        if (sscanf(at, "Line: %9d, Col: %9d", &line, &column) == 2 || sscanf(at, "line %9d:%9d", &line, &column) == 2) {
            error->line = line > 0 ? line : 0;
            error->column = column > 0 ? column : 0;
            return;
        }
        at += 4;
    }
}

/* --- info --- */

static void copy_field(char *out, size_t size, const json_t *object, const char *name) {
    const char *value = json_string_value(json_object_get(object, name));
    snprintf(out, size, "%s", value ? value : "");
}

int ksqldb_client_info(struct ksqldb_client *client, struct ksqldb_info *info, struct error *error) {
    *info = (struct ksqldb_info){0};
    struct text answer = TEXT_EMPTY;
    const struct rest_call call = {.path = "/info"};
    int result = rest_send(client->rest, &call, &answer, &info->latency_ns, error);
    if (!result) {
        json_t *root = json_loadb(text_string(&answer), answer.size, 0, NULL);
        const json_t *server = json_object_get(root, "KsqlServerInfo");
        if (!json_is_object(server))
            result = rest_garbage(client->rest, "no KsqlServerInfo in it", error);
        copy_field(info->version, sizeof info->version, server, "version");
        copy_field(info->cluster_id, sizeof info->cluster_id, server, "kafkaClusterId");
        copy_field(info->service_id, sizeof info->service_id, server, "ksqlServiceId");
        copy_field(info->status, sizeof info->status, server, "serverStatus");
        json_decref(root);
    }
    text_free(&answer);
    return result;
}

/* --- statements --- */

/* A command that was accepted may still have failed when the server ran it; then its entity says so. */
static int check_entities(struct ksqldb_client *client, const json_t *root, struct error *error) {
    size_t index;
    json_t *entity;
    if (!json_is_array(root))
        return rest_garbage(client->rest, "no array of entities", error);
    json_array_foreach(root, index, entity) {
        const json_t *status = json_object_get(entity, "commandStatus");
        const char *word = json_string_value(json_object_get(status, "status"));
        const char *message = json_string_value(json_object_get(status, "message"));
        if (word && strcmp(word, "ERROR") == 0) {
            error_set(error, ERROR_INVALID, "%s", message ? message : "the statement failed on the server");
            ksqldb_find_position(error);
            return -1;
        }
    }
    return 0;
}

static void keep_sequence(struct ksqldb_session *session, const json_t *root) {
    size_t index;
    json_t *entity;
    json_array_foreach(root, index, entity) {
        const json_t *number = json_object_get(entity, "commandSequenceNumber");
        if (json_is_integer(number) && json_integer_value(number) > session->sequence)
            session->sequence = json_integer_value(number);
    }
}

static int execute(struct ksqldb_client *client, struct view statements, struct ksqldb_session *session,
                   struct text *json, json_t **root, struct error *error) {
    struct text body = TEXT_EMPTY, answer = TEXT_EMPTY;
    text_append_string(&body, "{\"ksql\":");
    text_append_json(&body, statements);
    text_append_char(&body, ',');
    ksqldb_write_session(&body, "streamsProperties", session);
    if (session && session->sequence >= 0)
        text_append_format(&body, ",\"commandSequenceNumber\":%lld", (long long)session->sequence);
    text_append_char(&body, '}');
    const struct rest_call call = {
        .method = "POST", .path = "/ksql", .body = text_view(&body), .timeout_ms = STATEMENT_TIMEOUT_MS};
    int result = rest_send(client->rest, &call, &answer, NULL, error);
    if (result) {
        ksqldb_find_position(error);
    } else {
        *root = json_loadb(text_string(&answer), answer.size, 0, NULL);
        result =
            *root ? check_entities(client, *root, error) : rest_garbage(client->rest, "the body is not JSON", error);
        if (*root && json)
            text_append(json, text_view(&answer));
        if (*root && session)
            keep_sequence(session, *root);
    }
    text_free(&body);
    text_free(&answer);
    return result;
}

int ksqldb_client_execute(struct ksqldb_client *client, struct view statements, struct ksqldb_session *session,
                          struct text *json, struct error *error) {
    json_t *root = NULL;
    int result = execute(client, statements, session, json, &root, error);
    json_decref(root);
    return result;
}

int ksqldb_client_check_property(struct ksqldb_client *client, const char *name, struct error *error) {
    struct text path = TEXT_EMPTY;
    text_append_string(&path, "/is_valid_property/");
    rest_append_segment(&path, name);
    const struct rest_call call = {.path = text_string(&path)};
    int result = rest_send(client->rest, &call, NULL, NULL, error);
    text_free(&path);
    return result;
}

/* --- lists --- */

static char *copy_string(const json_t *object, const char *name) {
    const char *value = json_string_value(json_object_get(object, name));
    return memory_copy_string(value ? value : "");
}

/* The rows of all entities that have an array of this name. */
static json_t *list_rows(struct ksqldb_client *client, const char *statement, const char *const *names,
                         struct error *error) {
    json_t *root = NULL, *rows = NULL;
    if (execute(client, view_of(statement), NULL, NULL, &root, error) == 0) {
        size_t index;
        json_t *entity;
        rows = json_array();
        json_array_foreach(root, index, entity) {
            for (const char *const *name = names; *name; name++)
                json_array_extend(rows, json_object_get(entity, *name));
        }
    }
    json_decref(root);
    return rows;
}

int ksqldb_client_sources(struct ksqldb_client *client, struct ksqldb_source **sources, size_t *count,
                          struct error *error) {
    *sources = NULL;
    *count = 0;
    json_t *rows =
        list_rows(client, "LIST STREAMS; LIST TABLES;", (const char *const[]){"streams", "tables", NULL}, error);
    if (!rows)
        return -1;
    size_t index;
    json_t *row;
    *sources = memory_zero(json_array_size(rows) + 1, sizeof **sources);
    json_array_foreach(rows, index, row) {
        const char *type = json_string_value(json_object_get(row, "type"));
        if (json_is_object(row))
            (*sources)[(*count)++] =
                (struct ksqldb_source){.name = copy_string(row, "name"),
                                       .topic = copy_string(row, "topic"),
                                       .key_format = copy_string(row, "keyFormat"),
                                       .value_format = copy_string(row, "valueFormat"),
                                       .is_table = type && strcmp(type, "TABLE") == 0,
                                       .is_windowed = json_is_true(json_object_get(row, "isWindowed"))};
    }
    json_decref(rows);
    return 0;
}

void ksqldb_sources_free(struct ksqldb_source *sources, size_t count) {
    for (size_t i = 0; i < count; i++) {
        memory_free(sources[i].name);
        memory_free(sources[i].topic);
        memory_free(sources[i].key_format);
        memory_free(sources[i].value_format);
    }
    memory_free(sources);
}

/* "state" on the node asked; else what the nodes of the cluster report, the worst first. */
static char *query_state(const json_t *row) {
    static const char *const words[] = {"ERROR", "UNRESPONSIVE", "PAUSED", "RUNNING"};
    const char *state = json_string_value(json_object_get(row, "state"));
    const json_t *counts = json_object_get(row, "statusCount");
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (!state && json_integer_value(json_object_get(counts, words[i])) > 0)
            state = words[i];
    }
    return memory_copy_string(state ? state : "UNKNOWN");
}

int ksqldb_client_queries(struct ksqldb_client *client, struct ksqldb_query **queries, size_t *count,
                          struct error *error) {
    *queries = NULL;
    *count = 0;
    json_t *rows = list_rows(client, "LIST QUERIES;", (const char *const[]){"queries", NULL}, error);
    if (!rows)
        return -1;
    size_t index;
    json_t *row;
    *queries = memory_zero(json_array_size(rows) + 1, sizeof **queries);
    json_array_foreach(rows, index, row) {
        const char *type = json_string_value(json_object_get(row, "queryType"));
        const char *sink = json_string_value(json_array_get(json_object_get(row, "sinks"), 0));
        if (json_is_object(row))
            (*queries)[(*count)++] = (struct ksqldb_query){.id = copy_string(row, "id"),
                                                           .state = query_state(row),
                                                           .text = copy_string(row, "queryString"),
                                                           .sink = memory_copy_string(sink ? sink : ""),
                                                           .is_push = type && strcmp(type, "PUSH") == 0};
    }
    json_decref(rows);
    return 0;
}

void ksqldb_queries_free(struct ksqldb_query *queries, size_t count) {
    for (size_t i = 0; i < count; i++) {
        memory_free(queries[i].id);
        memory_free(queries[i].state);
        memory_free(queries[i].text);
        memory_free(queries[i].sink);
    }
    memory_free(queries);
}
