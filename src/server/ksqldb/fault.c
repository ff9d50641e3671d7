#include "server/ksqldb/fault.h"

#include "ksql/language/parse.h"
#include "server/ksqldb/json.h"

void fault_free(struct fault *fault) {
    text_free(&fault->message);
    text_free(&fault->statement);
    *fault = (struct fault){0};
}

int fault_set(struct fault *fault, int code, const char *format, ...) {
    va_list arguments;
    fault_free(fault);
    va_start(arguments, format);
    text_append_format_v(&fault->message, format, arguments);
    va_end(arguments);
    fault->code = code;
    fault->generic = true;
    return -1;
}

/* Refusals that ksqlDB gives without the statement, as recorded. */
static bool is_generic(const struct statement *statement, struct view message) {
    static const struct {
        struct view beginning;
        bool as_select_only;
    } rows[] = {
        {VIEW("Cannot insert values into "), false},
        {VIEW("Topic '"), false},
        {VIEW("Invalid config variable in the WITH clause: CLEANUP_POLICY"), false},
        {VIEW("Key format does not support schema."), true},
    };
    bool as_select =
        statement && (statement->kind == STATEMENT_CREATE_STREAM_AS || statement->kind == STATEMENT_CREATE_TABLE_AS);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (view_starts_with(message, rows[i].beginning) && (as_select || !rows[i].as_select_only))
            return true;
    return statement && statement->kind == STATEMENT_DESCRIBE_FUNCTION;
}

static int code_of(const struct error *error) {
    switch (error->code) {
    case ERROR_UNREACHABLE:
    case ERROR_TIMEOUT:
    case ERROR_IO:
    case ERROR_INTERNAL:
    case ERROR_BUSY:
    case ERROR_DENIED:
        return FAULT_SERVER;
    default:
        return FAULT_BAD_STATEMENT;
    }
}

int fault_of(struct fault *fault, const struct error *error, const struct statement *statement, struct view written) {
    struct view message = view_of(error->message);
    bool generic = is_generic(statement, message);
    fault_set(fault, code_of(error), "%s", error->message);
    fault->generic = generic;
    if (generic && fault->code == FAULT_BAD_STATEMENT)
        fault->code = FAULT_BAD_REQUEST;
    text_append(&fault->statement, written);
    return -1;
}

int fault_syntax(struct fault *fault, const struct error *error, struct view script, bool on_query) {
    fault_set(fault, FAULT_BAD_STATEMENT, "%s", error->message);
    fault->generic = false;
    text_append(&fault->statement, script);
    if (on_query && view_starts_with(view_of(error->message), VIEW("line ")))
        text_append_format(&fault->message, "\nStatement: %.*s\nCaused by: line %d:%d: Syntax error at line %d:%d",
                           VIEW_ARGS(parse_line_of(script, error->line)), error->line, error->column, error->line,
                           error->column);
    return -1;
}

void fault_print(struct text *out, const struct fault *fault, struct view entities) {
    put_open(out, '{');
    put_string(out, "@type", fault->generic ? VIEW("generic_error") : VIEW("statement_error"));
    put_number(out, "error_code", fault->code);
    put_string(out, "message", text_view(&fault->message));
    if (!fault->generic) {
        put_string(out, "statementText", text_view(&fault->statement));
        put_key(out, "entities");
        text_append_char(out, '[');
        text_append(out, entities);
        text_append_char(out, ']');
    }
    text_append_char(out, '}');
}

int fault_status(const struct fault *fault) {
    return fault->code / 100;
}
