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
    const struct column columns[FIELDS] = {
        {VIEW("TRANSACTION_ID"), &sql_string}, {VIEW("CUSTOMER_ID"), &sql_bigint}, {VIEW("AMOUNT"), &sql_double},
        {VIEW("MERCHANT"), &sql_string},       {VIEW("COUNTRY"), &sql_string},     {VIEW("ONLINE"), &sql_boolean},
        {VIEW("CREATED"), &sql_bigint},
    };
    struct value values[FIELDS] = {value_string(VIEW("tx-000012345")), value_bigint(4711),       value_double(129.95),
                                   value_string(VIEW("Corner Shop")),  value_string(VIEW("DE")), value_boolean(true),
                                   value_bigint(1773489600000)};
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
    compare("JSON encode / jansson", json_encode, jansson_encode, &scene);
    compare("Avro decode / avro-c", avro_decode, avro_c_decode, &scene);
    compare("Avro encode / avro-c", avro_encode, avro_c_encode, &scene);
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
