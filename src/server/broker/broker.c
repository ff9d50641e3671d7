#include "server/broker.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "foundation/base/log.h"
#include "foundation/base/memory.h"
#include "foundation/base/random.h"
#include "foundation/base/thread.h"
#include "foundation/net/listener.h"
#include "server/broker/cleaner.h"
#include "server/broker/connection.h"

enum { CARE_EVERY_MS = 5000, TROUBLE_EVERY_MS = 10000, PAUSE_MS = 200, REPORT_AFTER_MS = 200, ACCEPTS_A_TURN = 16 };

struct broker {
    struct broker_core core;
    struct broker_options options;
    char *user, *password;
    pthread_t thread;
    bool running;
    struct loop_timer *report; /* of who is connected */
    int64_t reported_bytes;
    int listener;
    uint16_t port;
    struct loop_watch *watch;
    struct loop_timer *care;
    struct cleaner *cleaner;
    struct loop_timer *pause; /* until accepting is tried again */
    bool paused;
};

/* --- who is here --- */

static void report_peers(void *context) {
    struct broker *broker = context;
    int count = broker->core.connection_count;
    struct broker_peer *peers = memory_zero((size_t)count + 1, sizeof *peers);
    broker->reported_bytes = 0;
    for (const struct connection *each = broker->core.connections; each; each = connection_next(each)) {
        connection_describe(each, &peers[--count]); /* the newest is first in the list */
        broker->reported_bytes += peers[count].in + peers[count].out;
    }
    broker->options.peers(broker->options.context, peers, broker->core.connection_count);
    memory_free(peers);
}

/* Many at once are told once. */
static void peers_changed(void *context) {
    struct broker *broker = context;
    if (broker->options.peers)
        loop_timer_set(broker->report, REPORT_AFTER_MS);
}

static void look_after_connections(struct broker *broker) {
    int64_t now = clock_monotonic_ms(), bytes = 0;
    for (struct connection *connection = broker->core.connections, *next; connection; connection = next) {
        struct broker_peer peer;
        next = connection_next(connection);
        connection_describe(connection, &peer);
        bytes += peer.in + peer.out;
        connection_look_after(connection, now);
    }
    if (bytes != broker->reported_bytes)
        peers_changed(broker);
}

/* --- accepting --- */

static void accept_again(void *context) {
    struct broker *broker = context;
    loop_watch_change(broker->watch, LOOP_READ);
}

/* The last descriptors are for segments of those who are connected already. Whoever comes now waits in the system's
 * queue; the loop does not turn for them meanwhile. */
static void pause_accepting(struct broker *broker) {
    if (!broker->paused)
        log_warn("broker", "the process has almost no file descriptors left (ulimit -n): new clients wait, those "
                           "connected are served on");
    broker->paused = true;
    loop_watch_change(broker->watch, 0);
    loop_timer_set(broker->pause, PAUSE_MS);
}

/* Few a turn: those that have gone are seen in between, so that who comes and goes quickly does not meet its own limit.
 */
static void accept_ready(void *context, unsigned events) {
    (void)events;
    struct broker *broker = context;
    char peer[64];
    for (int accepted = 0; accepted < ACCEPTS_A_TURN; accepted++) {
        if (!listener_may_accept(broker->listener)) {
            pause_accepting(broker);
            return;
        }
        int fd = listener_accept(broker->listener, peer);
        if (fd < 0)
            return;
        if (broker->paused)
            log_info("broker", "file descriptors are free again: new clients are taken");
        broker->paused = false;
        if (broker->core.connection_count >= broker->core.limits.connections) {
            log_warn("broker", "%s: refused, %d connections are open already (max.connections)", peer,
                     broker->core.connection_count);
            close(fd);
            continue;
        }
        if (connection_open(&broker->core, fd, peer, peers_changed, broker))
            peers_changed(broker);
    }
}

static void look_after(void *context) {
    struct broker *broker = context;
    struct statvfs disk;
    store_retain(&broker->core.store, clock_wall_ms(broker->core.clock));
    cleaner_consider(broker->cleaner, clock_wall_ms(broker->core.clock));
    groups_expire(broker->core.groups, clock_wall_ms(broker->core.clock));
    look_after_connections(broker);
    if (broker->options.disk && statvfs(broker->core.store.folder, &disk) == 0)
        broker->options.disk(broker->options.context, (int64_t)(disk.f_bavail * disk.f_frsize));
    loop_timer_set(broker->care, CARE_EVERY_MS);
}

/* What was written in this turn becomes durable at once for all; when that fails nobody is told that it did. */
static void sync_all(struct broker_core *core) {
    struct error error = {0};
    bool good = true;
    for (size_t i = 0; i < core->unsynced.count; i++) {
        if (partition_sync(core->unsynced.items[i], &error) != 0) {
            broker_core_trouble(core, &error);
            good = false;
        }
    }
    vector_clear(&core->unsynced);
    for (struct connection *connection = core->connections, *next; connection; connection = next) {
        next = connection_next(connection);
        connection_release(connection, good);
    }
}

