/* A query case: statements through the engine, inputs one at a time, outputs compared per topic. */
#include <string.h>

#include "case.h"
#include "scene.h"

static int feed_input(struct scene *scene, const json_t *input) {
    struct scene_record record;
    if (scene_read_input(scene, input, &record) == 0)
        world_append(world_topic(&scene->world, view_of(record.topic)), record.timestamp, record.key, record.value,
                     true);
    else
        return -1;
    scene_record_free(&record);
    world_pump(&scene->world, scene->engine);
    return 0;
}

/* A StreamsException comes when records run. */
static bool ends_the_peers_query(const json_t *expected_error) {
    const char *type = scene_text(expected_error, "type");
    return type != NULL && strcmp(type, "org.apache.kafka.streams.errors.StreamsException") == 0;
}

/* What ends the peer's query in its harness is told here, and the query goes on without the row. */
static int perform_trouble(struct scene *scene, const json_t *expected_error) {
    struct engine_query_info info;
    size_t at;
    json_t *item;
    world_pump(&scene->world, scene->engine);
    json_array_foreach(json_object_get(scene->test, "inputs"), at, item) {
        if (feed_input(scene, item) != 0)
            return -1;
    }
    for (size_t i = 0; engine_query_at(scene->engine, i, &info); i++)
        if (info.errors != 0)
            return 0;
    return scene_fail(scene, "expected a row that is told to be wrong: %s", scene_text(expected_error, "message"));
}

static int perform(struct scene *scene) {
    const json_t *expected_error = json_object_get(scene->test, "expectedException");
    struct error error = {0};
    size_t at;
    json_t *item;
    int status = 0;
    scene_set_stage(scene);
    scene_make_engine(scene);
    json_array_foreach(json_object_get(scene->test, "statements"), at, item) {
        status = scene_run_statement(scene, json_string_value(item), (int)at + 1, &error);
        if (status != 0)
            break;
    }
    if (status != 0 && expected_error == NULL)
        return scene_fail(scene, "%s", error.message);
    if (status == 0 && ends_the_peers_query(expected_error))
        return perform_trouble(scene, expected_error);
    if (expected_error != NULL)
        return scene_check_error(scene, expected_error, status, &error);
    world_pump(&scene->world, scene->engine);
    json_array_foreach(json_object_get(scene->test, "inputs"), at, item) {
        if (feed_input(scene, item) != 0)
            return -1;
    }
    if (scene_check_outputs(scene) != 0)
        return -1;
    return scene_check_post(scene);
}

int query_case_run(const struct case_run *run, struct text *difference) {
    struct scene scene = {.test = run->test, .difference = difference};
    world_init(&scene.world);
    int status = perform(&scene);
    engine_free(scene.engine);
    world_free(&scene.world);
    properties_free(scene.properties);
    arena_free(&scene.arena);
    return status;
}
