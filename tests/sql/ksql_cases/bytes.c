#include "bytes.h"

#include <avro.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "foundation/base/base64.h"
#include "foundation/format/framing.h"
#include "foundation/value/parse.h"

/* --- JSON to avro values; the schema's text goes along, avro-c forgets logical types --- */

static int put(avro_value_t *value, const json_t *spec, const json_t *schema, struct error *error);

static const json_t *field_of(const json_t *spec, const char *name) {
    const json_t *found = json_object_get(spec, name);
    if (found != NULL)
        return found;
    const char *key;
    json_t *item;
    json_object_foreach((json_t *)(uintptr_t)spec, key, item) {
        if (view_equal_ignoring_case(view_of(key), view_of(name)))
            return item;
    }
    return NULL;
}

static bool is_decimal(const json_t *schema) {
    const char *logical = json_string_value(json_object_get(schema, "logicalType"));
    return logical != NULL && strcmp(logical, "decimal") == 0;
}

static const json_t *branch_of(const json_t *schema, size_t at) {
    return json_is_array(schema) ? json_array_get(schema, at) : NULL;
}

static const json_t *schema_of_field(const json_t *schema, size_t at) {
    return json_object_get(json_array_get(json_object_get(schema, "fields"), at), "type");
}

/* lenient: a text for a number, a number for a text. */
static bool suits(avro_type_t type, const json_t *spec, bool lenient) {
    switch (type) {
    case AVRO_NULL:
        return spec == NULL || json_is_null(spec);
    case AVRO_BOOLEAN:
        return json_is_boolean(spec);
    case AVRO_INT32:
    case AVRO_INT64:
        return json_is_integer(spec) || (lenient && json_is_string(spec));
    case AVRO_FLOAT:
    case AVRO_DOUBLE:
        return json_is_number(spec) || (lenient && json_is_string(spec));
    case AVRO_STRING:
    case AVRO_ENUM:
        return json_is_string(spec) || (lenient && json_is_number(spec));
    case AVRO_BYTES:
    case AVRO_FIXED:
        return json_is_string(spec) || json_is_number(spec);
    case AVRO_ARRAY:
        return json_is_array(spec);
    default:
        return json_is_object(spec);
    }
}

static int put_union(avro_value_t *value, const json_t *spec, const json_t *written, struct error *error) {
    avro_schema_t schema = avro_value_get_schema(value);
    for (int lenient = 0; lenient < 2; lenient++)
        for (size_t i = 0; i < avro_schema_union_size(schema); i++) {
            avro_schema_t branch = avro_schema_union_branch(schema, (int)i);
            if (branch->type == AVRO_LINK)
                branch = avro_schema_link_target(branch);
            bool array_map = branch->type == AVRO_ARRAY && json_is_object(spec);
            if (!suits(branch->type, spec, lenient) && !array_map)
                continue;
            avro_value_t chosen;
            avro_value_set_branch(value, (int)i, &chosen);
            return put(&chosen, spec, branch_of(written, i), error);
        }
    return error_set(error, ERROR_INVALID, "no branch of the union fits the case's value");
}

static int put_record(avro_value_t *value, const json_t *spec, const json_t *schema, struct error *error) {
    size_t count;
    avro_value_get_size(value, &count);
    for (size_t i = 0; i < count; i++) {
        const char *name;
        avro_value_t field;
        avro_value_get_by_index(value, i, &field, &name);
        if (put(&field, field_of(spec, name), schema_of_field(schema, i), error) != 0)
            return error_wrap(error, "%s", name);
    }
    return 0;
}

static int put_array(avro_value_t *value, const json_t *spec, const json_t *schema, struct error *error) {
    const json_t *items = json_object_get(schema, "items");
    avro_value_t item;
    if (json_is_object(spec)) { /* ksqlDB's maps with keys that may be null: records of key and value */
        const char *key;
        json_t *member;
        json_object_foreach((json_t *)(uintptr_t)spec, key, member) {
            avro_value_t field;
            json_t *text = json_string(key);
            avro_value_append(value, &item, NULL);
            avro_value_get_by_name(&item, "key", &field, NULL);
            int status = put(&field, text, schema_of_field(items, 0), error);
            json_decref(text);
            avro_value_get_by_name(&item, "value", &field, NULL);
            if (status != 0 || put(&field, member, schema_of_field(items, 1), error) != 0)
                return -1;
        }
        return 0;
    }
    for (size_t i = 0; i < json_array_size(spec); i++) {
        avro_value_append(value, &item, NULL);
        if (put(&item, json_array_get(spec, i), items, error) != 0)
            return -1;
    }
    return 0;
}

