#include "server/embedded.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "foundation/base/file.h"
#include "foundation/base/log.h"
#include "foundation/base/memory.h"
#include "foundation/net/http_client.h"
#include "foundation/net/http_server.h"
#include "server/broker.h"
#include "server/connect.h"
#include "server/embedded/folder.h"
#include "server/embedded/room.h"
#include "server/ksqldb.h"
#include "server/registry.h"

enum { KAFKA_PORT = 9092, REGISTRY_PORT = 8081, KSQLDB_PORT = 8088, CONNECT_PORT = 8083, PASSWORD_SIZE = 20 };
static const char room_user[] = ROOM_USER;

struct embedded {
    struct data_folder folder;
    struct embedded_options options;
    struct broker *broker;
    struct registry_server *registry;
    struct connect_server *connect;
    struct ksqldb_server *ksqldb;
    struct http_server *http;
    struct http_client *http_client;
    struct properties *properties; /* of the profile handed out, grown as servers start */
    struct profile *profile;
    char *password; /* when others may reach us */
    char *properties_path;
};

static void report(struct embedded *embedded, enum embedded_server server, int kind, int64_t done, int64_t total) {
    if (embedded->options.report) {
        struct embedded_event event = {.server = server, .done = done, .total = total};
        event.kind = (__typeof__(event.kind))kind;
        embedded->options.report(embedded->options.context, &event);
    }
}

static void broker_progress(void *context, int64_t done, int64_t total) {
    report(context, EMBEDDED_BROKER, EMBEDDED_RECOVERING, done, total);
}

static void broker_peers(void *context, const struct broker_peer *peers, int count) {
    struct embedded *embedded = context;
    struct embedded_event event = {.server = EMBEDDED_BROKER, .kind = EMBEDDED_PEERS, .done = count, .peers = peers};
    if (embedded->options.report)
        embedded->options.report(embedded->options.context, &event);
}

static void broker_trouble(void *context, const char *message) {
    struct embedded *embedded = context;
    struct embedded_event event = {.server = EMBEDDED_BROKER, .kind = EMBEDDED_TROUBLE, .message = message};
    if (embedded->options.report)
        embedded->options.report(embedded->options.context, &event);
}

static void broker_disk(void *context, int64_t free_bytes) {
    report(context, EMBEDDED_BROKER, EMBEDDED_DISK, free_bytes, 0);
}

static bool is_loopback(const char *address) {
    return strncmp(address, "127.", 4) == 0 || strcmp(address, "localhost") == 0 || strcmp(address, "::1") == 0;
}

/* Letters and digits that are not mistaken for one another on a projector. */
static char *make_password(void) {
    static const char letters[] = "abcdefghjkmnpqrstuvwxyz23456789";
    unsigned char bytes[PASSWORD_SIZE];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        fatal("the system gives no random numbers for a password");
    char *password = memory_zero(PASSWORD_SIZE + 1, 1);
    for (size_t i = 0; i < PASSWORD_SIZE; i++)
        password[i] = letters[bytes[i] % (sizeof letters - 1)];
    return password;
}

static void set_address(struct embedded *embedded, const char *name, const char *scheme, uint16_t port) {
    char address[128];
    const char *host = strcmp(embedded->options.listen, "0.0.0.0") == 0 ? "127.0.0.1" : embedded->options.listen;
    snprintf(address, sizeof address, "%s%s:%u", scheme, host, port);
    properties_set(embedded->properties, name, address);
}

static void set_credentials(struct embedded *embedded, const char *prefix) {
    char name[64];
    if (!embedded->password)
        return;
    snprintf(name, sizeof name, "%s.username", prefix);
    properties_set(embedded->properties, name, room_user);
    snprintf(name, sizeof name, "%s.password", prefix);
    properties_set(embedded->properties, name, embedded->password);
}

/* Each server is handed a profile of those before it. */
static int renew_profile(struct embedded *embedded, struct error *error) {
    struct profile *profile = profile_from_properties("embedded", embedded->properties, PROFILE_SERVES, error);
    if (!profile)
        return -1;
    profile_release(embedded->profile);
    embedded->profile = profile;
    return 0;
}

static uint16_t port_or(uint16_t wanted, uint16_t usual) {
    return wanted ? wanted : usual;
}

