/* Shared by the services: one thread and inbox each, ways to speak, ledger, cards of the customers. */
#pragma once

#include <pthread.h>
#include <stdio.h>

#include "client/kafka.h"
#include "client/registry.h"
#include "console/model/event.h"
#include "console/service/service.h"

struct service {
    enum service_id id;
    const struct service_row *row;
    struct services *services;
    struct service_context context;   /* profile referenced */
    struct registry_client *registry; /* shared, any thread; NULL when the profile has none */
    struct mailbox *inbox;
    pthread_t thread;
    bool started;
};
struct service_row {
    const char *name, *help;
    unsigned needs;                    /* enum profile_capability bits */
    void (*run)(struct service *self); /* until service_stopping */
    bool by_clock;                     /* does or looks at things by the clock: REQUEST_PROBE makes it look */
};
#define SERVICE_ROW(id, name) extern const struct service_row service_##name;
SERVICES(SERVICE_ROW)
#undef SERVICE_ROW

/* Next request, or NULL after the time-out or when the end is near. Caller frees with message_free. */
struct request *service_receive(struct service *self, int timeout_ms);
bool service_stopping(const struct service *self);
int64_t service_now(const struct service *self); /* wall clock, ms */
void service_say(struct service *self, enum message_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void service_complain(struct service *self, const struct error *error, const char *next_step);
/* Sends the request to a service of this program and waits until it was dealt with; false when that took longer than
 * timeout_ms, or the end is near. True at once when the service does not run. */
bool service_ask(struct service *self, struct request *request, int timeout_ms);
/* 1, 2, 4, 8, 15 s: how long to wait after so many failures in a row, counted from 1. */
int service_backoff_ms(int failures);
/* Asks watch to look at once, after something was changed. */
void service_poke_watch(struct service *self);
void service_job(struct service *self, uint64_t id, const char *text, int done, int total);
void service_job_end(struct service *self, uint64_t id);

/* Ledger: what the lab made, one "+KIND NAME" or "-KIND NAME" line each, written before the making. */
int ledger_add(struct service *self, const char *kind, const char *name, struct error *error);
void ledger_remove(struct service *self, const char *kind, const char *name);
struct ledger_entry {
    char *kind, *name;
};
struct ledger_entry *ledger_read(const char *folder, size_t *count); /* what is there still, oldest first */
void ledger_free(struct ledger_entry *entries, size_t count);

/* Committed lag of a group on one topic; -1 when nothing is committed or it cannot be told. */
int64_t service_group_lag(struct kafka_admin *admin, const char *group, const char *topic);
/* Waits until the topic exists (ms a try); false when stopping. */
bool service_wait_topic(struct service *self, struct kafka_admin *admin, const char *topic, int32_t *partitions);
