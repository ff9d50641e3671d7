/* A parsed Avro schema: nodes in an arena, named types resolved. */
#pragma once

#include "foundation/format/format.h"

enum avro_kind {
    AVRO_KIND_NULL,
    AVRO_KIND_BOOLEAN,
    AVRO_KIND_INT,
    AVRO_KIND_LONG,
    AVRO_KIND_FLOAT,
    AVRO_KIND_DOUBLE,
    AVRO_KIND_BYTES,
    AVRO_KIND_STRING,
    AVRO_KIND_RECORD,
    AVRO_KIND_ENUM,
    AVRO_KIND_ARRAY,
    AVRO_KIND_MAP,
    AVRO_KIND_UNION,
    AVRO_KIND_FIXED,
};
enum avro_logical {
    AVRO_PLAIN,
    AVRO_DECIMAL,
    AVRO_DATE,
    AVRO_TIME_MS,
    AVRO_TIME_US,
    AVRO_TIMESTAMP_MS,
    AVRO_TIMESTAMP_US
};

struct avro_node;
struct avro_names {
    struct view *items;
    size_t count;
};
struct avro_field {
    struct view name;
    struct avro_names aliases;
    const struct avro_node *type;
    bool has_default;
    struct view fallback; /* the default as it is written; data NULL: none, or none of a kind that is read */
};
struct avro_node {
    enum avro_kind kind;
    enum avro_logical logical;
    int precision, scale;
    struct view name;          /* full name of records, enums, fixed */
    struct avro_names aliases; /* full names too */
    bool map_entries; /* array of key/value records: how Connect spells a map with other than plain text keys */
    size_t count;     /* fields, branches, symbols; size of fixed */
    struct avro_field *fields;         /* record */
    const struct avro_node **branches; /* union */
    struct view *symbols;              /* enum */
    bool has_default;                  /* enum: one of its symbols stands for those it does not know */
    const struct avro_node *items;     /* array, map */
};

/* Everything lies in the arena. ERROR_INVALID says what is wrong with the text. */
const struct avro_node *avro_schema_parse(struct view text, struct arena *arena, struct error *error);
const char *avro_kind_name(enum avro_kind kind);
int avro_schema_text(const struct column *columns, size_t count, const struct codec_options *options, struct text *out,
                     struct error *error);
int avro_schema_infer(struct view schema, bool keep_case, const struct codec_options *options, struct arena *arena,
                      struct column **columns, size_t *count, struct error *error);
