#include "server/connect/rest.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "client/kafka.h"
#include "foundation/base/memory.h"

enum { CLUSTER_TIMEOUT_MS = 5000 };
static const char mask[] = "********"; /* what answers have in the place of a secret */

static bool is_true(const struct http_exchange *exchange, const char *name) {
    const char *value = http_exchange_query(exchange, name);
    return value && strcmp(value, "true") == 0;
}

/* NULL: reply is filled; unknown says so in the words of the call, with %s for the name. */
static struct connector *named(struct worker *worker, const struct http_exchange *exchange, struct http_reply *reply,
                               const char *before, const char *after) {
    const char *name = http_exchange_parameter(exchange, "name");
    struct connector *connector = worker_find(worker, name);
    if (!connector)
        http_reply_fault(reply, 404, "%s%s%s", before, name, after);
    return connector;
}

static struct connector *found(struct worker *worker, const struct http_exchange *exchange, struct http_reply *reply) {
    return named(worker, exchange, reply, "Connector ", " not found");
}

/* --- pieces of answers --- */

static void append_config(struct text *out, const struct properties *config) {
    text_append_char(out, '{');
    for (size_t i = 0; i < properties_count(config); i++) {
        const char *name, *value;
        properties_at(config, i, &name, &value);
        text_append_string(out, i ? "," : "");
        text_append_json(out, view_of(name));
        text_append_char(out, ':');
        text_append_json(out, properties_is_secret(name) ? VIEW("********") : view_of(value));
    }
    text_append_char(out, '}');
}

static const char *type_of(const struct connector *connector) {
    return connector->kind ? connector->kind->type : "unknown";
}

static void append_info(struct text *out, const struct connector *connector) {
    text_append_string(out, "{\"name\":");
    text_append_json(out, view_of(connector->name));
    text_append_string(out, ",\"config\":");
    append_config(out, connector->config);
    text_append_string(out, ",\"tasks\":[");
    if (connector->target != TARGET_STOPPED) {
        text_append_string(out, "{\"connector\":");
        text_append_json(out, view_of(connector->name));
        text_append_string(out, ",\"task\":0}");
    }
    text_append_format(out, "],\"type\":\"%s\"}", type_of(connector));
}

static void append_task(struct text *out, const struct worker *worker, const struct connector *connector,
                        const char *state) {
    text_append_format(out, "{\"id\":0,\"state\":\"%s\",\"worker_id\":\"%s\"", state, worker->id);
    if (connector->trace) {
        text_append_string(out, ",\"trace\":");
        text_append_json(out, view_of(connector->trace));
    }
    text_append_format(out, ",\"version\":\"%s\"}", connector->kind ? connector->kind->version : "");
}

/* restarting: what it is asked to become, while the answer is written. */
static void append_status(struct text *out, const struct worker *worker, const struct connector *connector,
                          bool restarting) {
    text_append_string(out, "{\"name\":");
    text_append_json(out, view_of(connector->name));
    text_append_format(out, ",\"connector\":{\"state\":\"%s\",\"worker_id\":\"%s\"",
                       restarting ? "RESTARTING" : connector_state(connector), worker->id);
    if (!connector->kind)
        text_append_format(out, ",\"trace\":\"This worker has no connector of its class\"");
    text_append_format(out, ",\"version\":\"%s\"},\"tasks\":[", connector->kind ? connector->kind->version : "");
    if (connector->target != TARGET_STOPPED)
        append_task(out, worker, connector, restarting ? "RESTARTING" : connector_task_state(connector));
    text_append_format(out, "],\"type\":\"%s\"}", type_of(connector));
}

/* --- the worker and its connectors --- */

