/* A record's bytes as JSON by its schema, for people to read: names of fields as the schema has them, numbers as
 * numbers, enums by name, times and wrapped values as what they mean. Frame: docs.confluent.io, "Wire format", message
 * indexes. */
#include <stdio.h>
#include <stdlib.h>

#include "foundation/base/base64.h"
#include "foundation/base/clock.h"
#include "foundation/base/number.h"
#include "foundation/base/utf8.h"
#include "foundation/base/vector.h"
#include "foundation/format/proto_schema.h"
#include "foundation/format/proto_wire.h"

enum { DEPTH_MOST = 64 };

struct occurrence { /* of a field in a message */
    struct proto_reader at;
    size_t place;
};
struct occurrences {
    VECTOR(struct occurrence) all;
};
struct showing {
    struct text *json;
    struct error *error;
    int depth;
};

static int corrupt(struct showing *showing, struct view what) {
    return error_set(showing->error, ERROR_CORRUPT, "the payload is no %.*s of its PROTOBUF schema", VIEW_ARGS(what));
}

/* --- scalars --- */

static int64_t zigzag(uint64_t number) {
    return (int64_t)(number >> 1) ^ -(int64_t)(number & 1);
}

static void show_double(struct text *json, double number) {
    char digits[NUMBER_MAX];
    struct view text = {digits, number_write_double(digits, number)};
    if (number - number == 0)
        text_append(json, text);
    else
        text_append_json(json, text); /* NaN, Infinity */
}

static void show_float(struct text *json, uint32_t bits) {
    char digits[32];
    float number;
    memcpy(&number, &bits, sizeof number);
    for (int precision = 6; precision < 10; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, (double)number);
        if (strtof(digits, NULL) == number)
            break;
    }
    if (number - number == 0)
        text_append_string(json, digits);
    else
        show_double(json, (double)number);
}

static void show_bytes(struct text *json, struct view bytes) {
    text_append_char(json, '"');
    base64_encode(json, bytes);
    text_append_char(json, '"');
}

static void show_enum(struct text *json, const struct proto_type *type, int32_t number) {
    for (const struct proto_field *constant = type->fields; constant; constant = constant->next)
        if (constant->number == number) {
            text_append_json(json, constant->name);
            return;
        }
    text_append_format(json, "%d", (int)number);
}

static bool is(struct view type, const char *name) {
    return view_equal(type, view_of(name));
}

static enum proto_wire wire_of(struct view type, const struct proto_type *target) {
    if (target)
        return target->is_enum ? PROTO_VARINT : PROTO_BYTES;
    if (is(type, "string") || is(type, "bytes"))
        return PROTO_BYTES;
    if (is(type, "double") || is(type, "fixed64") || is(type, "sfixed64"))
        return PROTO_FIXED64;
    return is(type, "float") || is(type, "fixed32") || is(type, "sfixed32") ? PROTO_FIXED32 : PROTO_VARINT;
}

static void show_number(struct text *json, struct view type, const struct proto_type *target, uint64_t number) {
    double real;
    memcpy(&real, &number, sizeof real);
    if (target)
        show_enum(json, target, (int32_t)number);
    else if (is(type, "bool"))
        text_append_string(json, number ? "true" : "false");
    else if (is(type, "double"))
        show_double(json, real);
    else if (is(type, "float"))
        show_float(json, (uint32_t)number);
    else if (is(type, "uint32") || is(type, "fixed32"))
        text_append_format(json, "%u", (unsigned)number);
    else if (is(type, "uint64") || is(type, "fixed64"))
        text_append_format(json, "%llu", (unsigned long long)number);
    else if (is(type, "int32") || is(type, "sfixed32"))
        text_append_format(json, "%d", (int)(uint32_t)number);
    else
        text_append_format(json, "%lld",
                           (long long)(is(type, "int64") || is(type, "sfixed64") ? (int64_t)number : zigzag(number)));
}

/* 2026-03-14T15:06:40Z, with the nanoseconds that there are */
static void show_time(struct text *json, int64_t seconds, int64_t nanos) {
    int64_t days = seconds / 86400 - (seconds % 86400 < 0), rest = seconds - days * 86400;
    int year, month, day;
    clock_civil_from_days(days, &year, &month, &day);
    text_append_format(json, "\"%04d-%02d-%02dT%02d:%02d:%02d", year, month, day, (int)(rest / 3600),
                       (int)(rest / 60 % 60), (int)(rest % 60));
    if (nanos)
        text_append_format(json, ".%09d", (int)nanos);
    text_append_string(json, "Z\"");
}

/* --- messages --- */

static int show_message(struct showing *showing, const struct proto_type *type, struct view bytes);

