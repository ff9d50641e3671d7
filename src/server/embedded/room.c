/* What others in the room need to attach, and who has. */
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "server/embedded/room.h"

static void append_host(struct text *hosts, const char *host) {
    text_append_format(hosts, "%s%s", hosts->size ? " " : "", host);
}

/* Every address of this machine under which a server that listens on all is reached. */
static void append_own_hosts(struct text *hosts) {
    struct ifaddrs *all = NULL;
    if (getifaddrs(&all) != 0)
        return;
    for (const struct ifaddrs *one = all; one; one = one->ifa_next) {
        char host[INET_ADDRSTRLEN];
        if (!one->ifa_addr || one->ifa_addr->sa_family != AF_INET || one->ifa_flags & IFF_LOOPBACK ||
            !(one->ifa_flags & IFF_UP))
            continue;
        const struct sockaddr_in *address = (const struct sockaddr_in *)(const void *)one->ifa_addr;
        if (inet_ntop(AF_INET, &address->sin_addr, host, sizeof host))
            append_host(hosts, host);
    }
    freeifaddrs(all);
}

static void append_server(struct text *out, const char *what, const char *scheme, struct view hosts,
                          struct view address) {
    struct view host, port = address, piece;
    while (view_split(&port, ':', &piece) && port.size) /* what is behind the last colon */
        ;
    text_append_format(out, "%-16s", what);
    while (view_split(&hosts, ' ', &host))
        text_append_format(out, " %s%.*s:%.*s", scheme, VIEW_ARGS(host), VIEW_ARGS(piece));
    text_append_char(out, '\n');
}

void room_describe(const struct properties *properties, const char *listen, const char *password, struct text *out) {
    static const struct {
        const char *name, *property, *scheme;
    } rows[] = {{"Kafka", "bootstrap.servers", ""},
                {"Schema registry", "schema.registry.url", "http://"},
                {"Connect", "connect.url", "http://"},
                {"ksqlDB", "ksqldb.url", "http://"}};
    struct text hosts = TEXT_EMPTY;
    if (strcmp(listen, "0.0.0.0") == 0)
        append_own_hosts(&hosts);
    if (!hosts.size)
        append_host(&hosts, listen);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *address = properties_get(properties, rows[i].property);
        if (address)
            append_server(out, rows[i].name, rows[i].scheme, text_view(&hosts), view_of(address));
    }
    if (password)
        text_append_format(out, "User %s, password %s (SASL/PLAIN without TLS for Kafka, Basic for the others)\n",
                           ROOM_USER, password);
    else
        text_append_string(out, "Only programs on this machine can come in; start with --listen 0.0.0.0 for a room\n");
    text_free(&hosts);
}

static void append_bytes(struct text *out, int64_t bytes) {
    if (bytes < 10000)
        text_append_format(out, "%lld B", (long long)bytes);
    else if (bytes < 10000000)
        text_append_format(out, "%lld KB", (long long)bytes / 1000);
    else
        text_append_format(out, "%lld MB", (long long)bytes / 1000000);
}

void embedded_peer_print(const struct broker_peer *peer, struct text *out) {
    text_append_format(out, "%s  %s", peer->address, *peer->client_id ? peer->client_id : "(silent so far)");
    if (*peer->software)
        text_append_format(out, " (%s%s%s)", peer->software, *peer->version ? " " : "", peer->version);
    text_append_string(out, "  in ");
    append_bytes(out, peer->in);
    text_append_string(out, "  out ");
    append_bytes(out, peer->out);
    text_append_format(out, "  for %lld:%02lld min", (long long)peer->seconds / 60, (long long)peer->seconds % 60);
}
