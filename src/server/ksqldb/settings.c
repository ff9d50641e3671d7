#include "server/ksqldb/settings.h"

#include <stdio.h>
#include <string.h>

#include "client/profile.h"

static const char prefix[] = "ksql.streams.";

/* `set`: may be set with a statement. */
static const struct {
    const char *name, *value, *level;
    bool set, denied;
} rows[] = {
    {"ksql.service.id", NULL, "SERVER", false, true},
    {"ksql.streams.bootstrap.servers", NULL, "SERVER", false, true},
    {"ksql.schema.registry.url", NULL, "SERVER", false, true},
    {"ksql.connect.url", NULL, "SERVER", false, true},
    {"ksql.streams.commit.interval.ms", NULL, "SERVER", false, false},
    {"ksql.streams.auto.offset.reset", "latest", "SERVER", true, false},
    {"ksql.streams.cache.max.bytes.buffering", "10000000", "SERVER", true, false},
    {"ksql.streams.num.stream.threads", "1", "SERVER", true, false},
    {"ksql.streams.application.server", NULL, "SERVER", false, true},
    {"ksql.streams.state.dir", NULL, "SERVER", false, true},
    {"ksql.persistence.default.format.key", "KAFKA", "SERVER", false, false},
    {"ksql.persistence.default.format.value", NULL, "SERVER", false, false},
    {"ksql.persistence.wrap.single.values", "true", "SERVER", false, false},
    {"ksql.query.pull.table.scan.enabled", "true", "QUERY", true, false},
    {"ksql.pull.queries.enable", "true", "SERVER", false, false},
    {"ksql.insert.into.values.enabled", "true", "SERVER", false, false},
    {"ksql.variable.substitution.enable", "true", "SERVER", false, false},
    {"ksql.max.push.queries", "100", "SERVER", false, false},
    {"ksql.hidden.topics",
     "_confluent.*,__confluent.*,_schemas,__consumer_offsets,__transaction_state,connect-configs,connect-offsets,"
     "connect-status,connect-statuses",
     "SERVER", false, false},
    {"ksql.properties.overrides.denylist", "", "SERVER", false, true},
    {"ksql.extension.dir", "", "SERVER", false, true},
    {"ksql.transient.prefix", "transient_", "SERVER", false, true},
    {"ksql.persistent.prefix", "query_", "SERVER", false, true},
    {"ksql.time.zone", NULL, "SERVER", false, false},
};
enum { ROWS = sizeof rows / sizeof *rows };

/* Of Kafka's clients and of Kafka Streams: taken and kept with a query, though this engine needs only the first. */
static const char *const client_names[] = {
    "auto.offset.reset",
    "commit.interval.ms",
    "cache.max.bytes.buffering",
    "num.stream.threads",
    "processing.guarantee",
    "max.task.idle.ms",
    "compression.type",
    "linger.ms",
    "batch.size",
    "acks",
    "max.poll.records",
    "fetch.min.bytes",
    "fetch.max.wait.ms",
    "request.timeout.ms",
    "session.timeout.ms",
    "default.api.timeout.ms",
    "default.timestamp.extractor",
    "topology.optimization",
    "retries",
    "producer.linger.ms",
};

const char *setting_short_name(const char *name) {
    return strncmp(name, prefix, sizeof prefix - 1) == 0 ? name + sizeof prefix - 1 : name;
}

static size_t find(const char *name) {
    size_t i = 0;
    while (i < ROWS && strcmp(setting_short_name(rows[i].name), setting_short_name(name)) != 0)
        i++;
    return i;
}

static bool is_denied(const char *name) {
    size_t row = find(name);
    return row < ROWS && rows[row].denied;
}

static const char denial[] =
    "One or more properties overrides set locally are prohibited by the KSQL server (use UNSET "
    "to reset their default value): [%s]";

int settings_check(const struct properties *properties, struct fault *fault) {
    struct text names = TEXT_EMPTY;
    for (size_t i = 0; i < properties_count(properties); i++) {
        const char *name, *value;
        properties_at(properties, i, &name, &value);
        if (is_denied(name))
            text_append_format(&names, "%s%s", names.size ? ", " : "", name);
    }
    int result = names.size ? fault_set(fault, FAULT_BAD_REQUEST, denial, text_string(&names)) : 0;
    text_free(&names);
    return result;
}

int setting_check_name(const char *name, struct fault *fault) {
    if (is_denied(name))
        return fault_set(fault, FAULT_BAD_REQUEST, denial, name);
    bool known = find(name) < ROWS;
    for (size_t i = 0; i < sizeof client_names / sizeof *client_names; i++)
        known = known || strcmp(client_names[i], setting_short_name(name)) == 0;
    return known ? 0
                 : fault_set(fault, FAULT_BAD_REQUEST,
                             "Not recognizable as ksql, streams, consumer, or producer property: '%s'", name);
}

void setting_put(struct properties *properties, const char *name, const char *value) {
    const char *wanted = setting_short_name(name);
    for (size_t i = properties_count(properties); i-- > 0;) {
        const char *known, *old;
        properties_at(properties, i, &known, &old);
        if (strcmp(setting_short_name(known), wanted) == 0)
            properties_remove(properties, known);
    }
    if (value)
        properties_set(properties, name, value);
}

static const char *server_value(const struct settings *settings, const char *name, char buffer[32]) {
    const struct {
        const char *name, *value;
    } own[] = {
        {"ksql.service.id", settings->service_id},
        {"ksql.streams.bootstrap.servers", profile_get(settings->profile, "bootstrap.servers")},
        {"ksql.schema.registry.url", profile_get(settings->profile, "schema.registry.url")},
        {"ksql.connect.url", profile_get(settings->profile, "connect.url")},
        {"ksql.streams.application.server", settings->host},
        {"ksql.streams.state.dir", settings->folder},
        {"ksql.time.zone", settings->zone},
        {"ksql.streams.commit.interval.ms", buffer},
    };
    snprintf(buffer, 32, "%d", settings->commit_ms);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (strcmp(own[i].name, name) == 0)
            return own[i].value;
    return NULL;
}

static const char *session_value(const struct properties *session, const char *name) {
    for (size_t i = 0; i < properties_count(session); i++) {
        const char *known, *value;
        properties_at(session, i, &known, &value);
        if (strcmp(setting_short_name(known), setting_short_name(name)) == 0)
            return value;
    }
    return NULL;
}

bool setting_at(const struct settings *settings, const struct properties *session, size_t index,
                struct setting_row *row, char buffer[32]) {
    if (index >= ROWS)
        return false;
    const char *name = rows[index].name, *own = server_value(settings, name, buffer);
    const char *given = session_value(session, name);
    *row = (struct setting_row){.name = name,
                                .level = rows[index].level,
                                .editable = rows[index].set,
                                .value = given ? given
                                         : own ? own
                                               : rows[index].value,
                                .is_default = !given && !own,
                                .overridden = given != NULL};
    return true;
}
