/* A serialized FileDescriptorProto as .proto text, and back: how generated clients send a schema, and how they ask for
 * it. Field numbers: google/protobuf/descriptor.proto. What is read goes through text, so that one parser judges both.
 */
#include "foundation/base/map.h"
#include "foundation/base/vector.h"
#include "foundation/format/proto_options.h"
#include "foundation/format/proto_wire.h"

enum { NESTED_MOST = 64, LARGEST_NUMBER = 536870911 };

struct reading {
    struct arena *arena;
    struct error *error;
    struct view syntax;
};

#define list_append(first, item)                                                                                       \
    do {                                                                                                               \
        *(first) = (item);                                                                                             \
        (first) = &(item)->next;                                                                                       \
    } while (0)

static int fail(struct reading *reading, const char *what) {
    return error_set(reading->error, ERROR_INVALID, "Protobuf descriptor: %s", what);
}

static int read_options(struct reading *reading, enum proto_option_of of, struct view bytes,
                        struct proto_option **options, bool *map_entry) {
    return proto_options_read(of, bytes, reading->arena, options, map_entry, reading->error);
}

/* --- reading --- */

struct field_parts { /* what a field needs its message for */
    int64_t type, label, oneof;
    bool optional; /* proto3's */
};

static void add_option(struct reading *reading, struct proto_field *field, const char *name, struct view value) {
    struct proto_option *option = arena_zero(reading->arena, sizeof *option);
    *option = (struct proto_option){.name = view_of(name), .value = value, .next = field->options};
    field->options = option;
}

static int read_field(struct reading *reading, struct view bytes, struct proto_field *field, struct field_parts *parts,
                      struct view *extendee) {
    struct proto_reader reader = proto_reader_of(bytes);
    struct view json_name = {0}, fallback = {0};
    bool ignored;
    *parts = (struct field_parts){.oneof = -1};
    while (proto_read(&reader)) {
        switch (reader.field) {
        case 1:
            field->name = reader.bytes;
            break;
        case 2:
            *extendee = reader.bytes;
            break;
        case 3:
            field->number = (int32_t)reader.number;
            break;
        case 4:
            parts->label = (int64_t)reader.number;
            break;
        case 5:
            parts->type = (int64_t)reader.number;
            break;
        case 6:
            field->type = reader.bytes;
            break;
        case 7:
            fallback = reader.bytes;
            break;
        case 9:
            parts->oneof = (int64_t)reader.number;
            break;
        case 10:
            json_name = reader.bytes;
            break;
        case 17:
            parts->optional = reader.number != 0;
            break;
        case 8:
            if (read_options(reading, PROTO_OF_FIELD, reader.bytes, &field->options, &ignored) != 0)
                return -1;
            break;
        default:
            break;
        }
    }
    if (reader.broken)
        return fail(reading, "a field is cut off");
    if (parts->type == PROTO_TYPE_GROUP)
        return error_set(reading->error, ERROR_UNSUPPORTED,
                         "Protobuf descriptor: groups are not read from a descriptor; register the .proto text");
    const char *scalar = proto_scalar_of(parts->type);
    if (scalar)
        field->type = view_of(scalar);
    if (json_name.size && !view_equal(json_name, proto_json_name(reading->arena, field->name)))
        add_option(reading, field, "json_name", proto_quoted(reading->arena, json_name));
    if (fallback.data)
        add_option(reading, field, "default",
                   view_equal(field->type, VIEW("string")) || view_equal(field->type, VIEW("bytes"))
                       ? proto_quoted(reading->arena, fallback)
                       : fallback);
    if (parts->label == 2 || parts->label == 3)
        field->label = parts->label == 2 ? PROTO_REQUIRED : PROTO_REPEATED;
    else if (parts->optional || (parts->oneof < 0 && !view_equal(reading->syntax, VIEW("proto3"))))
        field->label = PROTO_OPTIONAL;
    return 0;
}

static int read_type(struct reading *reading, struct view bytes, bool is_enum, int depth, struct proto_type *type,
                     bool *map_entry);

