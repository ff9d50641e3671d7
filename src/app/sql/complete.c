#include <jansson.h>
#include <string.h>
#include <strings.h>

#include "app/sql/shell.h"
#include "foundation/base/memory.h"
#include "ksql/language/print.h"
#include "ksql/language/token.h"

/* Words of statements that may also be names; the others come from the language itself. */
static const char *const more_words[] = {
    "SHOW",    "EXPLAIN",     "PAUSE",        "RESUME",     "SET",       "DEFINE",     "UNDEFINE",    "EMIT",
    "CHANGES", "FINAL",       "PARTITION",    "GRACE",      "PERIOD",    "SESSION",    "IF",          "REPLACE",
    "TABLES",  "FUNCTIONS",   "FUNCTION",     "VARIABLES",  "TYPES",     "TYPE",       "PRIMARY",     "KEY",
    "STRING",  "INTEGER",     "BIGINT",       "DOUBLE",     "BOOLEAN",   "VARCHAR",    "ARRAY",       "MAP",
    "STRUCT",  "KAFKA_TOPIC", "VALUE_FORMAT", "KEY_FORMAT", "FORMAT",    "PARTITIONS", "REPLICAS",    "TIMESTAMP",
    "AVRO",    "JSON_SR",     "JSON",         "KAFKA",      "DELIMITED", "ROWTIME",    "WINDOWSTART", "WINDOWEND",
};

struct completer {
    struct shell *shell;
    VECTOR(char *) functions; /* asked for once */
    VECTOR(char *) sources;   /* until something was executed */
    struct known_columns {
        char *source;
        VECTOR(char *) names;
    } * columns;
    size_t column_count;
    bool functions_known, sources_known;
    VECTOR(const char *) found; /* lent from the lists */
};

static void free_names(char **names, size_t count) {
    for (size_t i = 0; i < count; i++)
        memory_free(names[i]);
}

struct completer *completer_new(struct shell *shell) {
    struct completer *completer = memory_zero(1, sizeof *completer);
    completer->shell = shell;
    return completer;
}

void completer_forget(struct completer *completer) {
    free_names(completer->sources.items, completer->sources.count);
    vector_clear(&completer->sources);
    completer->sources_known = false;
    for (size_t i = 0; i < completer->column_count; i++) {
        struct known_columns *columns = &completer->columns[i];
        free_names(columns->names.items, columns->names.count);
        vector_free(&columns->names);
        memory_free(columns->source);
    }
    memory_free(completer->columns);
    completer->columns = NULL;
    completer->column_count = 0;
    vector_clear(&completer->found);
}

void completer_free(struct completer *completer) {
    if (!completer)
        return;
    completer_forget(completer);
    free_names(completer->functions.items, completer->functions.count);
    vector_free(&completer->functions);
    vector_free(&completer->sources);
    vector_free(&completer->found);
    memory_free(completer);
}

/* The strings "name" of an array in the first entity; a server that does not answer offers nothing. */
static json_t *ask(struct completer *completer, const char *statement) {
    struct text json = TEXT_EMPTY;
    json_t *root = NULL;
    if (ksqldb_client_execute(completer->shell->client, view_of(statement), NULL, &json, NULL) == 0)
        root = json_loadb(json.data, json.size, 0, NULL);
    text_free(&json);
    return root;
}

#define push_names(list, array)                                                                                        \
    do {                                                                                                               \
        size_t name_at;                                                                                                \
        json_t *name_row;                                                                                              \
        json_array_foreach((array), name_at, name_row) {                                                               \
            const char *name_text = json_string_value(json_object_get(name_row, "name"));                              \
            if (name_text)                                                                                             \
                vector_push((list), memory_copy_string(name_text));                                                    \
        }                                                                                                              \
    } while (0)

static void learn(struct completer *completer) {
    if (!completer->functions_known) {
        json_t *root = ask(completer, "LIST FUNCTIONS;");
        push_names(&completer->functions, json_object_get(json_array_get(root, 0), "functions"));
        completer->functions_known = root != NULL;
        json_decref(root);
    }
    if (!completer->sources_known) {
        json_t *root = ask(completer, "LIST STREAMS; LIST TABLES;");
        push_names(&completer->sources, json_object_get(json_array_get(root, 0), "streams"));
        push_names(&completer->sources, json_object_get(json_array_get(root, 1), "tables"));
        completer->sources_known = root != NULL;
        json_decref(root);
    }
}

static const struct known_columns *columns_of(struct completer *completer, const char *source) {
    for (size_t i = 0; i < completer->column_count; i++)
        if (strcmp(completer->columns[i].source, source) == 0)
            return &completer->columns[i];
    struct text statement = TEXT_EMPTY;
    text_append_string(&statement, "DESCRIBE ");
    print_name(&statement, view_of(source));
    text_append_char(&statement, ';');
    json_t *root = ask(completer, text_string(&statement));
    completer->columns = memory_resize(completer->columns, completer->column_count + 1, sizeof *completer->columns);
    struct known_columns *columns = &completer->columns[completer->column_count++];
    *columns = (struct known_columns){.source = memory_copy_string(source)};
    push_names(&columns->names,
               json_object_get(json_object_get(json_array_get(root, 0), "sourceDescription"), "fields"));
    json_decref(root);
    text_free(&statement);
    return columns;
}

static void offer(struct completer *completer, const char *candidate, const char *word) {
    if (strncasecmp(candidate, word, strlen(word)) != 0)
        return;
    for (size_t i = 0; i < completer->found.count; i++)
        if (strcmp(completer->found.items[i], candidate) == 0)
            return;
    vector_push(&completer->found, candidate);
}

static void offer_columns(struct completer *completer, struct view text, const char *word) {
    struct lexer lexer;
    struct token token;
    lexer_start(&lexer, text);
    while (lexer_next(&lexer, &token, NULL) == 0 && token.kind != TOKEN_END) {
        if (token.kind != TOKEN_WORD && token.kind != TOKEN_QUOTED)
            continue;
        for (size_t i = 0; i < completer->sources.count; i++) {
            if (!view_equal_ignoring_case(token.text, view_of(completer->sources.items[i])))
                continue;
            const struct known_columns *columns = columns_of(completer, completer->sources.items[i]);
            for (size_t j = 0; j < columns->names.count; j++)
                offer(completer, columns->names.items[j], word);
        }
    }
}

const char *completer_next(struct completer *completer, struct view text, const char *word, size_t index) {
    if (index == 0) {
        vector_clear(&completer->found);
        learn(completer);
        offer_columns(completer, text, word);
        for (size_t i = 0; i < completer->sources.count; i++)
            offer(completer, completer->sources.items[i], word);
        for (size_t i = 0; print_keyword_at(i); i++)
            offer(completer, print_keyword_at(i), word);
        for (size_t i = 0; i < sizeof more_words / sizeof *more_words; i++)
            offer(completer, more_words[i], word);
        for (size_t i = 0; i < completer->functions.count; i++)
            offer(completer, completer->functions.items[i], word);
    }
    return index < completer->found.count ? completer->found.items[index] : NULL;
}
