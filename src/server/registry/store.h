/* The registry's memory: subjects, versions, schemas, levels and modes, as the records of `_schemas` say, and nothing
 * else. Changed only by applying records. One owner. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "foundation/base/text.h"
#include "foundation/base/vector.h"

struct stored_schema {
    int32_t id, version;
    bool deleted; /* softly */
    char *type;   /* "AVRO", "JSON" */
    char *text;
    char *references; /* JSON, "" when there are none */
    char *extras;     /* what the registry keeps for clients: "metadata":{...},"ruleSet":{...} or "" */
};
struct stored_subject {
    char *name;
    char *level, *mode;                    /* NULL = the global one */
    VECTOR(struct stored_schema) versions; /* ascending */
};
struct store {
    VECTOR(struct stored_subject *) subjects; /* by name; some hold only a level or a mode */
    char *level, *mode;                       /* global; NULL = default */
    int32_t last_id;
};

void subject_store_free(struct store *store);
/* One record of `_schemas`; what is not understood is logged and skipped. */
void subject_store_apply(struct store *store, struct view key, struct view value);

struct stored_subject *store_subject(const struct store *store, const char *name); /* NULL when unknown */
struct stored_schema *subject_version(const struct stored_subject *subject, int32_t version);
/* NULL when there is none; deleted: soft deleted ones count too. */
struct stored_schema *subject_latest(const struct stored_subject *subject, bool deleted);
/* Any schema of this id, soft deleted or not. */
const struct stored_schema *store_by_id(const struct store *store, int32_t id);
const char *store_level(const struct store *store, const char *subject); /* in force */
const char *store_mode(const struct store *store, const char *subject);

/* Confluent's record keys and values, appended. subject NULL = global. */
void record_schema_key(struct text *out, const char *subject, int32_t version);
void record_schema(struct text *out, const char *subject, const struct stored_schema *schema);
void record_delete_subject(struct text *key, struct text *value, const char *subject, int32_t version);
void record_clear_subject(struct text *key, struct text *value, const char *subject);
void record_setting_key(struct text *out, const char *keytype, const char *subject); /* "CONFIG", "MODE" */
void record_setting(struct text *out, const char *name, const char *value);

/* Members without braces: schemaType unless it is AVRO, schema, references, what extras there are; before them subject,
 * version and id. */
void append_schema(struct text *out, const struct stored_schema *schema, struct view text);
void append_version(struct text *out, const char *subject, const struct stored_schema *schema, struct view text);
/* metadata and ruleSet of a JSON object, as members without braces; nothing when there are none. */
void schema_extras(const json_t *from, struct text *out);
