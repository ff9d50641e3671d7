/* Sends statements to ksqlDB, one by one, and says which one failed; queries stream into the result. */
#include <jansson.h>
#include <string.h>

#include "client/ksqldb.h"
#include "console/service/service_private.h"
#include "console/service/sql_session.h"
#include "console/service/statement_claims.h"
#include "foundation/base/memory.h"
#include "ksql/language/split.h"

struct statements {
    struct service *self;
    struct ksqldb_client *client;
    struct ksqldb_stream *stream; /* the running query, one at a time */
    struct sql_session *kept;     /* SET, DEFINE */
    bool from_earliest;           /* as last told; SET has its way until it is told otherwise */
};

/* --- results, on the HTTP thread --- */

static void post_state(struct service *self, int state, const char *statement, const struct error *error) {
    struct event_result *event = event_new(&event_result_kind);
    event->result.state = (__typeof__(event->result.state))state;
    event->result.statement = memory_copy_string(statement);
    event->result.error = error ? memory_copy_string(error->message) : NULL;
    mailbox_send(self->context.events, &event->message);
}

static void on_header(void *context, const char *query_id, const char *const *names, const char *const *types,
                      size_t count) {
    struct service *self = context;
    struct event_result *event = event_new(&event_result_kind);
    event->result.state = RESULT_RUNNING;
    event->result.query_id = memory_copy_string(query_id);
    event->result.columns = memory_zero(count + 1, sizeof *event->result.columns);
    event->result.types = memory_zero(count + 1, sizeof *event->result.types);
    event->result.column_count = count;
    for (size_t i = 0; i < count; i++) {
        event->result.columns[i] = memory_copy_string(names[i]);
        event->result.types[i] = memory_copy_string(types ? types[i] : "");
    }
    mailbox_send(self->context.events, &event->message);
}

static char *cell_of(json_t *item) {
    if (json_is_null(item))
        return NULL;
    if (json_is_string(item))
        return memory_copy_string(json_string_value(item));
    char *dumped = json_dumps(item, JSON_ENCODE_ANY | JSON_COMPACT);
    char *cell = memory_copy_string(dumped);
    free(dumped);
    return cell;
}

static void on_row(void *context, struct view text) {
    struct service *self = context;
    json_error_t trouble;
    json_t *row = json_loadb(text.data, text.size, 0, &trouble);
    size_t count = json_array_size(row);
    if (count == 0) {
        json_decref(row);
        return;
    }
    struct event_result_rows *event = event_new(&event_result_rows_kind);
    event->rows = memory_zero(1, sizeof *event->rows);
    event->rows[0] = memory_zero(count, sizeof **event->rows);
    event->count = 1;
    event->column_count = count;
    for (size_t i = 0; i < count; i++)
        event->rows[0][i] = cell_of(json_array_get(row, i));
    json_decref(row);
    mailbox_send(self->context.events, &event->message);
}

static void on_ended(void *context, const struct error *error) {
    post_state(context, error ? error->code == ERROR_CLOSED ? RESULT_STOPPED : RESULT_FAILED : RESULT_DONE, NULL,
               error);
}

/* --- statements --- */

static void stop_query(struct statements *statements) {
    if (!statements->stream)
        return;
    ksqldb_stream_close(statements->stream);
    statements->stream = NULL;
}

static void post_history(struct service *self, struct view text, const char *outcome, const struct error *error,
                         int64_t began_ns) {
    struct event_statement *event = event_new(&event_statement_kind);
    struct text copy = TEXT_EMPTY;
    text_append(&copy, text);
    event->statement = (struct model_statement){
        .text = text_take(&copy),
        .outcome = memory_copy_string(error ? error->message : outcome),
        .failed = error != NULL,
        .line = error ? error->line : 0,
        .column = error ? error->column : 0,
        .at_ms = service_now(self),
        .took_ms = (clock_elapsed_ns(self->context.clock) - began_ns) / 1000000,
    };
    mailbox_send(self->context.events, &event->message);
}

static char *outcome_of(struct view json) {
    json_error_t trouble;
    json_t *entities = json_loadb(json.data, json.size, 0, &trouble);
    json_t *first = json_array_get(entities, 0);
    const char *message = json_string_value(json_object_get(json_object_get(first, "commandStatus"), "message"));
    const char *type = json_string_value(json_object_get(first, "@type"));
    char *outcome = memory_copy_string(message ? message : type ? type : "done");
    json_decref(entities);
    return outcome;
}

