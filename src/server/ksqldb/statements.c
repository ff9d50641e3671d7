#include "server/ksqldb/statements.h"

#include <regex.h>
#include <string.h>

#include "foundation/base/log.h"
#include "foundation/base/memory.h"
#include "foundation/base/vector.h"
#include "ksql/language/parse.h"
#include "ksql/language/split.h"
#include "ksql/language/token.h"
#include "server/ksqldb/entities.h"
#include "server/ksqldb/session.h"

/* --- from text to trees --- */

struct script {
    VECTOR(struct statement *) statements;
};

static bool find_variable(void *context, struct view name, struct view *value) {
    const struct properties *variables = context;
    for (size_t i = 0; i < properties_count(variables); i++) {
        const char *known, *text;
        properties_at(variables, i, &known, &text);
        if (view_equal_ignoring_case(view_of(known), name)) {
            *value = view_of(text);
            return true;
        }
    }
    return false;
}

static char *copy_name(struct arena *arena, struct view name) {
    return arena_copy_bytes(arena, name.data, name.size);
}

/* DEFINE and UNDEFINE count for the statements behind them. */
static void take_variable(struct properties *variables, const struct statement *statement, struct arena *arena) {
    char *name = copy_name(arena, statement->name);
    if (statement->kind == STATEMENT_DEFINE)
        properties_set(variables, name, copy_name(arena, statement->text));
    else if (statement->kind == STATEMENT_UNDEFINE)
        properties_remove(variables, name);
}

/* Where a statement begins in its script: lines and columns from 1, columns in characters. */
static void position_of(struct view script, const char *at, int *line, int *column) {
    *line = *column = 1;
    for (const char *c = script.data; c < at; c++) {
        if (*c == '\n') {
            ++*line;
            *column = 1;
        } else if (((unsigned char)*c & 0xc0) != 0x80) {
            ++*column;
        }
    }
}

/* Comments alone are fine, a `;` alone is not. */
static int refuse_nothing(struct view text, struct arena *arena, struct error *error) {
    struct lexer lexer;
    struct token token;
    struct statement *statement;
    lexer_start(&lexer, text);
    if (lexer_next(&lexer, &token, error) != 0)
        return -1;
    return token.kind == TOKEN_END ? 0 : parse_statement(arena, text, 1, 1, &statement, error);
}

static int parse_script(struct script *script, struct view text, struct properties *variables, bool substitute,
                        struct arena *arena, struct error *error) {
    const struct variables look_up = {variables, find_variable};
    struct split split;
    struct view rest = text;
    int line = 1, column = 1;
    while (split_next(&rest, &line, &column, &split)) {
        struct text put_in = TEXT_EMPTY;
        struct statement *statement;
        if (substitute)
            parse_substitute(split.statement, &look_up, &put_in);
        else
            text_append(&put_in, split.statement);
        struct view written = arena_copy_view(arena, text_view(&put_in));
        text_free(&put_in);
        int start_line, start_column; /* of an incomplete one `split` has another place */
        position_of(text, split.statement.data, &start_line, &start_column);
        if (parse_statement(arena, written, start_line, start_column, &statement, error) != 0)
            return -1;
        vector_push(&script->statements, statement);
        take_variable(variables, statement, arena);
    }
    return script->statements.count ? 0 : refuse_nothing(text, arena, error);
}

int statements_parse_one(const struct ksql_request *request, bool substitute, struct arena *arena,
                         struct statement **statement, struct fault *fault) {
    struct script script = {0};
    struct error error = {0};
    struct properties *variables = properties_copy(request->variables);
    int result = parse_script(&script, view_of(request->text), variables, substitute, arena, &error);
    if (result != 0) {
        fault_syntax(fault, &error, view_of(request->text), true);
    } else if (script.statements.count != 1) {
        fault_set(fault, FAULT_BAD_STATEMENT, "Expected exactly one KSQL statement; found %zu instead",
                  script.statements.count);
        fault->generic = false;
        text_append_string(&fault->statement, request->text);
        result = -1;
    } else {
        *statement = script.statements.items[0];
    }
    vector_free(&script.statements);
    properties_free(variables);
    return result;
}

