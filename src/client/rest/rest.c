#include "client/rest.h"

#include <jansson.h>

#include "foundation/base/memory.h"
#include "foundation/base/utf8.h"

enum { SHOWN_BYTES = 300 }; /* of an answer that is not JSON */

struct rest {
    struct http_client *http;
    char *prefix, *name, *content_type;
    char *url, *user, *password, *ca_location;
};

static const char *setting(const struct profile *profile, const char *prefix, const char *suffix) {
    struct text name = TEXT_EMPTY;
    text_append_format(&name, "%s.%s", prefix, suffix);
    const char *value = profile_get(profile, text_string(&name));
    text_free(&name);
    return value && value[0] ? value : NULL;
}

struct rest *rest_new(const struct profile *profile, struct http_client *http, const struct rest_options *options,
                      struct error *error) {
    const char *url = setting(profile, options->prefix, "url");
    if (!url) {
        error_set(error, ERROR_INVALID, "profile '%s' has no %s.url: add it to its schema.properties",
                  profile_name(profile), options->prefix);
        return NULL;
    }
    /* A private authority is usually the same for Kafka and the services beside it. */
    const char *ca = setting(profile, options->prefix, "ssl.ca.location");
    if (!ca)
        ca = profile_get(profile, "ssl.ca.location");
    struct rest *rest = memory_zero(1, sizeof *rest);
    rest->http = http;
    rest->prefix = memory_copy_string(options->prefix);
    rest->name = memory_copy_string(options->name);
    rest->content_type = memory_copy_string(options->content_type);
    rest->url = memory_copy_string(url);
    rest->user = memory_copy_string(setting(profile, options->prefix, "username"));
    rest->password = memory_copy_string(setting(profile, options->prefix, "password"));
    rest->ca_location = ca && ca[0] && strcmp(ca, "probe") != 0 ? memory_copy_string(ca) : NULL;
    return rest;
}

void rest_free(struct rest *rest) {
    if (!rest)
        return;
    memory_free(rest->prefix);
    memory_free(rest->name);
    memory_free(rest->content_type);
    memory_free(rest->url);
    memory_free(rest->user);
    memory_free(rest->password);
    memory_free(rest->ca_location);
    memory_free(rest);
}

void rest_append_segment(struct text *path, const char *segment) {
    for (const unsigned char *at = (const unsigned char *)segment; *at; at++) {
        if ((*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9') ||
            strchr("-._~", *at))
            text_append_char(path, (char)*at);
        else
            text_append_format(path, "%%%02X", *at);
    }
}

void rest_fill(const struct rest *rest, const char *path, struct text *url, struct http_request *request) {
    text_append_string(url, rest->url);
    text_append_string(url, path);
    request->url = text_string(url);
    request->user = rest->user;
    request->password = rest->user && !rest->password ? "" : rest->password;
    request->ca_location = rest->ca_location;
}

int rest_garbage(const struct rest *rest, const char *what, struct error *error) {
    return error_set(error, ERROR_CORRUPT, "%s at %s answered something unexpected: %s; is this really its address?",
                     rest->name, rest->url, what);
}

static enum error_code code_of(int status) {
    switch (status) {
    case 401:
    case 403:
        return ERROR_DENIED;
    case 404:
        return ERROR_NOT_FOUND;
    case 405:
    case 406:
    case 415:
    case 501:
        return ERROR_UNSUPPORTED;
    case 408:
        return ERROR_TIMEOUT;
    case 409:
        return ERROR_CONFLICT;
    case 429:
        return ERROR_BUSY;
    case 502:
    case 503:
    case 504:
        return ERROR_UNREACHABLE;
    default:
        return status >= 500 ? ERROR_INTERNAL : ERROR_INVALID;
    }
}

/* The server's message, or the start of whatever it sent, fit for a terminal. */
static void append_reason(struct text *out, struct view body) {
    json_t *root = body.size ? json_loadb(body.data, body.size, 0, NULL) : NULL;
    json_t *message = json_object_get(root, "message");
    if (json_is_string(message)) {
        text_append_bytes(out, json_string_value(message), json_string_length(message));
    } else {
        struct view start = {body.data, body.size < SHOWN_BYTES ? body.size : SHOWN_BYTES};
        utf8_display(out, view_trim(start));
    }
    json_decref(root);
}

int rest_fault(const struct rest *rest, int status, struct view body, struct error *error) {
    struct text reason = TEXT_EMPTY;
    append_reason(&reason, body);
    enum error_code code = code_of(status);
    if (status == 401)
        error_set(error, code, "%s at %s refused user name or password (401%s%s); check %s.username and %s.password",
                  rest->name, rest->url, reason.size ? ": " : "", text_string(&reason), rest->prefix, rest->prefix);
    else if (!reason.size)
        error_set(error, code, "%s at %s answered with status %d", rest->name, rest->url, status);
    else if (status >= 500)
        error_set(error, code, "%s at %s failed (%d): %s", rest->name, rest->url, status, text_string(&reason));
    else
        error_set(error, code, "%s", text_string(&reason));
    if (error)
        error->retriable = status >= 500 || status == 429 || status == 408;
    text_free(&reason);
    return -1;
}

int rest_send(struct rest *rest, const struct rest_call *call, struct text *answer, int64_t *latency_ns,
              struct error *error) {
    const struct http_header headers[] = {{"Accept", rest->content_type}, {"Content-Type", rest->content_type}};
    struct text url = TEXT_EMPTY;
    struct http_answer reply = {0};
    struct http_request request = {.method = call->method ? call->method : "GET",
                                   .headers = headers,
                                   .header_count = call->body.data ? 2 : 1,
                                   .body = call->body,
                                   .timeout_ms = call->timeout_ms};
    rest_fill(rest, call->path, &url, &request);
    int result = http_client_send(rest->http, &request, &reply, error);
    if (result) {
        error_wrap(error, "%s", rest->name);
    } else {
        if (latency_ns)
            *latency_ns = reply.latency_ns;
        if (reply.status >= 300)
            result = rest_fault(rest, reply.status, text_view(&reply.body), error);
        else if (answer)
            text_append(answer, text_view(&reply.body));
        http_answer_free(&reply);
    }
    text_free(&url);
    return result;
}
