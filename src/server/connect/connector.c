#include "server/connect/connector.h"

#include <string.h>

#include "foundation/base/memory.h"
#include "foundation/base/text.h"

const struct connector_kind *const connector_kinds[] = {&connector_datagen, NULL};

static const char *const one_task[] = {"1", NULL};
static const char *const string_converter[] = {"org.apache.kafka.connect.storage.StringConverter", NULL};
static const char *const avro_converter[] = {"io.confluent.connect.avro.AvroConverter", NULL};

const struct connector_setting connector_common[] = {
    {.name = "name",
     .type = "STRING",
     .optional = true,
     .help = "Name of this connector; that of the request when absent."},
    {.name = "connector.class", .type = "CLASS", .help = "Kind of the connector, a row of /connector-plugins."},
    {.name = "tasks.max",
     .type = "INT",
     .otherwise = "1",
     .low = 1,
     .high = 1,
     .values = one_task,
     .help = "Most tasks at once. The connectors here have one."},
    {.name = "key.converter",
     .type = "CLASS",
     .optional = true,
     .values = string_converter,
     .help = "Keys are text; named only so that a configuration for Kafka Connect is taken."},
    {.name = "value.converter",
     .type = "CLASS",
     .optional = true,
     .values = avro_converter,
     .help = "Values are AVRO; named only so that a configuration for Kafka Connect is taken."},
    {.name = CONNECTOR_RETRY_TIMEOUT,
     .type = "LONG",
     .otherwise = "0",
     .low = -1,
     .high = INT64_MAX,
     .help = "For how many milliseconds a failed connector is started again by itself; 0 = it stays FAILED, -1 = for "
             "ever."},
    {.name = CONNECTOR_RETRY_DELAY,
     .type = "LONG",
     .otherwise = "60000",
     .low = 1,
     .high = INT32_MAX,
     .help = "Most milliseconds between two such starts; the first waits 300, each later one twice as long."},
    {0},
};

const struct connector_kind *connector_kind_find(const char *class_name) {
    for (size_t i = 0; class_name && connector_kinds[i]; i++)
        if (strcmp(connector_kinds[i]->class_name, class_name) == 0)
            return connector_kinds[i];
    return NULL;
}

bool connector_wait(const struct connector_run *run, int timeout_ms) {
    message_free(mailbox_receive(run->stop, timeout_ms));
    return !mailbox_closed(run->stop);
}

/* What is wrong with a value, appended to *reason; nothing when it is fine. */
static void check_value(const struct connector_setting *setting, const char *value, struct text *reason) {
    int64_t number = 0;
    bool is_number = strcmp(setting->type, "INT") == 0 || strcmp(setting->type, "LONG") == 0;
    if (!value) {
        if (!setting->otherwise && !setting->optional)
            text_append_format(reason, "Missing required configuration \"%s\" which has no default value.",
                               setting->name);
        return;
    }
    if (is_number && !view_to_int64(view_of(value), &number)) {
        text_append_format(reason, "Invalid value %s for configuration %s: Not a number of type %s", value,
                           setting->name, setting->type);
        return;
    }
    if (is_number && (number < setting->low || number > setting->high)) {
        text_append_format(reason, "Invalid value %s for configuration %s: Value must be between %lld and %lld", value,
                           setting->name, (long long)setting->low, (long long)setting->high);
        return;
    }
    if (!setting->values || is_number)
        return;
    for (size_t i = 0; setting->values[i]; i++)
        if (strcmp(setting->values[i], value) == 0)
            return;
    text_append_format(reason, "Invalid value %s for configuration %s: String must be one of: ", value, setting->name);
    for (size_t i = 0; setting->values[i]; i++)
        text_append_format(reason, "%s%s", i ? ", " : "", setting->values[i]);
}

static void append_or_null(struct text *out, const char *value) {
    if (value)
        text_append_json(out, view_of(value));
    else
        text_append_string(out, "null");
}

