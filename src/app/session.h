/* One run: servers or a profile, services, model and guide, with the loop that moves events into the model. Main
 * thread. */
#pragma once

#include <signal.h>

#include "app/options.h"
#include "console/action/action.h"
#include "server/embedded.h"

struct session {
    struct options *options;
    struct embedded *embedded; /* NULL when others serve */
    bool joined;               /* another process of ours serves */
    struct profile *profile;
    struct http_client *http;
    struct mailbox *events;
    struct services *services;
    struct model *model;
    struct guide *guide;
    struct settings settings;
    struct command_context context;
    char *folder; /* data folder: ledger */
    double ready_ms;
    uint64_t messages_shown;
    /* called for every event before the model takes it; may be NULL */
    void (*seen)(struct session *session, const struct message *event, void *context);
    void *seen_context;
};

/* Signals end a run in order: once caught they wait, and these three tell. */
void session_catch_signals(void);
bool session_interrupted(void); /* SIGINT, SIGTERM or SIGHUP came */
/* SIGTERM or SIGHUP came. Who takes SIGINTs asks this: one that comes between two questions is the next to take. */
bool session_ended(void);
bool session_take_interrupt(void); /* takes one SIGINT, so that it ends only what runs now */

/* What the options say about servers that are started here; names and clock are lent. */
struct embedded_options session_embedded_options(const struct options *options);
/* servers: which to start when no profile is given. Prints the way out on failure; returns an exit status. */
int session_open(struct session *session, struct options *options, unsigned services, struct error *error);
void session_close(struct session *session);
const struct clock *session_clock(const struct session *session); /* NULL = real */
/* Waits at most timeout_ms for events and applies what came, for 20 ms at most when they come without end. */
void session_turn(struct session *session, int timeout_ms);
/* Turns until every request that was sent is dealt with and no job goes on, for timeout_ms at most. last: a signal that
 * ends the run no longer counts. */
void session_settle(struct session *session, int timeout_ms, bool last);
/* Prints message lines that came since the last call: to stdout, warnings and errors to stderr. True when an error was
 * among them. */
bool session_print_messages(struct session *session, bool quiet);
int session_exit_of(const struct error *error);
