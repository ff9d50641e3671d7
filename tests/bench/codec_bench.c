/* Codecs against jansson and avro-c on one record of seven fields: ns per record, medians of interleaved runs, and
 * allocations per record. */
#include <avro.h>
#include <jansson.h>

#include "foundation/format/format.h"
#include "measure.h"
#include "support/allocations.h"

enum { FIELDS = 7 };

struct scene {
    struct codec *json, *avro;
    struct text schema, json_bytes, avro_bytes, out;
    struct arena arena;
    struct value values[FIELDS];
    json_t *object;
    avro_schema_t avro_schema;
    avro_value_iface_t *iface;
    avro_value_t record;
    const char *const *names;
    char buffer[1024];
};

static void must(int result, const char *what) {
    if (result == 0)
        return;
    fprintf(stderr, "codec_bench: %s failed\n", what);
    exit(1);
}

static int by_id(void *context, int32_t id, struct view *text, struct view *type, struct error *error) {
    (void)id;
    (void)error;
    *text = text_view(&((struct scene *)context)->schema);
    *type = VIEW("AVRO");
    return 0;
}

static void decode(struct scene *scene, struct codec *codec, const struct text *bytes, size_t records) {
    struct value values[FIELDS];
    for (size_t i = 0; i < records; i++) {
        arena_reset(&scene->arena);
        must(codec_decode(codec, text_view(bytes), &scene->arena, values, NULL), "decode");
    }
}
static void encode(struct scene *scene, struct codec *codec, size_t records) {
    for (size_t i = 0; i < records; i++) {
        text_clear(&scene->out);
        must(codec_encode(codec, scene->values, &scene->out, NULL), "encode");
    }
}

static void json_decode(void *context, size_t records) {
    decode(context, ((struct scene *)context)->json, &((struct scene *)context)->json_bytes, records);
}
static void json_encode(void *context, size_t records) {
    encode(context, ((struct scene *)context)->json, records);
}
static void avro_decode(void *context, size_t records) {
    decode(context, ((struct scene *)context)->avro, &((struct scene *)context)->avro_bytes, records);
}
static void avro_encode(void *context, size_t records) {
    encode(context, ((struct scene *)context)->avro, records);
}
static json_t *jansson_value(struct value value) {
    switch (value.tag) {
    case VALUE_STRING:
        return json_stringn(value.bytes, value.size);
    case VALUE_BOOLEAN:
        return json_boolean(value.boolean);
    case VALUE_DOUBLE:
        return json_real(value.real);
    default:
        return json_integer(value.integer);
    }
}
static void jansson_decode(void *context, size_t records) {
    struct scene *scene = context;
    for (size_t i = 0; i < records; i++) {
        json_t *root = json_loadb(scene->json_bytes.data, scene->json_bytes.size, 0, NULL);
        must(!root, "jansson decode");
        json_decref(root);
    }
}
static void jansson_encode(void *context, size_t records) {
    struct scene *scene = context;
    for (size_t i = 0; i < records; i++)
        must(!json_dumpb(scene->object, scene->buffer, sizeof scene->buffer, JSON_COMPACT), "jansson encode");
}
/* As ours begins: with the fields' values, not with jansson's own objects of them. */
static void jansson_encode_values(void *context, size_t records) {
    struct scene *scene = context;
    for (size_t i = 0; i < records; i++) {
        json_t *object = json_object();
        for (size_t j = 0; j < FIELDS; j++)
            json_object_set_new(object, scene->names[j], jansson_value(scene->values[j]));
        must(!json_dumpb(object, scene->buffer, sizeof scene->buffer, JSON_COMPACT), "jansson encode");
        json_decref(object);
    }
}
static void avro_c_decode(void *context, size_t records) {
    struct scene *scene = context;
    avro_reader_t reader = avro_reader_memory(scene->avro_bytes.data + 5, (int64_t)scene->avro_bytes.size - 5);
    for (size_t i = 0; i < records; i++) {
        avro_reader_memory_set_source(reader, scene->avro_bytes.data + 5, (int64_t)scene->avro_bytes.size - 5);
        must(avro_value_read(reader, &scene->record), "avro-c decode");
    }
    avro_reader_free(reader);
}
static void avro_c_encode(void *context, size_t records) {
    struct scene *scene = context;
    avro_writer_t writer = avro_writer_memory(scene->buffer, sizeof scene->buffer);
    for (size_t i = 0; i < records; i++) {
        avro_writer_reset(writer);
        must(avro_value_write(writer, &scene->record), "avro-c encode");
    }
    avro_writer_free(writer);
}

