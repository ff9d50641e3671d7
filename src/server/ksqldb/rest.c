#include "server/ksqldb/rest.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "foundation/base/clock.h"
#include "foundation/base/memory.h"
#include "server/ksqldb/json.h"
#include "server/ksqldb/session.h"
#include "server/ksqldb/statements.h"

enum { SEQUENCE_MS = 5000, PARKED_TURN_MS = 50, HEALTH_MS = 1000 };
static const char json_type[] = "application/json";
static const char version[] = "7.4.0"; /* whose contract this is */

/* --- answers --- */

static void answer(struct http_exchange *exchange, int status, struct text *body) {
    http_exchange_answer(exchange, status, json_type, text_view(body));
    text_free(body);
}

static void answer_string(struct http_exchange *exchange, int status, const char *body) {
    http_exchange_answer(exchange, status, json_type, view_of(body));
}

static void answer_fault(struct http_exchange *exchange, struct fault *fault) {
    struct text body = TEXT_EMPTY;
    fault_print(&body, fault, (struct view){0});
    answer(exchange, fault_status(fault), &body);
    fault_free(fault);
}

/* --- actions: on the engine thread; each answers or keeps the exchange --- */

static void get_root(struct core *core, struct http_exchange *exchange) {
    (void)core;
    http_exchange_answer_header(exchange, "location", "/info");
    http_exchange_answer(exchange, 307, NULL, (struct view){0});
}

static void get_info(struct core *core, struct http_exchange *exchange) {
    struct text body = TEXT_EMPTY;
    text_append_string(&body, "{\"KsqlServerInfo\":{");
    put_string(&body, "version", view_of(version));
    put_string(&body, "kafkaClusterId", view_of(core->cluster_id));
    put_string(&body, "ksqlServiceId", view_of(core->settings->service_id));
    put_string(&body, "serverStatus", VIEW("RUNNING"));
    text_append_string(&body, "}}");
    answer(exchange, 200, &body);
}

static void get_health(struct core *core, struct http_exchange *exchange) {
    struct kafka_cluster cluster;
    struct text body = TEXT_EMPTY;
    bool kafka = kafka_admin_cluster(core->topics.admin, HEALTH_MS, &cluster, NULL) == 0;
    if (kafka)
        kafka_cluster_free(&cluster);
    text_append_format(&body,
                       "{\"isHealthy\":%s,\"details\":{\"metastore\":{\"isHealthy\":true},\"kafka\":{\"isHealthy\":%s},"
                       "\"commandRunner\":{\"isHealthy\":%s}},\"serverState\":\"READY\"}",
                       kafka ? "true" : "false", kafka ? "true" : "false", kafka ? "true" : "false");
    answer(exchange, 200, &body);
}

static void get_alive(struct core *core, struct http_exchange *exchange) {
    (void)core;
    answer_string(exchange, 200, "{}");
}

static void put_cluster(struct text *out, const struct core *core) {
    put_open(out, '{');
    text_append_string(out, "\"scope\":{\"path\":[],\"clusters\":{");
    put_string(out, "kafka-cluster", view_of(core->cluster_id));
    put_string(out, "ksql-cluster", view_of(core->settings->service_id));
    text_append_string(out, "}},\"id\":\"\"}");
}

static void get_metadata(struct core *core, struct http_exchange *exchange) {
    struct text body = TEXT_EMPTY;
    put_open(&body, '{');
    put_string(&body, "version", view_of(version));
    put_key(&body, "clusterId");
    put_cluster(&body, core);
    text_append_char(&body, '}');
    answer(exchange, 200, &body);
}

static void get_metadata_id(struct core *core, struct http_exchange *exchange) {
    struct text body = TEXT_EMPTY;
    put_cluster(&body, core);
    answer(exchange, 200, &body);
}

/* ksqlDB has it only with heartbeats between its nodes; here is one node. */
static void get_cluster_status(struct core *core, struct http_exchange *exchange) {
    (void)core;
    answer_string(exchange, 404, "");
}

static void get_statuses(struct core *core, struct http_exchange *exchange) {
    struct text body = TEXT_EMPTY;
    struct view id;
    void *value;
    text_append_string(&body, "{\"commandStatuses\":{");
    for (size_t at = 0; map_next(core->statuses, &at, &id, &value);) {
        put_comma(&body);
        text_append_json(&body, id);
        text_append_string(&body, ((struct command_status *)value)->failed ? ":\"ERROR\"" : ":\"SUCCESS\"");
    }
    text_append_string(&body, "}}");
    answer(exchange, 200, &body);
}