/* Google's own types have no fields here: what they mean is known by their names. False: it is none of those. */
static bool show_well_known(struct showing *showing, const struct proto_type *type, struct view bytes) {
    static const struct {
        const char *name, *inner;
    } wrappers[] = {{"DoubleValue", "double"}, {"FloatValue", "float"},   {"Int64Value", "int64"},
                    {"UInt64Value", "uint64"}, {"Int32Value", "int32"},   {"UInt32Value", "uint32"},
                    {"BoolValue", "bool"},     {"StringValue", "string"}, {"BytesValue", "bytes"}};
    struct proto_reader reader = proto_reader_of(bytes), first = {0};
    int64_t seconds = 0, nanos = 0;
    if (!is(type->file->package, "google.protobuf") || type->fields)
        return false;
    while (proto_read(&reader)) {
        if (reader.field == 1)
            first = reader;
        seconds = reader.field == 1 ? (int64_t)reader.number : seconds;
        nanos = reader.field == 2 ? (int64_t)reader.number : nanos;
    }
    if (reader.broken)
        return false;
    if (is(type->name, "Timestamp") && seconds > -62135596801 && seconds < 253402300800 && nanos >= 0 &&
        nanos < 1000000000) {
        show_time(showing->json, seconds, nanos);
        return true;
    }
    for (size_t i = 0; i < sizeof wrappers / sizeof *wrappers; i++) {
        if (!is(type->name, wrappers[i].name))
            continue;
        struct view inner = view_of(wrappers[i].inner);
        if (is(inner, "string"))
            text_append_json(showing->json, first.bytes);
        else if (is(inner, "bytes"))
            show_bytes(showing->json, first.bytes);
        else
            show_number(showing->json, inner, NULL, first.number);
        return true;
    }
    return false;
}

static int show_value(struct showing *showing, struct view type, const struct proto_type *target,
                      const struct proto_reader *at) {
    if (at->wire != wire_of(type, target))
        return corrupt(showing, type);
    if (target && !target->is_enum)
        return show_well_known(showing, target, at->bytes) ? 0 : show_message(showing, target, at->bytes);
    if (is(type, "string") && utf8_valid(at->bytes))
        text_append_json(showing->json, at->bytes);
    else if (at->wire == PROTO_BYTES)
        show_bytes(showing->json, at->bytes);
    else
        show_number(showing->json, type, target, at->number);
    return 0;
}

/* Values of one field, packed ones one by one. */
static int show_items(struct showing *showing, const struct proto_field *field, const struct occurrence *items,
                      size_t count) {
    enum proto_wire wire = wire_of(field->type, field->target);
    int result = 0;
    bool any = false;
    text_append_char(showing->json, '[');
    for (size_t i = 0; i < count && result == 0; i++) {
        bool packed = wire != PROTO_BYTES && items[i].at.wire == PROTO_BYTES;
        struct proto_reader reader = packed ? proto_reader_of(items[i].at.bytes) : items[i].at;
        while (result == 0 && (!packed || reader.at < reader.end)) {
            if (packed) {
                reader.wire = wire;
                reader.number = proto_read_value(&reader, wire);
            }
            if (any)
                text_append_char(showing->json, ',');
            any = true;
            result = reader.broken ? corrupt(showing, field->type)
                                   : show_value(showing, field->type, field->target, &reader);
            if (!packed)
                break;
        }
    }
    text_append_char(showing->json, ']');
    return result;
}

static int show_entry(struct showing *showing, const struct proto_field *field, struct view bytes) {
    struct proto_reader reader = proto_reader_of(bytes), key = {0}, value = {0};
    struct text name = TEXT_EMPTY;
    while (proto_read(&reader)) {
        if (reader.field == 1)
            key = reader;
        else if (reader.field == 2)
            value = reader;
    }
    if (reader.broken || (key.field && key.wire != wire_of(field->key, NULL)))
        return corrupt(showing, field->name);
    if (is(field->key, "string"))
        text_append(&name, key.bytes);
    else
        show_number(&name, field->key, NULL, key.number);
    text_append_json(showing->json, text_view(&name));
    text_append_char(showing->json, ':');
    text_free(&name);
    if (!value.field) { /* the default of its type */
        value.wire = wire_of(field->type, field->target);
        value.bytes = VIEW("");
    }
    return show_value(showing, field->type, field->target, &value);
}

static int show_map(struct showing *showing, const struct proto_field *field, const struct occurrence *items,
                    size_t count) {
    int result = 0;
    text_append_char(showing->json, '{');
    for (size_t i = 0; i < count && result == 0; i++) {
        if (i)
            text_append_char(showing->json, ',');
        result = items[i].at.wire == PROTO_BYTES ? show_entry(showing, field, items[i].at.bytes)
                                                 : corrupt(showing, field->name);
    }
    text_append_char(showing->json, '}');
    return result;
}