static void append_setting(struct text *out, const struct connector_setting *setting, const char *group, int order,
                           const char *value, struct view reason) {
    text_append_string(out, order > 1 || strcmp(group, "Common") != 0 ? "," : "");
    text_append_string(out, "{\"definition\":{\"name\":");
    text_append_json(out, view_of(setting->name));
    text_append_format(out, ",\"type\":\"%s\",\"required\":%s,\"default_value\":", setting->type,
                       setting->otherwise || setting->optional ? "false" : "true");
    append_or_null(out, setting->otherwise);
    text_append_string(out, ",\"importance\":\"MEDIUM\",\"documentation\":");
    text_append_json(out, view_of(setting->help));
    text_append_format(out, ",\"group\":\"%s\",\"order_in_group\":%d,\"width\":\"MEDIUM\",\"display_name\":", group,
                       order);
    text_append_json(out, view_of(setting->name));
    text_append_string(out, ",\"dependents\":[]},\"value\":{\"name\":");
    text_append_json(out, view_of(setting->name));
    text_append_string(out, ",\"value\":");
    bool secret = value && properties_is_secret(setting->name);
    append_or_null(out, secret ? "********" : value ? value : setting->otherwise);
    text_append_string(out, ",\"recommended_values\":[");
    for (size_t i = 0; setting->values && setting->values[i]; i++) {
        text_append_string(out, i ? "," : "");
        text_append_json(out, view_of(setting->values[i]));
    }
    text_append_string(out, "],\"errors\":[");
    if (reason.size)
        text_append_json(out, reason);
    text_append_string(out, "],\"visible\":true}}");
}

static const struct connector_setting *find_setting(const struct connector_setting *settings, const char *name) {
    for (; settings->name; settings++)
        if (strcmp(settings->name, name) == 0)
            return settings;
    return NULL;
}

struct check {
    const struct properties *config;
    const char *wrong; /* setting that the kind's own check names */
    struct error error;
    struct text out;
    struct text first; /* fault */
    int order, faults;
};

static void append_checked(struct check *check, const struct connector_setting *setting, const char *group,
                           const char *value, const struct text *reason) {
    append_setting(&check->out, setting, group, ++check->order, value, text_view(reason));
    if (reason->size && check->faults++ == 0)
        text_append(&check->first, text_view(reason));
}

static void check_settings(struct check *check, const struct connector_setting *settings, const char *group) {
    struct text reason = TEXT_EMPTY;
    check->order = 0;
    for (; settings->name; settings++) {
        const char *value = properties_get(check->config, settings->name);
        text_clear(&reason);
        check_value(settings, value, &reason);
        if (!reason.size && check->wrong && strcmp(check->wrong, settings->name) == 0)
            text_append_string(&reason, check->error.message);
        append_checked(check, settings, group, value, &reason);
    }
    text_free(&reason);
}

static void check_unknown(struct check *check, const struct connector_kind *kind) {
    struct text reason = TEXT_EMPTY;
    for (size_t i = 0; i < properties_count(check->config); i++) {
        const char *name, *value;
        properties_at(check->config, i, &name, &value);
        if (find_setting(connector_common, name) || find_setting(kind->settings, name))
            continue;
        struct connector_setting unknown = {.name = name, .type = "STRING", .optional = true, .help = "Unknown."};
        text_clear(&reason);
        text_append_format(&reason, "Unknown configuration \"%s\": the connector %s has no such setting", name,
                           kind->class_name);
        /* The value is left out: it may be a secret of another kind of connector. */
        append_checked(check, &unknown, "Unknown", NULL, &reason);
    }
    text_free(&reason);
}

static struct check check_all(const struct connector_kind *kind, const struct properties *config) {
    struct check check = {.config = config, .out = TEXT_EMPTY, .first = TEXT_EMPTY};
    if (kind->check && kind->check(config, &check.wrong, &check.error) == 0)
        check.wrong = NULL;
    check_settings(&check, connector_common, "Common");
    check_settings(&check, kind->settings, "Connector");
    check_unknown(&check, kind);
    return check;
}

static void check_free(struct check *check) {
    text_free(&check->out);
    text_free(&check->first);
}

int connector_validate(const struct connector_kind *kind, const struct properties *config, struct text *reply) {
    struct check check = check_all(kind, config);
    text_append_string(reply, "{\"name\":");
    text_append_json(reply, view_of(kind->class_name));
    text_append_format(reply, ",\"error_count\":%d,\"groups\":[\"Common\",\"Connector\"],\"configs\":[", check.faults);
    text_append(reply, text_view(&check.out));
    text_append_string(reply, "]}");
    check_free(&check);
    return check.faults;
}

int connector_check(const struct connector_kind *kind, const struct properties *config, struct error *error) {
    struct check check = check_all(kind, config);
    int result = check.faults ? error_set(error, ERROR_INVALID, "%s", text_string(&check.first)) : 0;
    check_free(&check);
    return result;
}

int64_t connector_number(const struct connector_setting *rows, const struct properties *config, const char *name) {
    const struct connector_setting *row = find_setting(rows, name);
    const char *value = properties_get(config, name);
    int64_t number = 0;
    if (!value || !view_to_int64(view_of(value), &number) || number < row->low || number > row->high)
        view_to_int64(view_of(row->otherwise), &number);
    return number;
}
