/* LIST TOPICS, ASSERT. */
#include <unistd.h>

#include "foundation/base/clock.h"
#include "server/ksqldb/entities.h"

enum { ASSERT_DEFAULT_MS = 1000, ASSERT_STEP_MS = 50, ASSERT_MOST_MS = 10000 };

/* Topics of ksqlDB, the registry, Kafka and Connect themselves: only LIST ALL TOPICS shows them. */
static bool is_hidden(struct view name) {
    static const struct view beginnings[] = {VIEW("_confluent"), VIEW("__confluent")};
    static const struct view names[] = {
        VIEW("_schemas"),        VIEW("__consumer_offsets"), VIEW("__transaction_state"), VIEW("connect-configs"),
        VIEW("connect-offsets"), VIEW("connect-status"),     VIEW("connect-statuses")};
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
        if (view_starts_with(name, beginnings[i]))
            return true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (view_equal(name, names[i]))
            return true;
    return false;
}

struct listing {
    struct kafka_cluster cluster;
    struct kafka_group_info *groups; /* EXTENDED */
    size_t group_count;
    size_t *order; /* topics by name */
};

static size_t sort_topics(struct listing *listing, struct arena *arena, bool all) {
    const struct kafka_topic_info *topics = listing->cluster.topics;
    size_t count = 0;
    listing->order = arena_allocate(arena, (listing->cluster.topic_count + 1) * sizeof *listing->order);
    for (size_t i = 0; i < listing->cluster.topic_count; i++) {
        if (!all && is_hidden(view_of(topics[i].name)))
            continue;
        size_t at = count++;
        for (; at > 0 && view_compare(view_of(topics[listing->order[at - 1]].name), view_of(topics[i].name)) > 0; at--)
            listing->order[at] = listing->order[at - 1];
        listing->order[at] = i;
    }
    return count;
}

/* A group counts for a topic that it has committed an offset of. */
static bool reads(struct work *work, const struct kafka_group_info *group, const struct kafka_topic_info *topic) {
    for (int32_t i = 0; i < topic->partitions; i++) {
        int64_t offset = -1;
        if (kafka_admin_group_offset(work->core->topics.admin, group->name, topic->name, i, TOPICS_PATIENCE_MS, &offset,
                                     NULL) == 0 &&
            offset >= 0)
            return true;
    }
    return false;
}

static void put_consumers(struct work *work, const struct listing *listing, const struct kafka_topic_info *topic) {
    int64_t consumers = 0, groups = 0;
    for (size_t i = 0; i < listing->group_count; i++) {
        const struct kafka_group_info *group = &listing->groups[i];
        if (!reads(work, group, topic))
            continue;
        groups++;
        /* our queries read without joining their group */
        consumers += view_starts_with(view_of(group->name), VIEW("_confluent-ksql-")) ? 1 : group->members;
    }
    put_number(work->out, "consumerCount", consumers);
    put_number(work->out, "consumerGroupCount", groups);
}

static void put_topic(struct work *work, const struct listing *listing, const struct kafka_topic_info *topic,
                      bool extended) {
    put_open(work->out, '{');
    put_string(work->out, "name", view_of(topic->name));
    put_key(work->out, "replicaInfo");
    put_open(work->out, '[');
    for (int32_t i = 0; i < topic->partitions; i++) {
        put_comma(work->out);
        text_append_format(work->out, "%d", (int)topic->replicas);
    }
    text_append_char(work->out, ']');
    if (extended)
        put_consumers(work, listing, topic);
    text_append_char(work->out, '}');
}

int entity_list_topics(struct work *work, const struct statement *statement) {
    struct listing listing = {0};
    struct error error = {0};
    bool all = view_starts_with(statement->text, VIEW("ALL"));
    if (kafka_admin_cluster(work->core->topics.admin, TOPICS_PATIENCE_MS, &listing.cluster, &error) != 0)
        return entity_fail(work, statement, &error);
    if (statement->extended)
        kafka_admin_groups(work->core->topics.admin, TOPICS_PATIENCE_MS, &listing.groups, &listing.group_count, NULL);
    size_t count = sort_topics(&listing, work->arena, all);
    entity_begin(work, statement->extended ? "kafka_topics_extended" : "kafka_topics", statement->written);
    put_key(work->out, "topics");
    put_open(work->out, '[');
    for (size_t i = 0; i < count; i++)
        put_topic(work, &listing, &listing.cluster.topics[listing.order[i]], statement->extended);
    text_append_char(work->out, ']');
    entity_end(work);
    kafka_groups_free(listing.groups, listing.group_count);
    kafka_cluster_free(&listing.cluster);
    return 0;
}

/* --- ASSERT: until it holds or the time is up; nothing else runs meanwhile, hence the bound --- */

