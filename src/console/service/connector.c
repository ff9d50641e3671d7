/* The CDC connector for customers and whatever other connector is named. */
#include <string.h>

#include "client/connect.h"
#include "console/service/claim.h"
#include "foundation/base/memory.h"
#include "lab/topics.h"

/* The settings follow from what the profile can do: a database is captured, without one a generator plays it. */
static struct properties *default_config(struct service *self, struct error *error) {
    struct profile *profile = self->context.profile;
    struct properties *config = properties_new();
    if (profile_capabilities(profile) & PROFILE_DATABASE) {
        static const char *const copied[] = {"database.hostname", "database.port",   "database.user",
                                             "database.password", "database.dbname", "database.sslmode"};
        properties_set(config, "connector.class", "io.debezium.connector.postgresql.PostgresConnector");
        properties_set(config, "plugin.name", "pgoutput");
        properties_set(config, "topic.prefix", "cdc");
        properties_set(config, "table.include.list", "public.customers");
        properties_set(config, "publication.autocreate.mode", "filtered");
        properties_set(config, "snapshot.mode", "initial");
        properties_set(config, "key.converter", "org.apache.kafka.connect.storage.StringConverter");
        properties_set(config, "transforms", "unwrap");
        properties_set(config, "transforms.unwrap.type", "io.debezium.transforms.ExtractNewRecordState");
        properties_set(config, "transforms.unwrap.delete.tombstone.handling.mode", "rewrite-with-tombstone");
        properties_set(config, "schema.name.adjustment.mode", "avro");
        properties_set(config, "topic.creation.default.partitions", "1");
        properties_set(config, "topic.creation.default.replication.factor", "-1");
        for (size_t i = 0; i < sizeof copied / sizeof *copied; i++)
            if (profile_get(profile, copied[i]))
                properties_set(config, copied[i], profile_get(profile, copied[i]));
    } else if (profile_capabilities(profile) & PROFILE_SERVES) {
        char seed[32];
        snprintf(seed, sizeof seed, "%llu", (unsigned long long)(self->context.seed ? self->context.seed : 1));
        properties_set(config, "connector.class", "datagen");
        properties_set(config, "quickstart", "customers");
        properties_set(config, "kafka.topic", LAB_TOPIC_CUSTOMERS);
        properties_set(config, "seed", seed);
        properties_set(config, "count", "100");
    } else {
        properties_free(config);
        error_set(
            error, ERROR_INVALID,
            "this profile names no database: add database.hostname, .port, .user, .password and .dbname, or give a "
            "settings file: :connector create FILE");
        return NULL;
    }
    properties_set(config, "tasks.max", "1");
    return config;
}

