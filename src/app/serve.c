/* `fraudscope serve`: servers only, until a signal. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/runs.h"
#include "foundation/base/log.h"
#include "foundation/base/memory.h"

static const struct {
    const char *name;
    enum embedded_server server;
    const char *address; /* property that names it */
} rows[] = {
    {"broker", EMBEDDED_BROKER, "bootstrap.servers"},
    {"registry", EMBEDDED_REGISTRY, "schema.registry.url"},
    {"ksqldb", EMBEDDED_KSQLDB, "ksqldb.url"},
    {"connect", EMBEDDED_CONNECT, "connect.url"},
};

/* Who was connected when that was last told: who comes and goes is a line. SIGUSR1 lists all. */
struct guests {
    pthread_mutex_t lock;
    struct broker_peer *peers;
    size_t count;
};

static void say(const char *what, const struct broker_peer *peer) {
    struct text line = TEXT_EMPTY;
    embedded_peer_print(peer, &line);
    fprintf(stderr, "%s%s\n", what, text_string(&line));
    text_free(&line);
}

static const struct broker_peer *find_peer(const struct broker_peer *peers, size_t count, const char *address) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(peers[i].address, address) == 0)
            return &peers[i];
    return NULL;
}

/* A client is told of when it has said who it is. */
static void report_peers(struct guests *guests, const struct embedded_event *event) {
    size_t count = (size_t)event->done;
    pthread_mutex_lock(&guests->lock);
    for (size_t i = 0; i < count; i++) {
        const struct broker_peer *before = find_peer(guests->peers, guests->count, event->peers[i].address);
        if (*event->peers[i].client_id && (!before || !*before->client_id))
            say("came: ", &event->peers[i]);
    }
    for (size_t i = 0; i < guests->count; i++)
        if (!find_peer(event->peers, count, guests->peers[i].address))
            say("went: ", &guests->peers[i]);
    if (count != guests->count)
        fprintf(stderr, "%zu clients\n", count);
    guests->peers = memory_resize(guests->peers, count + 1, sizeof *guests->peers);
    if (count)
        memcpy(guests->peers, event->peers, count * sizeof *guests->peers);
    guests->count = count;
    pthread_mutex_unlock(&guests->lock);
}

static void list_peers(struct guests *guests) {
    pthread_mutex_lock(&guests->lock);
    fprintf(stderr, "%zu clients are here\n", guests->count);
    for (size_t i = 0; i < guests->count; i++)
        say("here: ", &guests->peers[i]);
    pthread_mutex_unlock(&guests->lock);
}

static void report(void *context, const struct embedded_event *event) {
    if (event->kind == EMBEDDED_PEERS)
        report_peers(context, event);
    else if (event->kind == EMBEDDED_RECOVERING)
        fprintf(stderr, "recovering: %lld of %lld bytes\n", (long long)event->done, (long long)event->total);
}

static int choose(struct options *options, unsigned *servers) {
    *servers = options->word_count > 1 ? 0 : EMBEDDED_ALL;
    for (int i = 1; i < options->word_count; i++) {
        unsigned found = 0;
        for (size_t j = 0; j < sizeof rows / sizeof *rows; j++)
            if (strcmp(rows[j].name, options->words[i]) == 0)
                found = rows[j].server;
        if (!found) {
            fprintf(stderr, "fraudscope serve: '%s' is no server; broker, registry, ksqldb and connect are\n",
                    options->words[i]);
            return -1;
        }
        *servers |= found;
    }
    return 0;
}

/* What ends it, and what asks who is here; blocked before any thread is started. */
static sigset_t block_signals(void) {
    sigset_t wanted;
    session_catch_signals();
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &wanted, NULL);
    sigaddset(&wanted, SIGINT);
    sigaddset(&wanted, SIGTERM);
    sigaddset(&wanted, SIGHUP);
    return wanted;
}

int run_serve(struct options *options) {
    struct embedded_options embedded = session_embedded_options(options);
    struct error error = {0};
    struct profile *others = NULL;
    struct guests guests = {PTHREAD_MUTEX_INITIALIZER, NULL, 0};
    sigset_t wanted = block_signals();
    if (choose(options, &embedded.servers) != 0)
        return EXIT_USE;
    if (options->profile && !(others = profile_load(options->profile, &error))) {
        fprintf(stderr, "fraudscope serve: %s\n", error.message);
        return session_exit_of(&error);
    }
    if (!(embedded.servers & EMBEDDED_BROKER) && (!others || !(profile_capabilities(others) & PROFILE_KAFKA))) {
        fprintf(stderr, "fraudscope serve: without the broker, --profile must name a Kafka (bootstrap.servers)\n");
        profile_release(others);
        return EXIT_USE;
    }
    log_open_descriptor(STDERR_FILENO);
    embedded.others = others;
    embedded.report = report;
    embedded.context = &guests;
    struct embedded *servers = embedded_start(&embedded, &error);
    profile_release(others);
    if (!servers) {
        fprintf(stderr, "fraudscope serve: %s\n", error.message);
        return error.code == ERROR_BUSY || error.code == ERROR_IO ? EXIT_FAILED : session_exit_of(&error);
    }
    struct profile *profile = embedded_profile(servers);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (embedded.servers & rows[i].server)
            printf("%s=%s\n", rows[i].address, profile_get(profile, rows[i].address));
    printf("profile=%s\nready\n", embedded_properties_file(servers));
    fflush(stdout);
    for (int taken = 0; sigwait(&wanted, &taken) == 0 && taken == SIGUSR1;)
        list_peers(&guests);
    profile_release(profile);
    embedded_stop(servers);
    memory_free(guests.peers);
    return EXIT_DONE;
}
