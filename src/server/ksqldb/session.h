/* Answers that go on: results of SELECT and lines of PRINT, each on an exchange of its own. Engine thread only. */
#pragma once

#include "foundation/base/text.h"
#include "foundation/base/vector.h"
#include "foundation/net/http_server.h"
#include "server/ksqldb/core.h"
#include "server/ksqldb/media.h"

enum { PUSH_QUERIES_MOST = 100 };

struct printing; /* of a PRINT: print.c */
struct layout;   /* how rows look in a media type: layout.c */
struct session {
    struct core *core;
    struct http_exchange *exchange;
    const struct layout *layout;
    char id[128];
    struct plan *plan;
    bool push, finals; /* finals: a last message where the media type has one */
    bool started, ended;
    VECTOR(uint64_t) readers; /* of its topics; PRINT has one */
    VECTOR(uint64_t) owed;    /* readers that may not send a block yet: the peer has not taken what it got */
    struct text line;         /* scratch */
    struct printing *printing;
    int64_t spoke_ms;
};
struct sessions {
    struct core *core;
    VECTOR(struct session *) items;
    uint64_t last_print;
};
struct sessions *sessions_new(struct core *core);
void sessions_free(struct sessions *sessions); /* ends all */
/* Ends those whose peer is gone, lets readers go on, keeps connections alive, frees what has ended. */
void sessions_turn(struct sessions *sessions);
int sessions_next_ms(const struct sessions *sessions); /* -1 = none */
/* True: the session of this reader is behind, the block is owed. */
bool sessions_owe(struct sessions *sessions, uint64_t reader);

/* Takes the exchange when 0; else the fault says why and the exchange is still the caller's. */
int session_select(struct sessions *sessions, struct http_exchange *exchange, enum media media,
                   const struct statement *statement, const struct engine_request *request, struct fault *fault);
int session_print(struct sessions *sessions, struct http_exchange *exchange, bool on_query,
                  const struct statement *statement, struct fault *fault);
bool session_close_query(struct sessions *sessions, struct view id); /* push queries; any case */

/* Blocks and ends of PRINT's readers; false: it is none of them. */
bool sessions_take_block(struct sessions *sessions, const struct reader_block *block);
bool sessions_take_end(struct sessions *sessions, const struct reader_end *end);

/* For session.c and print.c. */
struct session *session_add(struct sessions *sessions, struct http_exchange *exchange);
bool session_write(struct session *session, struct view bytes); /* false: the peer is gone */
void session_end(struct session *session);                      /* the answer; freed by the next turn */

/* Of layout.c. */
const struct layout *layout_of(enum media media);
int layout_check(const struct layout *layout, const struct schema *schema, struct fault *fault);
void layout_header(const struct layout *layout, struct text *out, const struct session *session);
void layout_row(const struct layout *layout, struct text *out, const struct session *session, const struct row *row);
/* message NULL: none. */
void layout_end(const struct layout *layout, struct text *out, const struct session *session, const char *message,
                const struct error *error);

/* Of print.c. */
void printing_take(struct session *session, const struct reader_block *block);
void printing_free(struct printing *printing);
void printing_idle(struct session *session);
