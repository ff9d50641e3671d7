/* What the registry's actions share. Everything here runs on the registry's worker thread. */
#pragma once

#include <stdint.h>

#include "client/journal.h"
#include "foundation/net/http_worker.h"
#include "server/registry/store.h"

struct registry {
    struct store store;
    struct journal *journal;
};

void reply_subject_not_found(struct http_reply *reply, const char *subject);
/* The query parameter is "true". */
bool asks(const struct http_exchange *exchange, const char *name);
/* Writes the record, then applies it; false: reply is filled and nothing was applied. data NULL = tombstone. */
bool registry_write(struct registry *registry, struct view key, struct view value, struct http_reply *reply);
/* 42205 unless the subject (NULL = all) may be written to. */
bool registry_may_write(const struct registry *registry, const char *subject, struct http_reply *reply);

/* 42208 for names that mean something which is not here: contexts (":.NAME:subject"). */
bool subject_is_allowed(const char *subject, struct http_reply *reply);

struct candidate { /* a schema that came in, checked */
    char *type;
    struct text text;               /* compact */
    struct text references, extras; /* as stored_schema has them */
    struct text whole;              /* standing alone */
    int32_t id, version;            /* asked for; 0 = none. Only imports may ask */
};
void candidate_free(struct candidate *candidate);
bool candidate_read(struct candidate *candidate, const struct store *store, struct view body, struct http_reply *reply);
bool candidate_same(const struct candidate *candidate, const struct stored_schema *schema, bool normalise);
/* What `?format=` asks of a schema: "serialized" a PROTOBUF one as a descriptor in base64, "resolved" an AVRO or JSON
 * one with what it refers to inside; other formats, and none, are the text itself. False: reply is filled. */
bool schema_in_format(const struct registry *registry, const struct http_exchange *exchange,
                      const struct stored_schema *schema, struct text *text, struct http_reply *reply);
/* 42206 when another schema refers to that version. */
bool version_is_free(const struct registry *registry, const char *subject, int32_t version, struct http_reply *reply);
bool version_is_latest(const char *version); /* "latest" or "-1" */
/* "latest", "-1" or a number; NULL: reply is filled with 42202, 40401 or 40402. */
struct stored_schema *version_named(const struct registry *registry, const struct http_exchange *exchange, bool deleted,
                                    struct http_reply *reply);

/* Levels: a table of its own, since three actions and the check need it. */
bool level_is_known(const char *level);
/* Against the newest version, or all of them when the level says so; only != NULL: against that one. True = compatible,
 * else *reasons has a line each. */
bool compatible(const struct store *store, const char *level, const struct stored_subject *subject,
                const struct candidate *candidate, const struct stored_schema *only, struct text *reasons);

/* subjects.c */
void subjects_list(struct registry *, const struct http_exchange *, struct http_reply *);
void subject_look_up(struct registry *, const struct http_exchange *, struct http_reply *);
void subject_delete(struct registry *, const struct http_exchange *, struct http_reply *);
void versions_list(struct registry *, const struct http_exchange *, struct http_reply *);
void version_register(struct registry *, const struct http_exchange *, struct http_reply *);
void version_get(struct registry *, const struct http_exchange *, struct http_reply *);
void version_get_text(struct registry *, const struct http_exchange *, struct http_reply *);
void version_delete(struct registry *, const struct http_exchange *, struct http_reply *);
void version_referenced_by(struct registry *, const struct http_exchange *, struct http_reply *);
/* schemas.c */
void schema_get(struct registry *, const struct http_exchange *, struct http_reply *);
void schema_get_text(struct registry *, const struct http_exchange *, struct http_reply *);
void schema_subjects(struct registry *, const struct http_exchange *, struct http_reply *);
void schema_versions(struct registry *, const struct http_exchange *, struct http_reply *);
void schema_types(struct registry *, const struct http_exchange *, struct http_reply *);
/* settings.c */
void compatibility_test(struct registry *, const struct http_exchange *, struct http_reply *);
void config_get(struct registry *, const struct http_exchange *, struct http_reply *);
void config_put(struct registry *, const struct http_exchange *, struct http_reply *);
void config_delete(struct registry *, const struct http_exchange *, struct http_reply *);
void mode_get(struct registry *, const struct http_exchange *, struct http_reply *);
void mode_put(struct registry *, const struct http_exchange *, struct http_reply *);
void mode_delete(struct registry *, const struct http_exchange *, struct http_reply *);
void server_id(struct registry *, const struct http_exchange *, struct http_reply *);
void server_contexts(struct registry *, const struct http_exchange *, struct http_reply *);
void server_root(struct registry *, const struct http_exchange *, struct http_reply *);
