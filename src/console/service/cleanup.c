/* Everything that the ledger holds goes, in the order of dependency. Each thing is struck off after it is gone, so a run that
 * was killed at any point goes on where it stopped; what is not in the ledger is never touched. */
#include <string.h>

#include "client/connect.h"
#include "client/ksqldb.h"
#include "console/service/service_private.h"
#include "foundation/base/memory.h"
#include "foundation/base/vector.h"
#include "lab/topics.h"

enum { ASK_MS = 5000 };

struct cleanup {
    struct service *self;
    struct kafka_admin *kafka;
    struct ksqldb_client *ksqldb;
    struct connect_client *connect;
    struct ledger_entry *entries;
    size_t count;
    int done, failed;
    struct error error; /* first failure */
};

static bool gone(int result, const struct error *error) {
    return result == 0 || error->code == ERROR_NOT_FOUND;
}

static void strike(struct cleanup *cleanup, struct ledger_entry *entry, int result, const struct error *error) {
    if (gone(result, error)) {
        ledger_remove(cleanup->self, entry->kind, entry->name);
        cleanup->done++;
    } else {
        if (!cleanup->failed)
            cleanup->error = *error;
        cleanup->failed++;
    }
    service_job(cleanup->self, SERVICE_CLEANUP, "Cleaning up", cleanup->done, (int)cleanup->count);
}

static int ksql(struct cleanup *cleanup, const char *statement, struct error *error) {
    struct text json = TEXT_EMPTY;
    int result = ksqldb_client_execute(cleanup->ksqldb, view_of(statement), NULL, &json, error);
    text_free(&json);
    return result;
}

/* Queries first, then sources; a source that others still read is tried again after them. */
static void clean_ksqldb(struct cleanup *cleanup) {
    struct ksqldb_source *sources = NULL;
    struct ksqldb_query *queries = NULL;
    size_t source_count = 0, query_count = 0;
    struct error error = {0};
    bool needed = false;
    for (size_t i = 0; i < cleanup->count; i++)
        needed = needed || strcmp(cleanup->entries[i].kind, "source") == 0;
    if (!needed || !cleanup->ksqldb)
        return;
    if (ksqldb_client_queries(cleanup->ksqldb, &queries, &query_count, &error) != 0 ||
        ksqldb_client_sources(cleanup->ksqldb, &sources, &source_count, &error) != 0) {
        cleanup->error = error;
        cleanup->failed++;
        ksqldb_queries_free(queries, query_count);
        return;
    }
    for (size_t i = 0; i < query_count; i++) {
        bool ours = queries[i].is_push;
        for (size_t j = 0; j < cleanup->count && !ours; j++)
            ours = strcmp(cleanup->entries[j].kind, "source") == 0 && queries[i].sink &&
                   strcmp(cleanup->entries[j].name, queries[i].sink) == 0;
        struct text statement = TEXT_EMPTY;
        text_append_format(&statement, "TERMINATE %s;", queries[i].id);
        if (ours)
            ksql(cleanup, text_string(&statement), &error); /* a query that ended meanwhile is no failure: DROP tells */
        text_free(&statement);
    }
    for (size_t round = 0, left = cleanup->count; round < cleanup->count && left > 0; round++) {
        left = 0;
        for (size_t j = cleanup->count; j-- > 0;) {
            struct ledger_entry *entry = &cleanup->entries[j];
            if (strcmp(entry->kind, "source") != 0)
                continue;
            const struct ksqldb_source *source = NULL;
            for (size_t i = 0; i < source_count; i++)
                if (strcmp(sources[i].name, entry->name) == 0)
                    source = &sources[i];
            struct text statement = TEXT_EMPTY;
            text_append_format(&statement, "DROP %s IF EXISTS %s;", source && source->is_table ? "TABLE" : "STREAM", entry->name);
            error_clear(&error);
            int result = source ? ksql(cleanup, text_string(&statement), &error) : 0;
            text_free(&statement);
            if (result == 0) {
                strike(cleanup, entry, 0, &error);
                memory_free(entry->kind);
                entry->kind = memory_copy_string("done");
            } else {
                left++;
            }
        }
        if (round + 1 == cleanup->count && left) {
            cleanup->failed += (int)left;
            cleanup->error = error;
        }
    }
    ksqldb_queries_free(queries, query_count);
    ksqldb_sources_free(sources, source_count);
}

