#include "server/ksqldb/session.h"

#include <string.h>

#include "foundation/base/clock.h"
#include "foundation/base/memory.h"

enum { TURN_MS = 100, BEHIND = 1 << 20, CAUGHT_UP = 1 << 18, LIMIT = 0x7fffffff };

/* --- one session --- */

struct session *session_add(struct sessions *sessions, struct http_exchange *exchange) {
    struct session *session = memory_zero(1, sizeof *session);
    session->core = sessions->core;
    session->exchange = exchange;
    session->spoke_ms = clock_monotonic_ms();
    vector_push(&sessions->items, session);
    return session;
}

static void session_free(struct session *session) {
    plan_release(session->plan);
    vector_free(&session->readers);
    vector_free(&session->owed);
    text_free(&session->line);
    printing_free(session->printing);
    memory_free(session);
}

bool session_write(struct session *session, struct view bytes) {
    session->spoke_ms = clock_monotonic_ms();
    return http_exchange_write(session->exchange, bytes);
}

void session_end(struct session *session) {
    if (!session->ended)
        http_exchange_end(session->exchange);
    session->ended = true;
}

static void start(struct session *session) {
    if (session->started)
        return;
    session->started = true;
    http_exchange_start(session->exchange, 200, NULL, (size_t)LIMIT << 8);
    text_clear(&session->line);
    layout_header(session->layout, &session->line, session);
    session_write(session, text_view(&session->line));
}

/* --- what the engine calls; a pull query over a table answers before engine_select returns --- */

static bool take_rows(void *context, const struct plan *plan, const struct batch *rows) {
    struct session *session = context;
    (void)plan;
    start(session);
    text_clear(&session->line);
    for (size_t i = 0; i < rows->count; i++)
        layout_row(session->layout, &session->line, session, &rows->rows[i]);
    return session_write(session, text_view(&session->line));
}

static void finish(struct session *session, bool limit, const struct error *error) {
    if (session->ended)
        return;
    start(session);
    text_clear(&session->line);
    const char *message = limit ? "Limit Reached" : "Query Completed";
    layout_end(session->layout, &session->line, session, session->finals ? message : NULL, error);
    session_write(session, text_view(&session->line));
    session_end(session);
}

static void take_end(void *context, bool limit, const struct error *error) {
    finish(context, limit, error);
}

/* --- SELECT --- */

static size_t count_push(const struct sessions *sessions) {
    size_t count = 0;
    for (size_t i = 0; i < sessions->items.count; i++)
        count += sessions->items.items[i]->push && !sessions->items.items[i]->ended;
    return count;
}

static bool reads_table(const struct core *core, const struct statement *statement) {
    const struct source *source = catalog_find(engine_catalog(core->engine), statement->query->from.name);
    return source && source->kind == SOURCE_TABLE;
}

/* Whether the rows fit the media type is known once there is a plan, so a trial goes first. */
static int try_layout(struct sessions *sessions, const struct layout *layout, const struct statement *statement,
                      struct fault *fault, struct error *error) {
    struct arena arena = ARENA_EMPTY;
    struct analysis analysis = engine_analysis(sessions->core->engine, &arena);
    struct query_definition definition;
    bool push = statement->query->emit != EMIT_NONE;
    int result = push ? analyse_query(&analysis, statement, "transient", &definition, error)
                      : analyse_pull(&analysis, statement, "query", &definition, error);
    if (result == 0) {
        result = layout_check(layout, definition.plan->root->schema, fault);
        plan_release(definition.plan);
    }
    arena_free(&arena);
    return result;
}

static void drop_last(struct sessions *sessions) {
    session_free(sessions->items.items[--sessions->items.count]);
}

