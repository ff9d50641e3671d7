#include "foundation/net/http_client.h"

#include <curl/curl.h>
#include <pthread.h>
#include <string.h>

#include "foundation/base/clock.h"
#include "foundation/base/memory.h"
#include "foundation/base/thread.h"
#include "foundation/base/vector.h"

enum { TIMEOUT_MS = 10000, CONNECT_MS = 5000, ANSWER_MOST = 256 << 20 };

struct transfer {
    struct http_client *client;
    CURL *easy;
    struct curl_slist *headers;
    struct text request_body, answer_body, url;
    char reason[CURL_ERROR_SIZE];
    bool is_stream, started;
    struct http_stream_handler handler;
    /* under the client's lock */
    bool done;
    CURLcode code;
    int64_t began_ns, took_ns;
    int status;
    char content_type[128];
};
struct http_stream {
    struct transfer transfer;
};
struct http_client {
    CURLM *multi;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    VECTOR(struct transfer *) arriving; /* to be added by the thread */
    VECTOR(struct transfer *) leaving;  /* to be cancelled by the thread */
    VECTOR(struct transfer *) active;   /* thread only */
    bool stop;
};

static void explain(const struct transfer *transfer, CURLcode code, struct error *error) {
    const char *reason = transfer->reason[0] ? transfer->reason : curl_easy_strerror(code);
    const char *url = text_string(&transfer->url);
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
        error_set(error, ERROR_UNREACHABLE,
                  "%s: the host's name does not resolve (%s); check the address and the network", url, reason);
        break;
    case CURLE_COULDNT_CONNECT:
        error_set(error, ERROR_UNREACHABLE, "%s: nobody answers there (%s); is the server running?", url, reason);
        break;
    case CURLE_OPERATION_TIMEDOUT:
        error_set(error, ERROR_TIMEOUT, "%s: no answer in time (%s)", url, reason);
        break;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CONNECT_ERROR:
        error_set(error, ERROR_DENIED,
                  "%s: TLS failed (%s); check the certificate authority and that the port speaks TLS", url, reason);
        break;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        error_set(error, ERROR_INVALID, "%s: not an HTTP address (%s)", url, reason);
        break;
    case CURLE_ABORTED_BY_CALLBACK:
        error_set(error, ERROR_CLOSED, "%s: given up while shutting down", url);
        break;
    case CURLE_FILESIZE_EXCEEDED:
    case CURLE_WRITE_ERROR:
        error_set(error, ERROR_IO, "%s: the answer is larger than %d MiB", url, ANSWER_MOST >> 20);
        break;
    default:
        error_set(error, ERROR_UNREACHABLE, "%s: the exchange broke off (%s)", url, reason);
    }
}

static void read_head(struct transfer *transfer) {
    long status = 0;
    char *type = NULL;
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_TYPE, &type);
    transfer->status = (int)status;
    size_t size = type ? strlen(type) : 0;
    size = size < sizeof transfer->content_type - 1 ? size : sizeof transfer->content_type - 1;
    if (size)
        memcpy(transfer->content_type, type, size);
    transfer->content_type[size] = '\0';
}

/* Client thread. */
static size_t take_body(char *data, size_t one, size_t size, void *context) {
    struct transfer *transfer = context;
    size *= one;
    if (transfer->is_stream) {
        if (!transfer->started) {
            transfer->started = true;
            read_head(transfer);
            if (transfer->handler.started)
                transfer->handler.started(transfer->handler.context, transfer->status, transfer->content_type);
            curl_easy_setopt(transfer->easy, CURLOPT_LOW_SPEED_LIMIT, 0L);
        }
        transfer->handler.data(transfer->handler.context, (struct view){data, size});
        return size;
    }
    if (transfer->answer_body.size + size > ANSWER_MOST)
        return 0;
    text_append_bytes(&transfer->answer_body, data, size);
    return size;
}