static void get_status(struct core *core, struct http_exchange *exchange) {
    struct text id = TEXT_EMPTY, body = TEXT_EMPTY;
    struct fault fault = {0};
    text_append_format(&id, "%s/%s/%s", http_exchange_parameter(exchange, "type"),
                       http_exchange_parameter(exchange, "entity"), http_exchange_parameter(exchange, "action"));
    const struct command_status *status = map_get(core->statuses, text_view(&id));
    text_free(&id);
    if (!status) {
        fault_set(&fault, FAULT_NOT_FOUND, "Command not found");
        answer_fault(exchange, &fault);
        return;
    }
    put_open(&body, '{');
    put_string(&body, "status", status->failed ? VIEW("ERROR") : VIEW("SUCCESS"));
    put_string(&body, "message", view_of(status->message));
    put_optional(&body, "queryId", view_of(status->query_id));
    text_append_char(&body, '}');
    answer(exchange, 200, &body);
}

static void get_valid_property(struct core *core, struct http_exchange *exchange) {
    struct fault fault = {0};
    (void)core;
    if (setting_check_name(http_exchange_parameter(exchange, "name"), &fault) != 0)
        answer_fault(exchange, &fault);
    else
        answer_string(exchange, 200, "true");
}

/* What every POST begins with. False: it was answered. */
static bool read_request(struct http_exchange *exchange, enum request_kind kind, struct ksql_request *request) {
    struct fault fault = {0};
    if (request_read(kind, http_exchange_body(exchange), request, &fault) == 0)
        return true;
    request_free(request);
    answer_fault(exchange, &fault);
    return false;
}

static bool choose_media(struct http_exchange *exchange, enum media_kind kind, enum media *media) {
    *media = media_choose(kind, http_exchange_header(exchange, "Accept"));
    if (*media == MEDIA_NONE)
        http_exchange_answer(exchange, 406, NULL, (struct view){0});
    return *media != MEDIA_NONE;
}

static void post_ksql(struct core *core, struct http_exchange *exchange) {
    struct ksql_request request;
    struct text body = TEXT_EMPTY;
    enum media media;
    if (!choose_media(exchange, MEDIA_ADMIN, &media) || !read_request(exchange, REQUEST_KSQL, &request))
        return;
    int status = statements_run(core, &request, &body);
    request_free(&request);
    answer(exchange, status, &body);
}

static void post_terminate(struct core *core, struct http_exchange *exchange) {
    struct ksql_request request;
    struct text body = TEXT_EMPTY;
    if (!read_request(exchange, REQUEST_TERMINATE, &request))
        return;
    int status = statements_terminate(core, &request, &body);
    request_free(&request);
    answer(exchange, status, &body);
}

static int wrong_statement(const struct statement *statement, bool on_query, struct fault *fault) {
    if (on_query) {
        struct view first = statement->written, word;
        view_split(&first, ' ', &word);
        return fault_set(fault, FAULT_BAD_REQUEST, "Statement type `%.*s' not supported for this resource",
                         VIEW_ARGS(word));
    }
    fault_set(fault, FAULT_BAD_STATEMENT, "Neither a query nor a print statement\nStatement: %.*s",
              VIEW_ARGS(statement->written));
    fault->generic = false;
    text_append(&fault->statement, statement->written);
    return -1;
}

static int start_session(struct core *core, struct http_exchange *exchange, const struct ksql_request *request,
                         enum media media, bool on_query, struct fault *fault, bool *not_acceptable) {
    struct arena arena = ARENA_EMPTY;
    struct statement *statement;
    const struct engine_request engine = {.properties = request->properties, .number = -1};
    int result = settings_check(request->properties, fault);
    if (result == 0) /* as recorded: variables are put in on /query-stream only */
        result = statements_parse_one(request, !on_query, &arena, &statement, fault);
    if (result == 0 && statement->kind == STATEMENT_QUERY)
        result = session_select(core->sessions, exchange, media, statement, &engine, fault);
    else if (result == 0 && statement->kind == STATEMENT_PRINT && !on_query && media != MEDIA_DELIMITED)
        *not_acceptable = true;
    else if (result == 0 && statement->kind == STATEMENT_PRINT)
        result = session_print(core->sessions, exchange, on_query, statement, fault);
    else if (result == 0)
        result = wrong_statement(statement, on_query, fault);
    arena_free(&arena);
    return result;
}

static void start_query(struct core *core, struct http_exchange *exchange, bool on_query) {
    struct ksql_request request;
    struct fault fault = {0};
    enum media media;
    bool not_acceptable = false;
    if (!choose_media(exchange, on_query ? MEDIA_QUERY : MEDIA_STREAM, &media) ||
        !read_request(exchange, on_query ? REQUEST_KSQL : REQUEST_STREAM, &request))
        return;
    int result = start_session(core, exchange, &request, media, on_query, &fault, &not_acceptable);
    request_free(&request);
    if (not_acceptable)
        http_exchange_answer(exchange, 406, NULL, (struct view){0});
    else if (result != 0)
        answer_fault(exchange, &fault);
}

