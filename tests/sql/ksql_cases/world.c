#include "world.h"

#include <stdio.h>
#include <string.h>

void world_free(struct world *world) {
    for (size_t i = 0; i < world->all.count; i++) {
        struct world_topic *topic = world->all.items[i];
        for (size_t j = 0; j < topic->records.count; j++) {
            memory_free(topic->records.items[j].key);
            memory_free(topic->records.items[j].value);
        }
        vector_free(&topic->records);
        memory_free(topic->name);
        memory_free(topic);
    }
    for (size_t i = 0; i < world->registered.count; i++) {
        memory_free(world->registered.items[i].subject);
        memory_free(world->registered.items[i].type);
        memory_free(world->registered.items[i].text);
    }
    for (size_t i = 0; i < world->saved.count; i++) {
        memory_free(world->saved.items[i].query);
        memory_free(world->saved.items[i].record);
    }
    vector_free(&world->saved);
    vector_free(&world->all);
    vector_free(&world->registered);
    vector_free(&world->readers);
}

struct world_topic *world_topic(const struct world *world, struct view name) {
    for (size_t i = 0; i < world->all.count; i++)
        if (view_equal(view_of(world->all.items[i]->name), name))
            return world->all.items[i];
    return NULL;
}

struct world_topic *world_add_topic(struct world *world, const char *name, int partitions) {
    struct world_topic *topic = world_topic(world, view_of(name));
    if (topic != NULL)
        return topic;
    topic = memory_zero(1, sizeof *topic);
    topic->name = memory_copy_string(name);
    topic->partitions = partitions;
    topic->replicas = 1;
    vector_push(&world->all, topic);
    return topic;
}

static char *copy(struct view bytes) {
    if (bytes.data == NULL)
        return NULL;
    char *block = memory_zero(1, bytes.size + 1);
    memcpy(block, bytes.data, bytes.size);
    return block;
}

void world_append(struct world_topic *topic, int64_t timestamp, struct view key, struct view value, bool input) {
    struct world_record record = {timestamp, copy(key), copy(value), key.size, value.size, input};
    vector_push(&topic->records, record);
}

static int describe(void *context, struct view name, struct topic_facts *facts, struct error *error) {
    const struct world_topic *topic = world_topic(context, name);
    if (topic == NULL)
        return error_set(error, ERROR_NOT_FOUND, "topic %.*s does not exist", VIEW_ARGS(name));
    *facts = (struct topic_facts){topic->partitions, topic->replicas};
    return 0;
}

static int create(void *context, const struct engine_topic *wanted, struct error *error) {
    (void)error;
    char *name = copy(wanted->name);
    struct world_topic *topic = world_add_topic(context, name, wanted->partitions);
    topic->replicas = wanted->replicas > 0 ? wanted->replicas : 1;
    memory_free(name);
    return 0;
}

static int remove_topic(void *context, struct view name, struct error *error) {
    struct world *world = context;
    for (size_t i = 0; i < world->all.count; i++)
        if (view_equal(view_of(world->all.items[i]->name), name)) {
            world->all.items[i]->name[0] = '\0'; /* readers may still point at it */
            return 0;
        }
    return error_set(error, ERROR_NOT_FOUND, "topic %.*s does not exist", VIEW_ARGS(name));
}

static int open_reader(void *context, uint64_t number, struct view name, int64_t *offsets, int64_t *ends,
                       size_t partitions, struct error *error) {
    struct world *world = context;
    struct world_topic *topic = world_topic(world, name);
    if (world->refuses_reads)
        return error_set(error, ERROR_UNREACHABLE, "the broker is gone");
    if (topic == NULL)
        return error_set(error, ERROR_NOT_FOUND, "topic %.*s does not exist", VIEW_ARGS(name));
    for (size_t i = 0; i < partitions; i++) {
        ends[i] = i == 0 ? (int64_t)topic->records.count : 0;
        offsets[i] = offsets[i] == ENGINE_EARLIEST ? 0 : offsets[i] == ENGINE_LATEST ? ends[i] : offsets[i];
    }
    struct world_reader reader = {number, topic, (size_t)offsets[0]};
    vector_push(&world->readers, reader);
    return 0;
}

static void close_reader(void *context, uint64_t number) {
    struct world *world = context;
    for (size_t i = 0; i < world->readers.count; i++)
        if (world->readers.items[i].number == number) {
            vector_remove(&world->readers, i);
            return;
        }
}

static int write_record(void *context, struct view name, const struct engine_record *record, struct error *error) {
    struct world_topic *topic = world_topic(context, name);
    if (((struct world *)context)->refuses_writes)
        return error_set(error, ERROR_UNREACHABLE, "the broker is gone");
    if (topic == NULL)
        return error_set(error, ERROR_NOT_FOUND, "topic %.*s does not exist", VIEW_ARGS(name));
    world_append(topic, record->timestamp, record->key, record->value, false);
    return 0;
}

static char *subject_of(struct view topic, bool is_key) {
    size_t size = topic.size + 8;
    char *subject = memory_zero(1, size);
    snprintf(subject, size, "%.*s-%s", VIEW_ARGS(topic), is_key ? "key" : "value");
    return subject;
}

