/* Raw tree of a statement: what was written, nothing resolved. Nodes lie in the caller's arena and borrow the text. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "foundation/base/text.h"

enum node_kind {
    /* expressions: children in written order unless said */
    NODE_NULL,
    NODE_BOOLEAN, /* flag */
    NODE_INTEGER,
    NODE_DECIMAL,
    NODE_FLOAT,
    NODE_STRING,     /* text with doubled quotes undone */
    NODE_TYPED,      /* DATE '...': name is the type, text the literal */
    NODE_COLUMN,     /* name; qualifier when written SOURCE.NAME */
    NODE_FIELD,      /* child -> name */
    NODE_ALL_FIELDS, /* child ->* */
    NODE_SUBSCRIPT,
    NODE_CALL,   /* name, arguments; COUNT(*) has one NODE_STAR */
    NODE_LAMBDA, /* NODE_COLUMN parameters, last child the body */
    NODE_INTERVAL_UNIT,
    NODE_COMPARE,    /* text: "=", "<>", "<", "<=", ">", ">=", "DISTINCT" */
    NODE_LOGIC,      /* text: "AND", "OR", "NOT" */
    NODE_ARITHMETIC, /* text: "+", "-", "*", "/", "%" */
    NODE_SIGN,       /* text: "+", "-" */
    NODE_CASE,       /* flag: simple, the operand comes first; then NODE_WHEN, last NODE_ELSE if any */
    NODE_WHEN,
    NODE_ELSE,
    NODE_CAST, /* child, NODE_TYPE */
    NODE_BETWEEN,
    NODE_IN,
    NODE_LIKE, /* text: the escape character, if any */
    NODE_IS_NULL,
    NODE_ARRAY,
    NODE_MAP,    /* key, value, key, value, ... */
    NODE_STRUCT, /* NODE_NAMED children */
    NODE_NAMED,  /* name := child */
    NODE_TYPE,   /* name: "INTEGER", "ARRAY", "MAP", "STRUCT", "DECIMAL", or a custom type; children its parts */
    /* parts of queries */
    NODE_STAR,        /* qualifier when written SOURCE.* */
    NODE_SELECT_ITEM, /* child; name is the alias, if any */
    NODE_SOURCE,      /* name; qualifier is the alias, if any */
    NODE_JOIN,        /* text: "INNER", "LEFT", "RIGHT", "OUTER"; left, right, condition, NODE_WITHIN if any */
    NODE_WITHIN,      /* NODE_DURATION: before, after; third one the grace period */
    NODE_WINDOW,      /* text: "TUMBLING", "HOPPING", "SESSION"; NODE_NAMED children SIZE, ADVANCE, GRACE, RETENTION */
    NODE_DURATION,    /* text: digits; name: unit */
    NODE_LIST,
    NODE_QUERY, /* children by enum query_part, NULL where absent */
    /* statements */
    NODE_STATEMENT, /* text: its first words in capitals, "CREATE STREAM"; children in written order */
};
enum query_part {
    QUERY_SELECT,
    QUERY_FROM,
    QUERY_WINDOW,
    QUERY_WHERE,
    QUERY_GROUP_BY,
    QUERY_PARTITION_BY,
    QUERY_HAVING,
    QUERY_LIMIT,
    QUERY_PARTS,
};
enum emit_kind { EMIT_NONE, EMIT_CHANGES, EMIT_FINAL };

struct node {
    enum node_kind kind;
    int line, column;
    struct view written; /* the text of the whole node */
    struct view name;    /* resolved: upper case unless it was quoted */
    struct view qualifier;
    struct view text;
    bool flag;
    bool negated;
    bool quoted;         /* the name was quoted */
    enum emit_kind emit; /* NODE_QUERY */
    struct node **children;
    size_t child_count;
};