static int put_map(avro_value_t *value, const json_t *spec, const json_t *schema, struct error *error) {
    const char *key;
    json_t *member;
    json_object_foreach((json_t *)(uintptr_t)spec, key, member) {
        avro_value_t item;
        avro_value_add(value, key, &item, NULL, NULL);
        if (put(&item, member, json_object_get(schema, "values"), error) != 0)
            return -1;
    }
    return 0;
}

/* Big-endian two's complement, as short as it gets. */
static int put_decimal(avro_value_t *value, const json_t *spec, const json_t *schema, struct error *error) {
    char *text = json_is_string(spec) ? memory_copy_string(json_string_value(spec)) : json_dumps(spec, JSON_ENCODE_ANY);
    int scale = (int)json_integer_value(json_object_get(schema, "scale"));
    __int128 number;
    char bytes[16];
    size_t size = 0;
    bool right = decimal_parse(view_trim(view_of(text)), 38, scale, &number);
    memory_free(text);
    if (!right)
        return error_set(error, ERROR_INVALID, "the case's value is no decimal");
    for (size_t i = 0; i < 16; i++) {
        char byte = (char)(number >> (8 * (15 - i)));
        char sign = number < 0 ? (char)-1 : 0;
        bool needed = size != 0 || byte != sign || i == 15 || ((number >> (8 * (14 - i)) & 0x80) != 0) != (number < 0);
        if (needed)
            bytes[size++] = byte;
    }
    return avro_value_set_bytes(value, bytes, size);
}

static int put_bytes(avro_value_t *value, const json_t *spec, const json_t *schema, struct error *error) {
    if (is_decimal(schema))
        return put_decimal(value, spec, schema, error);
    struct arena arena = ARENA_EMPTY;
    struct view bytes;
    bool right = json_is_string(spec) && base64_decode(&arena, view_of(json_string_value(spec)), &bytes);
    int status = right ? avro_value_set_bytes(value, (void *)(uintptr_t)bytes.data, bytes.size) : -1;
    arena_free(&arena);
    return right ? status : error_set(error, ERROR_INVALID, "the case's value is no base64");
}

static int64_t whole_of(const json_t *spec) {
    int64_t whole = json_integer_value(spec);
    if (json_is_string(spec))
        view_to_int64(view_of(json_string_value(spec)), &whole);
    return whole;
}

static double real_of(const json_t *spec) {
    double real = json_number_value(spec);
    if (json_is_string(spec))
        view_to_double(view_of(json_string_value(spec)), &real);
    return real;
}

static int put_string(avro_value_t *value, const json_t *spec) {
    char *text = json_is_string(spec) ? NULL : json_dumps(spec, JSON_ENCODE_ANY);
    int status = avro_value_set_string(value, text == NULL ? json_string_value(spec) : text);
    memory_free(text);
    return status;
}

static int put(avro_value_t *value, const json_t *spec, const json_t *schema, struct error *error) {
    avro_type_t type = avro_value_get_type(value);
    if (type == AVRO_UNION)
        return put_union(value, spec, schema, error);
    if (json_is_object(schema) && json_is_object(json_object_get(schema, "type")))
        schema = json_object_get(schema, "type");
    if (type == AVRO_RECORD && json_is_object(spec))
        return put_record(value, spec, schema, error);
    if (type == AVRO_ARRAY && (json_is_array(spec) || json_is_object(spec)))
        return put_array(value, spec, schema, error);
    if (type == AVRO_MAP && json_is_object(spec))
        return put_map(value, spec, schema, error);
    if (!suits(type, spec, true))
        return error_set(error, ERROR_INVALID, "the case's value does not fit avro type %d", (int)type);
    switch (type) {
    case AVRO_NULL:
        return avro_value_set_null(value);
    case AVRO_BOOLEAN:
        return avro_value_set_boolean(value, json_is_true(spec));
    case AVRO_INT32:
        return avro_value_set_int(value, (int32_t)whole_of(spec));
    case AVRO_INT64:
        return avro_value_set_long(value, whole_of(spec));
    case AVRO_FLOAT:
        return avro_value_set_float(value, (float)real_of(spec));
    case AVRO_DOUBLE:
        return avro_value_set_double(value, real_of(spec));
    case AVRO_STRING:
        return put_string(value, spec);
    case AVRO_BYTES:
        return put_bytes(value, spec, schema, error);
    case AVRO_ENUM:
        return avro_value_set_enum(value,
                                   avro_schema_enum_get_by_name(avro_value_get_schema(value), json_string_value(spec)));
    default:
        return error_set(error, ERROR_UNSUPPORTED, "the runner does not write avro type %d", (int)type);
    }
}