static void show_unknown(struct showing *showing, const struct occurrence *items, size_t count) {
    text_append_format(showing->json, "\"#%d\":%s", (int)items->at.field, count > 1 ? "[" : "");
    for (size_t i = 0; i < count; i++) {
        if (i)
            text_append_char(showing->json, ',');
        if (items[i].at.wire == PROTO_BYTES)
            show_bytes(showing->json, items[i].at.bytes);
        else
            text_append_format(showing->json, "%llu", (unsigned long long)items[i].at.number);
    }
    if (count > 1)
        text_append_char(showing->json, ']');
}

static const struct proto_field *find_field(const struct proto_type *type, int32_t number) {
    for (const struct proto_field *field = type->fields; field; field = field->next)
        if (field->number == number)
            return field;
    for (const struct proto_oneof *oneof = type->oneofs; oneof; oneof = oneof->next)
        for (const struct proto_field *field = oneof->fields; field; field = field->next)
            if (field->number == number)
                return field;
    return NULL;
}

static int show_field(struct showing *showing, const struct proto_type *type, const struct occurrence *items,
                      size_t count) {
    const struct proto_field *field = find_field(type, items->at.field);
    if (!field) {
        show_unknown(showing, items, count);
        return 0;
    }
    text_append_json(showing->json, field->name);
    text_append_char(showing->json, ':');
    if (field->key.size)
        return show_map(showing, field, items, count);
    if (field->label == PROTO_REPEATED)
        return show_items(showing, field, items, count);
    return show_value(showing, field->type, field->target, &items[count - 1].at); /* the last one counts */
}

static int by_number(const void *left, const void *right) {
    const struct occurrence *a = left, *b = right;
    if (a->at.field != b->at.field)
        return a->at.field < b->at.field ? -1 : 1;
    return a->place < b->place ? -1 : a->place > b->place;
}

static int show_message(struct showing *showing, const struct proto_type *type, struct view bytes) {
    struct proto_reader reader = proto_reader_of(bytes);
    struct occurrences found = {0};
    int result = 0;
    if (showing->depth >= DEPTH_MOST)
        return error_set(showing->error, ERROR_CORRUPT, "the payload's messages are nested more than %d deep",
                         DEPTH_MOST);
    showing->depth++;
    while (proto_read(&reader))
        vector_push(&found.all, (struct occurrence){reader, found.all.count});
    if (reader.broken)
        result = corrupt(showing, type->full_name);
    if (found.all.count)
        qsort(found.all.items, found.all.count, sizeof *found.all.items, by_number);
    text_append_char(showing->json, '{');
    for (size_t i = 0, count; i < found.all.count && result == 0; i += count) {
        for (count = 1;
             i + count < found.all.count && found.all.items[i + count].at.field == found.all.items[i].at.field;)
            count++;
        if (i)
            text_append_char(showing->json, ',');
        result = show_field(showing, type, &found.all.items[i], count);
    }
    text_append_char(showing->json, '}');
    vector_free(&found.all);
    showing->depth--;
    return result;
}

/* --- the frame --- */

static const struct proto_type *message_at(const struct proto_type *types, int64_t index) {
    for (; types && index >= 0; types = types->next)
        if (!types->is_enum && index-- == 0)
            return types;
    return NULL;
}

/* A count and so many indexes, each of a message within the one before; a count of 0 stands for the first message. */
static const struct proto_type *find_type(const struct proto_file *file, struct proto_reader *reader) {
    int64_t count = zigzag(proto_read_value(reader, PROTO_VARINT));
    if (count == 0)
        return reader->broken ? NULL : message_at(file->types, 0);
    const struct proto_type *types = file->types, *found = NULL;
    for (int64_t i = 0; i < count && !reader->broken; i++) {
        found = message_at(types, zigzag(proto_read_value(reader, PROTO_VARINT)));
        if (!found)
            return NULL;
        types = found->types;
    }
    return reader->broken ? NULL : found;
}

int proto_to_json(const struct proto_file *file, struct view payload, struct text *json, struct error *error) {
    struct showing showing = {json, error, 0};
    struct proto_reader reader = proto_reader_of(payload);
    const struct proto_type *type = find_type(file, &reader);
    size_t before = json->size;
    int result = type ? show_message(&showing, type, (struct view){reader.at, (size_t)(reader.end - reader.at)})
                      : corrupt(&showing, VIEW("message"));
    if (result != 0 && json->data) {
        json->size = before;
        json->data[before] = '\0';
    }
    return result;
}