static int64_t deadline_of(const struct statement *statement) {
    int64_t ms = statement->timeout_ms >= 0 ? statement->timeout_ms : ASSERT_DEFAULT_MS;
    return clock_monotonic_ms() + (ms < ASSERT_MOST_MS ? ms : ASSERT_MOST_MS);
}

static int64_t number_of(const struct statement *statement, const char *name) {
    int64_t number = -1;
    for (size_t i = 0; i < statement->property_count; i++)
        if (view_equal(statement->properties[i].name, view_of(name)) && statement->properties[i].value)
            view_to_int64(statement->properties[i].value->text, &number);
    return number;
}

static bool topic_holds(struct work *work, const struct statement *statement, struct error *error) {
    struct kafka_topic_info info;
    int64_t partitions = number_of(statement, "PARTITIONS"), replicas = number_of(statement, "REPLICAS");
    bool absent = statement->if_exists;
    if (topics_find(&work->core->topics, statement->name, &info, error) != 0)
        return absent && error->code == ERROR_NOT_FOUND;
    if (absent)
        error_set(error, ERROR_CONFLICT, "Topic %.*s exists", VIEW_ARGS(statement->name));
    else if (partitions >= 0 && partitions != info.partitions)
        error_set(error, ERROR_CONFLICT,
                  "Mismatched configuration for topic %.*s: For config partitions, expected %lld got %d",
                  VIEW_ARGS(statement->name), (long long)partitions, (int)info.partitions);
    else if (replicas >= 0 && replicas != info.replicas)
        error_set(error, ERROR_CONFLICT,
                  "Mismatched configuration for topic %.*s: For config replicas, expected %lld got %d",
                  VIEW_ARGS(statement->name), (long long)replicas, (int)info.replicas);
    else
        return true;
    return false;
}

static bool schema_holds(struct work *work, const struct statement *statement, struct error *error) {
    struct registry_schema schema = {0};
    struct view text, type;
    bool absent = statement->if_exists, by_id = statement->limit >= 0;
    int found;
    if (!work->core->schemas.client) {
        error_set(error, ERROR_INVALID, "The Schema Registry is not configured");
        return false;
    }
    if (statement->name.size) {
        char *subject = arena_copy_bytes(work->arena, statement->name.data, statement->name.size);
        found = registry_client_latest(work->core->schemas.client, subject, &schema, error);
        if (found == 0 && by_id && schema.id != statement->limit)
            found = error_set(error, ERROR_NOT_FOUND, "none");
        registry_schema_free(&schema);
    } else {
        found = work->core->schemas.source.by_id(work->core->schemas.source.context, (int32_t)statement->limit, &text,
                                                 &type, error);
    }
    const char *state = absent ? "exists" : "does not exist";
    if (absent ? found != 0 && error->code == ERROR_NOT_FOUND : found == 0)
        return true;
    if (found == 0 || error->code == ERROR_NOT_FOUND) {
        if (statement->name.size && by_id)
            error_set(error, ERROR_NOT_FOUND, "Schema with subject name %.*s and id %lld %s",
                      VIEW_ARGS(statement->name), (long long)statement->limit, state);
        else if (statement->name.size)
            error_set(error, ERROR_NOT_FOUND, "Schema with subject name %.*s %s", VIEW_ARGS(statement->name), state);
        else
            error_set(error, ERROR_NOT_FOUND, "Schema with id %lld %s", (long long)statement->limit, state);
    }
    return false;
}

static int wait_until(struct work *work, const struct statement *statement,
                      bool (*holds)(struct work *work, const struct statement *statement, struct error *error)) {
    struct error error = {0};
    int64_t deadline = deadline_of(statement);
    while (!holds(work, statement, &error)) {
        if (clock_monotonic_ms() >= deadline)
            return fault_set(work->fault, FAULT_ASSERT, "%s", error.message);
        error_clear(&error);
        usleep(ASSERT_STEP_MS * 1000);
    }
    return 0;
}

int entity_assert_topic(struct work *work, const struct statement *statement) {
    if (wait_until(work, statement, topic_holds) != 0)
        return -1;
    entity_begin(work, "assert_topic", statement->written);
    put_string(work->out, "topicName", statement->name);
    put_bool(work->out, "exists", !statement->if_exists);
    entity_end(work);
    return 0;
}

int entity_assert_schema(struct work *work, const struct statement *statement) {
    if (wait_until(work, statement, schema_holds) != 0)
        return -1;
    entity_begin(work, "assert_schema", statement->written);
    put_optional(work->out, "subject", statement->name);
    if (statement->limit >= 0)
        put_number(work->out, "id", statement->limit);
    else
        put_raw(work->out, "id", "null");
    put_bool(work->out, "exists", !statement->if_exists);
    entity_end(work);
    return 0;
}
