/* A copy of an engine in which statements are tried: what they would make in Kafka and the registry is noted in an
 * overlay, so that the next statement of the script finds it. */
#include <stdio.h>

#include "ksql/engine/private.h"

struct noted_schema {
    char *subject, *type, *text; /* text NULL: removed */
    int32_t id;
};
struct noted_topic {
    char *name;
    struct topic_facts facts; /* partitions 0: removed */
};
struct sandbox {
    const struct engine_topics *topics;
    const struct engine_schemas *schemas;
    struct engine_topics own_topics;
    struct engine_schemas own_schemas;
    VECTOR(struct noted_topic) noted_topics;
    VECTOR(struct noted_schema) noted_schemas;
};

static struct noted_topic *find_topic(const struct sandbox *sandbox, struct view name) {
    for (size_t i = 0; i < sandbox->noted_topics.count; i++)
        if (view_equal(view_of(sandbox->noted_topics.items[i].name), name))
            return &sandbox->noted_topics.items[i];
    return NULL;
}

static void note_topic(struct sandbox *sandbox, struct view name, struct topic_facts facts) {
    struct noted_topic *noted = find_topic(sandbox, name);
    if (noted != NULL) {
        noted->facts = facts;
        return;
    }
    struct noted_topic topic = {memory_zero(1, name.size + 1), facts};
    memcpy(topic.name, name.data, name.size);
    vector_push(&sandbox->noted_topics, topic);
}

static int describe(void *context, struct view topic, struct topic_facts *facts, struct error *error) {
    const struct sandbox *sandbox = context;
    const struct noted_topic *noted = find_topic(sandbox, topic);
    if (noted == NULL)
        return sandbox->topics->describe(sandbox->topics->context, topic, facts, error);
    *facts = noted->facts;
    return noted->facts.partitions != 0
               ? 0
               : error_set(error, ERROR_NOT_FOUND, "topic %.*s does not exist", VIEW_ARGS(topic));
}

static int create(void *context, const struct engine_topic *topic, struct error *error) {
    (void)error;
    note_topic(context, topic->name,
               (struct topic_facts){topic->partitions, topic->replicas > 0 ? topic->replicas : 1});
    return 0;
}

static int remove_topic(void *context, struct view topic, struct error *error) {
    (void)error;
    note_topic(context, topic, (struct topic_facts){0});
    return 0;
}

static struct noted_schema *find_schema(const struct sandbox *sandbox, const char *subject) {
    for (size_t i = 0; i < sandbox->noted_schemas.count; i++)
        if (strcmp(sandbox->noted_schemas.items[i].subject, subject) == 0)
            return &sandbox->noted_schemas.items[i];
    return NULL;
}

static char *copy_view(struct view view) {
    char *copy = memory_zero(1, view.size + 1);
    if (view.size != 0)
        memcpy(copy, view.data, view.size);
    return copy;
}

static char *subject_of(struct view topic, bool is_key) {
    char *subject = memory_zero(1, topic.size + 8);
    snprintf(subject, topic.size + 8, "%.*s-%s", VIEW_ARGS(topic), is_key ? "key" : "value");
    return subject;
}

static void note_schema(struct sandbox *sandbox, char *subject, const char *type, struct view text, int32_t id) {
    struct noted_schema *noted = find_schema(sandbox, subject);
    if (noted == NULL) {
        vector_push(&sandbox->noted_schemas, ((struct noted_schema){.subject = subject}));
        noted = &sandbox->noted_schemas.items[sandbox->noted_schemas.count - 1];
    } else {
        memory_free(subject);
        memory_free(noted->type);
        memory_free(noted->text);
    }
    noted->type = memory_copy_string(type);
    noted->text = text.data == NULL ? NULL : copy_view(text);
    noted->id = id;
}

static int latest(void *context, struct view topic, bool is_key, int32_t id, struct arena *arena,
                  struct schema_facts *facts, struct error *error) {
    const struct sandbox *sandbox = context;
    char *subject = subject_of(topic, is_key);
    const struct noted_schema *noted = id == 0 ? find_schema(sandbox, subject) : NULL;
    int status = 0;
    if (noted == NULL)
        status = sandbox->schemas->latest(sandbox->schemas->context, topic, is_key, id, arena, facts, error);
    else if (noted->text == NULL)
        status = error_set(error, ERROR_NOT_FOUND, "subject %s does not exist", subject);
    else
        *facts = (struct schema_facts){noted->id, arena_copy_view(arena, view_of(noted->type)),
                                       arena_copy_view(arena, view_of(noted->text))};
    memory_free(subject);
    return status;
}

static int enter(void *context, struct view topic, bool is_key, const char *type, struct view text, int32_t *id,
                 struct error *error) {
    (void)error;
    *id = 1;
    note_schema(context, subject_of(topic, is_key), type, text, *id);
    return 0;
}

static int remove_schema(void *context, struct view topic, bool is_key, struct error *error) {
    (void)error;
    note_schema(context, subject_of(topic, is_key), "", (struct view){0}, 0);
    return 0;
}

void sandbox_free(struct sandbox *sandbox) {
    if (sandbox == NULL)
        return;
    for (size_t i = 0; i < sandbox->noted_topics.count; i++)
        memory_free(sandbox->noted_topics.items[i].name);
    for (size_t i = 0; i < sandbox->noted_schemas.count; i++) {
        memory_free(sandbox->noted_schemas.items[i].subject);
        memory_free(sandbox->noted_schemas.items[i].type);
        memory_free(sandbox->noted_schemas.items[i].text);
    }
    vector_free(&sandbox->noted_topics);
    vector_free(&sandbox->noted_schemas);
    memory_free(sandbox);
}

struct engine *engine_sandbox(const struct engine *engine) {
    struct sandbox *sandbox = memory_zero(1, sizeof *sandbox);
    struct engine_options options = engine->options;
    sandbox->topics = options.topics;
    sandbox->schemas = options.schemas;
    sandbox->own_topics =
        (struct engine_topics){.context = sandbox, .describe = describe, .create = create, .remove = remove_topic};
    sandbox->own_schemas = (struct engine_schemas){.context = sandbox,
                                                   .latest = latest,
                                                   .enter = enter,
                                                   .remove = remove_schema,
                                                   .source = options.schemas->source};
    options.topics = &sandbox->own_topics;
    options.schemas = &sandbox->own_schemas;
    options.memory = NULL;
    options.trouble = NULL;
    struct engine *copy = engine_new(&options);
    copy->sandbox = true;
    copy->overlay = sandbox;
    catalog_free(copy->catalog);
    copy->catalog = catalog_copy(engine->catalog);
    copy->next_query = engine->next_query;
    for (size_t i = 0; i < engine->queries.count; i++) {
        const struct job *job = engine->queries.items[i];
        struct job *noted = job_new(copy, job->id, job->plan, job->properties, false, NULL);
        noted->state = job->state;
        vector_push(&copy->queries, noted);
    }
    return copy;
}
