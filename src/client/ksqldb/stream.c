#include <strings.h>

#include "client/ksqldb/private.h"
#include "foundation/base/memory.h"

enum {
    FIRST_BYTE_MS = 60000,        /* a pull query answers only when it is done */
    LINE_MOST = 16 * 1024 * 1024, /* one row; what is larger ends the query */
    REFUSAL_MOST = 64 * 1024,     /* body of an error answer that is read */
};

/* Lives on the HTTP client's thread from open to ended; close joins that thread's work. */
struct ksqldb_stream {
    struct http_stream *http;
    struct rest *rest; /* of the client, which outlives the stream */
    struct ksqldb_stream_handler handler;
    struct text pending; /* the line under way, or the body of a refusal */
    int status;
    bool started, failed;
    struct error error; /* when failed */
};

static void fail(struct ksqldb_stream *stream) {
    stream->failed = true;
    ksqldb_find_position(&stream->error);
}

static void on_started(void *context, int status, const char *content_type) {
    struct ksqldb_stream *stream = context;
    stream->status = status;
    if (status < 300 && content_type && view_starts_with(view_of(content_type), VIEW("text/html"))) {
        rest_garbage(stream->rest, "a web page", &stream->error);
        fail(stream);
    }
}

static const char **string_items(const json_t *array) {
    size_t index;
    json_t *item;
    const char **items = memory_zero(json_array_size(array) + 1, sizeof *items);
    json_array_foreach(array, index, item) {
        items[index] = json_is_string(item) ? json_string_value(item) : "";
    }
    return items;
}

static void tell_header(struct ksqldb_stream *stream, const json_t *line) {
    const json_t *names = json_object_get(line, "columnNames"), *types = json_object_get(line, "columnTypes");
    const char *id = json_string_value(json_object_get(line, "queryId"));
    const char **name_items = string_items(names), **type_items = string_items(types);
    if (json_array_size(names) != json_array_size(types)) {
        rest_garbage(stream->rest, "as many column names as types were expected", &stream->error);
        fail(stream);
    } else if (stream->handler.header) {
        stream->handler.header(stream->handler.context, id ? id : "", name_items, type_items, json_array_size(names));
    }
    stream->started = true;
    memory_free(name_items);
    memory_free(type_items);
}

/* The header, an error in the middle of the rows, or a token that says nothing to people. */
static void take_object(struct ksqldb_stream *stream, struct view line) {
    json_t *root = json_loadb(line.data, line.size, 0, NULL);
    if (!root) {
        rest_garbage(stream->rest, "a line of the result is not JSON", &stream->error);
        fail(stream);
    } else if (json_object_get(root, "columnNames")) {
        tell_header(stream, root);
    } else if (json_object_get(root, "error_code") || json_object_get(root, "errorMessage")) {
        const json_t *inner = json_object_get(root, "errorMessage");
        const char *message = json_string_value(json_object_get(json_is_object(inner) ? inner : root, "message"));
        error_set(&stream->error, ERROR_INVALID, "%s", message ? message : "the query failed on the server");
        fail(stream);
    }
    json_decref(root);
}

/* PRINT answers in lines of plain text; they become rows of one column, so that readers know one shape only. */
static void take_plain(struct ksqldb_stream *stream, struct view line) {
    static const char *const name[] = {"LINE"}, *const type[] = {"STRING"};
    if (!stream->started && stream->handler.header)
        stream->handler.header(stream->handler.context, "", name, type, 1);
    stream->started = true;
    struct text row = TEXT_EMPTY;
    text_append_char(&row, '[');
    text_append_json(&row, line);
    text_append_char(&row, ']');
    if (stream->handler.row)
        stream->handler.row(stream->handler.context, text_view(&row));
    text_free(&row);
}

static void take_line(struct ksqldb_stream *stream, struct view line) {
    line = view_trim(line);
    if (!line.size || stream->failed)
        return; /* an empty line keeps the connection alive */
    if (line.data[0] == '{') {
        take_object(stream, line);
    } else if (line.data[0] == '[') {
        if (stream->handler.row)
            stream->handler.row(stream->handler.context, line);
    } else {
        take_plain(stream, line);
    }
}

static void on_data(void *context, struct view piece) {
    struct ksqldb_stream *stream = context;
    if (stream->failed)
        return;
    if (stream->status >= 300) {
        size_t room = REFUSAL_MOST - stream->pending.size;
        text_append(&stream->pending, (struct view){piece.data, piece.size < room ? piece.size : room});
        return;
    }
    const char *newline;
    while (piece.size && (newline = memchr(piece.data, '\n', piece.size))) {
        struct view line = {piece.data, (size_t)(newline - piece.data)};
        piece.data += line.size + 1;
        piece.size -= line.size + 1;
        if (stream->pending.size) {
            text_append(&stream->pending, line);
            line = text_view(&stream->pending);
        }
        take_line(stream, line);
        text_clear(&stream->pending);
    }
    if (piece.size > LINE_MOST - stream->pending.size) {
        error_set(&stream->error, ERROR_CORRUPT, "ksqlDB sent a row of more than %d MiB", LINE_MOST / 1024 / 1024);
        fail(stream);
        return;
    }
    text_append(&stream->pending, piece);
}

static void on_ended(void *context, const struct error *error) {
    struct ksqldb_stream *stream = context;
    if (!error && stream->status >= 300) {
        rest_fault(stream->rest, stream->status, text_view(&stream->pending), &stream->error);
        fail(stream);
    } else if (!error && stream->pending.size) {
        take_line(stream, text_view(&stream->pending));
    }
    if (stream->failed)
        error = &stream->error;
    if (stream->handler.ended)
        stream->handler.ended(stream->handler.context, error);
}

struct ksqldb_stream *ksqldb_client_query(struct ksqldb_client *client, struct view statement,
                                          const struct ksqldb_session *session, struct ksqldb_stream_handler handler) {
    static const struct http_header headers[] = {{"Accept", "application/vnd.ksqlapi.delimited.v1"},
                                                 {"Content-Type", "application/json"}};
    struct ksqldb_stream *stream = memory_zero(1, sizeof *stream);
    stream->rest = client->rest;
    stream->handler = handler;
    struct text url = TEXT_EMPTY, body = TEXT_EMPTY;
    text_append_string(&body, "{\"sql\":");
    text_append_json(&body, statement);
    text_append_char(&body, ',');
    ksqldb_write_session(&body, "properties", session);
    text_append_char(&body, '}');
    struct http_request request = {
        .method = "POST", .headers = headers, .header_count = 2, .body = text_view(&body), .timeout_ms = FIRST_BYTE_MS};
    rest_fill(client->rest, "/query-stream", &url, &request);
    stream->http =
        http_stream_open(client->http, &request, (struct http_stream_handler){stream, on_started, on_data, on_ended});
    text_free(&url);
    text_free(&body);
    return stream;
}

/* The server ends a query whose connection goes away. */
void ksqldb_stream_close(struct ksqldb_stream *stream) {
    if (!stream)
        return;
    http_stream_close(stream->http);
    text_free(&stream->pending);
    memory_free(stream);
}