static int start_broker(struct embedded *embedded, struct error *error) {
    const struct embedded_options *options = &embedded->options;
    char *log_folder = file_join(embedded->folder.path, "log");
    struct broker_options broker = {
        .folder = log_folder,
        .address = options->listen,
        .port = port_or(options->kafka_port, KAFKA_PORT),
        .explicit_port = options->kafka_port != 0,
        .sync = options->sync,
        .strict_replication = options->strict_replication,
        .limits = options->limits,
        .user = embedded->password ? room_user : NULL,
        .password = embedded->password,
        .clock = options->clock,
        .progress = broker_progress,
        .peers = broker_peers,
        .trouble = broker_trouble,
        .disk = broker_disk,
        .context = embedded,
    };
    embedded->broker = broker_start(&broker, error);
    memory_free(log_folder);
    if (!embedded->broker)
        return -1;
    set_address(embedded, "bootstrap.servers", "", broker_port(embedded->broker));
    if (embedded->password) {
        properties_set(embedded->properties, "security.protocol", "SASL_PLAINTEXT");
        properties_set(embedded->properties, "sasl.mechanisms", "PLAIN");
        properties_set(embedded->properties, "sasl.username", room_user);
        properties_set(embedded->properties, "sasl.password", embedded->password);
    }
    return renew_profile(embedded, error);
}

static int start_registry(struct embedded *embedded, struct error *error) {
    struct registry_server_options registry = {
        .profile = embedded->profile,
        .http = embedded->http,
        .address = embedded->options.listen,
        .port = port_or(embedded->options.registry_port, REGISTRY_PORT),
        .explicit_port = embedded->options.registry_port != 0,
        .user = embedded->password ? room_user : NULL,
        .password = embedded->password,
    };
    embedded->registry = registry_server_start(&registry, error);
    if (!embedded->registry)
        return -1;
    set_address(embedded, "schema.registry.url", "http://", registry_server_port(embedded->registry));
    set_credentials(embedded, "schema.registry");
    return renew_profile(embedded, error);
}

static int start_connect(struct embedded *embedded, struct error *error) {
    struct connect_server_options connect = {
        .profile = embedded->profile,
        .http = embedded->http,
        .http_client = embedded->http_client,
        .address = embedded->options.listen,
        .port = port_or(embedded->options.connect_port, CONNECT_PORT),
        .explicit_port = embedded->options.connect_port != 0,
        .user = embedded->password ? room_user : NULL,
        .password = embedded->password,
        .clock = embedded->options.clock,
    };
    embedded->connect = connect_server_start(&connect, error);
    if (!embedded->connect)
        return -1;
    set_address(embedded, "connect.url", "http://", connect_server_port(embedded->connect));
    set_credentials(embedded, "connect");
    return renew_profile(embedded, error);
}

static int start_ksqldb(struct embedded *embedded, struct error *error) {
    char *folder = file_join(embedded->folder.path, "ksqldb");
    struct ksqldb_server_options ksqldb = {
        .profile = embedded->profile,
        .http = embedded->http,
        .http_client = embedded->http_client,
        .folder = folder,
        .address = embedded->options.listen,
        .port = port_or(embedded->options.ksqldb_port, KSQLDB_PORT),
        .explicit_port = embedded->options.ksqldb_port != 0,
        .user = embedded->password ? room_user : NULL,
        .password = embedded->password,
        .zone = embedded->options.zone,
        .clock = embedded->options.clock,
    };
    embedded->ksqldb = ksqldb_server_start(&ksqldb, error);
    memory_free(folder);
    if (!embedded->ksqldb)
        return -1;
    set_address(embedded, "ksqldb.url", "http://", ksqldb_server_port(embedded->ksqldb));
    set_credentials(embedded, "ksqldb");
    return renew_profile(embedded, error);
}

