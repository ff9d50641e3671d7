#include "client/connect.h"

#include <jansson.h>

#include "client/rest.h"
#include "foundation/base/memory.h"

enum { CHANGE_TIMEOUT_MS = 30000 }; /* Connect tries the connector's own connection before it answers */

struct connect_client {
    struct rest *rest;
};

struct connect_client *connect_client_new(const struct profile *profile, struct http_client *http,
                                          struct error *error) {
    const struct rest_options options = {"connect", "Connect", "application/json"};
    struct rest *rest = rest_new(profile, http, &options, error);
    if (!rest)
        return NULL;
    struct connect_client *client = memory_zero(1, sizeof *client);
    client->rest = rest;
    return client;
}

void connect_client_free(struct connect_client *client) {
    if (!client)
        return;
    rest_free(client->rest);
    memory_free(client);
}

/* Connect answers 409 both for a name that is taken and while its workers share out their work. */
static int exchange(struct connect_client *client, const struct rest_call *call, struct text *answer,
                    int64_t *latency_ns, struct error *error) {
    struct error own = {0};
    if (rest_send(client->rest, call, answer, latency_ns, &own) == 0)
        return 0;
    if (own.code == ERROR_CONFLICT && strstr(own.message, "already exists")) {
        own.code = ERROR_EXISTS;
    } else if (own.code == ERROR_CONFLICT) {
        own.code = ERROR_BUSY;
        own.retriable = true;
    }
    if (error)
        *error = own;
    return -1;
}

static json_t *ask(struct connect_client *client, const struct rest_call *call, struct error *error) {
    struct text answer = TEXT_EMPTY;
    json_t *root = NULL;
    if (exchange(client, call, &answer, NULL, error) == 0) {
        root = json_loadb(text_string(&answer), answer.size, 0, NULL);
        if (!json_is_object(root)) {
            json_decref(root);
            root = NULL;
            rest_garbage(client->rest, "no JSON object", error);
        }
    }
    text_free(&answer);
    return root;
}

int connect_client_ping(struct connect_client *client, int64_t *latency_ns, struct error *error) {
    const struct rest_call call = {.path = "/"};
    return exchange(client, &call, NULL, latency_ns, error);
}

/* --- listing --- */

static char *copy_string(const json_t *object, const char *name) {
    const char *value = json_string_value(json_object_get(object, name));
    return value ? memory_copy_string(value) : NULL;
}

static char *copy_state(const json_t *object) {
    char *state = copy_string(object, "state");
    return state ? state : memory_copy_string("UNASSIGNED");
}

static void read_connector(struct connect_connector *connector, const char *name, const json_t *entry) {
    const json_t *status = json_object_get(entry, "status"), *info = json_object_get(entry, "info");
    const json_t *own = json_object_get(status, "connector"), *tasks = json_object_get(status, "tasks");
    const json_t *config = json_object_get(info, "config");
    *connector = (struct connect_connector){.name = memory_copy_string(name),
                                            .state = copy_state(own),
                                            .trace = copy_string(own, "trace"),
                                            .class_name = copy_string(config, "connector.class"),
                                            .type = copy_string(info, "type")};
    if (!connector->type)
        connector->type = copy_string(status, "type");
    if (!connector->type)
        connector->type = memory_copy_string("unknown");
    if (!connector->class_name)
        connector->class_name = memory_copy_string("");
    connector->tasks = memory_zero(json_array_size(tasks) + 1, sizeof *connector->tasks);
    size_t index;
    json_t *task;
    json_array_foreach(tasks, index, task) {
        connector->tasks[connector->task_count++] =
            (struct connect_task){.id = (int)json_integer_value(json_object_get(task, "id")),
                                  .state = copy_state(task),
                                  .trace = copy_string(task, "trace")};
    }
}

int connect_client_list(struct connect_client *client, struct connect_connector **connectors, size_t *count,
                        struct error *error) {
    *connectors = NULL;
    *count = 0;
    const struct rest_call call = {.path = "/connectors?expand=status&expand=info"};
    json_t *root = ask(client, &call, error);
    if (!root)
        return -1;
    const char *name;
    json_t *entry;
    *connectors = memory_zero(json_object_size(root) + 1, sizeof **connectors);
    json_object_foreach(root, name, entry) {
        read_connector(&(*connectors)[(*count)++], name, entry);
    }
    json_decref(root);
    return 0;
}

