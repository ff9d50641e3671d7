/* SQL functions: one const row a function, one file a family. A row carries its signatures and its help.
 *
 * Life of a call: function_find by name, function_bind with the arguments' types while a statement is analysed (makes a
 * read-only struct function_call in the plan's arena), then function_evaluate per row, or the aggregate_* calls over a
 * state that lives beside the plan. Calls are immutable after binding: any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "foundation/base/arena.h"
#include "foundation/base/clock.h"
#include "foundation/base/error.h"
#include "foundation/value/type.h"
#include "foundation/value/value.h"

enum function_kind { FUNCTION_SCALAR, FUNCTION_AGGREGATE, FUNCTION_TABLE };

/* What an argument may be. Numbers widen INTEGER > BIGINT > DOUBLE on their own; nothing else converts. */
enum parameter_kind {
    PARAMETER_END = 0,
    PARAMETER_BOOLEAN,
    PARAMETER_INTEGER,
    PARAMETER_BIGINT,
    PARAMETER_DOUBLE,
    PARAMETER_DECIMAL, /* any precision and scale */
    PARAMETER_STRING,
    PARAMETER_BYTES,
    PARAMETER_DATE,
    PARAMETER_TIME,
    PARAMETER_TIMESTAMP,
    PARAMETER_ANY,        /* no relation to other arguments */
    PARAMETER_SAME,       /* one type for all parameters of this kind; numbers of different types do not mix */
    PARAMETER_ARRAY,      /* of anything */
    PARAMETER_MAP,        /* of anything */
    PARAMETER_ARRAY_SAME, /* of the one type that PARAMETER_SAME has */
    PARAMETER_MAP_SAME,   /* one type for all parameters of this kind */
    PARAMETER_ARRAY_STRING,
    PARAMETER_STRUCT, /* any */
    PARAMETER_UNIT,   /* DAYS, HOURS, ...: a value of type STRING */
    PARAMETER_LAMBDA, /* its "type" is that of the body */
};
enum { FUNCTION_PARAMETERS = 7, AGGREGATE_SLOTS = 2 };

struct parameter {
    enum parameter_kind kind;
    const char *name; /* as messages and help show it */
};

/* What evaluation may ask of its surroundings. Lives as long as the engine. */
struct function_context {
    const char *zone;              /* default zone of time functions: IANA name; NULL = UTC */
    const struct clock *clock;     /* NULL = real */
    int64_t list_limit, set_limit; /* of COLLECT_LIST and COLLECT_SET; 0 = none */
    int64_t *arrivals; /* counts up with each row that *_BY_OFFSET takes, never back; NULL = sessions tell the order */
};

/* A lambda at work: `values` are its parameters. */
struct function_lambda {
    void *context;
    struct value (*apply)(void *context, const struct value *values, struct arena *arena);
};

struct function_signature;
struct function;
struct function_call {
    const struct function *function;
    const struct function_signature *signature;
    const struct sql_type *const *argument_types; /* as given; NULL for an untyped NULL literal */
    const struct value *constants;                /* one an argument: its value when it is a literal, else NULL */
    size_t argument_count;
    const struct sql_type *result_type;
    const struct sql_type *const *parameter_types; /* numbers are widened to these before the row sees them */
    const struct function_context *context;
    bool widens; /* at least one argument is widened */
};

/* State of one group: AGGREGATE_SLOTS values that the caller keeps. update, undo and merge read slots and replace them;
 * new slots may borrow from the arguments and the arena, so who keeps a state beyond the batch copies what is not a
 * scalar. */
struct aggregate {
    size_t slots; /* of them in use: 1 or 2 */
    void (*init)(const struct function_call *call, struct value *state);
    int (*update)(const struct function_call *call, struct value *state, const struct value *arguments,
                  struct arena *arena, struct error *error);
    /* Takes a row back out when a table's old row is replaced; NULL = refused over tables by function_bind's caller. */
    int (*undo)(const struct function_call *call, struct value *state, const struct value *arguments,
                struct arena *arena, struct error *error);
    /* Sessions that grow together: `later` is the one that begins later. NULL = not in session windows. */
    int (*merge)(const struct function_call *call, struct value *state, const struct value *later, struct arena *arena,
                 struct error *error);
    /* NULL = the first slot as it is. */
    struct value (*result)(const struct function_call *call, const struct value *state, struct arena *arena);
    bool nested; /* the peer keeps a STRUCT, ARRAY or MAP between rows, so its value format must hold one */
};

