/* Raw tree of a statement: what was written, nothing resolved. Everything lies in the caller's arena and borrows the
 * text. Names are as SQL reads them: upper case unless they were quoted. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "foundation/base/text.h"

enum node_kind {
    NODE_NULL,
    NODE_BOOLEAN, /* flag */
    NODE_INTEGER, /* text: digits */
    NODE_DECIMAL, /* text: digits with a point */
    NODE_FLOAT,   /* text: with an exponent */
    NODE_STRING,  /* text, doubled quotes undone; flag: a unit of time as an argument, without quotes */
    NODE_TYPED,   /* DATE '...': name is the type, text the literal */
    NODE_COLUMN,  /* name; qualifier when written SOURCE.NAME */
    NODE_FIELD,   /* child -> name */
    NODE_SUBSCRIPT,
    NODE_CALL,     /* name, arguments; COUNT(*) has no argument and `flag` */
    NODE_LAMBDA,   /* NODE_COLUMN parameters, last child the body */
    NODE_COMPARE,  /* text: "=", "<>", "<", "<=", ">", ">=" */
    NODE_DISTINCT, /* IS DISTINCT FROM; negated: IS NOT DISTINCT FROM */
    NODE_AND,
    NODE_OR,
    NODE_NOT,
    NODE_ARITHMETIC, /* text: "+", "-", "*", "/", "%" */
    NODE_SIGN,       /* text: "+", "-" */
    NODE_CASE, /* flag: simple, the operand comes first; then condition, result, ...; the default last if `negated` */
    NODE_CAST, /* child; type */
    NODE_BETWEEN, /* value, low, high */
    NODE_IN,      /* value, then the list */
    NODE_LIKE,    /* value, pattern; text: the escape character, if any */
    NODE_IS_NULL,
    NODE_ARRAY,
    NODE_MAP,    /* key, value, key, value, ... */
    NODE_STRUCT, /* names[i] := child i */
};

struct node;
struct type_node {
    struct view name; /* "INTEGER", "ARRAY", "MAP", "STRUCT", "DECIMAL", ... or a custom type */
    int precision, scale;
    const struct type_node *const *parts; /* ARRAY: element; MAP: key, value; STRUCT: fields */
    const struct view *field_names;
    size_t part_count;
    int line, column;
};

struct node {
    enum node_kind kind;
    int line, column;
    struct view name, qualifier, text;
    bool flag, negated, qualified;
    const struct type_node *type;
    const struct view *names;
    const struct node *const *children;
    size_t child_count;
};

struct select_item {
    const struct node *expression; /* NULL: a star */
    struct view alias;             /* empty = none */
    struct view star_of;           /* SOURCE.*; empty = * */
    bool all_fields;               /* expression->* */
    int line, column;
};
enum tree_join { TREE_INNER, TREE_LEFT, TREE_RIGHT, TREE_OUTER };
struct relation {
    struct view name, alias; /* alias equals name when none was written */
    int line, column;
};
struct within {
    bool given;
    int64_t before, after, grace; /* ms; grace -1 = none */
};
struct join {
    enum tree_join kind;
    struct relation right;
    const struct node *condition;
    struct within within;
    int line, column;
};
enum tree_window { TREE_NO_WINDOW, TREE_TUMBLING, TREE_HOPPING, TREE_SESSION };
struct tree_duration {
    int64_t count;
    struct view unit; /* as written, upper case; "" = not given */
    int64_t ms;
};
struct window_clause {
    enum tree_window kind;
    struct tree_duration size, advance, retention, grace;
};
enum emit_kind { EMIT_NONE, EMIT_CHANGES, EMIT_FINAL };
struct query {
    const struct select_item *items;
    size_t item_count;
    struct relation from;
    const struct join *joins;
    size_t join_count;
    struct window_clause window;
    const struct node *where;
    const struct node *const *group_by;
    size_t group_by_count;
    const struct node *const *partition_by;
    size_t partition_by_count;
    bool grouped, partitioned; /* the clause was there: GROUP BY () has no expression */
    const struct node *having;
    enum emit_kind emit;
    int64_t limit; /* -1 = none */
    int line, column;
};