static void post_query(struct core *core, struct http_exchange *exchange) {
    start_query(core, exchange, true);
}

static void post_query_stream(struct core *core, struct http_exchange *exchange) {
    start_query(core, exchange, false);
}

static void post_close_query(struct core *core, struct http_exchange *exchange) {
    struct ksql_request request;
    struct fault fault = {0};
    if (!read_request(exchange, REQUEST_CLOSE, &request))
        return;
    if (session_close_query(core->sessions, view_of(request.text))) {
        http_exchange_answer(exchange, 200, NULL, (struct view){0});
    } else {
        fault_set(&fault, FAULT_BAD_REQUEST, "No query with id %s", request.text);
        answer_fault(exchange, &fault);
    }
    request_free(&request);
}

static void post_inserts_stream(struct core *core, struct http_exchange *exchange) {
    struct fault fault = {0};
    (void)core;
    fault_set(&fault, FAULT_HTTP2_ONLY, "This endpoint is only available when using HTTP2");
    answer_fault(exchange, &fault);
}

static void get_websocket(struct core *core, struct http_exchange *exchange) {
    struct fault fault = {0};
    const char *connection = http_exchange_header(exchange, "Connection");
    (void)core;
    if (!connection || !strcasestr(connection, "upgrade")) {
        http_exchange_answer(exchange, 400, NULL, VIEW("\"Connection\" header must be \"Upgrade\"."));
        return;
    }
    fault_set(&fault, FAULT_BAD_REQUEST,
              "WebSocket is not supported here: send the statement to /query or /query-stream");
    answer_fault(exchange, &fault);
}

/* --- the table --- */

static const struct {
    const char *method, *pattern;
    void (*action)(struct core *core, struct http_exchange *exchange);
    const char *help;
    bool always;   /* answered before the server is ready, too */
    bool sequence; /* may wait for a command */
} rows[] = {
    {"GET", "/", get_root, "leads to /info", false, false},
    {"GET", "/info", get_info, "version, ids, state", false, false},
    {"GET", "/healthcheck", get_health, "whether Kafka answers", false, false},
    {"GET", "/chc/ready", get_alive, "alive", true, false},
    {"GET", "/chc/live", get_alive, "alive", true, false},
    {"GET", "/v1/metadata", get_metadata, "version and scope ids", false, false},
    {"GET", "/v1/metadata/id", get_metadata_id, "scope ids", false, false},
    {"GET", "/clusterStatus", get_cluster_status, "only with heartbeats", false, false},
    {"GET", "/status", get_statuses, "what became of all commands", false, false},
    {"GET", "/status/{type}/{entity}/{action}", get_status, "what became of one", false, false},
    {"GET", "/is_valid_property/{name}", get_valid_property, "whether a statement may set it", false, false},
    {"POST", "/ksql", post_ksql, "statements", false, true},
    {"POST", "/ksql/terminate", post_terminate, "ends all queries and forgets all statements", false, false},
    {"POST", "/query", post_query, "one SELECT or PRINT, rows as objects", false, true},
    {"POST", "/query-stream", post_query_stream, "one SELECT or PRINT, rows as lines", false, false},
    {"POST", "/close-query", post_close_query, "ends a push query", false, false},
    {"POST", "/inserts-stream", post_inserts_stream, "HTTP/2 only", false, false},
    {"GET", "/ws/query", get_websocket, "refused: no WebSocket", false, false},
};
enum { ROWS = sizeof rows / sizeof *rows };

/* --- the HTTP thread --- */

struct rest_request {
    struct message message;
    struct http_exchange *exchange;
    size_t row;
};

static void refuse(struct http_exchange *exchange, int state) {
    struct fault fault = {0};
    if (state == SERVER_STARTING) {
        http_exchange_answer_header(exchange, "Retry-After", "1");
        fault_set(&fault, FAULT_NOT_READY, "KSQL is not yet ready to serve requests.");
    } else if (state == SERVER_STOPPING) {
        fault_set(&fault, FAULT_STOPPING, "The server is shutting down");
    } else if (state == SERVER_STOPPED) {
        fault_set(&fault, FAULT_STOPPED, "The server is shut down");
    } else {
        http_exchange_answer_header(exchange, "Retry-After", "1");
        fault_set(&fault, FAULT_BEHIND, "Too many requests wait already");
    }
    answer_fault(exchange, &fault);
}

