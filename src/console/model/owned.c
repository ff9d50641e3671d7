#include "console/model/owned.h"

#include "foundation/base/memory.h"

void owned_strings_free(char **strings, size_t count) {
    for (size_t i = 0; strings && i < count; i++)
        memory_free(strings[i]);
    memory_free(strings);
}

void owned_server_clear(struct model_server *server) {
    memory_free(server->address);
    memory_free(server->detail);
    memory_free(server->error);
    *server = (struct model_server){0};
}

void owned_group_clear(struct model_group *group) {
    memory_free(group->name);
    memory_free(group->state);
}

void owned_source_clear(struct model_source *source) {
    memory_free(source->name);
    memory_free(source->topic);
    memory_free(source->key_format);
    memory_free(source->value_format);
}

void owned_query_clear(struct model_query *query) {
    memory_free(query->id);
    memory_free(query->state);
    memory_free(query->text);
    memory_free(query->sink);
}

void owned_connector_clear(struct model_connector *connector) {
    memory_free(connector->name);
    memory_free(connector->state);
    memory_free(connector->trace);
    memory_free(connector->class_name);
}

void owned_tail_row_free(struct tail_row *row) {
    if (!row)
        return;
    memory_free(row->key);
    memory_free(row->json);
    memory_free(row->error);
    memory_free(row->raw);
    memory_free(row);
}

void owned_result_clear(struct model_result *result) {
    memory_free(result->statement);
    memory_free(result->query_id);
    memory_free(result->error);
    for (size_t i = 0; i < result->count; i++)
        owned_strings_free(result->rows[(result->first + i) % result->capacity], result->column_count);
    memory_free(result->rows);
    owned_strings_free(result->columns, result->column_count);
    owned_strings_free(result->types, result->column_count);
    *result = (struct model_result){0};
}