enum column_mark { MARK_NONE, MARK_KEY, MARK_PRIMARY_KEY, MARK_HEADERS, MARK_HEADER };
struct element {
    struct view name;
    const struct type_node *type;
    enum column_mark mark;
    struct view header; /* HEADER('name') */
    int line, column;
};
struct property {
    struct view name;    /* upper case */
    struct view written; /* as it stands there, for settings of connectors */
    const struct node *value;
    int line, column;
};

enum statement_kind {
    STATEMENT_QUERY,
    STATEMENT_CREATE_STREAM,
    STATEMENT_CREATE_TABLE,
    STATEMENT_CREATE_STREAM_AS,
    STATEMENT_CREATE_TABLE_AS,
    STATEMENT_INSERT_INTO,
    STATEMENT_INSERT_VALUES,
    STATEMENT_DROP_STREAM,
    STATEMENT_DROP_TABLE,
    STATEMENT_TERMINATE, /* name; empty = ALL */
    STATEMENT_PAUSE,
    STATEMENT_RESUME,
    STATEMENT_LIST, /* text: "STREAMS", "TABLES", "TOPICS", "ALL TOPICS", "QUERIES", "PROPERTIES", "FUNCTIONS", "TYPES",
                       "VARIABLES", "CONNECTORS", "CONNECTOR PLUGINS"; extended */
    STATEMENT_DESCRIBE,           /* name; extended */
    STATEMENT_DESCRIBE_ALL,       /* text: "STREAMS", "TABLES" */
    STATEMENT_DESCRIBE_FUNCTION,  /* name */
    STATEMENT_DESCRIBE_CONNECTOR, /* name */
    STATEMENT_EXPLAIN,            /* name of a query, or query/inner */
    STATEMENT_PRINT,              /* name (a topic, case kept), from_beginning, interval, limit */
    STATEMENT_SET,                /* name, text */
    STATEMENT_UNSET,              /* name */
    STATEMENT_DEFINE,             /* name, text */
    STATEMENT_UNDEFINE,           /* name */
    STATEMENT_CREATE_TYPE,        /* name, type, if_not_exists */
    STATEMENT_DROP_TYPE,          /* name, if_exists */
    STATEMENT_CREATE_CONNECTOR,   /* name, text: "SOURCE" or "SINK", properties */
    STATEMENT_DROP_CONNECTOR,     /* name, if_exists */
    STATEMENT_ALTER_SOURCE,       /* ALTER STREAM|TABLE name ADD COLUMN elements */
    STATEMENT_ALTER_SYSTEM,       /* name, text */
    STATEMENT_ASSERT_TOPIC,       /* name, properties, if_exists = NOT EXISTS */
    STATEMENT_ASSERT_SCHEMA,      /* name (subject), limit (id, -1 = none), if_exists = NOT EXISTS */
};

struct statement {
    enum statement_kind kind;
    struct view written; /* the whole statement with its `;` */
    int line, column;
    struct view name, text;
    bool name_quoted;
    bool or_replace, if_not_exists, if_exists, source, delete_topic, extended, from_beginning, is_table;
    const struct element *elements;
    size_t element_count;
    bool has_elements;
    const struct property *properties;
    size_t property_count;
    const struct query *query;
    const struct statement *inner; /* EXPLAIN of a statement */
    const struct type_node *type;
    const struct view *columns; /* INSERT INTO name (columns) */
    size_t column_count;
    const struct node *const *values;
    size_t value_count;
    int64_t interval, limit; /* -1 = none */
    int64_t timeout_ms;      /* ASSERT ... TIMEOUT; -1 = none */
};
