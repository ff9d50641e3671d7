/* What the two kinds of cases share: the case on stage, and what it expects. */
#pragma once

#include "bytes.h"

struct scene {
    const json_t *test;
    struct world world;
    struct engine *engine;
    struct properties *properties;
    struct text *difference;
    struct arena arena;
};

const char *scene_text(const json_t *object, const char *name);
int scene_fail(struct scene *scene, const char *format, ...) __attribute__((format(printf, 2, 3))); /* -1 */
void scene_set_stage(struct scene *scene); /* topics and schemas that are there before the case begins */
void scene_make_engine(struct scene *scene);
int scene_run_statement(struct scene *scene, const char *text, int line, struct error *error);
const struct source *scene_source(const struct scene *scene, const char *topic); /* over a topic; NULL = none */
/* How the records of a topic are written: by the sources over it, or as the case says. */
struct side scene_side(const struct scene *scene, const char *topic, bool is_key);

struct scene_record {
    const char *topic;
    int64_t timestamp;
    struct view key, value; /* data NULL = null */
    struct text key_bytes, value_bytes;
};
int scene_read_input(struct scene *scene, const json_t *input, struct scene_record *record);
void scene_record_free(struct scene_record *record);

/* Records of the world's topics that no input wrote, against `outputs`. */
int scene_check_outputs(struct scene *scene);
int scene_check_post(struct scene *scene); /* sources and topics */
int scene_check_error(struct scene *scene, const json_t *expected, int status, const struct error *error);
