/* The routes of ksqlDB's REST. Requests come on the HTTP thread, which hands them to the engine thread's inbox. */
#pragma once

#include "foundation/base/mailbox.h"
#include "foundation/net/http_server.h"
#include "server/ksqldb/core.h"

enum server_state { SERVER_STARTING, SERVER_READY, SERVER_STOPPING, SERVER_STOPPED };

struct rest_desk {
    struct mailbox *inbox;
    _Atomic int state; /* enum server_state; written by the engine thread, read by the HTTP thread */
    struct http_route *routes;
    /* the engine thread's: requests that wait for a command to be carried out */
    VECTOR(struct parked {
        struct http_exchange *exchange;
        size_t row;
        int64_t deadline_ms;
    })
    parked;
};
void rest_open(struct rest_desk *desk, struct mailbox *inbox);
void rest_close(struct rest_desk *desk);
void rest_fill_service(struct rest_desk *desk, struct http_service_options *service);

extern const struct message_kind rest_request_kind;
/* Engine thread. Answers, or leaves the exchange to a session. Frees the message. */
void rest_take(struct rest_desk *desk, struct core *core, struct message *message);
void rest_turn(struct rest_desk *desk, struct core *core); /* those that wait */
int rest_next_ms(const struct rest_desk *desk);
