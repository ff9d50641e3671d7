#include "foundation/base/mailbox.h"

#include <errno.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "foundation/base/memory.h"
#include "foundation/base/vector.h"

struct dropped {
    const struct message_kind *kind;
    uint64_t count;
};
struct mailbox {
    pthread_mutex_t lock;
    pthread_cond_t arrived, room;
    struct message *first, *last;
    size_t count, capacity;
    bool closed;
    int descriptor; /* counts 1 while messages wait or after close */
    VECTOR(struct dropped) dropped;
};

void message_free(struct message *message) {
    if (!message)
        return;
    if (message->kind->free)
        message->kind->free(message);
    else
        memory_free(message);
}

struct mailbox *mailbox_new(size_t capacity) {
    struct mailbox *mailbox = memory_zero(1, sizeof *mailbox);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&mailbox->lock, NULL);
    pthread_cond_init(&mailbox->arrived, &attributes);
    pthread_cond_init(&mailbox->room, &attributes);
    pthread_condattr_destroy(&attributes);
    mailbox->capacity = capacity ? capacity : 1;
    mailbox->descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (mailbox->descriptor < 0)
        fatal("mailbox: no descriptor left (errno %d); raise the limit with ulimit -n", errno);
    return mailbox;
}

void mailbox_free(struct mailbox *mailbox) {
    if (!mailbox)
        return;
    for (struct message *message = mailbox->first; message;) {
        struct message *next = message->next;
        message_free(message);
        message = next;
    }
    close(mailbox->descriptor);
    vector_free(&mailbox->dropped);
    pthread_cond_destroy(&mailbox->arrived);
    pthread_cond_destroy(&mailbox->room);
    pthread_mutex_destroy(&mailbox->lock);
    memory_free(mailbox);
}

/* Caller holds the lock, as in the helpers below. */
static void signal_readable(struct mailbox *mailbox) {
    uint64_t one = 1;
    if (write(mailbox->descriptor, &one, sizeof one) < 0 && errno != EAGAIN)
        fatal("mailbox: cannot wake its reader (errno %d)", errno);
}

static void clear_readable(struct mailbox *mailbox) {
    uint64_t count;
    if (read(mailbox->descriptor, &count, sizeof count) < 0 && errno != EAGAIN)
        fatal("mailbox: cannot reset its descriptor (errno %d)", errno);
}

static bool merge(struct mailbox *mailbox, struct message *message, struct message **replaced) {
    struct message *before = NULL;
    for (struct message *at = mailbox->first; at; before = at, at = at->next) {
        if (at->kind != message->kind || at->key != message->key)
            continue;
        message->next = at->next;
        *(before ? &before->next : &mailbox->first) = message;
        if (mailbox->last == at)
            mailbox->last = message;
        *replaced = at;
        return true;
    }
    return false;
}

static void count_dropped(struct mailbox *mailbox, const struct message_kind *kind) {
    for (size_t i = 0; i < mailbox->dropped.count; i++) {
        if (mailbox->dropped.items[i].kind == kind) {
            mailbox->dropped.items[i].count++;
            return;
        }
    }
    vector_push(&mailbox->dropped, (struct dropped){kind, 1});
}

/* Takes the oldest message of the kind out; NULL when none waits. */
static struct message *take_oldest(struct mailbox *mailbox, const struct message_kind *kind) {
    struct message *before = NULL;
    for (struct message *at = mailbox->first; at; before = at, at = at->next) {
        if (at->kind != kind)
            continue;
        *(before ? &before->next : &mailbox->first) = at->next;
        if (mailbox->last == at)
            mailbox->last = before;
        mailbox->count--;
        return at;
    }
    return NULL;
}

bool mailbox_send(struct mailbox *mailbox, struct message *message) {
    struct message *discarded = NULL;
    bool sent = false;
    message->next = NULL;
    pthread_mutex_lock(&mailbox->lock);
    if (!mailbox->closed && message->kind->when_full == MAILBOX_MERGE && merge(mailbox, message, &discarded)) {
        pthread_mutex_unlock(&mailbox->lock);
        message_free(discarded);
        return true;
    }
    while (!mailbox->closed && mailbox->count >= mailbox->capacity) {
        if (message->kind->when_full == MAILBOX_DROP_OLDEST && (discarded = take_oldest(mailbox, message->kind))) {
            count_dropped(mailbox, message->kind);
            break;
        }
        pthread_cond_wait(&mailbox->room, &mailbox->lock);
    }
    if (!mailbox->closed) {
        *(mailbox->last ? &mailbox->last->next : &mailbox->first) = message;
        mailbox->last = message;
        if (mailbox->count++ == 0)
            signal_readable(mailbox);
        pthread_cond_signal(&mailbox->arrived);
        sent = true;
    }
    pthread_mutex_unlock(&mailbox->lock);
    message_free(discarded);
    if (!sent)
        message_free(message);
    return sent;
}

struct message *mailbox_receive(struct mailbox *mailbox, int timeout_ms) {
    struct timespec until = {0};
    if (timeout_ms > 0) {
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += timeout_ms / 1000;
        until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
        if (until.tv_nsec >= 1000000000) {
            until.tv_sec++;
            until.tv_nsec -= 1000000000;
        }
    }
    pthread_mutex_lock(&mailbox->lock);
    while (!mailbox->first && !mailbox->closed && timeout_ms != 0) {
        if (timeout_ms < 0)
            pthread_cond_wait(&mailbox->arrived, &mailbox->lock);
        else if (pthread_cond_timedwait(&mailbox->arrived, &mailbox->lock, &until) == ETIMEDOUT)
            break;
    }
    struct message *message = mailbox->first;
    if (message) {
        mailbox->first = message->next;
        if (!mailbox->first)
            mailbox->last = NULL;
        message->next = NULL;
        if (--mailbox->count == 0 && !mailbox->closed)
            clear_readable(mailbox);
        pthread_cond_broadcast(&mailbox->room);
    }
    pthread_mutex_unlock(&mailbox->lock);
    return message;
}

int mailbox_descriptor(const struct mailbox *mailbox) {
    return mailbox->descriptor;
}

void mailbox_close(struct mailbox *mailbox) {
    pthread_mutex_lock(&mailbox->lock);
    mailbox->closed = true;
    signal_readable(mailbox);
    pthread_cond_broadcast(&mailbox->arrived);
    pthread_cond_broadcast(&mailbox->room);
    pthread_mutex_unlock(&mailbox->lock);
}

bool mailbox_closed(const struct mailbox *mailbox) {
    struct mailbox *locked = (struct mailbox *)(uintptr_t)mailbox;
    pthread_mutex_lock(&locked->lock);
    bool closed = locked->closed;
    pthread_mutex_unlock(&locked->lock);
    return closed;
}

uint64_t mailbox_dropped(const struct mailbox *mailbox, const struct message_kind *kind) {
    struct mailbox *locked = (struct mailbox *)(uintptr_t)mailbox;
    uint64_t count = 0;
    pthread_mutex_lock(&locked->lock);
    for (size_t i = 0; i < locked->dropped.count; i++)
        if (locked->dropped.items[i].kind == kind)
            count = locked->dropped.items[i].count;
    pthread_mutex_unlock(&locked->lock);
    return count;
}
