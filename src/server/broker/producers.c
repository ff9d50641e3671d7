#include "server/broker/producers.h"

#include <string.h>

#include "foundation/base/map.h"
#include "foundation/base/memory.h"
#include "server/broker/cursor.h"

enum { KEPT = 5, PRODUCERS_MOST = 10000 };

struct sent {
    int32_t first_sequence, last_sequence;
    int64_t offset; /* of the first record */
};
struct producer {
    int64_t id;
    int16_t epoch;
    int count;
    struct sent sent[KEPT]; /* newest last */
    int64_t last_ms;        /* wall clock of its last batch */
    uint64_t used;          /* order of use: the longest unused makes room */
};
struct producers {
    struct map *by_id;
    uint64_t uses;
};

struct producers *producers_new(void) {
    struct producers *producers = memory_zero(1, sizeof *producers);
    producers->by_id = map_new(memory_free);
    return producers;
}

void producers_free(struct producers *producers) {
    if (!producers)
        return;
    map_free(producers->by_id);
    memory_free(producers);
}

static struct view key_of(const int64_t *id) {
    return (struct view){(const char *)id, sizeof *id};
}

static int32_t sequence_after(int32_t sequence) {
    return sequence == INT32_MAX ? 0 : sequence + 1;
}

static int32_t last_sequence(const struct batch_header *header) {
    int64_t last = (int64_t)header->base_sequence + header->last_offset_delta;
    return (int32_t)(last > INT32_MAX ? last - INT32_MAX - 1 : last);
}

enum producer_verdict producers_judge(const struct producers *producers, const struct batch_header *header,
                                      int64_t *offset) {
    if (header->producer_id < 0)
        return PRODUCER_NEW;
    const struct producer *producer = map_get(producers->by_id, key_of(&header->producer_id));
    if (!producer) /* forgotten, or new: any first sequence is taken, as Kafka does after its own expiry */
        return PRODUCER_NEW;
    if (header->producer_epoch < producer->epoch)
        return PRODUCER_FENCED;
    if (header->producer_epoch > producer->epoch)
        return header->base_sequence == 0 ? PRODUCER_NEW : PRODUCER_OUT_OF_ORDER;
    for (int i = 0; i < producer->count; i++) {
        if (producer->sent[i].first_sequence == header->base_sequence &&
            producer->sent[i].last_sequence == last_sequence(header)) {
            *offset = producer->sent[i].offset;
            return PRODUCER_DUPLICATE;
        }
    }
    if (producer->count == 0 ||
        header->base_sequence == sequence_after(producer->sent[producer->count - 1].last_sequence))
        return PRODUCER_NEW;
    return PRODUCER_OUT_OF_ORDER;
}

static void make_room(struct producers *producers) {
    size_t at = 0;
    struct view key, oldest_key = {0};
    void *value;
    uint64_t oldest = UINT64_MAX;
    while (map_next(producers->by_id, &at, &key, &value)) {
        if (((struct producer *)value)->used < oldest) {
            oldest = ((struct producer *)value)->used;
            oldest_key = key;
        }
    }
    int64_t id;
    memcpy(&id, oldest_key.data, sizeof id);
    map_remove(producers->by_id, key_of(&id));
}

void producers_add(struct producers *producers, const struct batch_header *header, int64_t offset, int64_t now_ms) {
    if (header->producer_id < 0)
        return;
    struct producer *producer = map_get(producers->by_id, key_of(&header->producer_id));
    if (!producer) {
        if (map_count(producers->by_id) >= PRODUCERS_MOST)
            make_room(producers);
        producer = memory_zero(1, sizeof *producer);
        producer->id = header->producer_id;
        producer->epoch = header->producer_epoch;
        map_put(producers->by_id, key_of(&header->producer_id), producer);
    }
    if (producer->epoch != header->producer_epoch) {
        producer->epoch = header->producer_epoch;
        producer->count = 0;
    }
    if (producer->count == KEPT) {
        memmove(&producer->sent[0], &producer->sent[1], (KEPT - 1) * sizeof *producer->sent);
        producer->count--;
    }
    producer->sent[producer->count++] = (struct sent){header->base_sequence, last_sequence(header), offset};
    producer->used = ++producers->uses;
    producer->last_ms = now_ms;
}

void producers_expire(struct producers *producers, int64_t oldest_ms) {
    for (bool found = true; found;) {
        size_t at = 0;
        void *value;
        found = false;
        while (!found && map_next(producers->by_id, &at, NULL, &value)) {
            int64_t id = ((struct producer *)value)->id;
            if (((struct producer *)value)->last_ms < oldest_ms) {
                map_remove(producers->by_id, key_of(&id));
                found = true;
            }
        }
    }
}

size_t producers_count(const struct producers *producers) {
    return map_count(producers->by_id);
}

bool producers_next(const struct producers *producers, size_t *at, struct producer_facts *facts) {
    void *value;
    if (!map_next(producers->by_id, at, NULL, &value))
        return false;
    const struct producer *producer = value;
    *facts = (struct producer_facts){producer->id, producer->last_ms, producer->epoch,
                                     producer->count ? producer->sent[producer->count - 1].last_sequence : -1};
    return true;
}

void producers_save(const struct producers *producers, struct text *out) {
    size_t at = 0;
    void *value;
    write_int32(out, (int32_t)map_count(producers->by_id));
    while (map_next(producers->by_id, &at, NULL, &value)) {
        const struct producer *producer = value;
        write_int64(out, producer->id);
        write_int16(out, producer->epoch);
        write_int64(out, producer->last_ms);
        write_int8(out, (int8_t)producer->count);
        for (int i = 0; i < producer->count; i++) {
            write_int32(out, producer->sent[i].first_sequence);
            write_int32(out, producer->sent[i].last_sequence);
            write_int64(out, producer->sent[i].offset);
        }
    }
}

bool producers_load(struct producers *producers, struct view bytes) {
    struct reader reader = {.at = bytes.data, .end = bytes.data + bytes.size};
    int32_t count = read_array(&reader, 19);
    for (int32_t i = 0; i < count && !reader.broken; i++) {
        struct producer *producer = memory_zero(1, sizeof *producer);
        producer->id = read_int64(&reader);
        producer->epoch = read_int16(&reader);
        producer->last_ms = read_int64(&reader);
        producer->count = read_int8(&reader);
        if (producer->count < 0 || producer->count > KEPT)
            reader.broken = true;
        for (int j = 0; j < producer->count && !reader.broken; j++) {
            producer->sent[j].first_sequence = read_int32(&reader);
            producer->sent[j].last_sequence = read_int32(&reader);
            producer->sent[j].offset = read_int64(&reader);
        }
        producer->used = ++producers->uses;
        map_put(producers->by_id, key_of(&producer->id), producer);
    }
    return !reader.broken;
}