static int read_constant(struct reading *reading, struct view bytes, struct proto_field *constant) {
    struct proto_reader reader = proto_reader_of(bytes);
    bool ignored;
    while (proto_read(&reader)) {
        if (reader.field == 1)
            constant->name = reader.bytes;
        else if (reader.field == 2)
            constant->number = (int32_t)reader.number;
        else if (reader.field == 3 &&
                 read_options(reading, PROTO_OF_CONSTANT, reader.bytes, &constant->options, &ignored) != 0)
            return -1;
    }
    return reader.broken ? fail(reading, "a constant is cut off") : 0;
}

/* `past` is what the descriptor's end is more than the text's. */
static struct view read_range(struct reading *reading, struct view bytes, int32_t past) {
    struct proto_reader reader = proto_reader_of(bytes);
    int32_t first = 0, last = 0;
    while (proto_read(&reader)) {
        if (reader.field == 1)
            first = (int32_t)reader.number;
        else if (reader.field == 2)
            last = (int32_t)((uint32_t)reader.number - (uint32_t)past);
    }
    bool open = past ? last == LARGEST_NUMBER : last == INT32_MAX;
    return view_of(first == last ? arena_format(reading->arena, "%d", (int)first)
                   : open        ? arena_format(reading->arena, "%d to max", (int)first)
                                 : arena_format(reading->arena, "%d to %d", (int)first, (int)last));
}

/* What stands between a message's fields and its text: nested types that stand for maps, oneofs by their place. */
struct parts {
    struct map *entries; /* name -> struct proto_type */
    VECTOR(struct proto_oneof *) oneofs;
    VECTOR(struct proto_field **) oneof_ends;
};

static struct view last_part(struct view name) {
    size_t at = name.size;
    while (at && name.data[at - 1] != '.')
        at--;
    return (struct view){name.data + at, name.size - at};
}

static int read_types(struct reading *reading, struct view bytes, int depth, struct proto_type *type,
                      struct parts *parts) {
    struct proto_reader reader = proto_reader_of(bytes);
    struct proto_type **end = &type->types;
    while (proto_read(&reader)) {
        if (reader.field != 3 && reader.field != 4)
            continue;
        struct proto_type *inner = arena_zero(reading->arena, sizeof *inner);
        bool map_entry = false;
        if (read_type(reading, reader.bytes, reader.field == 4, depth + 1, inner, &map_entry) != 0)
            return -1;
        if (map_entry)
            map_put(parts->entries, inner->name, inner);
        else
            list_append(end, inner);
    }
    return 0;
}

static int read_oneofs(struct reading *reading, struct view bytes, struct parts *parts) {
    struct proto_reader reader = proto_reader_of(bytes);
    while (proto_read(&reader)) {
        if (reader.field != 8)
            continue;
        struct proto_oneof *oneof = arena_zero(reading->arena, sizeof *oneof);
        struct proto_reader inner = proto_reader_of(reader.bytes);
        while (proto_read(&inner))
            if (inner.field == 1)
                oneof->name = inner.bytes;
        if (inner.broken)
            return fail(reading, "a oneof is cut off");
        vector_push(&parts->oneofs, oneof);
        vector_push(&parts->oneof_ends, &oneof->fields);
    }
    return 0;
}

/* A repeated field of a map's entries is the map. */
static int make_map(struct reading *reading, struct proto_field *field, const struct proto_type *entry) {
    const struct proto_field *key = entry->fields, *value = key ? key->next : NULL;
    if (!value)
        return fail(reading, "the entry of a map has no key or no value");
    field->key = key->type;
    field->type = value->type;
    field->label = PROTO_PLAIN;
    return 0;
}

static int read_fields(struct reading *reading, struct view bytes, struct proto_type *type, struct parts *parts) {
    struct proto_reader reader = proto_reader_of(bytes);
    struct proto_field **end = &type->fields;
    while (proto_read(&reader)) {
        if (reader.field != 2)
            continue;
        struct proto_field *field = arena_zero(reading->arena, sizeof *field);
        struct field_parts of_field;
        struct view ignored;
        if (read_field(reading, reader.bytes, field, &of_field, &ignored) != 0)
            return -1;
        const struct proto_type *entry = map_get(parts->entries, last_part(field->type));
        if (entry && field->label == PROTO_REPEATED && make_map(reading, field, entry) != 0)
            return -1;
        if (of_field.oneof < 0 || of_field.optional) {
            list_append(end, field);
        } else if (of_field.oneof >= (int64_t)parts->oneofs.count) {
            return fail(reading, "a field is of a oneof that is not there");
        } else {
            field->oneof = parts->oneofs.items[of_field.oneof];
            list_append(parts->oneof_ends.items[of_field.oneof], field);
        }
    }
    return 0;
}

