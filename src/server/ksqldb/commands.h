/* The command topic: every statement that made, changed or ended something, in order. Engine thread only. */
#pragma once

#include "foundation/base/properties.h"
#include "server/ksqldb/tape.h"
#include "server/ksqldb/writer.h"

struct commands;
struct command {           /* lent */
    struct view key;       /* "stream/`X`/create" */
    struct view statement; /* as rewritten */
    const struct properties *properties;
    int64_t number; /* of a query that it makes */
};
/* Makes the topic unless it is there, reads it, hands out each command that was not found to have failed. A record that
 * is none is logged and left out. */
struct commands *commands_open(const struct profile *profile, struct kafka_admin *admin, const char *service_id,
                               void (*each)(void *context, const struct command *command), void *context,
                               struct error *error);
void commands_close(struct commands *commands); /* accepts NULL */

/* As on a ksqlDB server, whose transactions leave a marker behind each command: numbers rise by 2. */
int64_t commands_next_number(const struct commands *commands);
int64_t commands_last_sequence(const struct commands *commands); /* 0 = none yet */
/* On return the command is kept; its sequence number in *sequence. ERROR_CONFLICT when somebody else writes here. */
int commands_write(struct commands *commands, const struct command *command, int64_t *sequence, struct error *error);
/* The last one written could not be carried out: a restart leaves it out. */
void commands_failed(struct commands *commands);
/* Deletes the topic: the next start begins with nothing. */
void commands_forget(struct commands *commands);