const struct world_schema *world_latest(const struct world *world, struct view topic, bool is_key) {
    const struct world_schema *found = NULL;
    char *subject = subject_of(topic, is_key);
    for (size_t i = 0; i < world->registered.count; i++)
        if (strcmp(world->registered.items[i].subject, subject) == 0)
            found = &world->registered.items[i];
    memory_free(subject);
    return found;
}

const struct world_schema *world_by_id(const struct world *world, int32_t id) {
    for (size_t i = 0; i < world->registered.count; i++)
        if (world->registered.items[i].id == id)
            return &world->registered.items[i];
    return NULL;
}

int32_t world_register(struct world *world, const char *topic, bool is_key, const char *type, const char *text,
                       int32_t id) {
    char *subject = subject_of(view_of(topic), is_key);
    for (size_t i = 0; i < world->registered.count; i++) {
        const struct world_schema *known = &world->registered.items[i];
        if (id == 0 && strcmp(known->subject, subject) == 0 && strcmp(known->text, text) == 0) {
            memory_free(subject);
            return known->id;
        }
    }
    if (id == 0)
        id = ++world->next_id;
    struct world_schema schema = {subject, memory_copy_string(type), memory_copy_string(text), id};
    vector_push(&world->registered, schema);
    return id;
}

static int lend(const struct world_schema *found, struct arena *arena, struct schema_facts *facts) {
    *facts = (struct schema_facts){found->id, arena_copy_view(arena, view_of(found->type)),
                                   arena_copy_view(arena, view_of(found->text))};
    return 0;
}

static int latest(void *context, struct view topic, bool is_key, int32_t id, struct arena *arena,
                  struct schema_facts *facts, struct error *error) {
    const struct world_schema *found = id != 0 ? world_by_id(context, id) : world_latest(context, topic, is_key);
    if (found == NULL)
        return error_set(error, ERROR_NOT_FOUND, "no schema for %.*s", VIEW_ARGS(topic));
    return lend(found, arena, facts);
}

static int enter(void *context, struct view topic, bool is_key, const char *type, struct view text, int32_t *id,
                 struct error *error) {
    (void)error;
    char *name = copy(topic), *schema = copy(text);
    *id = world_register(context, name, is_key, type, schema, 0);
    memory_free(name);
    memory_free(schema);
    return 0;
}

static int remove_schema(void *context, struct view topic, bool is_key, struct error *error) {
    (void)context, (void)topic, (void)is_key, (void)error;
    return 0;
}

static int by_id(void *context, int32_t id, struct view *text, struct view *type, struct error *error) {
    const struct world_schema *found = world_by_id(context, id);
    if (found == NULL)
        return error_set(error, ERROR_NOT_FOUND, "no schema %d", id);
    *text = view_of(found->text);
    *type = view_of(found->type);
    return 0;
}

static int save(void *context, struct view query, struct view record, struct error *error) {
    struct world *world = context;
    if (world->refuses_writes)
        return error_set(error, ERROR_UNREACHABLE, "the broker is gone");
    struct world_saved saved = {copy(query), copy(record), record.size};
    vector_push(&world->saved, saved);
    return 0;
}

static int load(void *context, struct view query, int (*each)(void *query, struct view record, struct error *error),
                void *reader, struct error *error) {
    struct world *world = context;
    for (size_t i = 0; i < world->saved.count; i++) {
        const struct world_saved *saved = &world->saved.items[i];
        if (view_equal(view_of(saved->query), query) &&
            each(reader, (struct view){saved->record, saved->size}, error) != 0)
            return -1;
    }
    return 0;
}

static void forget(void *context, struct view query) {
    struct world *world = context;
    for (size_t i = world->saved.count; i-- > 0;)
        if (view_equal(view_of(world->saved.items[i].query), query)) {
            memory_free(world->saved.items[i].query);
            memory_free(world->saved.items[i].record);
            vector_remove(&world->saved, i);
        }
}

void world_init(struct world *world) {
    *world = (struct world){.next_id = 0};
    world->source = (struct schema_source){world, by_id};
    world->topics = (struct engine_topics){.context = world,
                                           .describe = describe,
                                           .create = create,
                                           .remove = remove_topic,
                                           .open = open_reader,
                                           .close = close_reader,
                                           .write = write_record};
    world->memory = (struct engine_memory){world, save, load, forget};
    world->schemas = (struct engine_schemas){
        .context = world, .latest = latest, .enter = enter, .remove = remove_schema, .source = &world->source};
}

static struct view view_from(const char *bytes, size_t size) {
    return bytes == NULL ? (struct view){0} : (struct view){bytes, size};
}

void world_pump(struct world *world, struct engine *engine) {
    bool moved;
    do {
        moved = false;
        for (size_t i = 0; i < world->readers.count; i++) {
            struct world_reader *reader = &world->readers.items[i];
            if (reader->next >= reader->topic->records.count)
                continue;
            struct world_record from = reader->topic->records.items[reader->next];
            struct engine_record record = {.partition = 0,
                                           .offset = (int64_t)reader->next++,
                                           .timestamp = from.timestamp,
                                           .key = view_from(from.key, from.key_size),
                                           .value = view_from(from.value, from.value_size)};
            engine_feed(engine, reader->number, &record, 1);
            engine_run(engine);
            moved = true;
            break; /* the list of readers may have changed */
        }
    } while (moved);
}