/* --- what changes something: tried, kept in the command topic, done --- */

static int execute(struct work *work, const struct statement *statement, int64_t number, struct engine_outcome *outcome,
                   struct error *error) {
    const struct engine_request request = {.properties = work->properties, .number = number};
    return engine_execute(work->engine, statement, &request, work->arena, outcome, error);
}

static void put_status_entity(struct work *work, const struct engine_outcome *outcome, struct view command_id,
                              int64_t sequence) {
    entity_begin(work, "currentStatus", outcome->rewritten);
    put_string(work->out, "commandId", command_id);
    put_key(work->out, "commandStatus");
    put_open(work->out, '{');
    put_string(work->out, "status", VIEW("SUCCESS"));
    put_string(work->out, "message", outcome->message);
    bool made = view_equal(outcome->action, VIEW("create"));
    put_optional(work->out, "queryId", made ? outcome->query_id : (struct view){0});
    text_append_char(work->out, '}');
    put_number(work->out, "commandSequenceNumber", sequence);
    entity_end(work);
}

/* The number that the command will get is part of a query's id, so it is known beforehand. */
static int run_command(struct work *work, const struct statement *statement, const struct engine_outcome *tried) {
    struct core *core = work->core;
    struct engine_outcome outcome = {0};
    struct error error = {0};
    struct text id = TEXT_EMPTY;
    int64_t sequence = 0, number = commands_next_number(core->commands);
    core_command_id(&id, tried);
    const struct command command = {text_view(&id), tried->rewritten, work->properties, number};
    int result = commands_write(core->commands, &command, &sequence, &error);
    if (result == 0) {
        result = execute(work, statement, number, &outcome, &error);
        if (result != 0)
            commands_failed(core->commands);
        bool made = view_equal(outcome.action, VIEW("create"));
        core_note(core, text_view(&id), result != 0 ? view_of(error.message) : outcome.message,
                  made ? outcome.query_id : (struct view){0}, result != 0);
    }
    if (result == 0)
        put_status_entity(work, &outcome, text_view(&id), sequence);
    else
        fault_of(work->fault, &error, statement, outcome.rewritten.size ? outcome.rewritten : tried->rewritten);
    text_free(&id);
    return result;
}

static int put_warning(struct work *work, const struct statement *statement, struct view message) {
    entity_begin(work, "warning_entity", statement->written);
    put_string(work->out, "message", message);
    entity_end(work);
    return 0;
}

static bool is_drop(const struct statement *statement) {
    return statement->kind == STATEMENT_DROP_STREAM || statement->kind == STATEMENT_DROP_TABLE ||
           statement->kind == STATEMENT_DROP_TYPE;
}

static int change_something(struct work *work, const struct statement *statement) {
    struct engine_outcome tried = {0};
    struct error error = {0};
    if (work->trial) {
        int result = execute(work, statement, work->number, &tried, &error);
        work->number += 2;
        return result == 0 ? 0 : fault_of(work->fault, &error, statement, tried.rewritten);
    }
    /* Once more beside the real engine, which has moved on since the trial of the whole. */
    struct engine *sandbox = engine_sandbox(work->engine);
    struct work trial = *work;
    trial.engine = sandbox;
    int result = execute(&trial, statement, commands_next_number(work->core->commands), &tried, &error);
    engine_free(sandbox);
    if (result != 0)
        return fault_of(work->fault, &error, statement, tried.rewritten);
    if (tried.existed && !is_drop(statement))
        return put_warning(work, statement, tried.message);
    if (tried.existed && tried.kind.size == 0)
        return put_warning(work, statement, tried.message);
    return run_command(work, statement, &tried);
}

static int insert_values(struct work *work, const struct statement *statement) {
    struct engine_outcome outcome = {0};
    struct error error = {0};
    if (execute(work, statement, -1, &outcome, &error) == 0)
        return 0;
    return fault_of(work->fault, &error, statement, outcome.rewritten);
}

/* --- TERMINATE, PAUSE, RESUME: of one, of all, of a push query --- */