int session_select(struct sessions *sessions, struct http_exchange *exchange, enum media media,
                   const struct statement *statement, const struct engine_request *request, struct fault *fault) {
    struct core *core = sessions->core;
    const struct layout *layout = layout_of(media);
    struct error error = {0};
    bool push = statement->query->emit != EMIT_NONE;
    if (push && count_push(sessions) >= PUSH_QUERIES_MOST)
        return fault_set(fault, FAULT_PUSH_QUERIES, "Maximum number of push queries exceeded: %d run already",
                         PUSH_QUERIES_MOST);
    if (media == MEDIA_PROTOBUF && try_layout(sessions, layout, statement, fault, &error) != 0)
        return fault->code ? -1 : fault_of(fault, &error, statement, statement->written);
    struct session *session = session_add(sessions, exchange);
    session->layout = layout;
    session->push = push;
    session->finals = push || !reads_table(core, statement);
    vector_clear(&core->topics.opened);
    const struct engine_results results = {.context = session, .rows = take_rows, .ended = take_end};
    if (engine_select(core->engine, statement, request, results, session->id, &session->plan, &error) != 0) {
        if (!session->started) {
            drop_last(sessions);
            return fault_of(fault, &error, statement, statement->written);
        }
        finish(session, false, &error);
        return 0;
    }
    for (size_t i = 0; i < core->topics.opened.count; i++)
        vector_push(&session->readers, core->topics.opened.items[i]);
    start(session);
    if (statement->query->limit == 0 && !session->ended) {
        engine_query_close(core->engine, view_of(session->id));
        finish(session, true, NULL);
    }
    return 0;
}

bool session_close_query(struct sessions *sessions, struct view id) {
    for (size_t i = 0; i < sessions->items.count; i++) {
        struct session *session = sessions->items.items[i];
        if (!session->push || session->ended || !view_equal_ignoring_case(view_of(session->id), id))
            continue;
        engine_query_close(sessions->core->engine, view_of(session->id));
        finish(session, false, NULL);
        return true;
    }
    return false;
}

/* --- all of them --- */

struct sessions *sessions_new(struct core *core) {
    struct sessions *sessions = memory_zero(1, sizeof *sessions);
    sessions->core = core;
    return sessions;
}

static bool reads(const struct session *session, uint64_t reader) {
    for (size_t i = 0; i < session->readers.count; i++)
        if (session->readers.items[i] == reader)
            return true;
    return false;
}

bool sessions_owe(struct sessions *sessions, uint64_t reader) {
    for (size_t i = 0; i < sessions->items.count; i++) {
        struct session *session = sessions->items.items[i];
        if (session->ended || !reads(session, reader))
            continue;
        if (http_exchange_waiting(session->exchange) < BEHIND)
            return false;
        vector_push(&session->owed, reader);
        return true;
    }
    return false;
}

static void give_back(struct session *session) {
    if (!session->owed.count || http_exchange_waiting(session->exchange) > CAUGHT_UP)
        return;
    for (size_t i = 0; i < session->owed.count; i++)
        readers_more(session->core->topics.readers, session->owed.items[i]);
    vector_clear(&session->owed);
}

static void leave(struct session *session) {
    if (session->printing)
        readers_close(session->core->topics.readers, session->readers.items[0]);
    else
        engine_query_close(session->core->engine, view_of(session->id));
    session_end(session);
}

void sessions_turn(struct sessions *sessions) {
    for (size_t i = sessions->items.count; i-- > 0;) {
        struct session *session = sessions->items.items[i];
        if (!session->ended && !http_exchange_write(session->exchange, (struct view){0}))
            leave(session);
        if (!session->ended) {
            give_back(session);
            if (session->printing)
                printing_idle(session);
            continue;
        }
        vector_remove(&sessions->items, i);
        session_free(session);
    }
}

int sessions_next_ms(const struct sessions *sessions) {
    return sessions->items.count ? TURN_MS : -1;
}

void sessions_free(struct sessions *sessions) {
    if (!sessions)
        return;
    for (size_t i = 0; i < sessions->items.count; i++) {
        struct session *session = sessions->items.items[i];
        if (!session->ended && !session->printing) {
            engine_query_close(sessions->core->engine, view_of(session->id));
            finish(session, false, NULL);
        }
        session_end(session);
        session_free(session);
    }
    vector_free(&sessions->items);
    memory_free(sessions);
}

bool sessions_take_block(struct sessions *sessions, const struct reader_block *block) {
    for (size_t i = 0; i < sessions->items.count; i++) {
        struct session *session = sessions->items.items[i];
        if (!session->printing || !reads(session, block->number))
            continue;
        if (!session->ended)
            printing_take(session, block);
        return true;
    }
    return false;
}

bool sessions_take_end(struct sessions *sessions, const struct reader_end *end) {
    for (size_t i = 0; i < sessions->items.count; i++) {
        struct session *session = sessions->items.items[i];
        if (!session->printing || !reads(session, end->number))
            continue;
        session_end(session);
        return true;
    }
    return false;
}
