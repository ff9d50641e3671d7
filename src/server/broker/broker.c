#include "server/broker.h"

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "foundation/base/log.h"
#include "foundation/base/memory.h"
#include "foundation/base/random.h"
#include "foundation/base/thread.h"
#include "foundation/net/listener.h"
#include "server/broker/connection.h"

enum { RETAIN_EVERY_MS = 5000, CONNECTIONS_MOST = 1000 };

struct broker {
    struct broker_core core;
    struct broker_options options;
    char *user, *password;
    pthread_t thread;
    bool running;
    int listener;
    uint16_t port;
    struct loop_watch *watch;
    struct loop_timer *retain;
};

static void report_peers(void *context) {
    struct broker *broker = context;
    if (broker->options.peers)
        broker->options.peers(broker->options.context, broker->core.connection_count);
}

static void accept_ready(void *context, unsigned events) {
    (void)events;
    struct broker *broker = context;
    char peer[64];
    for (int fd; (fd = listener_accept(broker->listener, peer)) >= 0;) {
        if (broker->core.connection_count >= CONNECTIONS_MOST) {
            log_warn("broker", "%s: refused, %d connections are open already", peer, CONNECTIONS_MOST);
            close(fd);
            continue;
        }
        connection_open(&broker->core, fd, peer, report_peers, broker);
        report_peers(broker);
    }
}

static void retain(void *context) {
    struct broker *broker = context;
    store_retain(&broker->core.store, clock_wall_ms(broker->core.clock));
    loop_timer_set(broker->retain, RETAIN_EVERY_MS);
}

/* Runs after every turn in which something was written. */
static void look_again(void *context) {
    struct broker *broker = context;
    broker->core.appended = false;
    for (struct connection *connection = broker->core.connections, *next; connection; connection = next) {
        next = connection_next(connection);
        connection_look_again(connection);
    }
}

void broker_core_appended(struct broker_core *core) {
    if (core->appended)
        return;
    core->appended = true;
    loop_post(core->loop, look_again, (struct broker *)core);
}

static void *run(void *context) {
    struct broker *broker = context;
    loop_run(broker->core.loop);
    return NULL;
}

struct broker *broker_start(const struct broker_options *options, struct error *error) {
    struct broker *broker = memory_zero(1, sizeof *broker);
    struct store_progress progress = {options->progress, options->context, 0, 0};
    broker->options = *options;
    broker->listener = -1;
    broker->user = memory_copy_string(options->user);
    broker->password = memory_copy_string(options->password);
    broker->core.clock = options->clock;
    broker->core.sync = options->sync;
    broker->core.user = broker->user;
    broker->core.password = broker->password;
    /* ids of an earlier run must not come back: their sequences are remembered */
    broker->core.next_producer_id = (int64_t)(random_system_seed() >> 20) * 1000;
    broker->port = options->port;
    broker->core.loop = loop_new(error);
    if (!broker->core.loop || store_open(&broker->core.store, options->folder, &progress, error) != 0 ||
        !(broker->core.groups = groups_open(options->folder, broker->core.loop, error)) ||
        listener_open(options->address, &broker->port, options->explicit_port, &broker->listener, error) != 0) {
        broker_stop(broker);
        return NULL;
    }
    broker->watch = loop_watch_add(broker->core.loop, broker->listener, LOOP_READ, accept_ready, broker);
    broker->retain = loop_timer_add(broker->core.loop, retain, broker);
    loop_timer_set(broker->retain, RETAIN_EVERY_MS);
    broker->running = true;
    broker->thread = thread_start("broker", run, broker);
    return broker;
}

uint16_t broker_port(const struct broker *broker) {
    return broker->port;
}

const char *broker_cluster_id(const struct broker *broker) {
    return broker->core.store.cluster_id;
}

void broker_stop(struct broker *broker) {
    if (!broker)
        return;
    if (broker->running) {
        loop_stop(broker->core.loop);
        thread_join(broker->thread);
        broker->options.peers = NULL;
        while (broker->core.connections)
            connection_close(broker->core.connections);
        loop_watch_remove(broker->watch);
        loop_timer_remove(broker->retain);
    }
    if (broker->listener >= 0)
        close(broker->listener);
    groups_close(broker->core.groups);
    store_close(&broker->core.store, broker->running);
    loop_free(broker->core.loop);
    memory_free(broker->user);
    memory_free(broker->password);
    memory_free(broker);
}