static int end_push(struct work *work, const struct statement *statement, struct view id) {
    if (work->trial)
        return 0;
    bool was = session_close_query(work->core->sessions, id);
    entity_begin(work, "terminate_query", statement->written);
    put_string(work->out, "queryId", statement->name);
    put_bool(work->out, "wasTerminated", was);
    entity_end(work);
    return 0;
}

static int change_all(struct work *work, const struct statement *statement) {
    static const char *const verbs[] = {
        [STATEMENT_TERMINATE] = "TERMINATE", [STATEMENT_PAUSE] = "PAUSE", [STATEMENT_RESUME] = "RESUME"};
    VECTOR(struct view) ids = {0};
    struct engine_query_info info;
    int result = 0;
    for (size_t i = 0; engine_query_at(work->engine, i, &info); i++)
        if (!info.push)
            vector_push(&ids, arena_copy_view(work->arena, info.id));
    for (size_t i = 0; i < ids.count && result == 0; i++) {
        struct statement one = *statement;
        one.name = ids.items[i];
        one.written = view_of(arena_format(work->arena, "%s %.*s;", verbs[statement->kind], VIEW_ARGS(one.name)));
        result = change_something(work, &one);
    }
    vector_free(&ids);
    return result;
}

static int change_query(struct work *work, const struct statement *statement) {
    struct engine_query_info info;
    if (!statement->name.size)
        return change_all(work, statement);
    if (engine_query_find(work->engine, statement->name, &info) && info.push) {
        if (statement->kind == STATEMENT_TERMINATE)
            return end_push(work, statement, arena_copy_view(work->arena, info.id));
        return entity_refuse(work, statement, "%.*s is a push query: it can be terminated only",
                             VIEW_ARGS(statement->name));
    }
    return change_something(work, statement);
}

/* --- settings of the request --- */

static int set_property(struct work *work, const struct statement *statement) {
    char *name = copy_name(work->arena, statement->name);
    struct properties *one = properties_new();
    properties_set(one, name, "");
    int result = settings_check(one, work->fault);
    properties_free(one);
    if (result == 0)
        result = setting_check_name(name, work->fault);
    if (result == 0)
        setting_put(work->properties, name, copy_name(work->arena, statement->text));
    return result;
}

static int unset_property(struct work *work, const struct statement *statement) {
    setting_put(work->properties, copy_name(work->arena, statement->name), NULL);
    return 0;
}

static int set_variable(struct work *work, const struct statement *statement) {
    take_variable(work->variables, statement, work->arena);
    return 0;
}

/* --- the table --- */

static int query_elsewhere(struct work *work, const struct statement *statement) {
    fault_set(
        work->fault, FAULT_QUERY_ENDPOINT,
        "The following statement types should be issued to the websocket endpoint '/query':\n\t* PRINT\n\t* SELECT");
    work->fault->generic = false;
    text_append(&work->fault->statement, statement->written);
    return -1;
}