void connect_root(struct worker *worker, const struct http_exchange *exchange, struct http_reply *reply) {
    struct error error = {0};
    struct kafka_cluster cluster = {0};
    (void)exchange;
    struct kafka_admin *admin = kafka_admin_new(worker->profile, &error);
    if (!admin || kafka_admin_cluster(admin, CLUSTER_TIMEOUT_MS, &cluster, &error) != 0) {
        http_reply_fault(reply, 500, "Kafka does not answer: %s", error.message);
    } else {
        text_append_string(&reply->body,
                           "{\"version\":\"" FRAUDSCOPE_VERSION "\",\"commit\":\"unknown\",\"kafka_cluster_id\":");
        text_append_json(&reply->body, view_of(cluster.cluster_id ? cluster.cluster_id : ""));
        text_append_char(&reply->body, '}');
        kafka_cluster_free(&cluster);
    }
    kafka_admin_free(admin);
}

void connect_health(struct worker *worker, const struct http_exchange *exchange, struct http_reply *reply) {
    (void)worker, (void)exchange;
    text_append_string(
        &reply->body,
        "{\"status\":\"healthy\",\"message\":\"Worker has completed startup and is ready to handle requests.\"}");
}

/* A second ?expand= is not seen by the query look-up, so that either gives both: more than asked for, never less. */
void connectors_list(struct worker *worker, const struct http_exchange *exchange, struct http_reply *reply) {
    bool expand = http_exchange_query(exchange, "expand") != NULL;
    text_append_char(&reply->body, expand ? '{' : '[');
    for (size_t i = 0; i < worker->connectors.count; i++) {
        const struct connector *connector = worker->connectors.items[i];
        text_append_string(&reply->body, i ? "," : "");
        text_append_json(&reply->body, view_of(connector->name));
        if (!expand)
            continue;
        text_append_string(&reply->body, ":{\"status\":");
        append_status(&reply->body, worker, connector, false);
        text_append_string(&reply->body, ",\"info\":");
        append_info(&reply->body, connector);
        text_append_char(&reply->body, '}');
    }
    text_append_char(&reply->body, expand ? '}' : ']');
}

/* NULL: reply is filled. Numbers and booleans are taken as their text, as Kafka Connect takes them. */
static struct properties *read_config(const json_t *object, struct http_reply *reply) {
    const char *name;
    json_t *value;
    if (!json_is_object(object)) {
        http_reply_fault(reply, 400, "The body has no object 'config' with the connector's settings");
        return NULL;
    }
    struct properties *config = properties_new();
    json_object_foreach((json_t *)object, name, value) {
        struct text text = TEXT_EMPTY;
        if (json_is_string(value))
            text_append_string(&text, json_string_value(value));
        else if (json_is_integer(value))
            text_append_format(&text, "%lld", (long long)json_integer_value(value));
        else if (json_is_boolean(value))
            text_append_string(&text, json_is_true(value) ? "true" : "false");
        else if (!json_is_null(value)) {
            http_reply_fault(reply, 400, "Setting %s is not a text", name);
            properties_free(config);
            return NULL;
        }
        if (!json_is_null(value))
            properties_set(config, name, text_string(&text));
        text_free(&text);
    }
    return config;
}

/* Who reads a configuration, changes something and sends it back means the secret that is kept, not its mask. */
static bool unmask(struct properties *config, const struct properties *kept, struct http_reply *reply) {
    for (size_t i = 0; i < properties_count(config); i++) {
        const char *name, *value;
        properties_at(config, i, &name, &value);
        if (!properties_is_secret(name) || strcmp(value, mask) != 0)
            continue;
        const char *secret = kept ? properties_get(kept, name) : NULL;
        if (!secret) {
            http_reply_fault(reply, 400, "Setting %s is the mask that answers show, and there is nothing kept for it",
                             name);
            return false;
        }
        properties_set(config, name, secret);
    }
    return true;
}

