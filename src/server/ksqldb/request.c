#include "server/ksqldb/request.h"

#include <jansson.h>
#include <stdlib.h>

#include "foundation/base/memory.h"

static const struct {
    const char *text, *properties;
    bool needed;
} names[] = {
    [REQUEST_KSQL] = {"ksql", "streamsProperties", false},
    [REQUEST_STREAM] = {"sql", "properties", true},
    [REQUEST_CLOSE] = {"queryId", NULL, true},
    [REQUEST_TERMINATE] = {NULL, NULL, false},
};

static void set_value(struct properties *properties, const char *name, const json_t *value) {
    if (json_is_string(value)) {
        properties_set(properties, name, json_string_value(value));
        return;
    }
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    properties_set(properties, name, text ? text : "");
    free(text);
}

static int read_map(const json_t *root, const char *field, struct properties *properties, struct fault *fault) {
    json_t *map = field ? json_object_get(root, field) : NULL;
    const char *name;
    json_t *value;
    if (!map || json_is_null(map))
        return 0;
    if (!json_is_object(map))
        return fault_set(fault, FAULT_BAD_REQUEST, "Invalid JSON in request: '%s' is not an object", field);
    json_object_foreach(map, name, value) {
        if (!json_is_null(value))
            set_value(properties, name, value);
    }
    return 0;
}

static int read_topics(const json_t *root, struct ksql_request *request, struct fault *fault) {
    json_t *list = json_object_get(root, "deleteTopicList"), *item;
    size_t index;
    if (list && !json_is_array(list))
        return fault_set(fault, FAULT_BAD_REQUEST, "Invalid JSON in request: 'deleteTopicList' is not an array");
    request->topics = memory_zero(json_array_size(list) + 1, sizeof *request->topics);
    json_array_foreach(list, index, item) {
        if (!json_is_string(item))
            return fault_set(fault, FAULT_BAD_REQUEST,
                             "Invalid JSON in request: 'deleteTopicList' holds something that is no string");
        request->topics[request->topic_count++] = memory_copy_string(json_string_value(item));
    }
    return 0;
}

static int read_fields(enum request_kind kind, const json_t *root, struct ksql_request *request, struct fault *fault) {
    const json_t *sequence = json_object_get(root, "commandSequenceNumber");
    const json_t *text = names[kind].text ? json_object_get(root, names[kind].text) : NULL;
    if (text && !json_is_string(text) && !json_is_null(text))
        return fault_set(fault, FAULT_BAD_REQUEST, "Invalid JSON in request: '%s' is not a string", names[kind].text);
    if (names[kind].needed && !json_is_string(text))
        return fault_set(fault, FAULT_BAD_REQUEST, "Invalid JSON in request: Missing required creator property '%s'",
                         names[kind].text);
    request->text = memory_copy_string(json_is_string(text) ? json_string_value(text) : "");
    if (json_is_integer(sequence))
        request->sequence = json_integer_value(sequence);
    if (read_map(root, names[kind].properties, request->properties, fault) != 0 ||
        read_map(root, "sessionVariables", request->variables, fault) != 0)
        return -1;
    return kind == REQUEST_TERMINATE ? read_topics(root, request, fault) : 0;
}

int request_read(enum request_kind kind, struct view body, struct ksql_request *request, struct fault *fault) {
    json_error_t error;
    *request = (struct ksql_request){.properties = properties_new(), .variables = properties_new(), .sequence = -1};
    if (!view_trim(body).size)
        return fault_set(fault, FAULT_BAD_REQUEST, "Invalid JSON in request: the body is empty");
    json_t *root = json_loadb(body.data, body.size, 0, &error);
    if (!root)
        return fault_set(fault, FAULT_BAD_REQUEST, "Invalid JSON in request: %s; line: %d, column: %d", error.text,
                         error.line, error.column);
    int result = json_is_object(root) ? read_fields(kind, root, request, fault)
                                      : fault_set(fault, FAULT_BAD_REQUEST, "Invalid JSON in request: not an object");
    json_decref(root);
    return result;
}

void request_free(struct ksql_request *request) {
    for (size_t i = 0; i < request->topic_count; i++)
        memory_free(request->topics[i]);
    memory_free(request->topics);
    memory_free(request->text);
    properties_free(request->properties);
    properties_free(request->variables);
    *request = (struct ksql_request){0};
}
