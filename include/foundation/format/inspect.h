/* Any record to readable JSON by its writer's schema, for tails, the inspector and exports: no target columns needed.
 * No state of their own: any thread, as far as `schemas` may be used there (it may block on an id it has not seen).
 * Results are appended to the caller's texts. */
#pragma once

#include "foundation/format/format.h"

/* Framed AVRO, JSON_SR or PROTOBUF payload to JSON text. Unframed valid JSON is copied, other UTF-8 becomes a JSON
 * string, the rest base64. *how names it: "AVRO", "JSON_SR", "PROTOBUF", "JSON", "STRING", "BYTES"; *schema_id 0 when
 * unframed. *how is a constant, never freed. */
int inspect_to_json(struct view bytes, struct schema_source *schemas, struct text *json, const char **how,
                    int32_t *schema_id, struct error *error);
/* Parsed Avro schema resolution between writer and reader, JSON Schema diff: compatibility checks of the registry. */
enum compatibility { COMPATIBILITY_BACKWARD, COMPATIBILITY_FORWARD, COMPATIBILITY_FULL };
/* 0 compatible; 1 incompatible with one reason a line in *reasons; -1 error (schema does not parse). */
int compatibility_check(struct view registry_type, struct view newer, struct view older, enum compatibility level,
                        struct text *reasons, struct error *error);
/* The text that a registry keeps: PROTOBUF is printed anew, out of text or of a serialized FileDescriptorProto in
 * base64; the others lose white space outside of strings. What it refers to need not be there yet. */
int schema_text_kept(struct view registry_type, struct view schema, struct text *out, struct error *error);
/* A PROTOBUF schema as a serialized FileDescriptorProto in base64, `path` its file name. */
int schema_text_serialize(struct view schema, struct view path, struct text *out, struct error *error);
/* A PROTOBUF schema that refers to others stands alone when PATH and text of each follow it, a NUL before every one.
 * Parses; ERROR_INVALID with the reason. Canonical text (for id look-up by schema) is appended to *canonical. */
int schema_text_check(struct view registry_type, struct view schema, struct text *canonical, struct error *error);