static json_t *read_body(const struct http_exchange *exchange, struct http_reply *reply) {
    struct view body = http_exchange_body(exchange);
    json_error_t where;
    json_t *root = json_loadb(body.data ? body.data : "", body.size, 0, &where);
    if (!root)
        http_reply_fault(reply, 400, "The body is not JSON: %s at line %d, column %d", where.text, where.line,
                         where.column);
    return root;
}

static const struct connector_kind *kind_of(const struct properties *config, struct http_reply *reply) {
    const char *class_name = properties_get(config, "connector.class");
    const struct connector_kind *kind = connector_kind_find(class_name);
    if (kind)
        return kind;
    struct text known = TEXT_EMPTY;
    for (size_t i = 0; connector_kinds[i]; i++)
        text_append_format(&known, "%s%s", i ? ", " : "", connector_kinds[i]->class_name);
    if (class_name)
        http_reply_fault(reply, 400,
                         "Failed to find any class that implements Connector and which name matches %s, available "
                         "connectors are: %s",
                         class_name, text_string(&known));
    else
        http_reply_fault(reply, 400, "Connector config has no connector.class; available connectors are: %s",
                         text_string(&known));
    text_free(&known);
    return NULL;
}

/* The lines of the validate reply that matter to somebody who only sees the message. */
static void fault_invalid(struct http_reply *reply, const struct text *validation, int faults) {
    struct text lines = TEXT_EMPTY;
    size_t at, inner;
    json_t *setting, *reason;
    json_t *root = json_loadb(validation->data, validation->size, 0, NULL);
    json_array_foreach(json_object_get(root, "configs"), at, setting) {
        json_array_foreach(json_object_get(json_object_get(setting, "value"), "errors"), inner, reason) {
            text_append_format(&lines, "%s\n", json_string_value(reason));
        }
    }
    json_decref(root);
    http_reply_fault(
        reply, 400,
        "Connector configuration is invalid and contains the following %d error(s):\n%sYou can also find the "
        "above list "
        "of errors at the endpoint `/connector-plugins/{connectorType}/config/validate`",
        faults, text_string(&lines));
    text_free(&lines);
}

/* Owns config. */
static void configure(struct worker *worker, const char *name, struct properties *config, enum target target,
                      struct http_reply *reply) {
    struct error error = {0};
    struct text validation = TEXT_EMPTY;
    const struct connector *before = worker_find(worker, name);
    bool exists = before != NULL;
    if (!unmask(config, before ? before->config : NULL, reply)) {
        properties_free(config);
        return;
    }
    const char *inner = properties_get(config, "name");
    const struct connector_kind *kind = kind_of(config, reply);
    int faults = kind ? connector_validate(kind, config, &validation) : 0;
    if (!kind) {
        properties_free(config);
    } else if (inner && strcmp(inner, name) != 0) {
        http_reply_fault(reply, 400, "Connector name configuration (%s) doesn't match connector name in the URL (%s)",
                         inner, name);
        properties_free(config);
    } else if (faults) {
        fault_invalid(reply, &validation, faults);
        properties_free(config);
    } else if (worker_configure(worker, name, config, target, &error) != 0) {
        http_reply_fault(reply, 500, "The configuration could not be kept in Kafka: %s", error.message);
    } else {
        reply->status = exists ? 200 : 201;
        append_info(&reply->body, worker_find(worker, name));
    }
    text_free(&validation);
}

static bool read_target(const json_t *root, enum target *target, struct http_reply *reply) {
    static const char *const names[] = {"RUNNING", "PAUSED", "STOPPED"};
    const char *state = json_string_value(json_object_get(root, "initial_state"));
    *target = TARGET_STARTED;
    for (size_t i = 0; state && i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], state) == 0) {
            *target = (enum target)i;
            return true;
        }
    if (state)
        http_reply_fault(reply, 400, "initial_state %.40s is none of RUNNING, PAUSED, STOPPED", state);
    return !state;
}