static int avro_c_set(avro_value_t *field, struct value value) {
    avro_value_t branch;
    if (avro_value_set_branch(field, 1, &branch) != 0) /* null is the first */
        return -1;
    switch (value.tag) {
    case VALUE_STRING:
        return avro_value_set_string(&branch, value.bytes); /* all of the bench's are literals */
    case VALUE_BOOLEAN:
        return avro_value_set_boolean(&branch, value.boolean);
    case VALUE_DOUBLE:
        return avro_value_set_double(&branch, value.real);
    default:
        return avro_value_set_long(&branch, value.integer);
    }
}
static void avro_c_encode_values(void *context, size_t records) {
    struct scene *scene = context;
    avro_writer_t writer = avro_writer_memory(scene->buffer, sizeof scene->buffer);
    for (size_t i = 0; i < records; i++) {
        avro_writer_reset(writer);
        for (size_t j = 0; j < FIELDS; j++) {
            avro_value_t field;
            must(avro_value_get_by_index(&scene->record, j, &field, NULL) || avro_c_set(&field, scene->values[j]),
                 "avro-c set");
        }
        must(avro_value_write(writer, &scene->record), "avro-c encode");
    }
    avro_writer_free(writer);
}

#ifdef COUNTS_ALLOCATIONS
static double allocations_of(measure_body body, void *context) {
    enum { RECORDS = 1000 };
    body(context, 1); /* what is kept for all records */
    size_t before = allocations;
    body(context, RECORDS);
    return (double)(allocations - before) / RECORDS;
}
#endif

static void compare(const char *name, measure_body ours, measure_body theirs, struct scene *scene) {
    measure_ratio(name, ours, theirs, scene, 100000);
#ifdef COUNTS_ALLOCATIONS
    printf("%-28s ours %8.2f     theirs %8.2f     a record\n", "  allocations", allocations_of(ours, scene),
           allocations_of(theirs, scene));
#endif
}

int main(void) {
    static struct scene scene;
    struct error error = {0};
    static const char *const names[FIELDS] = {"TRANSACTION_ID", "CUSTOMER_ID", "AMOUNT", "MERCHANT",
                                              "COUNTRY",        "ONLINE",      "CREATED"};
    const struct column columns[FIELDS] = {
        {view_of(names[0]), &sql_string}, {view_of(names[1]), &sql_bigint}, {view_of(names[2]), &sql_double},
        {view_of(names[3]), &sql_string}, {view_of(names[4]), &sql_string}, {view_of(names[5]), &sql_boolean},
        {view_of(names[6]), &sql_bigint},
    };
    struct value values[FIELDS] = {value_string(VIEW("tx-000012345")), value_bigint(4711),       value_double(129.95),
                                   value_string(VIEW("Corner Shop")),  value_string(VIEW("DE")), value_boolean(true),
                                   value_bigint(1773489600000)};
    scene.names = names;
    memcpy(scene.values, values, sizeof values);
    struct codec_options options = {.schema_id = 7};
    const struct format *json = format_find(VIEW("JSON")), *avro = format_find(VIEW("AVRO"));
    struct schema_source source = {&scene, by_id};
    must(avro->schema_text(columns, FIELDS, &options, &scene.schema, &error), "schema");
    scene.json = json->compile(columns, FIELDS, &options, &source, &error);
    scene.avro = avro->compile(columns, FIELDS, &options, &source, &error);
    must(!scene.json || !scene.avro, "compile");
    must(codec_encode(scene.json, values, &scene.json_bytes, &error), "JSON encode");
    must(codec_encode(scene.avro, values, &scene.avro_bytes, &error), "AVRO encode");
    scene.object = json_loadb(scene.json_bytes.data, scene.json_bytes.size, 0, NULL);
    must(!scene.object, "jansson");
    must(avro_schema_from_json_length(scene.schema.data, scene.schema.size, &scene.avro_schema), "avro-c schema");
    scene.iface = avro_generic_class_from_schema(scene.avro_schema);
    must(avro_generic_value_new(scene.iface, &scene.record), "avro-c value");
    compare("JSON decode / jansson", json_decode, jansson_decode, &scene);
    compare("JSON encode / jansson", json_encode, jansson_encode_values, &scene);
    compare("  / jansson's dump alone", json_encode, jansson_encode, &scene);
    compare("Avro decode / avro-c", avro_decode, avro_c_decode, &scene);
    compare("Avro encode / avro-c", avro_encode, avro_c_encode_values, &scene);
    compare("  / avro-c's write alone", avro_encode, avro_c_encode, &scene);
    avro_value_decref(&scene.record);
    avro_value_iface_decref(scene.iface);
    avro_schema_decref(scene.avro_schema);
    json_decref(scene.object);
    codec_free(scene.json);
    codec_free(scene.avro);
    arena_free(&scene.arena);
    text_free(&scene.schema);
    text_free(&scene.json_bytes);
    text_free(&scene.avro_bytes);
    text_free(&scene.out);
    return 0;
}