static int schema_of(const struct world_schema *registered, avro_schema_t *schema, struct error *error) {
    if (registered == NULL)
        return error_set(error, ERROR_NOT_FOUND, "no schema is registered");
    if (avro_schema_from_json_length(registered->text, strlen(registered->text), schema) != 0)
        return error_set(error, ERROR_INVALID, "%s: %s", registered->text, avro_strerror());
    return 0;
}

static int bytes_of_avro(const struct side *side, const json_t *spec, struct text *bytes, struct error *error) {
    enum { MOST = 1 << 20 };
    avro_schema_t schema;
    avro_value_t value;
    if (schema_of(side->schema, &schema, error) != 0)
        return -1;
    avro_value_iface_t *class = avro_generic_class_from_schema(schema);
    avro_generic_value_new(class, &value);
    json_t *wrapped = NULL;
    if (avro_value_get_type(&value) == AVRO_RECORD && !json_is_object(spec)) {
        const char *name;
        avro_value_t first;
        avro_value_get_by_index(&value, 0, &first, &name);
        spec = wrapped = json_pack("{s:O}", name, spec);
    }
    json_t *written = json_loads(side->schema->text, JSON_DECODE_ANY, NULL);
    int status = put(&value, spec, written, error);
    if (status == 0) {
        char *buffer = memory_allocate(MOST);
        avro_writer_t writer = avro_writer_memory(buffer, MOST);
        status = avro_value_write(writer, &value);
        framing_write(bytes, side->schema->id);
        text_append_bytes(bytes, buffer, (size_t)avro_writer_tell(writer));
        avro_writer_free(writer);
        memory_free(buffer);
    }
    json_decref(wrapped);
    json_decref(written);
    avro_value_decref(&value);
    avro_value_iface_decref(class);
    avro_schema_decref(schema);
    return status;
}

/* --- avro values to JSON --- */

static json_t *take(avro_value_t *value, const json_t *schema);

static json_t *take_items(avro_value_t *value, bool map, const json_t *schema) {
    json_t *result = map ? json_object() : json_array();
    size_t count;
    avro_value_get_size(value, &count);
    for (size_t i = 0; i < count; i++) {
        avro_value_t item;
        const char *name = NULL;
        avro_value_get_by_index(value, i, &item, &name);
        const json_t *own = json_object_get(schema, map ? "values" : "items");
        if (map)
            json_object_set_new(result, name, take(&item, own == NULL ? schema_of_field(schema, i) : own));
        else
            json_array_append_new(result, take(&item, own));
    }
    return result;
}

static bool is_map_entries(avro_value_t *value) {
    avro_schema_t items = avro_schema_array_items(avro_value_get_schema(value));
    const char *name = items->type == AVRO_RECORD ? avro_schema_name(items) : "";
    return strcmp(name, "KsqlDataSourceSchema_MapEntry") == 0 || strstr(name, "MapEntry") != NULL ||
           (items->type == AVRO_RECORD && avro_schema_record_size(items) == 2 &&
            avro_schema_record_field_get_index(items, "key") == 0 &&
            avro_schema_record_field_get_index(items, "value") == 1);
}

static json_t *take_entries(avro_value_t *value, const json_t *schema) {
    json_t *result = json_object();
    size_t count;
    avro_value_get_size(value, &count);
    for (size_t i = 0; i < count; i++) {
        avro_value_t item, key, member;
        avro_value_get_by_index(value, i, &item, NULL);
        avro_value_get_by_name(&item, "key", &key, NULL);
        avro_value_get_by_name(&item, "value", &member, NULL);
        const json_t *items = json_object_get(schema, "items");
        json_t *name = take(&key, schema_of_field(items, 0));
        json_object_set_new(result, json_is_string(name) ? json_string_value(name) : "null",
                            take(&member, schema_of_field(items, 1)));
        json_decref(name);
    }
    return result;
}