void connectors_create(struct worker *worker, const struct http_exchange *exchange, struct http_reply *reply) {
    json_t *root = read_body(exchange, reply);
    const char *name = json_string_value(json_object_get(root, "name"));
    enum target target;
    if (!root)
        return;
    if (!name || !*name)
        http_reply_fault(reply, 400, "The body has no field 'name'");
    else if (worker_find(worker, name))
        http_reply_fault(reply, 409, "Connector %s already exists", name);
    else if (read_target(root, &target, reply)) {
        struct properties *config = read_config(json_object_get(root, "config"), reply);
        if (config)
            configure(worker, name, config, target, reply);
    }
    json_decref(root);
}

void connector_put_config(struct worker *worker, const struct http_exchange *exchange, struct http_reply *reply) {
    const char *name = http_exchange_parameter(exchange, "name");
    const struct connector *connector = worker_find(worker, name);
    json_t *root = read_body(exchange, reply);
    struct properties *config = root ? read_config(root, reply) : NULL;
    if (config)
        configure(worker, name, config, connector ? connector->target : TARGET_STARTED, reply);
    json_decref(root);
}

/* Settings of the body replace those kept, null takes one away. */
void connector_patch_config(struct worker *worker, const struct http_exchange *exchange, struct http_reply *reply) {
    const struct connector *connector = found(worker, exchange, reply);
    json_t *root = connector ? read_body(exchange, reply) : NULL, *value;
    struct properties *given = root ? read_config(root, reply) : NULL;
    const char *name;
    if (given) {
        struct properties *config = properties_copy(connector->config);
        for (size_t i = 0; i < properties_count(given); i++) {
            const char *setting, *text;
            properties_at(given, i, &setting, &text);
            properties_set(config, setting, text);
        }
        json_object_foreach(root, name, value) {
            if (json_is_null(value))
                properties_remove(config, name);
        }
        configure(worker, connector->name, config, connector->target, reply);
    }
    properties_free(given);
    json_decref(root);
}

/* --- one connector --- */

void connector_get(struct worker *worker, const struct http_exchange *exchange, struct http_reply *reply) {
    struct connector *connector = found(worker, exchange, reply);
    if (connector)
        append_info(&reply->body, connector);
}

void connector_get_config(struct worker *worker, const struct http_exchange *exchange, struct http_reply *reply) {
    struct connector *connector = found(worker, exchange, reply);
    if (connector)
        append_config(&reply->body, connector->config);
}

void connector_get_status(struct worker *worker, const struct http_exchange *exchange, struct http_reply *reply) {
    struct connector *connector = named(worker, exchange, reply, "No status found for connector ", "");
    if (connector)
        append_status(&reply->body, worker, connector, false);
}

void connector_delete(struct worker *worker, const struct http_exchange *exchange, struct http_reply *reply) {
    struct error error = {0};
    struct connector *connector = found(worker, exchange, reply);
    if (connector && worker_delete(worker, connector, &error) != 0)
        http_reply_fault(reply, 500, "The deletion could not be kept in Kafka: %s", error.message);
    else if (connector)
        reply->status = 204;
}

static void set_target(struct worker *worker, const struct http_exchange *exchange, struct http_reply *reply,
                       enum target target, int status) {
    struct error error = {0};
    struct connector *connector = named(worker, exchange, reply, "Unknown connector ", "");
    if (connector && worker_set_target(worker, connector, target, &error) != 0)
        http_reply_fault(reply, 500, "The state could not be kept in Kafka: %s", error.message);
    else if (connector)
        reply->status = status;
}

void connector_pause(struct worker *worker, const struct http_exchange *exchange, struct http_reply *reply) {
    set_target(worker, exchange, reply, TARGET_PAUSED, 202);
}

void connector_resume(struct worker *worker, const struct http_exchange *exchange, struct http_reply *reply) {
    set_target(worker, exchange, reply, TARGET_STARTED, 202);
}

