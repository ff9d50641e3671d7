/* Everything that the ledger holds goes, in the order of dependency. Each thing is struck off after it is gone, so a
 * run that was killed at any point goes on where it stopped; what is not in the ledger is never touched. */
#include <string.h>

#include "client/connect.h"
#include "client/ksqldb.h"
#include "console/service/service_private.h"
#include "foundation/base/log.h"
#include "foundation/base/memory.h"
#include "foundation/base/vector.h"
#include "ksql/language/print.h"
#include "lab/topics.h"

enum { ASK_MS = 5000, STOP_MS = 6000 };

struct cleanup {
    struct service *self;
    struct kafka_admin *kafka;
    struct ksqldb_client *ksqldb;
    struct connect_client *connect;
    struct ledger_entry *entries;
    size_t count;
    int done, failed;
    bool stopped;       /* a person wants it to end; the ledger knows the rest */
    struct error error; /* first failure */
};

/* Between two things: whether to go on. */
static bool goes_on(struct cleanup *cleanup) {
    struct request *request = service_receive(cleanup->self, 0);
    if (request) {
        cleanup->stopped = cleanup->stopped || request->verb == REQUEST_STOP;
        message_free(&request->message);
    }
    return !cleanup->stopped && !service_stopping(cleanup->self);
}

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

static bool is_ours(const struct cleanup *cleanup, const char *source) {
    for (size_t i = 0; i < cleanup->count; i++)
        if (strcmp(cleanup->entries[i].kind, "source") == 0 && strcmp(cleanup->entries[i].name, source) == 0)
            return true;
    return false;
}

/* The persistent queries that fill our sources. Push queries are their owners' business: ours have been stopped. */
static void terminate_queries(struct cleanup *cleanup, const struct ksqldb_query *queries, size_t count) {
    for (size_t i = 0; i < count && goes_on(cleanup); i++) {
        if (queries[i].is_push || !queries[i].sink || !is_ours(cleanup, queries[i].sink))
            continue;
        struct text statement = TEXT_EMPTY;
        struct error error = {0};
        text_append_format(&statement, "TERMINATE %s;", queries[i].id);
        ksql(cleanup, text_string(&statement), &error); /* one that ended meanwhile is no failure: DROP tells */
        text_free(&statement);
    }
}

static int drop_source(struct cleanup *cleanup, const struct ksqldb_source *source, struct error *error) {
    struct text statement = TEXT_EMPTY;
    text_append_format(&statement, "DROP %s IF EXISTS ", source->is_table ? "TABLE" : "STREAM");
    print_name(&statement, view_of(source->name));
    text_append_char(&statement, ';');
    int result = ksql(cleanup, text_string(&statement), error);
    text_free(&statement);
    return result;
}

/* One round over what is left, newest first; a source that others still read is tried again in the next. */
static size_t drop_round(struct cleanup *cleanup, const struct ksqldb_source *sources, size_t count, bool *dropped,
                         struct error *error) {
    size_t left = 0;
    for (size_t j = cleanup->count; j-- > 0 && goes_on(cleanup);) {
        struct ledger_entry *entry = &cleanup->entries[j];
        const struct ksqldb_source *source = NULL;
        if (strcmp(entry->kind, "source") != 0)
            continue;
        for (size_t i = 0; i < count; i++)
            if (strcmp(sources[i].name, entry->name) == 0)
                source = &sources[i];
        if (source && drop_source(cleanup, source, error) != 0) {
            left++;
            continue;
        }
        strike(cleanup, entry, 0, NULL);
        memory_free(entry->kind);
        entry->kind = memory_copy_string("gone");
        *dropped = true;
    }
    return left;
}

/* 0 when none of our sources is left. What they read and write may only go after them. */
static int clean_ksqldb(struct cleanup *cleanup) {
    struct ksqldb_source *sources = NULL;
    struct ksqldb_query *queries = NULL;
    size_t source_count = 0, query_count = 0, left = 0;
    struct error error = {0};
    bool needed = false, dropped = true;
    for (size_t i = 0; i < cleanup->count; i++)
        needed = needed || strcmp(cleanup->entries[i].kind, "source") == 0;
    if (!needed)
        return 0;
    if (!cleanup->ksqldb)
        return error_set(&cleanup->error, ERROR_INVALID,
                         "this profile names no ksqlDB server (ksqldb.url), and streams and "
                         "tables were made on one");
    if (ksqldb_client_queries(cleanup->ksqldb, &queries, &query_count, &cleanup->error) != 0 ||
        ksqldb_client_sources(cleanup->ksqldb, &sources, &source_count, &cleanup->error) != 0) {
        ksqldb_queries_free(queries, query_count);
        return -1;
    }
    terminate_queries(cleanup, queries, query_count);
    while (dropped) {
        dropped = false;
        left = drop_round(cleanup, sources, source_count, &dropped, &error);
    }
    if (left)
        cleanup->error = error;
    ksqldb_queries_free(queries, query_count);
    ksqldb_sources_free(sources, source_count);
    return left ? -1 : 0;
}

static void clean_kind(struct cleanup *cleanup, const char *kind) {
    for (size_t i = cleanup->count; i-- > 0 && goes_on(cleanup);) {
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

/* Producer, detector and push query stop first: what is deleted under them would come back. */
static void stop_others(struct service *self) {
    static const enum service_id ids[] = {SERVICE_PRODUCER, SERVICE_DETECTOR, SERVICE_STATEMENTS};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        if (!service_ask(self, request_new(ids[i], REQUEST_STOP, NULL), STOP_MS))
            log_warn("clean-up", "%s takes its time to stop", service_name(ids[i]));
}

static void tell(struct cleanup *cleanup, size_t left) {
    struct service *self = cleanup->self;
    if (left && cleanup->stopped && !cleanup->error.code) {
        service_say(self, MESSAGE_WARN, "Clean-up stopped: %d gone, %zu left. :cleanup goes on with the rest.",
                    cleanup->done, left);
        return;
    }
    if (left && !cleanup->error.code)
        error_set(&cleanup->error, ERROR_INVALID, "the rest is of a kind that this program does not know");
    if (left)
        service_say(self, MESSAGE_ERROR, "Clean-up: %d gone, %zu left. %s. :cleanup goes on with the rest.",
                    cleanup->done, left, cleanup->error.message);
    else
        service_say(self, MESSAGE_OK, "Clean-up: %d things of the lab are gone.", cleanup->done);
}

static void run_cleanup(struct service *self) {
    static const char *const kinds[] = {"connector", "group", "topic", "subject"};
    struct profile *profile = self->context.profile;
    unsigned has = profile_capabilities(profile);
    struct cleanup cleanup = {.self = self};
    stop_others(self);
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
    if (clean_ksqldb(&cleanup) == 0)
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
            clean_kind(&cleanup, kinds[i]);
    service_job_end(self, SERVICE_CLEANUP);
    tell(&cleanup, cleanup.count - (size_t)cleanup.done);
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

const struct service_row service_cleanup = {"clean-up", "removes what the lab made, by its ledger", PROFILE_KAFKA, run,
                                            false};