static int read_extensions(struct reading *reading, struct view bytes, int32_t number, struct proto_extend **end) {
    struct proto_reader reader = proto_reader_of(bytes);
    while (proto_read(&reader)) {
        if (reader.field != number)
            continue;
        struct proto_extend *extend = arena_zero(reading->arena, sizeof *extend);
        struct field_parts ignored;
        extend->fields = arena_zero(reading->arena, sizeof *extend->fields);
        if (read_field(reading, reader.bytes, extend->fields, &ignored, &extend->type) != 0)
            return -1;
        list_append(end, extend);
    }
    return 0;
}

/* Name, constants, ranges and options. */
static int read_rest(struct reading *reading, struct view bytes, struct proto_type *type, bool *map_entry) {
    struct proto_reader reader = proto_reader_of(bytes);
    struct proto_field **constants = &type->fields;
    struct proto_option **reserved = &type->reserved, **extensions = &type->extensions;
    const int32_t options = type->is_enum ? 3 : 7, ranges = type->is_enum ? 4 : 9, names = type->is_enum ? 5 : 10;
    while (proto_read(&reader)) {
        struct proto_option *range = arena_zero(reading->arena, sizeof *range);
        if (reader.field == 1) {
            type->name = reader.bytes;
        } else if (reader.field == options) {
            if (read_options(reading, type->is_enum ? PROTO_OF_ENUM : PROTO_OF_MESSAGE, reader.bytes, &type->options,
                             map_entry) != 0)
                return -1;
        } else if (reader.field == ranges || reader.field == names) {
            range->value = reader.field == names ? proto_quoted(reading->arena, reader.bytes)
                                                 : read_range(reading, reader.bytes, type->is_enum ? 0 : 1);
            list_append(reserved, range);
        } else if (reader.field == 5 && !type->is_enum) {
            range->value = read_range(reading, reader.bytes, 1);
            list_append(extensions, range);
        } else if (reader.field == 2 && type->is_enum) {
            struct proto_field *constant = arena_zero(reading->arena, sizeof *constant);
            if (read_constant(reading, reader.bytes, constant) != 0)
                return -1;
            list_append(constants, constant);
        }
    }
    return reader.broken ? fail(reading, "a type is cut off") : 0;
}

static int read_message(struct reading *reading, struct view bytes, int depth, struct proto_type *type) {
    struct parts parts = {.entries = map_new(NULL)};
    int result = read_types(reading, bytes, depth, type, &parts);
    if (result == 0)
        result = read_oneofs(reading, bytes, &parts);
    if (result == 0)
        result = read_fields(reading, bytes, type, &parts);
    if (result == 0)
        result = read_extensions(reading, bytes, 6, &type->extends);
    struct proto_oneof **end = &type->oneofs;
    for (size_t i = 0; i < parts.oneofs.count; i++)
        if (parts.oneofs.items[i]->fields) /* proto3's optional fields have one each, which is not written */
            list_append(end, parts.oneofs.items[i]);
    map_free(parts.entries);
    vector_free(&parts.oneofs);
    vector_free(&parts.oneof_ends);
    return result;
}

static int read_type(struct reading *reading, struct view bytes, bool is_enum, int depth, struct proto_type *type,
                     bool *map_entry) {
    if (depth > NESTED_MOST)
        return fail(reading, "messages are nested too deep");
    type->is_enum = is_enum;
    if (read_rest(reading, bytes, type, map_entry) != 0)
        return -1;
    return is_enum ? 0 : read_message(reading, bytes, depth, type);
}