static json_t *take_bytes(avro_value_t *value, const json_t *schema) {
    const void *bytes;
    size_t size;
    struct text text = TEXT_EMPTY;
    avro_value_get_bytes(value, &bytes, &size);
    if (is_decimal(schema)) {
        __int128 number = size != 0 && *(const signed char *)bytes < 0 ? -1 : 0;
        for (size_t i = 0; i < size; i++)
            number = (__int128)((unsigned __int128)number << 8 | ((const unsigned char *)bytes)[i]);
        struct sql_type type = {
            .base = SQL_DECIMAL, .precision = 38, .scale = (int)json_integer_value(json_object_get(schema, "scale"))};
        value_print(&text, (struct value){.tag = VALUE_DECIMAL, .decimal = &number}, &type);
    } else {
        base64_encode(&text, (struct view){bytes, size});
    }
    json_t *result = json_string(text_string(&text));
    text_free(&text);
    return result;
}

static json_t *take(avro_value_t *value, const json_t *schema) {
    avro_value_t branch;
    int boolean;
    int32_t integer;
    int64_t whole;
    float single;
    double real;
    const char *string;
    size_t size;
    int at;
    if (json_is_object(schema) && json_is_object(json_object_get(schema, "type")))
        schema = json_object_get(schema, "type");
    switch (avro_value_get_type(value)) {
    case AVRO_UNION:
        avro_value_get_discriminant(value, &at);
        avro_value_get_current_branch(value, &branch);
        return take(&branch, branch_of(schema, (size_t)at));
    case AVRO_RECORD:
        return take_items(value, true, schema);
    case AVRO_MAP:
        return take_items(value, true, schema);
    case AVRO_ARRAY:
        return is_map_entries(value) ? take_entries(value, schema) : take_items(value, false, schema);
    case AVRO_BOOLEAN:
        avro_value_get_boolean(value, &boolean);
        return json_boolean(boolean);
    case AVRO_INT32:
        avro_value_get_int(value, &integer);
        return json_integer(integer);
    case AVRO_INT64:
        avro_value_get_long(value, &whole);
        return json_integer(whole);
    case AVRO_FLOAT:
        avro_value_get_float(value, &single);
        return json_real((double)single);
    case AVRO_DOUBLE:
        avro_value_get_double(value, &real);
        return json_real(real);
    case AVRO_STRING:
        avro_value_get_string(value, &string, &size);
        return json_string(string);
    case AVRO_BYTES:
        return take_bytes(value, schema);
    default:
        return json_null();
    }
}

static json_t *json_of_avro(const struct world_schema *registered, struct view payload, struct error *error) {
    avro_schema_t schema;
    avro_value_t value;
    json_t *result = NULL;
    if (schema_of(registered, &schema, error) != 0)
        return NULL;
    json_t *written = json_loads(registered->text, JSON_DECODE_ANY, NULL);
    avro_value_iface_t *class = avro_generic_class_from_schema(schema);
    avro_generic_value_new(class, &value);
    avro_reader_t reader = avro_reader_memory(payload.data, (int64_t)payload.size);
    if (avro_value_read(reader, &value) != 0)
        error_set(error, ERROR_CORRUPT, "the sink's AVRO does not decode by its registered schema: %s",
                  avro_strerror());
    else
        result = take(&value, written);
    json_decref(written);
    avro_reader_free(reader);
    avro_value_decref(&value);
    avro_value_iface_decref(class);
    avro_schema_decref(schema);
    return result;
}

/* --- KAFKA's primitives --- */

static void put_big(struct text *bytes, uint64_t number, int size) {
    for (int shift = (size - 1) * 8; shift >= 0; shift -= 8)
        text_append_char(bytes, (char)(number >> shift));
}

