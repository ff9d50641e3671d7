#include "server/ksqldb/readers.h"

#include "foundation/base/vector.h"

struct entry {
    struct reader *reader;
    uint64_t number, serial;
    bool open;
};
struct readers {
    struct profile *profile;
    struct mailbox *inbox;
    uint64_t last_serial;
    VECTOR(struct entry) entries;
};

struct readers *readers_new(struct profile *profile, struct mailbox *inbox) {
    struct readers *readers = memory_zero(1, sizeof *readers);
    readers->profile = profile;
    readers->inbox = inbox;
    return readers;
}

void readers_free(struct readers *readers) {
    if (!readers)
        return;
    for (size_t i = 0; i < readers->entries.count; i++)
        reader_stop(readers->entries.items[i].reader);
    for (size_t i = 0; i < readers->entries.count; i++)
        reader_join(readers->entries.items[i].reader);
    vector_free(&readers->entries);
    memory_free(readers);
}

static struct entry *find_open(const struct readers *readers, uint64_t number) {
    for (size_t i = 0; i < readers->entries.count; i++)
        if (readers->entries.items[i].open && readers->entries.items[i].number == number)
            return &readers->entries.items[i];
    return NULL;
}

void readers_open(struct readers *readers, uint64_t number, struct view topic, const int64_t *offsets,
                  size_t partitions) {
    const struct reader_options options = {.profile = readers->profile,
                                           .inbox = readers->inbox,
                                           .number = number,
                                           .serial = ++readers->last_serial,
                                           .topic = topic,
                                           .offsets = offsets,
                                           .partitions = partitions};
    readers_close(readers, number);
    vector_push(&readers->entries, (struct entry){reader_start(&options), number, options.serial, true});
}

void readers_close(struct readers *readers, uint64_t number) {
    struct entry *entry = find_open(readers, number);
    if (!entry)
        return;
    entry->open = false;
    reader_stop(entry->reader);
}

void readers_hold(struct readers *readers, uint64_t number, bool held) {
    struct entry *entry = find_open(readers, number);
    if (entry)
        reader_hold(entry->reader, held);
}

bool readers_takes(const struct readers *readers, const struct reader_block *block) {
    const struct entry *entry = find_open(readers, block->number);
    return entry && entry->serial == block->serial;
}

void readers_more(struct readers *readers, uint64_t number) {
    struct entry *entry = find_open(readers, number);
    if (entry)
        reader_more(entry->reader);
}

bool readers_ended(struct readers *readers, const struct reader_end *end) {
    for (size_t i = 0; i < readers->entries.count; i++) {
        struct entry entry = readers->entries.items[i];
        if (entry.serial != end->serial)
            continue;
        vector_remove(&readers->entries, i);
        reader_join(entry.reader);
        return entry.open;
    }
    return false;
}