static int send_one(struct statements *statements, struct view statement, int64_t began, struct error *error) {
    struct service *self = statements->self;
    struct claims claims = CLAIMS_NONE;
    struct text json = TEXT_EMPTY, whole = TEXT_EMPTY;
    sql_session_substitute(statements->kept, statement, &whole);
    int result = statement_claim(self, &claims, statements->client, text_view(&whole), error);
    if (result == 0)
        result = ksqldb_client_execute(statements->client, statement, sql_session_wire(statements->kept), &json, error);
    claims_settle(self, &claims, result ? error : NULL);
    char *outcome = result ? NULL : outcome_of(text_view(&json));
    post_history(self, statement, outcome, result ? error : NULL, began);
    if (outcome)
        service_say(self, MESSAGE_OK, "%s", outcome);
    memory_free(outcome);
    text_free(&json);
    text_free(&whole);
    return result;
}

static int execute_one(struct statements *statements, struct view statement, struct error *error) {
    struct service *self = statements->self;
    struct ksqldb_session *session = sql_session_wire(statements->kept);
    char word[32];
    int64_t began = clock_elapsed_ns(self->context.clock);
    struct text say = TEXT_EMPTY;
    int taken = sql_session_take(statements->kept, statements->client, statement, &say, error);
    if (taken != 0) {
        post_history(self, statement, say.size ? text_string(&say) : "kept", taken < 0 ? error : NULL, began);
        if (taken > 0)
            service_say(self, MESSAGE_OK, "%s", say.size ? text_string(&say) : "Kept for the statements to come.");
        text_free(&say);
        return taken < 0 ? -1 : 0;
    }
    split_first_word(statement, word);
    if (strcmp(word, "SELECT") == 0 || strcmp(word, "PRINT") == 0) {
        struct text text = TEXT_EMPTY;
        struct ksqldb_stream_handler handler = {self, on_header, on_row, on_ended};
        stop_query(statements);
        text_append(&text, statement);
        post_state(self, RESULT_RUNNING, text_string(&text), NULL);
        text_free(&text);
        statements->stream = ksqldb_client_query(statements->client, statement, session, handler);
        post_history(self, statement, "streaming", NULL, began);
        return 0;
    }
    return send_one(statements, statement, began, error);
}

static void execute(struct statements *statements, const char *text, bool from_earliest) {
    struct service *self = statements->self;
    struct view rest = view_of(text);
    struct split split;
    struct error error = {0};
    int line = 1, column = 1, number = 0;
    if (from_earliest != statements->from_earliest)
        sql_session_from(statements->kept, from_earliest);
    statements->from_earliest = from_earliest;
    while (split_next(&rest, &line, &column, &split)) {
        number++;
        if (split.open) {
            service_say(self, MESSAGE_ERROR,
                        "Statement %d is incomplete: what is opened by %c in line %d column %d is not closed.", number,
                        split.open, split.line, split.column);
            break;
        }
        struct text whole = TEXT_EMPTY; /* the last one may leave its `;` out */
        text_append(&whole, split.statement);
        if (!split.complete)
            text_append_char(&whole, ';');
        int result = execute_one(statements, text_view(&whole), &error);
        text_free(&whole);
        if (result != 0) {
            service_say(self, MESSAGE_ERROR, "%s", error.message);
            break;
        }
    }
}

static void change_query(struct statements *statements, const struct request *request) {
    struct text statement = TEXT_EMPTY, json = TEXT_EMPTY;
    struct error error = {0};
    const char *verb = request->verb == REQUEST_TERMINATE ? "TERMINATE"
                       : request->verb == REQUEST_PAUSE   ? "PAUSE"
                                                          : "RESUME";
    text_append_format(&statement, "%s %s;", verb, request->text);
    if (ksqldb_client_execute(statements->client, text_view(&statement), NULL, &json, &error) != 0)
        service_complain(statements->self, &error, NULL);
    else
        service_say(statements->self, MESSAGE_OK, "%s %s.", verb, request->text);
    text_free(&statement);
    text_free(&json);
}

static void run(struct service *self) {
    struct error error = {0};
    struct statements statements = {.self = self, .kept = sql_session_new(true), .from_earliest = true};
    statements.client = ksqldb_client_new(self->context.profile, self->context.http, &error);
    if (!statements.client)
        service_complain(self, &error, NULL);
    while (statements.client && !service_stopping(self)) {
        struct request *request = service_receive(self, -1);
        if (!request)
            continue;
        if (request->verb == REQUEST_EXECUTE)
            execute(&statements, request->text, request->flag);
        else if (request->verb == REQUEST_STOP)
            stop_query(&statements);
        else if (request->text)
            change_query(&statements, request);
        message_free(&request->message);
        service_poke_watch(self);
    }
    stop_query(&statements);
    ksqldb_client_free(statements.client);
    sql_session_free(statements.kept);
}

const struct service_row service_statements = {"statements", "sends statements to ksqlDB and streams queries",
                                               PROFILE_KSQLDB, run, false};