/* Of a request that never reached its action. */
static void request_message_free(struct message *message) {
    struct rest_request *request = (struct rest_request *)message;
    if (request->exchange)
        refuse(request->exchange, SERVER_READY);
    memory_free(request);
}

/* Dropping rather than waiting: the HTTP thread serves the other servers too. */
const struct message_kind rest_request_kind = {"ksqldb request", MAILBOX_DROP_OLDEST, request_message_free};

static void hand_over(void *context, struct http_exchange *exchange) {
    struct rest_desk *desk = context;
    size_t row = (size_t)(http_exchange_route(exchange) - desk->routes);
    int state = desk->state;
    if (state != SERVER_READY && rows[row].always) {
        answer_string(exchange, 200, "{}");
        return;
    }
    if (state != SERVER_READY) {
        refuse(exchange, state);
        return;
    }
    struct rest_request *request = memory_zero(1, sizeof *request);
    request->message.kind = &rest_request_kind;
    request->exchange = exchange;
    request->row = row;
    mailbox_send(desk->inbox, &request->message);
}

static void not_found(void *context, struct http_exchange *exchange) {
    struct rest_desk *desk = context;
    if (desk->state == SERVER_STARTING)
        refuse(exchange, SERVER_STARTING);
    else
        http_exchange_answer(exchange, 404, "text/html; charset=utf-8",
                             VIEW("<html><body><h1>Resource not found</h1></body></html>"));
}

void rest_fill_service(struct rest_desk *desk, struct http_service_options *service) {
    service->routes = desk->routes;
    service->context = desk;
    service->not_found = not_found;
}

/* --- the engine thread --- */

/* True: the request asks for a command that is still to come, which only another request can bring. */
static bool must_wait(const struct core *core, struct http_exchange *exchange, size_t row) {
    struct ksql_request request;
    struct fault fault = {0};
    if (!rows[row].sequence)
        return false;
    bool wait = request_read(REQUEST_KSQL, http_exchange_body(exchange), &request, &fault) == 0 &&
                request.sequence > commands_last_sequence(core->commands);
    request_free(&request);
    fault_free(&fault);
    return wait;
}

static void answer_behind(struct http_exchange *exchange) {
    struct ksql_request request;
    struct fault fault = {0};
    request_read(REQUEST_KSQL, http_exchange_body(exchange), &request, &fault);
    fault_set(&fault, FAULT_BEHIND,
              "Timed out while waiting for a previous command to execute. command sequence number: %lld",
              (long long)request.sequence);
    request_free(&request);
    answer_fault(exchange, &fault);
}

static void act(struct rest_desk *desk, struct core *core, struct http_exchange *exchange, size_t row) {
    if (core->terminated)
        refuse(exchange, SERVER_STOPPED);
    else
        rows[row].action(core, exchange);
    if (core->terminated)
        desk->state = SERVER_STOPPED;
}

void rest_take(struct rest_desk *desk, struct core *core, struct message *message) {
    struct rest_request *request = (struct rest_request *)message;
    struct http_exchange *exchange = request->exchange;
    request->exchange = NULL;
    if (must_wait(core, exchange, request->row))
        vector_push(&desk->parked, (struct parked){exchange, request->row, clock_monotonic_ms() + SEQUENCE_MS});
    else
        act(desk, core, exchange, request->row);
    message_free(message);
}

void rest_turn(struct rest_desk *desk, struct core *core) {
    for (size_t i = 0; i < desk->parked.count;) {
        struct parked parked = desk->parked.items[i];
        bool waits = must_wait(core, parked.exchange, parked.row);
        if (waits && clock_monotonic_ms() < parked.deadline_ms) {
            i++;
            continue;
        }
        vector_remove(&desk->parked, i);
        if (waits)
            answer_behind(parked.exchange);
        else
            act(desk, core, parked.exchange, parked.row);
    }
}

int rest_next_ms(const struct rest_desk *desk) {
    return desk->parked.count ? PARKED_TURN_MS : -1;
}

void rest_open(struct rest_desk *desk, struct mailbox *inbox) {
    *desk = (struct rest_desk){.inbox = inbox};
    desk->routes = memory_zero(ROWS + 1, sizeof *desk->routes);
    for (size_t i = 0; i < ROWS; i++)
        desk->routes[i] = (struct http_route){rows[i].method, rows[i].pattern, hand_over, rows[i].help};
}

void rest_close(struct rest_desk *desk) {
    for (size_t i = 0; i < desk->parked.count; i++)
        refuse(desk->parked.items[i].exchange, SERVER_STOPPING);
    vector_free(&desk->parked);
    memory_free(desk->routes);
}