static int kafka_bytes(const struct side *side, const json_t *spec, struct text *bytes, struct error *error) {
    enum sql_base base = side->type == NULL ? (json_is_integer(spec) ? SQL_BIGINT : SQL_STRING) : side->type->base;
    double real = json_number_value(spec);
    uint64_t bits;
    int64_t whole = json_is_string(spec) ? 0 : json_integer_value(spec);
    if (json_is_string(spec))
        view_to_int64(view_of(json_string_value(spec)), &whole);
    switch (base) {
    case SQL_INTEGER:
        put_big(bytes, (uint64_t)whole, 4);
        return 0;
    case SQL_BIGINT:
        put_big(bytes, (uint64_t)whole, 8);
        return 0;
    case SQL_DOUBLE:
        memcpy(&bits, &real, sizeof bits);
        put_big(bytes, bits, 8);
        return 0;
    default:
        if (json_is_string(spec)) {
            text_append_string(bytes, json_string_value(spec));
            return 0;
        }
        char *dumped = json_dumps(spec, JSON_ENCODE_ANY | JSON_COMPACT);
        if (dumped == NULL)
            return error_set(error, ERROR_INVALID, "the case's value is no text");
        text_append_string(bytes, dumped);
        memory_free(dumped);
        return 0;
    }
}

static json_t *kafka_json(const struct side *side, struct view bytes, struct error *error) {
    uint64_t number = 0;
    double real;
    size_t size = side->type == NULL ? 0 : side->type->base == SQL_INTEGER ? 4 : 8;
    for (size_t i = 0; i < bytes.size && i < 8; i++)
        number = number << 8 | (unsigned char)bytes.data[i];
    switch (side->type == NULL ? SQL_STRING : side->type->base) {
    case SQL_INTEGER:
    case SQL_BIGINT:
    case SQL_DOUBLE:
        if (bytes.size != size) {
            error_set(error, ERROR_CORRUPT, "%zu bytes where the KAFKA format has %zu", bytes.size, size);
            return NULL;
        }
        if (side->type->base == SQL_DOUBLE) {
            memcpy(&real, &number, sizeof real);
            return json_real(real);
        }
        return json_integer(size == 4 ? (int32_t)number : (int64_t)number);
    default:
        return json_stringn(bytes.data, bytes.size);
    }
}

/* --- all formats --- */

static bool is(struct view format, const char *name) {
    return view_equal_ignoring_case(format, view_of(name));
}

int bytes_from_json(const struct side *side, const json_t *spec, struct text *bytes, bool *present,
                    struct error *error) {
    *present = spec != NULL && !json_is_null(spec);
    if (!*present)
        return 0;
    if (is(side->format, "AVRO"))
        return bytes_of_avro(side, spec, bytes, error);
    if (is(side->format, "KAFKA") || is(side->format, "DELIMITED") || is(side->format, "NONE"))
        return kafka_bytes(is(side->format, "KAFKA") ? side : &(struct side){.type = &sql_string}, spec, bytes, error);
    if (is(side->format, "JSON_SR")) {
        if (side->schema == NULL)
            return error_set(error, ERROR_NOT_FOUND, "no schema is registered");
        framing_write(bytes, side->schema->id);
    } else if (!is(side->format, "JSON")) {
        return error_set(error, ERROR_UNSUPPORTED, "the runner does not write %.*s", VIEW_ARGS(side->format));
    }
    char *dumped = json_dumps(spec, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(17));
    text_append_string(bytes, dumped);
    memory_free(dumped);
    return 0;
}

json_t *bytes_to_json(const struct side *side, const struct world *world, struct view bytes, struct error *error) {
    int32_t id;
    struct view payload = bytes;
    if (bytes.data == NULL)
        return json_null();
    if (is(side->format, "KAFKA"))
        return kafka_json(side, bytes, error);
    if (is(side->format, "DELIMITED") || is(side->format, "NONE"))
        return json_stringn(bytes.data, bytes.size);
    if (!is(side->format, "JSON")) {
        if (!framing_read(bytes, &id, &payload)) {
            error_set(error, ERROR_CORRUPT, "the sink's bytes are not framed");
            return NULL;
        }
        if (is(side->format, "AVRO"))
            return json_of_avro(world_by_id(world, id), payload, error);
    }
    json_error_t problem;
    json_t *result = json_loadb(payload.data, payload.size, JSON_DECODE_ANY, &problem);
    if (result == NULL)
        error_set(error, ERROR_CORRUPT, "the sink's JSON does not parse: %s: %.*s", problem.text, VIEW_ARGS(payload));
    return result;
}
