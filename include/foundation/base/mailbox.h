/* Bounded queue of messages between threads, with a descriptor to poll.
 *
 * A message starts with struct message; sending moves ownership, the receiver frees it by message_free.
 * Every kind says what happens when the box is full. Locks stay inside. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mailbox_when_full {
    MAILBOX_WAIT,        /* sender waits (alerts, results, errors, requests) */
    MAILBOX_DROP_OLDEST, /* oldest message of the same kind makes room and is counted (tail rows) */
    MAILBOX_MERGE, /* replaces a waiting message of the same kind and key in place, full or not (rates, snapshots) */
};

struct message;
struct message_kind {
    const char *name;
    enum mailbox_when_full when_full;
    void (*free)(struct message *message); /* frees the whole message; NULL = memory_free */
};
struct message {
    const struct message_kind *kind;
    uint64_t key; /* with MAILBOX_MERGE: same kind and key merge */
    struct message *next;
};
void message_free(struct message *message); /* accepts NULL */

struct mailbox;
struct mailbox *mailbox_new(size_t capacity);
void mailbox_free(struct mailbox *mailbox); /* frees what waits; nobody may use it any more */
/* Any thread. False when closed: the message is freed. */
bool mailbox_send(struct mailbox *mailbox, struct message *message);
/* One receiver thread. NULL when nothing waits (or the time-out passed, or closed and empty). -1 waits for ever. */
struct message *mailbox_receive(struct mailbox *mailbox, int timeout_ms);
int mailbox_descriptor(const struct mailbox *mailbox); /* readable while messages wait or after close */
void mailbox_close(struct mailbox *mailbox);           /* senders fail from now on; receiver drains; waiters wake */
bool mailbox_closed(const struct mailbox *mailbox);
uint64_t mailbox_dropped(const struct mailbox *mailbox, const struct message_kind *kind);
