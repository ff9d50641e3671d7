/* Plan of a query: typed, resolved, read-only. Made by analysis, run by operators, printed by EXPLAIN.
 *
 * A plan owns one arena; every step and expression lies in it. It is counted: any thread may hold it, the last release
 * frees it. Expressions name columns by index into the rows of the step below, so that running needs no names. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "foundation/base/arena.h"
#include "foundation/base/text.h"
#include "foundation/value/schema.h"
#include "foundation/value/value.h"
#include "ksql/function/function.h"

enum expression_kind {
    EXPRESSION_LITERAL,
    EXPRESSION_COLUMN,
    EXPRESSION_CALL,
    EXPRESSION_COMPARE, /* arguments 0 and 1, both of one type or both numbers */
    EXPRESSION_LOGIC,   /* AND, OR: arguments 0 and 1; NOT: argument 0 */
    EXPRESSION_ARITHMETIC,
    EXPRESSION_NEGATE,
    EXPRESSION_CASE,      /* when, then, when, then, ..., else when has_else; simple CASE is rewritten to searched */
    EXPRESSION_CAST,      /* argument 0 to `type` */
    EXPRESSION_IN,        /* value, then the list */
    EXPRESSION_LIKE,      /* value, pattern */
    EXPRESSION_IS_NULL,   /* negated: IS NOT NULL */
    EXPRESSION_DISTINCT,  /* IS DISTINCT FROM; negated: IS NOT DISTINCT FROM */
    EXPRESSION_SUBSCRIPT, /* array or map, index */
    EXPRESSION_FIELD,     /* argument 0 is a STRUCT, `index` its field */
    EXPRESSION_STRUCT,    /* one argument a field of `type` */
    EXPRESSION_ARRAY,
    EXPRESSION_MAP,      /* key, value, key, value, ... */
    EXPRESSION_LAMBDA,   /* an argument of a call; argument 0 is the body */
    EXPRESSION_VARIABLE, /* parameter `index` of the lambda `depth` lambdas out */
};
enum compare_operator {
    COMPARE_EQUAL,
    COMPARE_UNEQUAL,
    COMPARE_LESS,
    COMPARE_LESS_EQUAL,
    COMPARE_GREATER,
    COMPARE_GREATER_EQUAL
};
enum logic_operator { LOGIC_AND, LOGIC_OR, LOGIC_NOT };
enum arithmetic_operator {
    ARITHMETIC_ADD,
    ARITHMETIC_SUBTRACT,
    ARITHMETIC_MULTIPLY,
    ARITHMETIC_DIVIDE,
    ARITHMETIC_MODULUS
};

struct expression {
    enum expression_kind kind;
    const struct sql_type *type; /* of the result; NULL for an untyped NULL */
    const struct expression *const *arguments;
    size_t argument_count;
    size_t index;               /* COLUMN: of the row below; FIELD: of the struct; VARIABLE: of the lambda */
    size_t depth;               /* VARIABLE: 0 = the innermost lambda */
    struct value literal;       /* LITERAL */
    struct function_call *call; /* CALL */
    union {
        enum compare_operator compare;
        enum logic_operator logic;
        enum arithmetic_operator arithmetic;
    };
    bool negated;    /* NOT BETWEEN, NOT IN, NOT LIKE, IS NOT NULL */
    bool has_else;   /* CASE */
    uint32_t escape; /* LIKE: code point, 0 = none */
};

enum source_kind { SOURCE_STREAM, SOURCE_TABLE };

enum window_kind { WINDOW_NONE, WINDOW_TUMBLING, WINDOW_HOPPING, WINDOW_SESSION };
/* All in milliseconds; -1 = not given. */
struct window {
    enum window_kind kind;
    int64_t size; /* SESSION: the gap that ends one */
    int64_t advance;
    int64_t grace, retention;
};

/* How rows lie in a topic. Names are as WITH has them; the engine makes codecs of them. */
struct topic_format {
    struct view key_format, value_format;           /* "KAFKA", "AVRO", ... */
    struct view key_schema_name, value_schema_name; /* *_SCHEMA_FULL_NAME; empty = the format's default */
    struct view key_delimiter, value_delimiter;     /* empty = the format's default */
    int key_schema_id, value_schema_id;             /* 0 = none */
    int wrap_value;                                 /* 1, 0, or -1 = the format's default */
    struct window window;                           /* of the key: WINDOW_NONE when it is not windowed */
};

