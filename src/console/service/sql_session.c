#include "console/service/sql_session.h"

#include <string.h>

#include "foundation/base/arena.h"
#include "foundation/base/memory.h"
#include "ksql/language/parse.h"
#include "ksql/language/split.h"
#include "ksql/language/token.h"

static const char offset_reset[] = "auto.offset.reset";

struct sql_session {
    struct properties *properties, *variables;
    struct ksqldb_session wire;
};

struct sql_session *sql_session_new(bool from_earliest) {
    struct sql_session *session = memory_zero(1, sizeof *session);
    session->properties = properties_new();
    session->variables = properties_new();
    session->wire = (struct ksqldb_session){session->properties, session->variables, -1};
    sql_session_from(session, from_earliest);
    return session;
}

void sql_session_free(struct sql_session *session) {
    if (!session)
        return;
    properties_free(session->properties);
    properties_free(session->variables);
    memory_free(session);
}

struct ksqldb_session *sql_session_wire(struct sql_session *session) {
    return &session->wire;
}

void sql_session_from(struct sql_session *session, bool earliest) {
    properties_set(session->properties, offset_reset, earliest ? "earliest" : "latest");
}

/* Names of variables have no case. */
static const char *find_variable(const struct sql_session *session, struct view name, const char **value) {
    for (size_t i = 0; i < properties_count(session->variables); i++) {
        const char *known;
        properties_at(session->variables, i, &known, value);
        if (view_equal_ignoring_case(view_of(known), name))
            return known;
    }
    return NULL;
}

static bool value_of(void *context, struct view name, struct view *value) {
    const char *found = NULL;
    bool there = find_variable(context, name, &found) != NULL;
    *value = view_of(found);
    return there;
}

void sql_session_substitute(const struct sql_session *session, struct view text, struct text *out) {
    const struct variables variables = {(void *)session, value_of};
    parse_substitute(text, &variables, out);
}

/* The second token as it was written: what is sent has the case that ${name} will have. */
static char *written_name(struct view statement) {
    struct lexer lexer;
    struct token token = {0};
    struct text name = TEXT_EMPTY;
    lexer_start(&lexer, statement);
    for (int i = 0; i < 2; i++)
        lexer_next(&lexer, &token, NULL);
    text_append(&name, token.text);
    return text_take(&name);
}

static void undefine(struct sql_session *session, struct view name) {
    const char *value, *known = find_variable(session, name, &value);
    if (known)
        properties_remove(session->variables, known);
}

static int unset(struct sql_session *session, const char *name, struct text *say, struct error *error) {
    const char *old = properties_get(session->properties, name);
    if (!old)
        return error_set(error, ERROR_NOT_FOUND, "Cannot unset local property '%s' which was never set by the user",
                         name);
    text_append_format(say, "Successfully unset local property '%s' (value was '%s').", name, old);
    properties_remove(session->properties, name);
    return 0;
}

static int set(struct sql_session *session, struct ksqldb_client *client, const char *name, const char *value,
               struct text *say, struct error *error) {
    const char *old = properties_get(session->properties, name);
    if (client && ksqldb_client_check_property(client, name, error) != 0)
        return -1;
    text_append_format(say, "Successfully changed local property '%s'", name);
    if (old)
        text_append_format(say, " from '%s'", old);
    text_append_format(say, " to '%s'.%s", value, old ? "" : " Use the UNSET command to revert your change.");
    properties_set(session->properties, name, value);
    return 0;
}

static int apply(struct sql_session *session, struct ksqldb_client *client, const struct statement *statement,
                 struct text *say, struct error *error) {
    struct text name = TEXT_EMPTY, value = TEXT_EMPTY;
    int result = 0;
    text_append(&name, statement->name);
    text_append(&value, statement->text);
    if (statement->kind == STATEMENT_SET) {
        result = set(session, client, text_string(&name), text_string(&value), say, error);
    } else if (statement->kind == STATEMENT_UNSET) {
        result = unset(session, text_string(&name), say, error);
    } else {
        undefine(session, statement->name);
        if (statement->kind == STATEMENT_DEFINE) {
            char *written = written_name(statement->written);
            properties_set(session->variables, written, text_string(&value));
            memory_free(written);
        }
    }
    text_free(&name);
    text_free(&value);
    return result ? -1 : 1;
}

int sql_session_take(struct sql_session *session, struct ksqldb_client *client, struct view statement, struct text *say,
                     struct error *error) {
    static const char *const words[] = {"SET", "UNSET", "DEFINE", "UNDEFINE"};
    char word[32];
    bool ours = false;
    split_first_word(statement, word);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        ours = ours || strcmp(words[i], word) == 0;
    if (!ours)
        return 0;
    struct arena arena = ARENA_EMPTY;
    struct statement *tree;
    struct text text = TEXT_EMPTY;
    sql_session_substitute(session, statement, &text);
    int result = parse_statement(&arena, text_view(&text), 1, 1, &tree, error);
    if (result == 0)
        result = apply(session, client, tree, say, error);
    text_free(&text);
    arena_free(&arena);
    return result;
}
