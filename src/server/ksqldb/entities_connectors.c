/* Connector statements, passed on to Connect. */
#include <string.h>
#include <strings.h>

#include "foundation/base/memory.h"
#include "server/ksqldb/entities.h"

static int unconfigured(struct work *work, const struct statement *statement) {
    entity_refuse(work, statement, "Connect is not configured: add connect.url to the profile of this server.");
    return -1;
}

static int failed(struct work *work, const struct statement *statement, const struct error *error) {
    entity_fail(work, statement, error);
    return -1;
}

static const struct connect_connector *find(const struct connect_connector *connectors, size_t count,
                                            struct view name) {
    for (size_t i = 0; i < count; i++)
        if (view_equal_ignoring_case(view_of(connectors[i].name), name))
            return &connectors[i];
    return NULL;
}

static const char *type_word(const struct connect_connector *connector) {
    return connector->type && strcasecmp(connector->type, "sink") == 0 ? "sink" : "source";
}

static void put_tasks_state(struct text *out, const struct connect_connector *connector) {
    size_t running = 0;
    for (size_t i = 0; i < connector->task_count; i++)
        running += strcmp(connector->tasks[i].state, "RUNNING") == 0;
    struct text state = TEXT_EMPTY;
    text_append_format(&state, "%s (%zu/%zu tasks RUNNING)", connector->state, running, connector->task_count);
    put_string(out, "state", text_view(&state));
    text_free(&state);
}

/* What Connect has; nothing for a trial. False: the statement was answered, with `status`. */
static bool list(struct work *work, const struct statement *statement, struct connect_connector **connectors,
                 size_t *count, int *status) {
    struct error error = {0};
    *status = 0;
    if (!work->core->connect)
        *status = unconfigured(work, statement);
    else if (!work->trial && connect_client_list(work->core->connect, connectors, count, &error) == 0)
        return true;
    else if (!work->trial)
        *status = failed(work, statement, &error);
    return false;
}

int entity_list_connectors(struct work *work, const struct statement *statement) {
    struct connect_connector *connectors = NULL;
    size_t count = 0;
    int status;
    if (!list(work, statement, &connectors, &count, &status))
        return status;
    entity_begin(work, "connector_list", statement->written);
    put_key(work->out, "connectors");
    put_open(work->out, '[');
    for (size_t i = 0; i < count; i++) {
        put_open(work->out, '{');
        put_string(work->out, "name", view_of(connectors[i].name));
        put_string(work->out, "type", view_of(type_word(&connectors[i])));
        put_string(work->out, "className", view_of(connectors[i].class_name ? connectors[i].class_name : ""));
        put_tasks_state(work->out, &connectors[i]);
        text_append_char(work->out, '}');
    }
    text_append_char(work->out, ']');
    entity_end(work);
    connect_connectors_free(connectors, count);
    return 0;
}

int entity_list_plugins(struct work *work, const struct statement *statement) {
    struct error error = {0};
    error_set(&error, ERROR_UNSUPPORTED,
              "LIST CONNECTOR PLUGINS is not supported here: ask Connect itself, GET /connector-plugins at %s",
              profile_get(work->core->settings->profile, "connect.url")
                  ? profile_get(work->core->settings->profile, "connect.url")
                  : "its address");
    return failed(work, statement, &error);
}

static void put_status(struct text *out, const struct connect_connector *connector) {
    put_key(out, "status");
    put_open(out, '{');
    put_string(out, "name", view_of(connector->name));
    put_key(out, "connector");
    put_open(out, '{');
    put_string(out, "state", view_of(connector->state));
    put_optional(out, "trace", view_of(connector->trace));
    text_append_char(out, '}');
    put_key(out, "tasks");
    put_open(out, '[');
    for (size_t i = 0; i < connector->task_count; i++) {
        put_open(out, '{');
        put_number(out, "id", connector->tasks[i].id);
        put_string(out, "state", view_of(connector->tasks[i].state));
        put_optional(out, "trace", view_of(connector->tasks[i].trace));
        text_append_char(out, '}');
    }
    text_append_char(out, ']');
    put_string(out, "type", view_of(type_word(connector)));
    text_append_char(out, '}');
}

