/* Properties of the server and of statements: which exist, which may be set with a statement. */
#pragma once

#include "foundation/base/properties.h"
#include "server/ksqldb/fault.h"

/* Of one server; read-only once it runs. */
struct settings {
    struct profile *profile;
    struct http_client *http_client;
    char *service_id, *zone, *folder; /* folder NULL: none */
    char host[80];                    /* "127.0.0.1:8088" */
    int commit_ms;
    const struct clock *clock;
};

/* Without "ksql.streams." in front. */
const char *setting_short_name(const char *name);
/* FAULT_BAD_REQUEST that names those which may not be set. */
int settings_check(const struct properties *properties, struct fault *fault);
int setting_check_name(const char *name, struct fault *fault); /* unknown ones too */
/* Sets NAME whether it was set before with or without the prefix. */
void setting_put(struct properties *properties, const char *name, const char *value); /* value NULL: takes it out */

/* Rows of LIST PROPERTIES. `value` of the server at hand, the session's on top. */
struct setting_row {
    const char *name, *level;
    bool editable;
    const char *value; /* NULL: none */
    bool is_default, overridden;
};
bool setting_at(const struct settings *settings, const struct properties *session, size_t index,
                struct setting_row *row, char buffer[32]);