static void setup(struct transfer *transfer, struct http_client *client, const struct http_request *request,
                  bool is_stream) {
    transfer->client = client;
    transfer->is_stream = is_stream;
    transfer->easy = curl_easy_init();
    if (!transfer->easy)
        fatal("out of memory: no transfer could be made");
    text_append_string(&transfer->url, request->url);
    CURL *easy = transfer->easy;
    curl_easy_setopt(easy, CURLOPT_URL, request->url);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->reason);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    if (!is_stream)
        curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)(request->timeout_ms ? request->timeout_ms : TIMEOUT_MS));
    if (request->user) {
        curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        curl_easy_setopt(easy, CURLOPT_USERNAME, request->user);
        curl_easy_setopt(easy, CURLOPT_PASSWORD, request->password ? request->password : "");
    }
    if (request->ca_location)
        curl_easy_setopt(easy, CURLOPT_CAINFO, request->ca_location);
    struct text line = TEXT_EMPTY;
    for (size_t i = 0; i < request->header_count; i++) {
        text_clear(&line);
        text_append_format(&line, "%s: %s", request->headers[i].name, request->headers[i].value);
        transfer->headers = curl_slist_append(transfer->headers, text_string(&line));
    }
    text_free(&line);
    transfer->headers = curl_slist_append(transfer->headers, "Expect:"); /* no extra round trip before a body */
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
    const char *method = request->method ? request->method : "GET";
    if (request->body.data || strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0) {
        text_append(&transfer->request_body, request->body);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, text_string(&transfer->request_body));
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)transfer->request_body.size);
    }
    if (strcmp(method, "HEAD") == 0)
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
    transfer->began_ns = clock_monotonic_ns();
}

static void teardown(struct transfer *transfer) {
    curl_easy_cleanup(transfer->easy);
    curl_slist_free_all(transfer->headers);
    text_free(&transfer->request_body);
    text_free(&transfer->answer_body);
    text_free(&transfer->url);
}

/* Client thread: the transfer is over; its owner may free it as soon as done is seen. */
static void finish(struct http_client *client, struct transfer *transfer, CURLcode code) {
    curl_multi_remove_handle(client->multi, transfer->easy);
    for (size_t i = 0; i < client->active.count; i++) {
        if (client->active.items[i] == transfer) {
            client->active.items[i] = client->active.items[--client->active.count];
            break;
        }
    }
    transfer->took_ns = clock_monotonic_ns() - transfer->began_ns;
    if (code == CURLE_OK)
        read_head(transfer);
    if (transfer->is_stream) {
        struct error error = {0};
        if (!transfer->started && code == CURLE_OK && transfer->handler.started)
            transfer->handler.started(transfer->handler.context, transfer->status, transfer->content_type);
        if (code != CURLE_OK)
            explain(transfer, code, &error);
        transfer->handler.ended(transfer->handler.context, code == CURLE_OK ? NULL : &error);
    }
    pthread_mutex_lock(&client->lock);
    transfer->code = code;
    transfer->done = true;
    pthread_cond_broadcast(&client->changed);
    pthread_mutex_unlock(&client->lock);
}

static bool exchange_lists(struct http_client *client) {
    pthread_mutex_lock(&client->lock);
    bool stop = client->stop;
    for (size_t i = 0; i < client->arriving.count; i++) {
        struct transfer *transfer = client->arriving.items[i];
        vector_push(&client->active, transfer);
        curl_multi_add_handle(client->multi, transfer->easy);
    }
    vector_clear(&client->arriving);
    VECTOR(struct transfer *) leaving = {0};
    for (size_t i = 0; i < client->leaving.count; i++)
        if (!client->leaving.items[i]->done)
            vector_push(&leaving, client->leaving.items[i]);
    vector_clear(&client->leaving);
    pthread_mutex_unlock(&client->lock);
    for (size_t i = 0; i < leaving.count; i++)
        finish(client, leaving.items[i], CURLE_ABORTED_BY_CALLBACK);
    vector_free(&leaving);
    return !stop;
}