int entity_describe_connector(struct work *work, const struct statement *statement) {
    struct connect_connector *connectors = NULL;
    size_t count = 0;
    int status;
    if (!list(work, statement, &connectors, &count, &status))
        return status;
    const struct connect_connector *connector = find(connectors, count, statement->name);
    if (connector) {
        entity_begin(work, "connector_description", statement->written);
        put_string(work->out, "connectorClass", view_of(connector->class_name ? connector->class_name : ""));
        put_status(work->out, connector);
        put_raw(work->out, "sources", "[]");
        put_raw(work->out, "topics", "[]");
        entity_end(work);
    }
    connect_connectors_free(connectors, count);
    return connector
               ? 0
               : entity_refuse(work, statement, "Failed to query connector status: No status found for connector %.*s",
                               VIEW_ARGS(statement->name));
}

static struct properties *config_of(const struct statement *statement, struct arena *arena) {
    struct properties *config = properties_new();
    for (size_t i = 0; i < statement->property_count; i++) {
        const struct property *property = &statement->properties[i];
        char *name = arena_copy_bytes(arena, property->written.data, property->written.size);
        const struct node *value = property->value;
        const char *text = value->kind == NODE_BOOLEAN ? value->flag ? "true" : "false"
                                                       : arena_copy_bytes(arena, value->text.data, value->text.size);
        properties_set(config, name, text);
    }
    return config;
}

int entity_create_connector(struct work *work, const struct statement *statement) {
    struct error error = {0};
    if (!work->core->connect)
        return unconfigured(work, statement);
    if (work->trial)
        return 0;
    char *name = arena_copy_bytes(work->arena, statement->name.data, statement->name.size);
    struct properties *config = config_of(statement, work->arena);
    int result = connect_client_create(work->core->connect, name, config, &error);
    if (result != 0 && error.code == ERROR_EXISTS && statement->if_not_exists) {
        entity_begin(work, "warning_entity", statement->written);
        struct text message = TEXT_EMPTY;
        text_append_format(&message, "Connector %s already exists", name);
        put_string(work->out, "message", text_view(&message));
        text_free(&message);
        entity_end(work);
        result = 0;
    } else if (result == 0) {
        entity_begin(work, "connector_info", statement->written);
        put_key(work->out, "info");
        put_open(work->out, '{');
        put_string(work->out, "name", view_of(name));
        put_string(work->out, "type", view_equal(statement->text, VIEW("SINK")) ? VIEW("sink") : VIEW("source"));
        put_raw(work->out, "tasks", "[]");
        put_key(work->out, "config");
        put_open(work->out, '{');
        for (size_t i = 0; i < properties_count(config); i++) {
            const char *key, *value;
            properties_at(config, i, &key, &value);
            put_string(work->out, key, view_of(properties_is_secret(key) ? "[hidden]" : value));
        }
        text_append_string(work->out, "}}");
        entity_end(work);
    } else {
        failed(work, statement, &error);
    }
    properties_free(config);
    return result;
}

int entity_drop_connector(struct work *work, const struct statement *statement) {
    struct error error = {0};
    if (!work->core->connect)
        return unconfigured(work, statement);
    if (work->trial)
        return 0;
    char *name = arena_copy_bytes(work->arena, statement->name.data, statement->name.size);
    if (connect_client_delete(work->core->connect, name, &error) != 0) {
        if (error.code != ERROR_NOT_FOUND || !statement->if_exists)
            return failed(work, statement, &error);
        entity_begin(work, "warning_entity", statement->written);
        struct text message = TEXT_EMPTY;
        text_append_format(&message, "Connector '%s' does not exist.", name);
        put_string(work->out, "message", text_view(&message));
        text_free(&message);
        entity_end(work);
        return 0;
    }
    entity_begin(work, "drop_connector", statement->written);
    put_string(work->out, "connectorName", view_of(name));
    entity_end(work);
    return 0;
}
