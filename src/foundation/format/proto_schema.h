/* Protocol Buffers schemas as the registry keeps them: text or a serialized FileDescriptorProto to one tree, the tree
 * to the one text by which two schemas are the same, and the differences that matter to a reader. Trees, and all they
 * point to, lie in the arena they were made in; a text that was parsed must outlive its tree. No state: any thread.
 * Language: protobuf.dev/reference/protobuf (proto2, proto3 and editions); descriptors:
 * google/protobuf/descriptor.proto. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "foundation/base/arena.h"
#include "foundation/base/error.h"
#include "foundation/base/text.h"
#include "foundation/format/inspect.h"

enum proto_label { PROTO_PLAIN, PROTO_OPTIONAL, PROTO_REQUIRED, PROTO_REPEATED };

struct proto_type;
struct proto_option {
    struct view name, value; /* as written, white space and comments dropped: (my.option).part, "text", { a: 1 } */
    struct proto_option *next;
};
struct proto_oneof {
    struct view name;
    struct proto_field *fields;
    struct proto_option *options;
    struct proto_oneof *next;
};
/* A field of a message or of an extension; a constant of an enum has a name, a number and options only. */
struct proto_field {
    struct view name;
    struct view type; /* as written: int32, Part, .my.Whole; of a map its values' type */
    struct view key;  /* of a map; else empty */
    int32_t number;
    enum proto_label label;
    const struct proto_oneof *oneof;
    struct proto_type *group;        /* proto2: the message that is written inside */
    const struct proto_type *target; /* proto_resolve: of a message or enum; NULL for scalars */
    struct proto_option *options;
    struct proto_field *next;
};
struct proto_extend {
    struct view type;
    const struct proto_type *target; /* proto_resolve, as of fields */
    struct proto_field *fields;
    struct proto_extend *next;
};
struct proto_type { /* a message or an enum */
    struct view name;
    struct view full_name; /* with package and enclosing messages, no dot in front */
    bool is_enum, is_group;
    struct proto_field *fields; /* those of no oneof; of an enum: its constants */
    struct proto_oneof *oneofs;
    struct proto_type *types;
    struct proto_extend *extends;
    struct proto_option *options;
    struct proto_option *reserved, *extensions; /* `value` is the list: 2, 4 to 6, "name" */
    const struct proto_file *file;
    struct proto_type *next;
};
struct proto_rpc {
    struct view name, input, output;
    const struct proto_type *input_type, *output_type; /* proto_resolve */
    bool input_streams, output_streams;
    struct proto_option *options;
    struct proto_rpc *next;
};
struct proto_service {
    struct view name;
    struct proto_rpc *rpcs;
    struct proto_option *options;
    struct proto_service *next;
};
struct proto_import {
    struct view path;
    struct view how; /* "public", "weak" or empty */
    struct proto_import *next;
};
struct proto_file {
    struct view path;            /* by which others import it; empty for the schema itself */
    struct view syntax, edition; /* "proto3", "2023"; empty when not written */
    struct view package;
    struct proto_import *imports;
    struct proto_option *options;
    struct proto_type *types;
    struct proto_extend *extends;
    struct proto_service *services;
    struct proto_file *next; /* what the schema refers to, in proto_parse's order */
};

/* The schema and, each behind a NUL, the path and text of what it refers to (PATH NUL TEXT): how a schema with
 * references stands alone. Names are resolved, numbers and names checked. NULL: ERROR_INVALID with line and column, or
 * with the name of what is wrong. */
const struct proto_file *proto_parse(struct view text, struct arena *arena, struct error *error);
/* The file alone, as Confluent's registry prints it: comments dropped, two blanks a level. */
void proto_print(struct text *out, const struct proto_file *file);
/* Differences of `older` to `newer` that break who reads with `newer` what was written with `older`: their number; a
 * line each in *reasons, unless that is NULL. */
int proto_compare(const struct proto_file *older, const struct proto_file *newer, struct text *reasons);

/* A serialized FileDescriptorProto, as clients that protoc generated register it, to text. What text says and a
 * descriptor of ours would not (custom options, groups, editions) is refused by name: ERROR_UNSUPPORTED. */
int proto_descriptor_to_text(struct view bytes, struct text *out, struct error *error);
/* The other way, `path` being the file's name in it. */
int proto_to_descriptor(const struct proto_file *file, struct view path, struct text *out, struct error *error);

/* The one text of a schema, out of text or of a descriptor in base64. */
int proto_canonical(struct view schema, struct text *out, struct error *error);
/* A schema, as proto_parse takes it, to a descriptor in base64. */
int proto_serialize(struct view schema, struct view path, struct text *out, struct error *error);

/* A record's payload behind its frame (the path to its message, then the message) as JSON, in the order of field
 * numbers: fields that the schema does not know as "#NUMBER". ERROR_CORRUPT: the bytes are no such message. */
int proto_to_json(const struct proto_file *file, struct view payload, struct text *json, struct error *error);

/* One file, nothing resolved. */
struct proto_file *proto_parse_file(struct view text, struct arena *arena, struct error *error);
/* Over a list of files: what they name, in full_name, file and target. */
int proto_resolve(struct proto_file *files, struct arena *arena, struct error *error);
bool proto_is_scalar(struct view type);