static void *run(void *context) {
    struct http_client *client = context;
    while (exchange_lists(client)) {
        int running = 0, left = 0;
        curl_multi_perform(client->multi, &running);
        for (CURLMsg *message; (message = curl_multi_info_read(client->multi, &left));) {
            if (message->msg != CURLMSG_DONE)
                continue;
            struct transfer *transfer = NULL;
            CURLcode code = message->data.result;
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&transfer);
            finish(client, transfer, code);
        }
        curl_multi_poll(client->multi, NULL, 0, 1000, NULL);
    }
    while (client->active.count)
        finish(client, client->active.items[0], CURLE_ABORTED_BY_CALLBACK);
    return NULL;
}

struct http_client *http_client_new(struct error *error) {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0) {
        error_set(error, ERROR_INTERNAL, "the HTTP library does not start");
        return NULL;
    }
    struct http_client *client = memory_zero(1, sizeof *client);
    client->multi = curl_multi_init();
    if (!client->multi)
        fatal("out of memory: no HTTP client could be made");
    pthread_mutex_init(&client->lock, NULL);
    pthread_cond_init(&client->changed, NULL);
    client->thread = thread_start("http-client", run, client);
    return client;
}

void http_client_free(struct http_client *client) {
    if (!client)
        return;
    pthread_mutex_lock(&client->lock);
    client->stop = true;
    pthread_mutex_unlock(&client->lock);
    curl_multi_wakeup(client->multi);
    thread_join(client->thread);
    curl_multi_cleanup(client->multi);
    vector_free(&client->arriving);
    vector_free(&client->leaving);
    vector_free(&client->active);
    pthread_cond_destroy(&client->changed);
    pthread_mutex_destroy(&client->lock);
    memory_free(client);
    curl_global_cleanup();
}

static void submit(struct http_client *client, struct transfer *transfer) {
    pthread_mutex_lock(&client->lock);
    if (client->stop) {
        transfer->code = CURLE_ABORTED_BY_CALLBACK;
        transfer->done = true;
    } else {
        vector_push(&client->arriving, transfer);
    }
    pthread_mutex_unlock(&client->lock);
    curl_multi_wakeup(client->multi);
}

void http_answer_free(struct http_answer *answer) {
    if (answer)
        text_free(&answer->body);
}

int http_client_send(struct http_client *client, const struct http_request *request, struct http_answer *answer,
                     struct error *error) {
    struct transfer transfer = {0};
    int result = 0;
    *answer = (struct http_answer){0};
    setup(&transfer, client, request, false);
    submit(client, &transfer);
    pthread_mutex_lock(&client->lock);
    while (!transfer.done)
        pthread_cond_wait(&client->changed, &client->lock);
    pthread_mutex_unlock(&client->lock);
    if (transfer.code != CURLE_OK) {
        explain(&transfer, transfer.code, error);
        result = -1;
    } else {
        answer->status = transfer.status;
        memcpy(answer->content_type, transfer.content_type, sizeof answer->content_type);
        answer->body = transfer.answer_body;
        transfer.answer_body = TEXT_EMPTY;
        answer->latency_ns = transfer.took_ns;
    }
    teardown(&transfer);
    return result;
}

struct http_stream *http_stream_open(struct http_client *client, const struct http_request *request,
                                     struct http_stream_handler handler) {
    struct http_stream *stream = memory_zero(1, sizeof *stream);
    setup(&stream->transfer, client, request, true);
    stream->transfer.handler = handler;
    submit(client, &stream->transfer);
    return stream;
}

void http_stream_close(struct http_stream *stream) {
    if (!stream)
        return;
    struct transfer *transfer = &stream->transfer;
    struct http_client *client = transfer->client;
    pthread_mutex_lock(&client->lock);
    if (!transfer->done)
        vector_push(&client->leaving, transfer);
    pthread_mutex_unlock(&client->lock);
    curl_multi_wakeup(client->multi);
    pthread_mutex_lock(&client->lock);
    while (!transfer->done)
        pthread_cond_wait(&client->changed, &client->lock);
    for (size_t i = client->leaving.count; i-- > 0;) /* it may have ended by itself meanwhile */
        if (client->leaving.items[i] == transfer)
            vector_remove(&client->leaving, i);
    pthread_mutex_unlock(&client->lock);
    teardown(transfer);
    memory_free(stream);
}