/* Runs after every turn in which something was written. */
static void look_again(void *context) {
    struct broker_core *core = context;
    uint64_t interest = core->interest;
    core->appended = false;
    core->interest = 0;
    if (core->unsynced.count)
        sync_all(core);
    for (struct connection *connection = core->connections, *next; connection; connection = next) {
        next = connection_next(connection);
        connection_look_again(connection, interest);
    }
}

void broker_core_appended(struct broker_core *core, struct partition *partition) {
    bool listed = !partition || !core->sync;
    core->interest |= partition ? broker_core_interest(partition) : UINT64_MAX;
    if (core->troubled_ms && partition) {
        log_info("broker", "writing works again");
        core->troubled_ms = 0;
    }
    for (size_t i = 0; !listed && i < core->unsynced.count; i++)
        listed = core->unsynced.items[i] == partition;
    if (!listed)
        vector_push(&core->unsynced, partition);
    if (core->appended)
        return;
    core->appended = true;
    loop_post(core->loop, look_again, core);
}

uint64_t broker_core_interest(const struct partition *partition) {
    return (uint64_t)1 << (view_hash((struct view){(const char *)&partition, sizeof partition}) & 63);
}

void broker_core_forget(struct broker_core *core, const struct partition *partition) {
    for (size_t i = core->unsynced.count; i-- > 0;)
        if (core->unsynced.items[i] == partition)
            vector_remove(&core->unsynced, i);
}

void broker_core_trouble(struct broker_core *core, const struct error *error) {
    int64_t now = clock_monotonic_ms() + 1;
    if (core->troubled_ms && now - core->troubled_ms < TROUBLE_EVERY_MS)
        return;
    core->troubled_ms = now;
    struct text text = TEXT_EMPTY;
    text_append_format(&text, "%s; clients are answered with an error until it works again", error->message);
    log_error("broker", "%s", text_string(&text));
    if (core->reports.trouble)
        core->reports.trouble(core->reports.context, text_string(&text));
    text_free(&text);
}

/* As many descriptors as the system lets us have: a segment and a connection take one each. */
static void raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static void *run(void *context) {
    struct broker *broker = context;
    loop_run(broker->core.loop);
    return NULL;
}

static void offsets_written(void *context, struct partition *partition) {
    broker_core_appended(context, partition);
}

static void offsets_trouble(void *context, const struct error *error) {
    broker_core_trouble(context, error);
}

static struct groups *open_groups(struct broker_core *core, struct error *error) {
    struct groups_options options = {.loop = core->loop,
                                     .offsets = {&core->store, core->clock, offsets_written, offsets_trouble, core}};
    return groups_open(&options, error);
}

struct broker *broker_start(const struct broker_options *options, struct error *error) {
    struct broker *broker = memory_zero(1, sizeof *broker);
    struct store_progress progress = {options->progress, options->context, 0, 0};
    broker->options = *options;
    broker->listener = -1;
    broker->core.reports = (struct broker_reports){options->trouble, options->disk, options->context};
    raise_descriptor_limit();
    broker->user = memory_copy_string(options->user);
    broker->password = memory_copy_string(options->password);
    broker->core.clock = options->clock;
    broker->core.sync = options->sync;
    broker->core.strict_replication = options->strict_replication;
    broker->core.user = broker->user;
    broker->core.password = broker->password;
    /* ids of an earlier run must not come back: their sequences are remembered */
    broker->core.next_producer_id = (int64_t)(random_system_seed() >> 20) * 1000;
    broker->port = options->port;
    if (broker_limits_read(&broker->core.limits, options->limits, error) != 0) {
        broker_stop(broker);
        return NULL;
    }
    broker->core.loop = loop_new(error);
    if (!broker->core.loop ||
        store_open(&broker->core.store, options->folder, options->sync, options->clock, &progress, error) != 0 ||
        !(broker->core.groups = open_groups(&broker->core, error)) ||
        listener_open(options->address, &broker->port, options->explicit_port, &broker->listener, error) != 0) {
        broker_stop(broker);
        return NULL;
    }
    store_begin(&broker->core.store);
    broker->watch = loop_watch_add(broker->core.loop, broker->listener, LOOP_READ, accept_ready, broker);
    broker->report = loop_timer_add(broker->core.loop, report_peers, broker);
    broker->pause = loop_timer_add(broker->core.loop, accept_again, broker);
    broker->cleaner = cleaner_new(&broker->core.store, broker->core.loop);
    broker->care = loop_timer_add(broker->core.loop, look_after, broker);
    loop_timer_set(broker->care, CARE_EVERY_MS);
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
        loop_timer_remove(broker->care);
        loop_timer_remove(broker->pause);
        loop_timer_remove(broker->report);
    }
    if (broker->listener >= 0)
        close(broker->listener);
    cleaner_free(broker->cleaner);
    groups_close(broker->core.groups);
    store_close(&broker->core.store, broker->running);
    loop_free(broker->core.loop);
    vector_free(&broker->core.unsynced);
    peers_free(&broker->core.peers);
    memory_free(broker->user);
    memory_free(broker->password);
    memory_free(broker);
}
