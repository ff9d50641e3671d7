/* The worker's connectors: what they are to do, what they do, and what of it is kept. Everything runs on the worker's
 * thread; a running connector has a thread of its own and reports by mailbox. */
#pragma once

#include <pthread.h>

#include "client/journal.h"
#include "foundation/base/vector.h"
#include "server/connect/connector.h"

enum target { TARGET_STARTED, TARGET_PAUSED, TARGET_STOPPED };

struct connector {
    char *name;
    struct properties *config;         /* with "name" in it */
    const struct connector_kind *kind; /* NULL: its class is not known (any more) */
    enum target target;
    char *offset; /* JSON text; NULL = none */
    char *trace;  /* why it failed; NULL = it did not */
    bool waits;   /* it failed and is started again by itself after a while */
    VECTOR(char *) topics;
    struct run *run; /* NULL when no thread runs */
    uint64_t run_id;
};

struct worker {
    struct journal *journal;
    struct mailbox *reports; /* of the connectors' threads */
    struct profile *profile;
    struct http_client *http_client;
    const struct clock *clock;
    char id[80]; /* "127.0.0.1:8083" */
    VECTOR(struct connector *) connectors;
    uint64_t last_run_id;
};

/* Reads connect-configs, connect-offsets, connect-status. Nothing runs yet. */
int worker_open(struct worker *worker, struct error *error);
void worker_start_all(struct worker *worker);
void worker_close(struct worker *worker); /* ends all threads */
void worker_take_reports(struct worker *worker);

struct connector *worker_find(const struct worker *worker, const char *name);
/* Makes it or gives it another configuration (config's owner is the worker from now on), and starts it by its target.
 */
int worker_configure(struct worker *worker, const char *name, struct properties *config, enum target target,
                     struct error *error);
int worker_set_target(struct worker *worker, struct connector *connector, enum target target, struct error *error);
void worker_restart(struct worker *worker, struct connector *connector);
/* Its offsets go too: a connector made again under this name brings its snapshot again. */
int worker_delete(struct worker *worker, struct connector *connector, struct error *error);
/* Where it goes on when it is started next; only while it does not run. offset: JSON text. */
int worker_keep_offset(struct worker *worker, struct connector *connector, const char *offset, struct error *error);
int worker_forget_offsets(struct worker *worker, struct connector *connector, struct error *error);
const char *connector_state(const struct connector *connector);      /* "RUNNING", "PAUSED", "STOPPED" */
const char *connector_task_state(const struct connector *connector); /* "RUNNING", "PAUSED", "FAILED", "RESTARTING" */