/* What is not started here comes from the given profile. */
static void copy_others(struct embedded *embedded) {
    static const char *const names[] = {"schema.registry.url", "schema.registry.username", "schema.registry.password",
                                        "ksqldb.url",          "ksqldb.username",          "ksqldb.password",
                                        "connect.url",         "connect.username",         "connect.password"};
    struct profile *others = embedded->options.others;
    if (!others)
        return;
    const struct properties *kafka = profile_kafka(others);
    for (size_t i = 0; i < properties_count(kafka); i++) {
        const char *name, *value;
        properties_at(kafka, i, &name, &value);
        properties_set(embedded->properties, name, value);
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (profile_get(others, names[i]))
            properties_set(embedded->properties, names[i], profile_get(others, names[i]));
}

/* Not for a broker alone: the libraries behind them take memory, and wake up. */
static int start_http(struct embedded *embedded, struct error *error) {
    const unsigned servers = embedded->options.servers;
    if (servers & (EMBEDDED_CONNECT | EMBEDDED_KSQLDB) && !(embedded->http_client = http_client_new(error)))
        return -1;
    if (servers & (EMBEDDED_ALL & ~EMBEDDED_BROKER) && !(embedded->http = http_server_new(error)))
        return -1;
    return 0;
}

static void report_disk(struct embedded *embedded) {
    struct statvfs status;
    if (statvfs(embedded->folder.path, &status) == 0)
        report(embedded, EMBEDDED_BROKER, EMBEDDED_DISK, (int64_t)(status.f_bavail * status.f_frsize), 0);
}

struct embedded *embedded_start(const struct embedded_options *options, struct error *error) {
    static const struct {
        enum embedded_server server;
        const char *name;
        int (*start)(struct embedded *, struct error *);
    } rows[] = {
        {EMBEDDED_BROKER, "broker", start_broker},
        {EMBEDDED_REGISTRY, "schema registry", start_registry},
        {EMBEDDED_CONNECT, "Connect worker", start_connect},
        {EMBEDDED_KSQLDB, "ksqlDB server", start_ksqldb}, /* its connector statements go to Connect */
    };
    struct embedded *embedded = memory_zero(1, sizeof *embedded);
    embedded->options = *options;
    embedded->folder.lock = -1;
    if (!embedded->options.listen)
        embedded->options.listen = "127.0.0.1";
    if (!(options->servers & EMBEDDED_ALL)) {
        error_set(error, ERROR_UNSUPPORTED,
                  "none of these servers can be started here; `help serve` lists those that can");
        memory_free(embedded);
        return NULL;
    }
    embedded->properties = properties_new();
    if (data_folder_open(&embedded->folder, options, error) != 0)
        goto failed;
    embedded->properties_path = file_join(embedded->folder.path, embedded->folder.properties);
    unlink(embedded->properties_path); /* left by a kill: those servers are gone, the lock is ours */
    copy_others(embedded);
    if (renew_profile(embedded, error) != 0)
        goto failed;
    if (!is_loopback(embedded->options.listen))
        embedded->password = make_password();
    if (start_http(embedded, error) != 0)
        goto failed;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!(options->servers & rows[i].server))
            continue;
        int64_t started = clock_monotonic_ns();
        if (rows[i].start(embedded, error) != 0) {
            error_wrap(error, "the %s does not start", rows[i].name);
            goto failed;
        }
        log_info("embedded", "%s ready after %.1f ms", rows[i].name, (double)(clock_monotonic_ns() - started) / 1e6);
        report(embedded, rows[i].server, EMBEDDED_READY, 0, 0);
    }
    if (properties_write(embedded->properties, embedded->properties_path, error) != 0)
        goto failed;
    report_disk(embedded);
    return embedded;
failed:
    embedded_stop(embedded);
    return NULL;
}

struct profile *embedded_profile(struct embedded *embedded) {
    return profile_reference(embedded->profile);
}

void embedded_room(const struct embedded *embedded, struct text *out) {
    room_describe(embedded->properties, embedded->options.listen, embedded->password, out);
}

const char *embedded_folder(const struct embedded *embedded) {
    return embedded->folder.path;
}

const char *embedded_properties_file(const struct embedded *embedded) {
    return embedded->properties_path;
}

void embedded_stop(struct embedded *embedded) {
    if (!embedded)
        return;
    if (embedded->properties_path && embedded->folder.lock >= 0)
        unlink(embedded->properties_path);
    ksqldb_server_stop(embedded->ksqldb);
    connect_server_stop(embedded->connect);
    registry_server_stop(embedded->registry);
    http_server_free(embedded->http);
    http_client_free(embedded->http_client);
    broker_stop(embedded->broker);
    profile_release(embedded->profile);
    properties_free(embedded->properties);
    memory_free(embedded->password);
    memory_free(embedded->properties_path);
    data_folder_close(&embedded->folder);
    memory_free(embedded);
}

struct profile *embedded_join(const char *data, struct error *error) {
    char *folder = data ? memory_copy_string(data) : embedded_default_folder();
    char *path = file_join(folder, "servers.properties");
    struct properties *properties = properties_new();
    struct profile *profile = NULL;
    if (!data_folder_is_held(folder) || !file_exists(path))
        error_set(error, ERROR_NOT_FOUND, "no fraudscope serves from %s", folder);
    else if (properties_read(properties, path, error) == 0)
        profile = profile_from_properties("embedded", properties, PROFILE_SERVES, error);
    properties_free(properties);
    memory_free(path);
    memory_free(folder);
    return profile;
}
