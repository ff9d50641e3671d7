/* Random records (fixed seed) of seven columns, and a codec for them. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "foundation/base/random.h"
#include "foundation/format/format.h"

enum { RECORDS = 2000, COLUMNS = 7, SCHEMA_ID = 7 };

struct scene {
    struct arena arena, record;
    struct random random;
    struct column columns[COLUMNS];
    struct text schema, bytes;
    struct schema_source source;
    struct codec *codec;
    struct error error;
};

static inline int by_id(void *context, int32_t id, struct view *text, struct view *type, struct error *error) {
    struct scene *scene = context;
    if (id != SCHEMA_ID)
        return error_set(error, ERROR_NOT_FOUND, "schema %d not found", (int)id);
    *text = text_view(&scene->schema);
    *type = view_of(scene->codec && scene->codec->format->registry_type ? scene->codec->format->registry_type : "AVRO");
    return 0;
}

static inline void scene_open(struct scene *scene, const char *name) {
    *scene = (struct scene){0};
    random_seed(&scene->random, 42);
    const struct sql_type *types[COLUMNS] = {&sql_boolean,
                                             &sql_integer,
                                             &sql_bigint,
                                             &sql_double,
                                             &sql_string,
                                             sql_type_array(&scene->arena, &sql_bigint),
                                             sql_type_map(&scene->arena, &sql_string, &sql_integer)};
    const char *names[COLUMNS] = {"B", "I", "L", "D", "S", "A", "M"};
    for (size_t i = 0; i < COLUMNS; i++)
        scene->columns[i] = (struct column){view_of(names[i]), types[i]};
    const struct format *format = format_find(view_of(name));
    assert_non_null(format);
    struct codec_options options = {.schema_id = SCHEMA_ID};
    if (format->schema_text)
        assert_int_equal(format->schema_text(scene->columns, COLUMNS, &options, &scene->schema, &scene->error), 0);
    scene->source = (struct schema_source){scene, by_id};
    scene->codec = format->compile(scene->columns, COLUMNS, &options, &scene->source, &scene->error);
    assert_non_null(scene->codec);
}

static inline void scene_close(struct scene *scene) {
    codec_free(scene->codec);
    text_free(&scene->schema);
    text_free(&scene->bytes);
    arena_free(&scene->record);
    arena_free(&scene->arena);
}

static inline struct value random_string(struct scene *scene) {
    static const char *const pieces[] = {
        "a", "Z", "\"", "\\", "\n", "\t", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "/"};
    struct text text = TEXT_EMPTY;
    for (int64_t left = random_between(&scene->random, 0, 12); left > 0; left--)
        text_append_string(&text, pieces[random_between(&scene->random, 0, 9)]);
    struct value value = value_string(arena_copy_view(&scene->record, (struct view){text_string(&text), text.size}));
    text_free(&text);
    return value;
}

static inline void random_values(struct scene *scene, struct value *values) {
    struct random *random = &scene->random;
    values[0] = value_boolean(random_next(random) & 1);
    values[1] = value_integer((int32_t)random_between(random, INT32_MIN, INT32_MAX));
    values[2] = value_bigint((int64_t)random_next(random));
    values[3] = value_double((random_unit(random) - 0.5) * 1e6);
    values[4] = random_string(scene);
    uint32_t size = (uint32_t)random_between(random, 0, 5);
    struct value *items = arena_zero(&scene->record, sizeof *items * (size + 1));
    for (uint32_t i = 0; i < size; i++)
        items[i] = value_bigint((int64_t)random_next(random));
    values[5] = (struct value){.tag = VALUE_ARRAY, .size = size, .items = items};
    struct value *pairs = arena_zero(&scene->record, sizeof *pairs * 2);
    pairs[0] = random_string(scene);
    pairs[1] = value_integer((int32_t)random_between(random, -9, 9));
    values[6] = (struct value){.tag = VALUE_MAP, .size = 1, .items = pairs};
    for (size_t i = 0; i < COLUMNS; i++)
        if (random_between(random, 0, 7) == 0)
            values[i] = value_null();
}
