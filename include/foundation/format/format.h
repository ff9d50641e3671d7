/* Bytes <-> values, driven by the SQL schema and the writer's registered schema. One file a format, one row in the
 * table.
 *
 * A codec is compiled once for one side (key or value columns) of a source and is used by one thread. Decoding
 * borrows strings from the record's bytes where it can and from the arena where it must (escapes); no allocation
 * per record after warm-up. Wire framing of registry formats (byte 0, 4-byte big-endian id, payload) is inside. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "foundation/base/arena.h"
#include "foundation/base/error.h"
#include "foundation/base/text.h"
#include "foundation/value/schema.h"
#include "foundation/value/value.h"

/* Schema look-up and registration are a function table, so that codecs never see a network. */
struct schema_source {
    void *context;
    /* Text of a schema by id, and its type ("AVRO", "JSON"); lent until the source is gone; must cache. */
    int (*by_id)(void *context, int32_t id, struct view *text, struct view *type, struct error *error);
};

enum format_flags {
    FORMAT_REGISTRY = 1,     /* needs a registered schema; framed */
    FORMAT_INFERS = 2,       /* columns can be inferred from the registered schema */
    FORMAT_MULTI_COLUMN = 4, /* more than one column fits (KAFKA: no) */
    FORMAT_NESTED = 8,       /* ARRAY, MAP, STRUCT fit */
    FORMAT_KEY = 16,
    FORMAT_VALUE = 32, /* sides it may be used on */
    FORMAT_WRAP = 64,
    FORMAT_UNWRAP = 128, /* single value column may be (un)wrapped */
};

struct codec_options {
    bool is_key;
    bool unwrapped;            /* the one column is the payload itself, not a record of one field */
    struct view full_name;     /* Avro record name override; empty = default */
    struct view delimiter;     /* DELIMITED; empty = comma */
    int32_t schema_id;         /* id written in the frame when encoding; 0 = not yet registered */
    struct view writer_schema; /* registered text that encoding must follow; empty = our own */
};

struct codec;
struct format {
    const char *name;          /* "JSON_SR" */
    const char *registry_type; /* "AVRO", "JSON" or NULL */
    unsigned flags;
    const char *help;
    /* Refuses types that do not fit, in ksqlDB's words. columns: the side's columns. */
    int (*check)(const struct column *columns, size_t count, const struct codec_options *options, struct error *error);
    struct codec *(*compile)(const struct column *columns, size_t count, const struct codec_options *options,
                             struct schema_source *schemas, struct error *error);
    /* Text of the schema that ksqlDB registers for these columns; NULL for formats without. */
    int (*schema_text)(const struct column *columns, size_t count, const struct codec_options *options,
                       struct text *out, struct error *error);
    /* Columns out of a registered schema: names upper-cased (or kept with keep_case), ksqlDB's type table. */
    int (*infer)(struct view schema, bool keep_case, const struct codec_options *options, struct arena *arena,
                 struct column **columns, size_t *count, struct error *error);
};

extern const struct format *const formats[];        /* NULL-terminated table */
const struct format *format_find(struct view name); /* ignoring case; NULL when unknown */

/* NULL bytes (data NULL) are a null record: all values NULL, returns 0. Wrong bytes: non-zero, error says where, values
 * NULL. */
int codec_decode(struct codec *codec, struct view bytes, struct arena *arena, struct value *values,
                 struct error *error);
/* Appends to *out. */
int codec_encode(struct codec *codec, const struct value *values, struct text *out, struct error *error);
void codec_set_schema_id(struct codec *codec, int32_t id); /* after registration */
void codec_free(struct codec *codec);

/* What a codec is made of; each format file fills one. */
struct codec {
    const struct format *format;
    int (*decode)(struct codec *, struct view, struct arena *, struct value *, struct error *);
    int (*encode)(struct codec *, const struct value *, struct text *, struct error *);
    void (*set_schema_id)(struct codec *, int32_t);
    void (*free)(struct codec *);
};
