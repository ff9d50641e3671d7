/* A stage for tests: the registry over librdkafka's mock cluster, one for all tests of a program, asked by HTTP. Each
 * test uses subjects of its own and leaves global settings as they were. */
#pragma once

#include "server/registry.h"

#include "unit/client/kafka/mock.h"

#include "foundation/net/http_client.h"

struct scene {
    struct mock *mock;
    struct http_server *http;
    struct http_client *client;
    struct registry_server *registry;
    struct http_answer answer;
    struct error error;
};

static inline void start(struct scene *scene) {
    struct registry_server_options options = {
        .profile = scene->mock->profile, .http = scene->http, .address = "127.0.0.1"};
    scene->registry = registry_server_start(&options, &scene->error);
    if (!scene->registry)
        fail_msg("%s", scene->error.message);
}

static inline int set_up(void **state) {
    struct scene *scene = memory_zero(1, sizeof *scene);
    mock_start((void **)&scene->mock);
    rd_kafka_mock_topic_create(scene->mock->cluster, "_schemas", 1, 1);
    scene->http = http_server_new(&scene->error);
    scene->client = http_client_new(&scene->error);
    assert_non_null(scene->client);
    start(scene);
    *state = scene;
    return 0;
}

static inline int tear_down(void **state) {
    struct scene *scene = *state;
    http_answer_free(&scene->answer);
    registry_server_stop(scene->registry);
    http_client_free(scene->client);
    http_server_free(scene->http);
    mock_stop((void **)&scene->mock);
    memory_free(scene);
    return 0;
}

static inline void expect(struct scene *scene, const char *method, const char *path, const char *body, int status,
                          const char *answer) {
    char url[300];
    snprintf(url, sizeof url, "http://127.0.0.1:%u%s", registry_server_port(scene->registry), path);
    struct http_request request = {.method = method, .url = url, .body = view_of(body)};
    http_answer_free(&scene->answer);
    if (http_client_send(scene->client, &request, &scene->answer, &scene->error) != 0)
        fail_msg("%s %s: %s", method, path, scene->error.message);
    if (answer)
        assert_string_equal(text_string(&scene->answer.body), answer);
    if (scene->answer.status != status)
        fail_msg("%s %s: %ld %s", method, path, (long)scene->answer.status, text_string(&scene->answer.body));
    assert_string_equal(scene->answer.content_type, "application/vnd.schemaregistry.v1+json");
}

static inline void expect_fault(struct scene *scene, const char *method, const char *path, const char *body, int status,
                                int code, const char *words) {
    char start_of_body[40];
    expect(scene, method, path, body, status, NULL);
    snprintf(start_of_body, sizeof start_of_body, "{\"error_code\":%d,", code);
    assert_memory_equal(text_string(&scene->answer.body), start_of_body, strlen(start_of_body));
    if (!strstr(text_string(&scene->answer.body), words))
        fail_msg("'%s' is not in %s", words, text_string(&scene->answer.body));
}

static inline int registered(struct scene *scene, const char *subject, const char *body) {
    char path[200];
    int64_t id = 0;
    snprintf(path, sizeof path, "/subjects/%s/versions", subject);
    expect(scene, "POST", path, body, 200, NULL);
    const char *text = text_string(&scene->answer.body);
    assert_memory_equal(text, "{\"id\":", 6);
    assert_true(view_to_int64((struct view){text + 6, strlen(text) - 7}, &id));
    return (int)id;
}

#define CUST                                                                                                           \
    "{\"schema\":\"{\\\"type\\\":\\\"record\\\",\\\"name\\\":\\\"Cust\\\",\\\"fields\\\":[{\\\"name\\\":\\\"id\\\","   \
    "\\\"type\\\":\\\"string\\\"}]}\"}"
#define CUST_SPACED                                                                                                    \
    "{\"schema\":\"{ \\\"type\\\": \\\"record\\\", \\\"name\\\": \\\"Cust\\\",\\n \\\"fields\\\": "                    \
    "[{\\\"name\\\":\\\"id\\\",\\\"type\\\":\\\"string\\\"}]}\"}"
#define CUST_REORDERED                                                                                                 \
    "{\"schema\":\"{\\\"name\\\":\\\"Cust\\\",\\\"type\\\":\\\"record\\\",\\\"fields\\\":[{\\\"name\\\":\\\"id\\\","   \
    "\\\"type\\\":\\\"string\\\"}]}\"}"
#define CUST_MORE                                                                                                      \
    "{\"schema\":\"{\\\"type\\\":\\\"record\\\",\\\"name\\\":\\\"Cust\\\",\\\"fields\\\":[{\\\"name\\\":\\\"id\\\","   \
    "\\\"type\\\":\\\"string\\\"},{\\\"name\\\":\\\"n\\\",\\\"type\\\":[\\\"null\\\",\\\"int\\\"],\\\"default\\\":"    \
    "null}]}\"}"
#define CUST_MUST                                                                                                      \
    "{\"schema\":\"{\\\"type\\\":\\\"record\\\",\\\"name\\\":\\\"Cust\\\",\\\"fields\\\":[{\\\"name\\\":\\\"id\\\","   \
    "\\\"type\\\":\\\"string\\\"},{\\\"name\\\":\\\"must\\\",\\\"type\\\":\\\"int\\\"}]}\"}"
#define JSON_ANY "{\"schemaType\":\"JSON\",\"schema\":\"{\\\"title\\\": \\\"R\\\", \\\"type\\\": \\\"object\\\"}\"}"