struct function_signature {
    struct parameter parameters[FUNCTION_PARAMETERS]; /* up to the first PARAMETER_END */
    bool variadic;                                    /* the last parameter comes once or more often */
    const struct sql_type *returns; /* NULL = resolve, or the type of the first argument that has one */
    const struct sql_type *(*resolve)(const struct function_call *call, struct arena *arena, struct error *error);
    /* Scalar and table functions; those give an ARRAY of rows. NULL arguments do not get here unless `nulls` is set:
     * the result is NULL. An error means: the row's value is NULL, the text goes to the processing log. */
    int (*evaluate)(const struct function_call *call, const struct value *arguments, struct arena *arena,
                    struct value *result, struct error *error);
    bool nulls;
    /* Functions with lambdas: parameter types of the lambda at this argument (at most 3), from the types of the
     * arguments before it; gives their count, 0 when those are wrong. Then `evaluate_with` instead of `evaluate`:
     * lambdas are one an argument, empty where it is a value. */
    size_t (*lambda)(const struct sql_type *const *types, size_t at, const struct sql_type **parameters);
    int (*evaluate_with)(const struct function_call *call, const struct value *arguments,
                         const struct function_lambda *lambdas, struct arena *arena, struct value *result,
                         struct error *error);
    const struct aggregate *aggregate; /* aggregates only */
    size_t values; /* aggregates: arguments from this one on (and beyond the first) are literals; 0 = all of them */
};

struct function {
    const char *name; /* capitals */
    enum function_kind kind;
    const char *category; /* "STRING", "MATHEMATICAL", "DATE / TIME", "CONDITIONAL", "AGGREGATE", "OTHER" */
    const char *description;
    const struct function_signature *signatures;
    size_t signature_count;
    const char *shown; /* in messages; NULL: the name in small letters, of aggregates as it is */
    bool picky;        /* numbers of different types fit several signatures and are refused */
};

/* NULL when there is none of that name; any case. */
const struct function *function_find(struct view name);
/* All rows by index, for SHOW FUNCTIONS and completion; NULL after the last. */
const struct function *function_at(size_t index);
/* "SUM(DECIMAL val1)": one signature as ksqlDB's messages write it. */
void function_print_signature(struct text *out, const struct function *function,
                              const struct function_signature *signature);

/* "VARCHAR", "T": how messages and help spell what a parameter takes. */
const char *function_parameter_text(enum parameter_kind kind);

/* Picks the signature: an exact match first, then one by widening, in the rows' order. `types` and `constants` are
 * copied into the arena; constants may be NULL. `name` is as the statement wrote it. ERROR_INVALID with ksqlDB's text
 * (valid alternatives listed) when nothing matches. */
int function_bind(const struct function *function, struct view name, const struct sql_type *const *types,
                  const struct value *constants, size_t count, const struct function_context *context,
                  struct arena *arena, struct function_call **call, struct error *error);

/* The signature with lambdas where `parameters` is not 0, each with so many parameters; NULL when there is none. */
const struct function_signature *function_with_lambdas(const struct function *function,
                                                       const struct sql_type *const *types, const size_t *parameters,
                                                       size_t count);

int function_evaluate_with(const struct function_call *call, const struct value *arguments,
                           const struct function_lambda *lambdas, struct arena *arena, struct value *result,
                           struct error *error);
/* 0 with *result (it may borrow from arguments and arena); non-zero with *result NULL. */
int function_evaluate(const struct function_call *call, const struct value *arguments, struct arena *arena,
                      struct value *result, struct error *error);

/* Aggregates of a bound call. `arguments` as the row has them (widened here). */
size_t aggregate_slots(const struct function_call *call);
void aggregate_init(const struct function_call *call, struct value *state);
int aggregate_update(const struct function_call *call, struct value *state, const struct value *arguments,
                     struct arena *arena, struct error *error);
bool aggregate_can_undo(const struct function_call *call);
int aggregate_undo(const struct function_call *call, struct value *state, const struct value *arguments,
                   struct arena *arena, struct error *error);
bool aggregate_can_merge(const struct function_call *call);
int aggregate_merge(const struct function_call *call, struct value *state, const struct value *later,
                    struct arena *arena, struct error *error);
struct value aggregate_result(const struct function_call *call, const struct value *state, struct arena *arena);