static int list(struct work *work, const struct statement *statement) {
    static const struct {
        struct view text;
        entity *run;
    } rows[] = {
        {VIEW("STREAMS"), entity_list_sources},
        {VIEW("TABLES"), entity_list_sources},
        {VIEW("TOPICS"), entity_list_topics},
        {VIEW("ALL TOPICS"), entity_list_topics},
        {VIEW("QUERIES"), entity_list_queries},
        {VIEW("PROPERTIES"), entity_list_properties},
        {VIEW("FUNCTIONS"), entity_list_functions},
        {VIEW("TYPES"), entity_list_types},
        {VIEW("VARIABLES"), entity_list_variables},
        {VIEW("CONNECTORS"), entity_list_connectors},
        {VIEW("CONNECTOR PLUGINS"), entity_list_plugins},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (view_equal(rows[i].text, statement->text))
            return rows[i].run(work, statement);
    return entity_refuse(work, statement, "LIST %.*s is not supported here", VIEW_ARGS(statement->text));
}

static int unsupported(struct work *work, const struct statement *statement) {
    struct engine_outcome outcome = {0};
    struct error error = {0};
    if (execute(work, statement, -1, &outcome, &error) == 0)
        error_set(&error, ERROR_UNSUPPORTED, "This statement is not supported here");
    return fault_of(work->fault, &error, statement, statement->written);
}

static const struct {
    enum statement_kind kind;
    entity *run;
    bool tried; /* its trial can fail */
} rows[] = {
    {STATEMENT_QUERY, query_elsewhere, true},
    {STATEMENT_PRINT, query_elsewhere, true},
    {STATEMENT_CREATE_STREAM, change_something, true},
    {STATEMENT_CREATE_TABLE, change_something, true},
    {STATEMENT_CREATE_STREAM_AS, change_something, true},
    {STATEMENT_CREATE_TABLE_AS, change_something, true},
    {STATEMENT_INSERT_INTO, change_something, true},
    {STATEMENT_INSERT_VALUES, insert_values, true},
    {STATEMENT_DROP_STREAM, change_something, true},
    {STATEMENT_DROP_TABLE, change_something, true},
    {STATEMENT_CREATE_TYPE, change_something, true},
    {STATEMENT_DROP_TYPE, change_something, true},
    {STATEMENT_TERMINATE, change_query, true},
    {STATEMENT_PAUSE, change_query, true},
    {STATEMENT_RESUME, change_query, true},
    {STATEMENT_ALTER_SOURCE, unsupported, true},
    {STATEMENT_ALTER_SYSTEM, unsupported, true},
    {STATEMENT_SET, set_property, true},
    {STATEMENT_UNSET, unset_property, true},
    {STATEMENT_DEFINE, set_variable, true},
    {STATEMENT_UNDEFINE, set_variable, true},
    {STATEMENT_LIST, list, false},
    {STATEMENT_DESCRIBE, entity_describe_source, true},
    {STATEMENT_DESCRIBE_ALL, entity_describe_sources, false},
    {STATEMENT_DESCRIBE_FUNCTION, entity_describe_function, true},
    {STATEMENT_DESCRIBE_CONNECTOR, entity_describe_connector, true},
    {STATEMENT_EXPLAIN, entity_explain, true},
    {STATEMENT_CREATE_CONNECTOR, entity_create_connector, true},
    {STATEMENT_DROP_CONNECTOR, entity_drop_connector, true},
    {STATEMENT_ASSERT_TOPIC, entity_assert_topic, false},
    {STATEMENT_ASSERT_SCHEMA, entity_assert_schema, false},
};

static int run_one(struct work *work, const struct statement *statement) {
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].kind == statement->kind)
            return work->trial && !rows[i].tried ? 0 : rows[i].run(work, statement);
    return unsupported(work, statement);
}

/* --- a request --- */

/* The real thing moves properties and variables on, so each pass has copies of its own. */
static int run_all(struct core *core, const struct ksql_request *request, const struct script *script, bool trial,
                   struct arena *arena, struct text *out, struct fault *fault) {
    struct work work = {.core = core,
                        .engine = trial ? engine_sandbox(core->engine) : core->engine,
                        .trial = trial,
                        .number = commands_next_number(core->commands),
                        .properties = properties_copy(request->properties),
                        .variables = properties_copy(request->variables),
                        .arena = arena,
                        .out = out,
                        .fault = fault};
    int result = 0;
    for (size_t i = 0; i < script->statements.count && result == 0; i++)
        result = run_one(&work, script->statements.items[i]);
    if (trial)
        engine_free(work.engine);
    properties_free(work.properties);
    properties_free(work.variables);
    return result;
}

static int execute_script(struct core *core, const struct ksql_request *request, const struct script *script,
                          struct arena *arena, struct text *entities, struct fault *fault) {
    struct text thrown_away = TEXT_EMPTY;
    int result = run_all(core, request, script, true, arena, &thrown_away, fault);
    text_free(&thrown_away);
    return result == 0 ? run_all(core, request, script, false, arena, entities, fault) : -1;
}

static int answer(struct text *out, const struct text *entities, int result, const struct fault *fault) {
    if (result != 0) {
        fault_print(out, fault, text_view(entities));
        return fault_status(fault);
    }
    text_append_char(out, '[');
    text_append(out, text_view(entities));
    text_append_char(out, ']');
    return 200;
}

/* --- the end of everything --- */

