#include "server/ksqldb/core.h"

#include "foundation/base/clock.h"
#include "foundation/base/log.h"
#include "foundation/base/memory.h"
#include "ksql/language/parse.h"
#include "server/ksqldb/session.h"

enum { OFFSETS_MS = 1000, TOLD_MS = 10000 };

/* --- what became of commands --- */

static void status_free(void *value) {
    struct command_status *status = value;
    memory_free(status->message);
    memory_free(status->query_id);
    memory_free(status);
}

void core_command_id(struct text *out, const struct engine_outcome *outcome) {
    bool source = view_equal(outcome->kind, VIEW("stream")) || view_equal(outcome->kind, VIEW("table"));
    const char *tick = source && view_equal(outcome->action, VIEW("create")) ? "`" : "";
    text_append_format(out, "%.*s/%s%.*s%s/%.*s", VIEW_ARGS(outcome->kind), tick, VIEW_ARGS(outcome->name), tick,
                       VIEW_ARGS(outcome->action));
}

static char *copy_view(struct view view) {
    struct text text = TEXT_EMPTY;
    text_append(&text, view);
    return text_take(&text);
}

void core_note(struct core *core, struct view command_id, struct view message, struct view query_id, bool failed) {
    struct command_status *status = memory_zero(1, sizeof *status);
    status->message = copy_view(message);
    status->query_id = query_id.size ? copy_view(query_id) : NULL;
    status->failed = failed;
    map_put(core->statuses, command_id, status);
}

/* --- the command topic --- */

static int run_command(struct core *core, const struct command *command, struct arena *arena,
                       struct engine_outcome *outcome, struct error *error) {
    struct statement *statement;
    const struct engine_request request = {
        .properties = command->properties, .number = command->number, .replay = true, .hold = true};
    if (parse_statement(arena, command->statement, 1, 1, &statement, error) != 0)
        return -1;
    return engine_execute(core->engine, statement, &request, arena, outcome, error);
}

/* A command that cannot be done again is told and passed over: the others still count. */
static void replay(void *context, const struct command *command) {
    struct core *core = context;
    struct arena arena = ARENA_EMPTY;
    struct engine_outcome outcome = {0};
    struct error error = {0};
    bool failed = run_command(core, command, &arena, &outcome, &error) != 0;
    if (failed)
        log_error("ksqldb", "%.*s of the command topic fails: %s", VIEW_ARGS(command->key), error.message);
    core_note(core, command->key, failed ? view_of(error.message) : outcome.message, outcome.query_id, failed);
    arena_free(&arena);
}

/* --- commits --- */

static void send_offsets(struct core *core) {
    struct offsets_list *list = offsets_list_new();
    struct engine_query_info info;
    struct text group = TEXT_EMPTY;
    for (size_t i = 0; engine_query_at(core->engine, i, &info); i++) {
        if (info.push)
            continue;
        text_clear(&group);
        memory_group(&group, core->settings->service_id, info.id);
        struct view topic;
        int64_t position;
        for (size_t source = 0; engine_query_position(core->engine, info.id, source, 0, &topic, &position); source++)
            for (int32_t partition = 0;
                 engine_query_position(core->engine, info.id, source, partition, &topic, &position); partition++)
                if (position >= 0)
                    offsets_list_add(list, text_string(&group), topic, partition, position);
    }
    text_free(&group);
    offsets_send(core->offsets, list);
}

static int commit(struct core *core) {
    struct error error = {0};
    core->committed_ms = clock_monotonic_ms();
    if (writer_is_away(core->topics.writer) && writer_flush(core->topics.writer, &error) != 0)
        return -1;
    if (engine_commit(core->engine, &error) != 0) {
        if (!core->commit_failed)
            log_error("ksqldb", "what queries wrote is not acknowledged, they go on when it is: %s", error.message);
        core->commit_failed = true;
        return -1;
    }
    if (core->commit_failed)
        log_info("ksqldb", "queries go on");
    core->commit_failed = false;
    return 0;
}

static int until(int64_t since_ms, int interval_ms) {
    int64_t left = since_ms + interval_ms - clock_monotonic_ms();
    return left > 0 ? (int)left : 0;
}

static int until_commit(const struct core *core) {
    return engine_dirty(core->engine) ? until(core->committed_ms, core->settings->commit_ms) : -1;
}