static int find(struct connect_client *client, const char *name, bool *exists, struct error *error) {
    struct connect_connector *connectors = NULL;
    size_t count = 0;
    *exists = false;
    if (connect_client_list(client, &connectors, &count, error) != 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        *exists = *exists || strcmp(connectors[i].name, name) == 0;
    connect_connectors_free(connectors, count);
    return 0;
}

/* What the connector writes is the lab's too: it must be gone after a clean-up. */
static int claim_all(struct service *self, struct claims *claims, const char *name, struct error *error) {
    struct kafka_admin *admin = kafka_admin_new(self->context.profile, error);
    int result = admin ? claim_topic(self, claims, admin, LAB_TOPIC_CUSTOMERS, error) : -1;
    kafka_admin_free(admin);
    if (result == 0 && self->registry)
        result = claim_subject(self, claims, LAB_TOPIC_CUSTOMERS "-value", error);
    return result ? -1 : claim_add(self, claims, "connector", name, false, error);
}

static void create(struct service *self, struct connect_client *client, const char *file) {
    struct error error = {0};
    struct properties *config = NULL;
    struct claims claims = CLAIMS_NONE;
    bool exists = false;
    const char *name = LAB_CONNECTOR;
    if (file) {
        config = properties_new();
        if (properties_read(config, file, &error) != 0)
            goto cleanup;
        name = properties_get_or(config, "name", LAB_CONNECTOR);
    } else {
        config = default_config(self, &error);
        if (!config)
            goto cleanup;
    }
    const char *class_name = properties_get(config, "connector.class");
    if (!class_name) {
        error_set(&error, ERROR_INVALID, "%s: connector.class is missing", file);
        goto cleanup;
    }
    if (connect_client_validate(client, class_name, config, &error) != 0)
        goto cleanup;
    if (find(client, name, &exists, &error) != 0)
        goto cleanup;
    if (exists) {
        service_say(self, MESSAGE_INFO, "Connector %s exists already; c c shows its status.", name);
        goto cleanup;
    }
    if (claim_all(self, &claims, name, &error) != 0 || connect_client_create(client, name, config, &error) != 0)
        goto cleanup;
    service_say(self, MESSAGE_OK, "Connector %s created; it fills %s.", name, LAB_TOPIC_CUSTOMERS);
cleanup:
    claims_settle(self, &claims, &error);
    if (error.code)
        service_complain(self, &error, NULL);
    properties_free(config);
}

static void status(struct service *self, struct connect_client *client, const char *name) {
    struct error error = {0};
    struct connect_connector *connectors = NULL;
    size_t count = 0, shown = 0;
    if (connect_client_list(client, &connectors, &count, &error) != 0) {
        service_complain(self, &error, ":test connect tries again");
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (name && strcmp(name, connectors[i].name) != 0)
            continue;
        shown++;
        bool failed = strcmp(connectors[i].state, "FAILED") == 0;
        service_say(self, failed ? MESSAGE_ERROR : MESSAGE_INFO, "Connector %s is %s, %zu task%s%s%s.",
                    connectors[i].name, connectors[i].state, connectors[i].task_count,
                    connectors[i].task_count == 1 ? "" : "s", connectors[i].trace ? ": " : "",
                    connectors[i].trace ? connectors[i].trace : "");
    }
    if (!shown)
        service_say(self, name ? MESSAGE_ERROR : MESSAGE_INFO, "%s%s. :connector create makes %s.",
                    name ? "There is no connector " : "There is no connector yet", name ? name : "", LAB_CONNECTOR);
    connect_connectors_free(connectors, count);
}

static void change(struct service *self, struct connect_client *client, const struct request *request) {
    static const struct {
        enum request_verb verb;
        int (*call)(struct connect_client *, const char *, struct error *);
        const char *done;
    } rows[] = {
        {REQUEST_PAUSE, connect_client_pause, "paused"},
        {REQUEST_RESUME, connect_client_resume, "resumed"},
        {REQUEST_RESTART, connect_client_restart, "restarted"},
        {REQUEST_DELETE, connect_client_delete, "deleted"},
    };
    const char *name = request->text ? request->text : LAB_CONNECTOR;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].verb != request->verb)
            continue;
        struct error error = {0};
        if (rows[i].call(client, name, &error) != 0) {
            service_complain(self, &error, NULL);
            return;
        }
        if (request->verb == REQUEST_DELETE)
            ledger_remove(self, "connector", name);
        service_say(self, MESSAGE_OK, "Connector %s %s.", name, rows[i].done);
    }
}

static void run(struct service *self) {
    struct error error = {0};
    struct connect_client *client = connect_client_new(self->context.profile, self->context.http, &error);
    if (!client)
        service_complain(self, &error, NULL);
    while (!service_stopping(self)) {
        struct request *request = service_receive(self, -1);
        if (!request)
            continue;
        if (!client)
            service_complain(self, &error, NULL);
        else if (request->verb == REQUEST_CREATE)
            create(self, client, request->text);
        else if (request->verb == REQUEST_STATUS)
            status(self, client, request->text);
        else
            change(self, client, request);
        message_free(&request->message);
        service_poke_watch(self);
    }
    connect_client_free(client);
}

const struct service_row service_connector = {
    "connector", "creates, shows, pauses, resumes, restarts and deletes connectors", PROFILE_CONNECT, run, false};