static bool matches(const char *name, const struct ksql_request *request, struct fault *fault) {
    bool found = false;
    for (size_t i = 0; i < request->topic_count && !found; i++) {
        regex_t pattern;
        struct text whole = TEXT_EMPTY;
        text_append_format(&whole, "^(%s)$", request->topics[i]);
        if (regcomp(&pattern, text_string(&whole), REG_EXTENDED | REG_NOSUB) == 0) {
            found = regexec(&pattern, name, 0, NULL, 0) == 0;
            regfree(&pattern);
        } else {
            fault_set(fault, FAULT_BAD_REQUEST, "Invalid pattern: %s", request->topics[i]);
        }
        text_free(&whole);
    }
    return found;
}

/* Topics that queries here write, if a pattern asks for them; nobody else's. */
static void find_sinks(struct core *core, const struct ksql_request *request, struct arena *arena, struct script *names,
                       struct fault *fault) {
    const struct source *source;
    for (size_t i = 0; (source = catalog_at(engine_catalog(core->engine), i)); i++) {
        char *name = copy_name(arena, source->topic);
        struct statement *noted = arena_zero(arena, sizeof *noted);
        noted->name = view_of(name);
        if (source->made_by.size && matches(name, request, fault))
            vector_push(&names->statements, noted);
    }
}

static void delete_topics(struct core *core, const struct script *names) {
    for (size_t i = 0; i < names->statements.count; i++) {
        struct view topic = names->statements.items[i]->name;
        struct error error = {0};
        if (core->topics.table.remove(&core->topics, topic, &error) != 0)
            log_warn("ksqldb", "topic %.*s is left behind: %s", VIEW_ARGS(topic), error.message);
        core->schemas.table.remove(&core->schemas, topic, true, NULL);
        core->schemas.table.remove(&core->schemas, topic, false, NULL);
    }
}

int statements_terminate(struct core *core, const struct ksql_request *request, struct text *out) {
    static const char done[] = "{\"@type\":\"currentStatus\",\"statementText\":\"TERMINATE CLUSTER;\",\"commandId\":"
                               "\"cluster/TerminateCluster/terminate\",\"commandStatus\":{\"status\":\"SUCCESS\","
                               "\"message\":\"Cluster terminated\",\"queryId\":null},\"commandSequenceNumber\":";
    struct arena arena = ARENA_EMPTY;
    struct script names = {0}, script = {0};
    struct text entities = TEXT_EMPTY;
    struct fault fault = {0};
    struct properties *variables = properties_new();
    find_sinks(core, request, &arena, &names, &fault);
    int result = fault.code ? -1 : parse_script(&script, VIEW("TERMINATE ALL;"), variables, false, &arena, NULL);
    if (result == 0)
        result = execute_script(core, request, &script, &arena, &entities, &fault);
    if (result == 0) {
        int64_t sequence = commands_last_sequence(core->commands);
        delete_topics(core, &names);
        commands_forget(core->commands);
        core->terminated = true;
        text_clear(&entities);
        text_append_format(&entities, "%s%lld,\"warnings\":[]}", done, (long long)sequence);
    }
    int status = answer(out, &entities, result, &fault);
    properties_free(variables);
    vector_free(&names.statements);
    vector_free(&script.statements);
    fault_free(&fault);
    text_free(&entities);
    arena_free(&arena);
    return status;
}

int statements_run(struct core *core, const struct ksql_request *request, struct text *out) {
    struct arena arena = ARENA_EMPTY;
    struct script script = {0};
    struct text entities = TEXT_EMPTY;
    struct fault fault = {0};
    struct error error = {0};
    struct properties *variables = properties_copy(request->variables);
    int result = settings_check(request->properties, &fault);
    if (result == 0 && (result = parse_script(&script, view_of(request->text), variables, true, &arena, &error)) != 0)
        fault_syntax(&fault, &error, view_of(request->text), false);
    if (result == 0)
        result = execute_script(core, request, &script, &arena, &entities, &fault);
    int status = answer(out, &entities, result, &fault);
    properties_free(variables);
    vector_free(&script.statements);
    fault_free(&fault);
    text_free(&entities);
    arena_free(&arena);
    return status;
}