void connector_stop(struct worker *worker, const struct http_exchange *exchange, struct http_reply *reply) {
    set_target(worker, exchange, reply, TARGET_STOPPED, 204);
}

void connector_restart(struct worker *worker, const struct http_exchange *exchange, struct http_reply *reply) {
    bool tasks = is_true(exchange, "includeTasks"), failed = is_true(exchange, "onlyFailed");
    struct connector *connector = named(worker, exchange, reply, "Unknown connector: ", "");
    if (!connector)
        return;
    if (tasks || failed) {
        reply->status = 202;
        append_status(&reply->body, worker, connector, !failed || connector->trace);
    } else {
        reply->status = 204;
    }
    if (!failed || (tasks && connector->trace))
        worker_restart(worker, connector);
}

/* --- its one task, offsets, topics --- */

static bool task_is_there(const struct connector *connector, const struct http_exchange *exchange,
                          struct http_reply *reply) {
    const char *task = http_exchange_parameter(exchange, "task");
    if (connector->target != TARGET_STOPPED && strcmp(task, "0") == 0)
        return true;
    http_reply_fault(reply, 404, "No status found for task %s-%.20s", connector->name, task);
    return false;
}

void connector_get_tasks(struct worker *worker, const struct http_exchange *exchange, struct http_reply *reply) {
    struct connector *connector = found(worker, exchange, reply);
    if (!connector)
        return;
    text_append_char(&reply->body, '[');
    if (connector->target != TARGET_STOPPED) {
        text_append_string(&reply->body, "{\"id\":{\"connector\":");
        text_append_json(&reply->body, view_of(connector->name));
        text_append_string(&reply->body, ",\"task\":0},\"config\":");
        append_config(&reply->body, connector->config);
        text_append_char(&reply->body, '}');
    }
    text_append_char(&reply->body, ']');
}

void connector_get_task_status(struct worker *worker, const struct http_exchange *exchange, struct http_reply *reply) {
    struct connector *connector = named(worker, exchange, reply, "No status found for connector ", "");
    if (connector && task_is_there(connector, exchange, reply))
        append_task(&reply->body, worker, connector, connector_task_state(connector));
}

void connector_restart_task(struct worker *worker, const struct http_exchange *exchange, struct http_reply *reply) {
    struct connector *connector = named(worker, exchange, reply, "Unknown connector: ", "");
    if (!connector || !task_is_there(connector, exchange, reply))
        return;
    worker_restart(worker, connector);
    reply->status = 204;
}

void connector_get_offsets(struct worker *worker, const struct http_exchange *exchange, struct http_reply *reply) {
    struct connector *connector = found(worker, exchange, reply);
    if (!connector)
        return;
    text_append_string(&reply->body, "{\"offsets\":[");
    if (connector->offset)
        text_append_format(&reply->body, "{\"partition\":%s,\"offset\":%s}",
                           connector->kind ? connector->kind->partition : "{}", connector->offset);
    text_append_string(&reply->body, "]}");
}

/* False: reply is filled. */
static bool may_change_offsets(const struct connector *connector, struct http_reply *reply) {
    if (connector->target == TARGET_STOPPED)
        return true;
    http_reply_fault(
        reply, 400,
        "Connectors must be in the STOPPED state before their offsets can be modified. This can be done for the "
        "specified connector by issuing a 'PUT' request to the '/connectors/%s/stop' endpoint",
        connector->name);
    return false;
}