void connect_connectors_free(struct connect_connector *connectors, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct connect_connector *connector = &connectors[i];
        for (size_t j = 0; j < connector->task_count; j++) {
            memory_free(connector->tasks[j].state);
            memory_free(connector->tasks[j].trace);
        }
        memory_free(connector->tasks);
        memory_free(connector->name);
        memory_free(connector->state);
        memory_free(connector->trace);
        memory_free(connector->class_name);
        memory_free(connector->type);
    }
    memory_free(connectors);
}

/* --- changing --- */

static void write_config(struct text *body, const struct properties *config) {
    text_append_char(body, '{');
    for (size_t i = 0; i < properties_count(config); i++) {
        const char *name, *value;
        properties_at(config, i, &name, &value);
        if (i)
            text_append_char(body, ',');
        text_append_json(body, view_of(name));
        text_append_char(body, ':');
        text_append_json(body, view_of(value));
    }
    text_append_char(body, '}');
}

int connect_client_create(struct connect_client *client, const char *name, const struct properties *config,
                          struct error *error) {
    struct text body = TEXT_EMPTY;
    text_append_string(&body, "{\"name\":");
    text_append_json(&body, view_of(name));
    text_append_string(&body, ",\"config\":");
    write_config(&body, config);
    text_append_char(&body, '}');
    const struct rest_call call = {
        .method = "POST", .path = "/connectors", .body = text_view(&body), .timeout_ms = CHANGE_TIMEOUT_MS};
    int result = exchange(client, &call, NULL, NULL, error);
    text_free(&body);
    return result;
}

static int change(struct connect_client *client, const char *method, const char *name, const char *rest_of_path,
                  struct error *error) {
    struct text path = TEXT_EMPTY;
    text_append_string(&path, "/connectors/");
    rest_append_segment(&path, name);
    text_append_string(&path, rest_of_path);
    const struct rest_call call = {.method = method, .path = text_string(&path), .timeout_ms = CHANGE_TIMEOUT_MS};
    int result = exchange(client, &call, NULL, NULL, error);
    text_free(&path);
    return result;
}

int connect_client_pause(struct connect_client *client, const char *name, struct error *error) {
    return change(client, "PUT", name, "/pause", error);
}

int connect_client_resume(struct connect_client *client, const char *name, struct error *error) {
    return change(client, "PUT", name, "/resume", error);
}

/* A failed task is the usual reason for a restart, and without the flag only the connector itself is started anew. */
int connect_client_restart(struct connect_client *client, const char *name, struct error *error) {
    return change(client, "POST", name, "/restart?includeTasks=true", error);
}

int connect_client_delete(struct connect_client *client, const char *name, struct error *error) {
    return change(client, "DELETE", name, "", error);
}

/* --- validating --- */

/* The first setting with an error: "NAME: what is wrong". */
static int check_settings(const json_t *root, struct error *error) {
    size_t index;
    json_t *setting;
    json_array_foreach(json_object_get(root, "configs"), index, setting) {
        const json_t *value = json_object_get(setting, "value");
        const char *name = json_string_value(json_object_get(value, "name"));
        const char *reason = json_string_value(json_array_get(json_object_get(value, "errors"), 0));
        if (reason)
            return error_set(error, ERROR_INVALID, "%s: %s", name ? name : "a setting", reason);
    }
    json_int_t count = json_integer_value(json_object_get(root, "error_count"));
    return count > 0 ? error_set(error, ERROR_INVALID, "%d settings are wrong, none is named", (int)count) : 0;
}

int connect_client_validate(struct connect_client *client, const char *class_name, const struct properties *config,
                            struct error *error) {
    struct text path = TEXT_EMPTY, body = TEXT_EMPTY;
    text_append_string(&path, "/connector-plugins/");
    rest_append_segment(&path, class_name);
    text_append_string(&path, "/config/validate");
    write_config(&body, config);
    const struct rest_call call = {
        .method = "PUT", .path = text_string(&path), .body = text_view(&body), .timeout_ms = CHANGE_TIMEOUT_MS};
    json_t *root = ask(client, &call, error);
    int result = !root ? -1
                 : json_is_array(json_object_get(root, "configs"))
                     ? check_settings(root, error)
                     : rest_garbage(client->rest, "no \"configs\" in it", error);
    json_decref(root);
    text_free(&path);
    text_free(&body);
    return result;
}