/* Columns that a source adds behind its own, in this order; the window ones only when the key is windowed. */
enum pseudo_column { PSEUDO_ROWTIME, PSEUDO_ROWPARTITION, PSEUDO_ROWOFFSET, PSEUDO_WINDOWSTART, PSEUDO_WINDOWEND };

enum step_kind {
    STEP_SOURCE,  /* rows: schema's columns, then the pseudo columns */
    STEP_FILTER,  /* `condition`; over tables a row that stops passing becomes a tombstone (`table`) */
    STEP_PROJECT, /* `expressions`, one a column of the schema; the first key_count are the row's key from here on */
    STEP_FLATTEN, /* table functions: `expressions` give arrays, a row for each element, behind the columns below */
    STEP_JOIN,    /* stream-table */
    STEP_JOIN_TABLES,  /* by the primary keys of both */
    STEP_JOIN_FOREIGN, /* tables, by a column of the left one that is the right one's key */
    STEP_JOIN_STREAMS,
    STEP_AGGREGATE,
    STEP_SINK,
};
enum join_kind { JOIN_INNER, JOIN_LEFT, JOIN_RIGHT, JOIN_OUTER };

struct step_source {
    struct view name, topic;
    enum source_kind kind;
    struct topic_format format;
    struct view timestamp_format; /* of the column; empty: it is a BIGINT or a TIMESTAMP */
    int timestamp_index;          /* of the column that is the row's time; -1 = the record's own time */
    bool materialise;             /* tables: the step keeps the rows, so that changes carry the row that they replace */
};
/* Rows: left's columns, then right's, then the value that they were joined on. Stream-table: only `left` starts rows,
 * the table is looked up by its key. */
struct step_join {
    enum join_kind kind;
    enum source_kind left_kind, right_kind;
    const struct expression *left_key, *right_key; /* over left's and right's rows */
    bool windowed;                                 /* both sides: windows must be equal, too */
    int64_t before, after, grace;                  /* stream-stream; -1 = none */
};
struct aggregate_column {
    const struct function_call *call;
    const struct expression *const *arguments; /* over the rows below */
    size_t argument_count;
};
/* Rows: group keys, aggregate results, then WINDOWSTART and WINDOWEND when windowed, then ROWTIME. */
struct step_aggregate {
    const struct expression *const *keys; /* over the rows below; a row with a NULL key is left out */
    size_t key_count;
    const struct aggregate_column *aggregates;
    size_t aggregate_count;
    struct window window;
    bool over_table; /* old rows are undone */
    bool final;      /* a window's row goes out once, when it has closed */
};
struct step_sink {
    struct view name, topic;
    enum source_kind kind;
    struct topic_format format;
    int partitions, replicas;     /* 0 = as the source topic has */
    int64_t retention_ms;         /* -1 = not given */
    struct view cleanup_policy;   /* empty = by kind and window */
    int timestamp_index;          /* into the rows below; -1 = the row's own time */
    struct view timestamp_format; /* of a STRING column */
};

struct step {
    enum step_kind kind;
    const struct step *below, *right; /* right: joins only; below NULL: STEP_SOURCE only */
    const struct schema *schema;      /* of the rows that leave this step */
    bool table;                       /* rows are changes of a table: a later one replaces an earlier one of its key */
    const struct expression *condition;          /* FILTER (WHERE and HAVING) */
    const struct expression *const *expressions; /* PROJECT, FLATTEN */
    size_t expression_count;
    union {
        struct step_source source;
        struct step_join join;
        struct step_aggregate aggregate;
        struct step_sink sink;
    };
};

struct plan {
    int references;
    struct arena arena;
    const struct step *root; /* a STEP_SINK for persistent queries */
    struct view query_id;
    struct view statement; /* as rewritten */
    int64_t limit;         /* -1 = none */
    bool table;            /* the result is a table */
    bool windowed;         /* rows carry a window */
    const bool *key_marks; /* pull queries: which result columns are keys; NULL = none */
};

struct plan *plan_new(void);

struct plan *plan_hold(struct plan *plan); /* counts one up, gives it back */
void plan_release(struct plan *plan);      /* NULL is fine */
/* As EXPLAIN shows it: " > [ SINK ] | Schema: ... | Logger: ...", one step a line, indented by depth. */
void plan_print(struct text *out, const struct plan *plan);