/* {"offsets":[{"partition":{...},"offset":{...}}]}: there is one partition, and null takes its offset away. */
void connector_patch_offsets(struct worker *worker, const struct http_exchange *exchange, struct http_reply *reply) {
    struct error error = {0};
    struct connector *connector = found(worker, exchange, reply);
    if (!connector || !may_change_offsets(connector, reply))
        return;
    json_t *root = read_body(exchange, reply);
    if (!root)
        return;
    const json_t *list = json_object_get(root, "offsets"), *one = json_array_get(list, 0),
                 *offset = json_object_get(one, "offset");
    json_t *partition = json_loads(connector->kind ? connector->kind->partition : "{}", 0, NULL);
    char *text = json_is_object(offset) ? json_dumps(offset, JSON_COMPACT) : NULL;
    if (json_array_size(list) != 1 || !json_equal(json_object_get(one, "partition"), partition))
        http_reply_fault(reply, 400, "The body must have one entry in 'offsets', of the partition %s",
                         connector->kind ? connector->kind->partition : "{}");
    else if (!text && !json_is_null(offset))
        http_reply_fault(reply, 400, "'offset' is neither an object nor null");
    else if ((text ? worker_keep_offset(worker, connector, text, &error)
                   : worker_forget_offsets(worker, connector, &error)) != 0)
        http_reply_fault(reply, 500, "The change could not be kept in Kafka: %s", error.message);
    else
        text_append_string(&reply->body,
                           "{\"message\":\"The offsets for this connector have been altered successfully\"}");
    free(text);
    json_decref(partition);
    json_decref(root);
}

void connector_delete_offsets(struct worker *worker, const struct http_exchange *exchange, struct http_reply *reply) {
    struct error error = {0};
    struct connector *connector = found(worker, exchange, reply);
    if (!connector)
        return;
    if (!may_change_offsets(connector, reply))
        return;
    if (worker_forget_offsets(worker, connector, &error) != 0) {
        http_reply_fault(reply, 500, "The change could not be kept in Kafka: %s", error.message);
    } else {
        text_append_string(&reply->body,
                           "{\"message\":\"The offsets for this connector have been reset successfully\"}");
    }
}

void connector_get_topics(struct worker *worker, const struct http_exchange *exchange, struct http_reply *reply) {
    struct connector *connector = found(worker, exchange, reply);
    if (!connector)
        return;
    text_append_char(&reply->body, '{');
    text_append_json(&reply->body, view_of(connector->name));
    text_append_string(&reply->body, ":{\"topics\":[");
    for (size_t i = 0; i < connector->topics.count; i++) {
        text_append_string(&reply->body, i ? "," : "");
        text_append_json(&reply->body, view_of(connector->topics.items[i]));
    }
    text_append_string(&reply->body, "]}}");
}

/* --- what there is not --- */

void loggers_refuse(struct worker *worker, const struct http_exchange *exchange, struct http_reply *reply) {
    (void)worker, (void)exchange;
    http_reply_fault(reply, 501,
                     "Loggers cannot be listed or changed here: this worker writes one log, to the program's");
}

/* --- kinds --- */

void plugins_list(struct worker *worker, const struct http_exchange *exchange, struct http_reply *reply) {
    (void)worker, (void)exchange;
    text_append_char(&reply->body, '[');
    for (size_t i = 0; connector_kinds[i]; i++)
        text_append_format(&reply->body, "%s{\"class\":\"%s\",\"type\":\"%s\",\"version\":\"%s\"}", i ? "," : "",
                           connector_kinds[i]->class_name, connector_kinds[i]->type, connector_kinds[i]->version);
    text_append_char(&reply->body, ']');
}

void plugin_validate(struct worker *worker, const struct http_exchange *exchange, struct http_reply *reply) {
    const char *wanted = http_exchange_parameter(exchange, "class");
    json_t *root = read_body(exchange, reply);
    struct properties *config = root ? read_config(root, reply) : NULL;
    const char *class_name = config ? properties_get(config, "connector.class") : NULL;
    (void)worker;
    if (config && class_name && strcmp(class_name, wanted) != 0) {
        http_reply_fault(reply, 400, "Included connector type %s does not match request type %s", class_name, wanted);
    } else if (config) {
        const struct connector_kind *kind = kind_of(config, reply);
        if (kind)
            connector_validate(kind, config, &reply->body);
    }
    properties_free(config);
    json_decref(root);
}