static void clean_kind(struct cleanup *cleanup, const char *kind) {
    for (size_t i = cleanup->count; i-- > 0 && !service_stopping(cleanup->self);) {
        struct ledger_entry *entry = &cleanup->entries[i];
        struct error error = {0};
        int result = 0;
        if (strcmp(entry->kind, kind) != 0)
            continue;
        if (strcmp(kind, "connector") == 0 && cleanup->connect) {
            result = connect_client_delete(cleanup->connect, entry->name, &error);
        } else if (strcmp(kind, "topic") == 0 && cleanup->kafka) {
            result = kafka_admin_delete_topic(cleanup->kafka, entry->name, ASK_MS, &error);
        } else if (strcmp(kind, "group") == 0 && cleanup->kafka) {
            result = kafka_admin_delete_group(cleanup->kafka, entry->name, ASK_MS, &error);
        } else if (strcmp(kind, "subject") == 0 && cleanup->self->registry) {
            result = registry_client_delete_subject(cleanup->self->registry, entry->name, false, &error);
            if (gone(result, &error)) {
                error_clear(&error);
                result = registry_client_delete_subject(cleanup->self->registry, entry->name, true, &error);
            }
        } else {
            error_set(&error, ERROR_INVALID, "this profile cannot reach what made the %s %s", kind, entry->name);
            result = -1;
        }
        strike(cleanup, entry, result, &error);
    }
}

static void run_cleanup(struct service *self) {
    struct profile *profile = self->context.profile;
    unsigned has = profile_capabilities(profile);
    struct cleanup cleanup = {.self = self};
    /* Producer and detector stop first, push queries too. */
    services_send(self->services, request_new(SERVICE_PRODUCER, REQUEST_STOP, NULL));
    services_send(self->services, request_new(SERVICE_DETECTOR, REQUEST_STOP, NULL));
    if (has & PROFILE_KSQLDB)
        services_send(self->services, request_new(SERVICE_STATEMENTS, REQUEST_STOP, NULL));
    cleanup.entries = ledger_read(self->context.folder, &cleanup.count);
    if (cleanup.count == 0) {
        service_say(self, MESSAGE_INFO, "The ledger is empty: the lab has made nothing that is still there.");
        goto cleanup;
    }
    service_job(self, SERVICE_CLEANUP, "Cleaning up", 0, (int)cleanup.count);
    cleanup.kafka = kafka_admin_new(profile, &cleanup.error);
    if (has & PROFILE_KSQLDB)
        cleanup.ksqldb = ksqldb_client_new(profile, self->context.http, &cleanup.error);
    if (has & PROFILE_CONNECT)
        cleanup.connect = connect_client_new(profile, self->context.http, &cleanup.error);
    clean_ksqldb(&cleanup);
    clean_kind(&cleanup, "connector");
    clean_kind(&cleanup, "group");
    clean_kind(&cleanup, "topic");
    clean_kind(&cleanup, "subject");
    service_job_end(self, SERVICE_CLEANUP);
    if (cleanup.failed)
        service_say(self, MESSAGE_ERROR, "Clean-up: %d gone, %d left. %s. :cleanup goes on with the rest.", cleanup.done,
                    cleanup.failed, cleanup.error.message);
    else
        service_say(self, MESSAGE_OK, "Clean-up: %d things of the lab are gone.", cleanup.done);
cleanup:
    ledger_free(cleanup.entries, cleanup.count);
    kafka_admin_free(cleanup.kafka);
    ksqldb_client_free(cleanup.ksqldb);
    connect_client_free(cleanup.connect);
    service_poke_watch(self);
}

/* What an earlier run left is known from the start. */
static void post_ledger(struct service *self) {
    size_t count = 0;
    struct ledger_entry *entries = ledger_read(self->context.folder, &count);
    for (size_t i = 0; i < count; i++) {
        struct event_ledger *event = event_new(&event_ledger_kind);
        struct text what = TEXT_EMPTY;
        text_append_format(&what, "%s %s", entries[i].kind, entries[i].name);
        event->what = text_take(&what);
        mailbox_send(self->context.events, &event->message);
    }
    ledger_free(entries, count);
}

static void run(struct service *self) {
    post_ledger(self);
    while (!service_stopping(self)) {
        struct request *request = service_receive(self, -1);
        if (!request)
            continue;
        if (request->verb == REQUEST_CLEANUP)
            run_cleanup(self);
        message_free(&request->message);
    }
}

const struct service_row service_cleanup = {"clean-up", "removes what the lab made, by its ledger", PROFILE_KAFKA, run};
