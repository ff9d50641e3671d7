/* Rows on the wire, one row of functions a media type. */
#include <string.h>

#include "server/ksqldb/json.h"
#include "server/ksqldb/protobuf.h"
#include "server/ksqldb/session.h"

struct layout {
    int (*check)(const struct schema *schema, struct fault *fault); /* NULL: all rows fit */
    void (*header)(struct text *out, const struct session *session);
    void (*row)(struct text *out, const struct schema *schema, const struct row *row);
    bool tombstones, array; /* array: no separator behind the last item */
    const char *separator, *end;
    void (*final)(struct text *out, const char *message);
    void (*error)(struct text *out, const struct error *error);
};

static void print_values(struct text *out, const struct schema *schema, const struct row *row) {
    text_append_char(out, '[');
    for (size_t i = 0; i < schema_count(schema); i++) {
        if (i)
            text_append_char(out, ',');
        value_print_json(out, row->values[i], schema->columns[i].type);
    }
    text_append_char(out, ']');
}

static void print_error(struct text *out, const struct error *error) {
    struct fault fault = {0};
    fault_set(&fault, FAULT_SERVER, "%s", error->message);
    fault_print(out, &fault, (struct view){0});
    fault_free(&fault);
}

/* --- names and types in two lists: delimited and JSON --- */

static void lists_header(struct text *out, const struct session *session) {
    const struct schema *schema = session->plan->root->schema;
    struct text type = TEXT_EMPTY;
    put_open(out, '{');
    put_string(out, "queryId", view_of(session->id));
    put_key(out, "columnNames");
    put_open(out, '[');
    for (size_t i = 0; i < schema_count(schema); i++)
        put_item(out, schema->columns[i].name);
    text_append_char(out, ']');
    put_key(out, "columnTypes");
    put_open(out, '[');
    for (size_t i = 0; i < schema_count(schema); i++) {
        text_clear(&type);
        sql_type_print(&type, schema->columns[i].type);
        put_item(out, text_view(&type));
    }
    text_append_string(out, "]}");
    text_free(&type);
}

static void array_header(struct text *out, const struct session *session) {
    text_append_char(out, '[');
    lists_header(out, session);
}

/* --- objects: ksqlDB's StreamedRow --- */

static void print_schema(struct text *out, const struct session *session) {
    const struct plan *plan = session->plan;
    struct text columns = TEXT_EMPTY;
    for (size_t i = 0; i < schema_count(plan->root->schema); i++) {
        const struct column *column = &plan->root->schema->columns[i];
        text_append_format(&columns, "%s`%.*s` ", i ? ", " : "", VIEW_ARGS(column->name));
        sql_type_print(&columns, column->type);
        if (!session->finals && plan->key_marks && plan->key_marks[i]) /* of tables only */
            text_append_string(&columns, " KEY");
    }
    put_string(out, "schema", text_view(&columns));
    text_free(&columns);
}

static void object_head(struct text *out, const struct session *session) {
    text_append_string(out, "[{\"header\":{");
    put_string(out, "queryId", view_of(session->id));
    print_schema(out, session);
}

static void object_header(struct text *out, const struct session *session) {
    object_head(out, session);
    text_append_string(out, "}}");
}

static void object_row(struct text *out, const struct schema *schema, const struct row *row) {
    text_append_string(out, "{\"row\":{\"columns\":");
    print_values(out, schema, row);
    text_append_string(out, row->tombstone ? ",\"tombstone\":true}}" : "}}");
}

static void object_final(struct text *out, const char *message) {
    text_append_string(out, "{\"finalMessage\":");
    text_append_json(out, view_of(message));
    text_append_char(out, '}');
}

static void object_error(struct text *out, const struct error *error) {
    text_append_string(out, "{\"errorMessage\":");
    print_error(out, error);
    text_append_char(out, '}');
}

/* --- the same with protobuf inside --- */

static void protobuf_header(struct text *out, const struct session *session) {
    struct text schema = TEXT_EMPTY;
    object_head(out, session);
    protobuf_schema(&schema, session->plan->root->schema);
    put_string(out, "protoSchema", text_view(&schema));
    text_append_string(out, "}}");
    text_free(&schema);
}

static void protobuf_object(struct text *out, const struct schema *schema, const struct row *row) {
    text_append_string(out, "{\"row\":{\"protobufBytes\":\"");
    protobuf_row(out, schema, row->values);
    text_append_string(out, row->tombstone ? "\",\"tombstone\":true}}" : "\"}}");
}

static const struct layout layouts[] = {
    [MEDIA_V1] = {NULL, object_header, object_row, true, true, ",\n", "]", object_final, object_error},
    [MEDIA_JSON] = {NULL, array_header, print_values, false, true, ",", "]", NULL, print_error},
    [MEDIA_DELIMITED] = {NULL, lists_header, print_values, false, false, "\n", "", NULL, print_error},
    [MEDIA_PROTOBUF] = {protobuf_check, protobuf_header, protobuf_object, true, true, ",\n", "]", object_final,
                        object_error},
};

const struct layout *layout_of(enum media media) {
    return &layouts[media];
}

int layout_check(const struct layout *layout, const struct schema *schema, struct fault *fault) {
    return layout->check ? layout->check(schema, fault) : 0;
}

/* Lines end at once. In an array the separator stands between items: behind each when a last message is sure to come,
 * so that readers of lines get a row when it is there, else in front. */
static void begin_item(const struct layout *layout, struct text *out, bool final) {
    if (layout->array && !(final && layout->final))
        text_append_string(out, layout->separator);
}

static void end_item(const struct layout *layout, struct text *out, bool final) {
    if (!layout->array || (final && layout->final))
        text_append_string(out, layout->separator);
}

void layout_header(const struct layout *layout, struct text *out, const struct session *session) {
    layout->header(out, session);
    end_item(layout, out, session->finals);
}

void layout_row(const struct layout *layout, struct text *out, const struct session *session, const struct row *row) {
    if (row->tombstone && !layout->tombstones)
        return;
    begin_item(layout, out, session->finals);
    layout->row(out, session->plan->root->schema, row);
    end_item(layout, out, session->finals);
}

void layout_end(const struct layout *layout, struct text *out, const struct session *session, const char *message,
                const struct error *error) {
    if (error) {
        begin_item(layout, out, session->finals);
        layout->error(out, error);
        if (!layout->array)
            text_append_string(out, layout->separator);
    } else if (message && layout->final) {
        layout->final(out, message);
    }
    text_append_string(out, layout->end);
}
