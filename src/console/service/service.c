#include "console/service/service.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>

#include "console/service/service_private.h"
#include "foundation/base/log.h"
#include "foundation/base/memory.h"
#include "foundation/base/thread.h"

#define SERVICE_ROW(id, name) &service_##name,
static const struct service_row *const service_rows[SERVICE_COUNT] = {SERVICES(SERVICE_ROW)};
#undef SERVICE_ROW

enum { INBOX = 256 };

struct services {
    struct service items[SERVICE_COUNT];
    _Atomic int pending;
    struct registry_client *registry;
    struct profile *profile;
    struct mailbox *events;
    char *folder;
};

/* A request that was freed was dealt with. Held by the one who waits and by the request. */
struct handled {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool done;
    int holders;
};

static void handled_release(struct handled *handled, bool done) {
    if (!handled)
        return;
    pthread_mutex_lock(&handled->lock);
    handled->done = handled->done || done;
    bool last = --handled->holders == 0;
    pthread_cond_signal(&handled->changed);
    pthread_mutex_unlock(&handled->lock);
    if (!last)
        return;
    pthread_cond_destroy(&handled->changed);
    pthread_mutex_destroy(&handled->lock);
    memory_free(handled);
}

static bool handled_wait(struct service *self, struct handled *handled, int timeout_ms) {
    int64_t until = clock_monotonic_ms() + timeout_ms;
    pthread_mutex_lock(&handled->lock);
    while (!handled->done && clock_monotonic_ms() < until && !service_stopping(self)) {
        struct timespec turn;
        clock_gettime(CLOCK_REALTIME, &turn);
        turn.tv_nsec += 50 * 1000000;
        turn.tv_sec += turn.tv_nsec / 1000000000;
        turn.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&handled->changed, &handled->lock, &turn);
    }
    bool done = handled->done;
    pthread_mutex_unlock(&handled->lock);
    return done;
}

static void request_free(struct message *message) {
    struct request *request = (struct request *)message;
    handled_release(request->handled, true);
    if (request->counted)
        atomic_fetch_sub(&request->counted->pending, 1);
    memory_free(request->text);
    memory_free(request->more);
    memory_free(request);
}

static const struct message_kind request_kind = {"request", MAILBOX_WAIT, request_free};

struct request *request_new(enum service_id service, enum request_verb verb, const char *text) {
    struct request *request = memory_zero(1, sizeof *request);
    request->message.kind = &request_kind;
    request->service = service;
    request->verb = verb;
    request->text = memory_copy_string(text);
    return request;
}

static void *service_main(void *argument) {
    struct service *self = argument;
    self->row->run(self);
    return NULL;
}

struct services *services_start(const struct service_context *context, unsigned mask, struct error *error) {
    struct services *services = memory_zero(1, sizeof *services);
    services->profile = profile_reference(context->profile);
    services->events = context->events;
    services->folder = memory_copy_string(context->folder);
    unsigned capabilities = profile_capabilities(context->profile);
    if (capabilities & PROFILE_REGISTRY) {
        services->registry = registry_client_new(context->profile, context->http, error);
        if (!services->registry) {
            services_stop(services, 0);
            return NULL;
        }
    }
    for (int i = 0; i < SERVICE_COUNT; i++) {
        struct service *self = &services->items[i];
        self->id = (enum service_id)i;
        self->row = service_rows[i];
        self->services = services;
        self->context = *context;
        self->context.folder = services->folder;
        self->registry = services->registry;
        if (!(mask & 1u << i) || (self->row->needs & capabilities) != self->row->needs)
            continue;
        self->inbox = mailbox_new(INBOX);
        self->started = true;
    }
    /* All inboxes exist before any thread runs: services may send to each other. */
    for (int i = 0; i < SERVICE_COUNT; i++)
        if (services->items[i].started)
            services->items[i].thread = thread_start(service_rows[i]->name, service_main, &services->items[i]);
    return services;
}

void services_send(struct services *services, struct request *request) {
    struct service *to = &services->items[request->service];
    if (!to->started) {
        event_post_message(services->events, MESSAGE_ERROR,
                           "%s is not available with profile %s: an address is missing there", to->row->name,
                           profile_name(services->profile));
        message_free(&request->message);
        return;
    }
    request->counted = services;
    atomic_fetch_add(&services->pending, 1);
    mailbox_send(to->inbox, &request->message);
}

void services_look(struct services *services) {
    for (int i = 0; i < SERVICE_COUNT; i++)
        if (services->items[i].started && service_rows[i]->by_clock)
            services_send(services, request_new((enum service_id)i, REQUEST_PROBE, NULL));
}

int services_pending(const struct services *services) {
    return atomic_load(&services->pending);
}