static int read_rpc(struct reading *reading, struct view bytes, struct proto_rpc *rpc) {
    struct proto_reader reader = proto_reader_of(bytes);
    bool ignored;
    while (proto_read(&reader)) {
        if (reader.field == 1)
            rpc->name = reader.bytes;
        else if (reader.field == 2)
            rpc->input = reader.bytes;
        else if (reader.field == 3)
            rpc->output = reader.bytes;
        else if (reader.field == 5)
            rpc->input_streams = reader.number != 0;
        else if (reader.field == 6)
            rpc->output_streams = reader.number != 0;
        else if (reader.field == 4 && read_options(reading, PROTO_OF_RPC, reader.bytes, &rpc->options, &ignored) != 0)
            return -1;
    }
    return reader.broken ? fail(reading, "a method is cut off") : 0;
}

static int read_service(struct reading *reading, struct view bytes, struct proto_service *service) {
    struct proto_reader reader = proto_reader_of(bytes);
    struct proto_rpc **end = &service->rpcs;
    bool ignored;
    while (proto_read(&reader)) {
        if (reader.field == 1) {
            service->name = reader.bytes;
        } else if (reader.field == 2) {
            struct proto_rpc *rpc = arena_zero(reading->arena, sizeof *rpc);
            if (read_rpc(reading, reader.bytes, rpc) != 0)
                return -1;
            list_append(end, rpc);
        } else if (reader.field == 3 &&
                   read_options(reading, PROTO_OF_SERVICE, reader.bytes, &service->options, &ignored) != 0) {
            return -1;
        }
    }
    return reader.broken ? fail(reading, "a service is cut off") : 0;
}

static void read_import_kinds(struct view bytes, struct proto_file *file) {
    struct proto_reader reader = proto_reader_of(bytes);
    while (proto_read(&reader)) {
        if ((reader.field != 10 && reader.field != 11) || reader.wire != PROTO_VARINT)
            continue;
        struct proto_import *import = file->imports;
        for (uint64_t i = 0; import && i < reader.number; i++)
            import = import->next;
        if (import)
            import->how = view_of(reader.field == 10 ? "public" : "weak");
    }
}

static int read_file(struct reading *reading, struct view bytes, struct proto_file *file) {
    struct proto_reader reader = proto_reader_of(bytes);
    struct proto_import **imports = &file->imports;
    struct proto_type **types = &file->types;
    struct proto_service **services = &file->services;
    bool ignored = false;
    while (proto_read(&reader)) {
        int result = 0;
        if (reader.field == 2) {
            file->package = reader.bytes;
        } else if (reader.field == 3) {
            struct proto_import *import = arena_zero(reading->arena, sizeof *import);
            import->path = reader.bytes;
            list_append(imports, import);
        } else if (reader.field == 4 || reader.field == 5) {
            struct proto_type *type = arena_zero(reading->arena, sizeof *type);
            result = read_type(reading, reader.bytes, reader.field == 5, 1, type, &ignored);
            list_append(types, type);
        } else if (reader.field == 6) {
            struct proto_service *service = arena_zero(reading->arena, sizeof *service);
            result = read_service(reading, reader.bytes, service);
            list_append(services, service);
        } else if (reader.field == 8) {
            result = read_options(reading, PROTO_OF_FILE, reader.bytes, &file->options, &ignored);
        } else if (reader.field == 14) {
            result =
                error_set(reading->error, ERROR_UNSUPPORTED,
                          "Protobuf descriptor: editions are not read from a descriptor; register the .proto text");
        }
        if (result != 0)
            return -1;
    }
    read_import_kinds(bytes, file);
    return reader.broken ? fail(reading, "the file is cut off") : read_extensions(reading, bytes, 7, &file->extends);
}

int proto_descriptor_to_text(struct view bytes, struct text *out, struct error *error) {
    struct arena arena = ARENA_EMPTY;
    struct reading reading = {&arena, error, VIEW("proto2")};
    struct proto_file file = {0};
    struct proto_reader reader = proto_reader_of(bytes);
    bool named = false;
    while (proto_read(&reader)) { /* what fields mean depends on it */
        if (reader.field == 12)
            reading.syntax = reader.bytes;
        named = named || reader.field == 1;
    }
    file.syntax = reading.syntax;
    int result = reader.broken || !named ? fail(&reading, "this is no FileDescriptorProto, nor .proto text")
                                         : read_file(&reading, bytes, &file);
    if (result == 0)
        proto_print(out, &file);
    arena_free(&arena);
    return result;
}
