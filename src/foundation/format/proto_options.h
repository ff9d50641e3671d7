/* What both ways between text and descriptors know: options of descriptor.proto, numbers of types, names of JSON. */
#pragma once

#include "foundation/format/proto_schema.h"

enum proto_option_of {
    PROTO_OF_FILE,
    PROTO_OF_MESSAGE,
    PROTO_OF_FIELD,
    PROTO_OF_ENUM,
    PROTO_OF_CONSTANT,
    PROTO_OF_SERVICE,
    PROTO_OF_RPC
};
/* FieldDescriptorProto.Type */
enum { PROTO_TYPE_GROUP = 10, PROTO_TYPE_MESSAGE = 11, PROTO_TYPE_ENUM = 14 };

/* Appended to *options; *map_entry is set when the message is one of a map. A custom option is refused by number. */
int proto_options_read(enum proto_option_of of, struct view bytes, struct arena *arena, struct proto_option **options,
                       bool *map_entry, struct error *error);
/* Passes over json_name and default, which are no options there. A custom option is refused by name. */
int proto_options_write(enum proto_option_of of, const struct proto_option *options, struct text *out,
                        struct error *error);

const char *proto_scalar_of(int64_t type); /* NULL: none */
int proto_scalar_number(struct view name); /* 0: none */
struct view proto_quoted(struct arena *arena, struct view bytes);
/* Bytes of the strings of an option's value: "a\n" "b". */
struct view proto_unquoted(struct arena *arena, struct view value);
struct view proto_json_name(struct arena *arena, struct view name); /* some_field: someField */