void services_stop(struct services *services, int timeout_ms) {
    (void)timeout_ms; /* each service bounds its own last work to SERVICE_LAST_MS */
    if (!services)
        return;
    for (int i = 0; i < SERVICE_COUNT; i++)
        if (services->items[i].started)
            mailbox_close(services->items[i].inbox);
    for (int i = SERVICE_COUNT; i-- > 0;) {
        if (services->items[i].started) {
            thread_join(services->items[i].thread);
        }
    }
    for (int i = 0; i < SERVICE_COUNT; i++)
        mailbox_free(services->items[i].inbox);
    registry_client_free(services->registry);
    profile_release(services->profile);
    memory_free(services->folder);
    memory_free(services);
}

const char *service_name(enum service_id id) {
    return service_rows[id]->name;
}

const char *service_help(enum service_id id) {
    return service_rows[id]->help;
}

struct request *service_receive(struct service *self, int timeout_ms) {
    return (struct request *)mailbox_receive(self->inbox, timeout_ms);
}

bool service_stopping(const struct service *self) {
    return mailbox_closed(self->inbox);
}

int64_t service_now(const struct service *self) {
    return clock_wall_ms(self->context.clock);
}

void service_say(struct service *self, enum message_level level, const char *format, ...) {
    struct text text = TEXT_EMPTY;
    va_list arguments;
    va_start(arguments, format);
    text_append_format_v(&text, format, arguments);
    va_end(arguments);
    if (level >= MESSAGE_WARN)
        log_warn(self->row->name, "%s", text_string(&text));
    event_post_message(self->context.events, level, "%s", text_string(&text));
    text_free(&text);
}

void service_complain(struct service *self, const struct error *error, const char *next_step) {
    service_say(self, MESSAGE_ERROR, "%s%s%s", error->message, next_step ? ". " : "", next_step ? next_step : "");
}

bool service_ask(struct service *self, struct request *request, int timeout_ms) {
    struct service *to = &self->services->items[request->service];
    if (!to->started) {
        message_free(&request->message);
        return true;
    }
    struct handled *handled = memory_zero(1, sizeof *handled);
    pthread_mutex_init(&handled->lock, NULL);
    pthread_cond_init(&handled->changed, NULL);
    handled->holders = 2;
    request->handled = handled;
    mailbox_send(to->inbox, &request->message);
    bool done = handled_wait(self, handled, timeout_ms);
    handled_release(handled, false);
    return done;
}

int service_backoff_ms(int failures) {
    static const int steps[] = {1000, 2000, 4000, 8000, 15000};
    int step = failures < 1 ? 0 : failures > 5 ? 4 : failures - 1;
    return steps[step];
}

void service_poke_watch(struct service *self) {
    struct service *watch = &self->services->items[SERVICE_WATCH];
    if (watch->started)
        mailbox_send(watch->inbox, &request_new(SERVICE_WATCH, REQUEST_PROBE, NULL)->message);
}

void service_job(struct service *self, uint64_t id, const char *text, int done, int total) {
    struct event_job *event = event_new(&event_job_kind);
    event->message.key = id;
    event->job = (struct model_job){.id = id, .text = memory_copy_string(text), .done = done, .total = total};
    mailbox_send(self->context.events, &event->message);
}

void service_job_end(struct service *self, uint64_t id) {
    struct event_job *event = event_new(&event_job_kind);
    event->message.key = id;
    event->job.id = id;
    event->ended = true;
    mailbox_send(self->context.events, &event->message);
}

int64_t service_group_lag(struct kafka_admin *admin, const char *group, const char *topic) {
    int32_t partitions = 0;
    int64_t lag = -1;
    if (kafka_admin_topic_partitions(admin, topic, 1000, &partitions, NULL) != 0)
        return -1;
    for (int32_t i = 0; i < partitions; i++) {
        int64_t low = 0, high = 0, committed = -1;
        if (kafka_admin_group_offset(admin, group, topic, i, 1000, &committed, NULL) != 0 || committed < 0 ||
            kafka_admin_watermarks(admin, topic, i, 1000, &low, &high, NULL) != 0)
            continue;
        lag = (lag < 0 ? 0 : lag) + (high > committed ? high - committed : 0);
    }
    return lag;
}

bool service_wait_topic(struct service *self, struct kafka_admin *admin, const char *topic, int32_t *partitions) {
    while (!service_stopping(self)) {
        if (kafka_admin_topic_partitions(admin, topic, 1000, partitions, NULL) == 0 && *partitions > 0)
            return true;
        struct request *request = service_receive(self, 250);
        if (request)
            message_free(&request->message);
    }
    return false;
}