void core_turn(struct core *core) {
    engine_run(core->engine);
    if (until_commit(core) == 0 && commit(core) == 0) {
        memory_snapshot(&core->memory, core->engine, false);
        core->offsets_due = true;
    }
    if (!core->offsets_due || until(core->offsets_ms, OFFSETS_MS) != 0)
        return;
    core->offsets_due = false;
    core->offsets_ms = clock_monotonic_ms();
    send_offsets(core);
}

int core_next_ms(const struct core *core) {
    int commit_ms = until_commit(core);
    int offsets_ms = core->offsets_due ? until(core->offsets_ms, OFFSETS_MS) : -1;
    return commit_ms < 0 || (offsets_ms >= 0 && offsets_ms < commit_ms) ? offsets_ms : commit_ms;
}

/* --- open and close --- */

/* A topic full of records that do not decode must not fill the log: one line a query, then one in a while. */
struct told {
    int64_t at_ms;
    uint64_t silent;
};

static void told_free(void *value) {
    memory_free(value);
}

static void hear_trouble(void *context, struct view query_id, const struct error *error) {
    struct core *core = context;
    int64_t now = clock_monotonic_ms();
    struct told *told = map_get(core->told, query_id);
    if (told && now - told->at_ms < TOLD_MS) {
        told->silent++;
        return;
    }
    if (told && told->silent)
        log_warn("ksqldb", "%.*s: %s (%llu more since the last line)", VIEW_ARGS(query_id), error->message,
                 (unsigned long long)told->silent);
    else
        log_warn("ksqldb", "%.*s: %s", VIEW_ARGS(query_id), error->message);
    told = memory_zero(1, sizeof *told);
    told->at_ms = now;
    map_put(core->told, query_id, told);
}

static void make_engine(struct core *core) {
    const struct settings *settings = core->settings;
    core->memory = (struct memory){.profile = settings->profile,
                                   .topics = &core->topics,
                                   .folder = settings->folder,
                                   .service_id = settings->service_id,
                                   .cluster_id = core->cluster_id};
    memory_open(&core->memory);
    const struct engine_options options = {.clock = settings->clock,
                                           .zone = settings->zone,
                                           .wrap_single_values = true,
                                           .coalesce = true,
                                           .query_step = 2,
                                           .topics = &core->topics.table,
                                           .schemas = &core->schemas.table,
                                           .memory = &core->memory.table,
                                           .trouble = hear_trouble,
                                           .context = core};
    core->engine = engine_new(&options);
}

static int learn_cluster(struct core *core, struct error *error) {
    struct kafka_cluster cluster;
    if (kafka_admin_cluster(core->topics.admin, TOPICS_PATIENCE_MS, &cluster, error) != 0)
        return -1;
    core->cluster_id = memory_copy_string(cluster.cluster_id ? cluster.cluster_id : "");
    kafka_cluster_free(&cluster);
    return 0;
}

int core_open(struct core *core, const struct settings *settings, struct mailbox *inbox, struct error *error) {
    core->settings = settings;
    core->statuses = map_new(status_free);
    core->told = map_new(told_free);
    core->sessions = sessions_new(core);
    if (topics_open(&core->topics, settings->profile, inbox, error) != 0 || learn_cluster(core, error) != 0 ||
        schemas_open(&core->schemas, settings->profile, settings->http_client, error) != 0)
        return -1;
    if (profile_capabilities(settings->profile) & PROFILE_CONNECT)
        core->connect = connect_client_new(settings->profile, settings->http_client, NULL);
    make_engine(core);
    core->commands = commands_open(settings->profile, core->topics.admin, settings->service_id, replay, core, error);
    if (!core->commands)
        return -1;
    engine_start(core->engine);
    core->offsets = offsets_start(settings->profile);
    return 0;
}

void core_close(struct core *core) {
    sessions_free(core->sessions);
    if (core->engine && core->commands) {
        if (engine_dirty(core->engine))
            commit(core);
        if (!core->commit_failed)
            memory_snapshot(&core->memory, core->engine, true);
        if (core->offsets)
            send_offsets(core);
    }
    offsets_stop(core->offsets);
    engine_free(core->engine);
    commands_close(core->commands);
    memory_close(&core->memory);
    connect_client_free(core->connect);
    schemas_close(&core->schemas);
    topics_close(&core->topics);
    map_free(core->statuses);
    map_free(core->told);
    memory_free(core->cluster_id);
    *core = (struct core){0};
}
