/* Topics, registered schemas and kept state in memory: what the engine sees in cases and in its own tests. */
#pragma once

#include "foundation/base/vector.h"
#include "ksql/engine/engine.h"

struct world_record {
    int64_t timestamp;
    char *key, *value; /* NULL = null */
    size_t key_size, value_size;
    bool input; /* written by the case, not by the engine */
};
struct world_topic {
    char *name;
    int partitions, replicas;
    VECTOR(struct world_record) records;
};
struct world_schema {
    char *subject, *type, *text;
    int32_t id;
};
struct world_reader {
    uint64_t number;
    struct world_topic *topic;
    size_t next;
};
struct world_saved {
    char *query, *record;
    size_t size;
};
struct world {
    struct engine_topics topics;
    struct engine_schemas schemas;
    struct engine_memory memory;
    VECTOR(struct world_saved) saved;
    bool refuses_writes, refuses_reads; /* as a broker that is gone */
    struct schema_source source;
    VECTOR(struct world_topic *) all;
    VECTOR(struct world_schema) registered;
    VECTOR(struct world_reader) readers;
    int32_t next_id;
};

void world_init(struct world *world);
void world_free(struct world *world);
struct world_topic *world_topic(const struct world *world, struct view name);
struct world_topic *world_add_topic(struct world *world, const char *name, int partitions);
void world_append(struct world_topic *topic, int64_t timestamp, struct view key, struct view value, bool input);
/* id 0: the next free one. */
int32_t world_register(struct world *world, const char *topic, bool is_key, const char *type, const char *text,
                       int32_t id);
const struct world_schema *world_latest(const struct world *world, struct view topic, bool is_key);
const struct world_schema *world_by_id(const struct world *world, int32_t id);
/* Feeds every reader until nothing is left to read. */
void world_pump(struct world *world, struct engine *engine);
