/* `fraudscope serve`: servers only, until a signal. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/runs.h"
#include "foundation/base/log.h"

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

static void report(void *context, const struct embedded_event *event) {
    (void)context;
    if (event->kind == EMBEDDED_PEERS)
        fprintf(stderr, "%lld clients\n", (long long)event->done);
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

int run_serve(struct options *options) {
    struct embedded_options embedded = session_embedded_options(options);
    struct error error = {0};
    struct profile *others = NULL;
    session_catch_signals();
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
    sigset_t wanted;
    int taken;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGINT);
    sigaddset(&wanted, SIGTERM);
    sigaddset(&wanted, SIGHUP);
    sigwait(&wanted, &taken);
    profile_release(profile);
    embedded_stop(servers);
    return EXIT_DONE;
}
