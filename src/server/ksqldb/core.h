/* All that the engine thread owns. */
#pragma once

#include "client/connect.h"
#include "foundation/base/map.h"
#include "ksql/engine/engine.h"
#include "server/ksqldb/commands.h"
#include "server/ksqldb/memory.h"
#include "server/ksqldb/offsets.h"
#include "server/ksqldb/schemas.h"
#include "server/ksqldb/settings.h"
#include "server/ksqldb/topics.h"

struct sessions;
struct core {
    const struct settings *settings;
    char *cluster_id; /* of the Kafka */
    struct topics topics;
    struct schemas schemas;
    struct memory memory;
    struct commands *commands;
    struct offsets *offsets;
    struct connect_client *connect; /* NULL: the profile names no Connect */
    struct engine *engine;
    struct map *statuses; /* command id to struct command_status, in order */
    struct map *told;     /* query id to when its trouble was logged last */
    struct sessions *sessions;
    int64_t committed_ms, offsets_ms; /* when last; monotonic */
    bool offsets_due;                 /* positions have moved since they were committed for the groups */
    bool commit_failed;               /* told once, until it succeeds again */
    bool terminated;                  /* by /ksql/terminate: nothing is left to serve */
};
/* Opens everything, replays the command topic, starts the queries. */
int core_open(struct core *core, const struct settings *settings, struct mailbox *inbox, struct error *error);
/* Commits, writes snapshots, closes. The inbox must be closed. */
void core_close(struct core *core);
/* Runs what waits and commits when it is time. */
void core_turn(struct core *core);
int core_next_ms(const struct core *core); /* until there is something to do; -1 = nothing */

struct command_status {
    char *message, *query_id; /* query_id NULL: none */
    bool failed;
};
/* "stream/`X`/create": names in back-ticks where something is made. */
void core_command_id(struct text *out, const struct engine_outcome *outcome);
void core_note(struct core *core, struct view command_id, struct view message, struct view query_id, bool failed);
