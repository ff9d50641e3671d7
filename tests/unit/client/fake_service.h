/* A stage for tests of REST clients: an HTTP server that answers from a list of canned replies and remembers what was
 * asked, an HTTP client, and a profile with credentials. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>

#include "client/profile.h"
#include "foundation/base/clock.h"
#include "foundation/base/memory.h"
#include "foundation/base/text.h"
#include "foundation/net/http_client.h"
#include "foundation/net/http_server.h"

enum { FAKE_REPLIES = 32 };

struct fake_reply {
    const char *method, *path;
    int status;
    const char *body;
    bool never; /* keeps the client waiting */
};

struct fake {
    struct http_server *server;
    struct http_client *http;
    struct profile *profile;
    struct error error;
    pthread_mutex_t lock;
    struct fake_reply replies[FAKE_REPLIES]; /* first match wins */
    size_t reply_count, request_count;
    /* the last request */
    struct text method, path, body, authorization, content_type, accept;
    struct text permanent, expand, include_tasks; /* query parameters */
    struct http_exchange *kept;                   /* of a reply that never comes: answered when the test is over */
    uint16_t port;
};

static inline void fake_note(struct text *text, const char *value) {
    text_clear(text);
    text_append_string(text, value ? value : "(none)");
}

static inline void fake_answer(void *context, struct http_exchange *exchange) {
    struct fake *fake = context;
    const char *method = http_exchange_method(exchange), *path = http_exchange_path(exchange);
    struct fake_reply reply = {.status = 404, .body = "{\"error_code\":404,\"message\":\"HTTP 404 Not Found\"}"};
    pthread_mutex_lock(&fake->lock);
    fake->request_count++;
    fake_note(&fake->method, method);
    fake_note(&fake->path, path);
    fake_note(&fake->authorization, http_exchange_header(exchange, "Authorization"));
    fake_note(&fake->content_type, http_exchange_header(exchange, "Content-Type"));
    fake_note(&fake->accept, http_exchange_header(exchange, "Accept"));
    fake_note(&fake->permanent, http_exchange_query(exchange, "permanent"));
    fake_note(&fake->expand, http_exchange_query(exchange, "expand"));
    fake_note(&fake->include_tasks, http_exchange_query(exchange, "includeTasks"));
    text_clear(&fake->body);
    text_append(&fake->body, http_exchange_body(exchange));
    for (size_t i = fake->reply_count; i-- > 0;) {
        if (strcmp(fake->replies[i].method, method) == 0 && strcmp(fake->replies[i].path, path) == 0)
            reply = fake->replies[i];
    }
    if (reply.never)
        fake->kept = exchange;
    pthread_mutex_unlock(&fake->lock);
    if (!reply.never)
        http_exchange_answer(exchange, reply.status, "application/json", view_of(reply.body));
}

static inline void fake_on(struct fake *fake, const char *method, const char *path, int status, const char *body) {
    pthread_mutex_lock(&fake->lock);
    assert_true(fake->reply_count < FAKE_REPLIES);
    fake->replies[fake->reply_count++] = (struct fake_reply){method, path, status, body, false};
    pthread_mutex_unlock(&fake->lock);
}

static inline void fake_forget(struct fake *fake) {
    pthread_mutex_lock(&fake->lock);
    fake->reply_count = 0;
    pthread_mutex_unlock(&fake->lock);
}

static inline size_t fake_requests(struct fake *fake) {
    pthread_mutex_lock(&fake->lock);
    size_t count = fake->request_count;
    pthread_mutex_unlock(&fake->lock);
    return count;
}

/* "METHOD path body" of the last request. */
static inline void fake_expect(struct fake *fake, const char *method, const char *path, const char *body) {
    pthread_mutex_lock(&fake->lock);
    assert_string_equal(text_string(&fake->method), method);
    assert_string_equal(text_string(&fake->path), path);
    assert_string_equal(text_string(&fake->body), body);
    /* Basic of "key:s3cret" */
    assert_string_equal(text_string(&fake->authorization), "Basic a2V5OnMzY3JldA==");
    pthread_mutex_unlock(&fake->lock);
}

static inline struct profile *fake_profile(uint16_t port) {
    static const char *const services[] = {"schema.registry", "ksqldb", "connect"};
    struct properties *properties = properties_new();
    for (size_t i = 0; i < 3; i++) {
        char name[64], url[64];
        snprintf(name, sizeof name, "%s.url", services[i]);
        snprintf(url, sizeof url, "http://127.0.0.1:%u", port);
        properties_set(properties, name, url);
        snprintf(name, sizeof name, "%s.username", services[i]);
        properties_set(properties, name, "key");
        snprintf(name, sizeof name, "%s.password", services[i]);
        properties_set(properties, name, "s3cret");
    }
    struct profile *profile = profile_from_properties("fake", properties, 0, NULL);
    properties_free(properties);
    assert_non_null(profile);
    return profile;
}

static inline int fake_start(void **state) {
    static const struct http_route no_routes[] = {{0}};
    struct fake *fake = memory_zero(1, sizeof *fake);
    pthread_mutex_init(&fake->lock, NULL);
    fake->server = http_server_new(&fake->error);
    fake->http = http_client_new(&fake->error);
    assert_non_null(fake->server);
    assert_non_null(fake->http);
    struct http_service_options options = {.name = "fake",
                                           .address = "127.0.0.1",
                                           .routes = no_routes,
                                           .context = fake,
                                           .not_found = fake_answer,
                                           .not_allowed = fake_answer};
    assert_int_equal(http_server_listen(fake->server, &options, &fake->port, &fake->error), 0);
    fake->profile = fake_profile(fake->port);
    *state = fake;
    return 0;
}

static inline int fake_stop(void **state) {
    struct fake *fake = *state;
    http_client_free(fake->http);
    if (fake->kept)
        http_exchange_answer(fake->kept, 500, "text/plain", VIEW(""));
    http_server_free(fake->server);
    profile_release(fake->profile);
    struct text *texts[] = {&fake->method, &fake->path,      &fake->body,   &fake->authorization, &fake->content_type,
                            &fake->accept, &fake->permanent, &fake->expand, &fake->include_tasks};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        text_free(texts[i]);
    pthread_mutex_destroy(&fake->lock);
    memory_free(fake);
    return 0;
}
