#include "server/ksqldb/offsets.h"

#include <string.h>

#include "client/kafka.h"
#include "foundation/base/arena.h"
#include "foundation/base/log.h"
#include "foundation/base/mailbox.h"
#include "foundation/base/map.h"
#include "foundation/base/thread.h"
#include "foundation/base/vector.h"

enum { TIMEOUT_MS = 2000 };

struct offsets {
    struct profile *profile;
    struct mailbox *inbox;
    pthread_t thread;
    /* the thread's own */
    struct kafka_admin *admin;
    struct map *committed; /* "group\ntopic\npartition" to an offset + 1, so that nothing is said twice */
};

struct position {
    const char *group, *topic;
    int32_t partition;
    int64_t offset;
};
struct offsets_list {
    struct message message;
    struct arena arena;
    VECTOR(struct position) positions;
};

static void list_free(struct message *message) {
    struct offsets_list *list = (struct offsets_list *)message;
    arena_free(&list->arena);
    vector_free(&list->positions);
    memory_free(list);
}
static const struct message_kind list_kind = {"positions", MAILBOX_MERGE, list_free};

struct offsets_list *offsets_list_new(void) {
    struct offsets_list *list = memory_zero(1, sizeof *list);
    list->message.kind = &list_kind;
    return list;
}

void offsets_list_add(struct offsets_list *list, const char *group, struct view topic, int32_t partition,
                      int64_t offset) {
    vector_push(&list->positions,
                (struct position){arena_copy_string(&list->arena, group),
                                  arena_copy_bytes(&list->arena, topic.data, topic.size), partition, offset});
}

void offsets_send(struct offsets *offsets, struct offsets_list *list) {
    mailbox_send(offsets->inbox, &list->message);
}

/* --- the thread --- */

static struct view key_of(struct text *key, const struct position *position) {
    text_clear(key);
    text_append_format(key, "%s\n%s\n%d", position->group, position->topic, (int)position->partition);
    return text_view(key);
}

static bool is_news(struct offsets *offsets, const struct position *position) {
    struct text key = TEXT_EMPTY;
    uintptr_t known = (uintptr_t)map_get(offsets->committed, key_of(&key, position));
    text_free(&key);
    return known != (uintptr_t)position->offset + 1;
}

static void remember(struct offsets *offsets, const struct position *position) {
    struct text key = TEXT_EMPTY;
    map_put(offsets->committed, key_of(&key, position), (void *)((uintptr_t)position->offset + 1));
    text_free(&key);
}

/* Positions of one group lie one behind the other. */
static void commit(struct offsets *offsets, const struct offsets_list *list) {
    struct kafka_partition *partitions = memory_zero(list->positions.count + 1, sizeof *partitions);
    for (size_t first = 0, end; first < list->positions.count; first = end) {
        const char *group = list->positions.items[first].group;
        size_t count = 0;
        struct error error = {0};
        for (end = first; end < list->positions.count && strcmp(list->positions.items[end].group, group) == 0; end++) {
            const struct position *position = &list->positions.items[end];
            if (is_news(offsets, position))
                partitions[count++] = (struct kafka_partition){position->topic, position->partition, position->offset};
        }
        if (!count)
            continue;
        if (kafka_admin_set_group_offsets(offsets->admin, group, partitions, count, TIMEOUT_MS, &error) != 0) {
            log_debug("ksqldb", "offsets of group %s are not committed: %s", group, error.message);
            if (error.code == ERROR_TIMEOUT || error.code == ERROR_UNREACHABLE)
                break;
            continue;
        }
        for (size_t i = first; i < end; i++)
            remember(offsets, &list->positions.items[i]);
    }
    memory_free(partitions);
}

static void *run(void *context) {
    struct offsets *offsets = context;
    for (;;) {
        struct message *message = mailbox_receive(offsets->inbox, -1);
        if (!message)
            return NULL;
        if (!offsets->admin)
            offsets->admin = kafka_admin_new(offsets->profile, NULL);
        if (offsets->admin)
            commit(offsets, (struct offsets_list *)message);
        message_free(message);
    }
}

struct offsets *offsets_start(struct profile *profile) {
    struct offsets *offsets = memory_zero(1, sizeof *offsets);
    offsets->profile = profile_reference(profile);
    offsets->inbox = mailbox_new(1);
    offsets->committed = map_new(NULL);
    offsets->thread = thread_start("ksqldb offsets", run, offsets);
    return offsets;
}

void offsets_stop(struct offsets *offsets) {
    if (!offsets)
        return;
    mailbox_close(offsets->inbox);
    thread_join(offsets->thread);
    kafka_admin_free(offsets->admin);
    mailbox_free(offsets->inbox);
    map_free(offsets->committed);
    profile_release(offsets->profile);
    memory_free(offsets);
}
