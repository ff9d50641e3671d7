/* Topics and contracts: create, delete, the workshop's set. */
#include <string.h>

#include "console/service/claim.h"
#include "foundation/base/memory.h"
#include "lab/topics.h"

enum { ASK_MS = 5000 };

static void create(struct service *self, struct kafka_admin *admin, const char *name, int32_t partitions) {
    struct error error = {0};
    int32_t there = 0;
    if (kafka_admin_topic_partitions(admin, name, ASK_MS, &there, &error) == 0) {
        service_say(self, MESSAGE_INFO, "Topic %s exists already with %d partition%s.", name, there,
                    there == 1 ? "" : "s");
        return;
    }
    if (error.code != ERROR_NOT_FOUND) {
        service_complain(self, &error, ":test kafka tries again");
        return;
    }
    struct claims claims = CLAIMS_NONE;
    error_clear(&error);
    int result = claim_add(self, &claims, "topic", name, false, &error);
    if (result == 0)
        result = kafka_admin_create_topic(admin, name, partitions, -1, NULL, ASK_MS, &error);
    claims_settle(self, &claims, result ? &error : NULL); /* also when another was quicker: then it is not ours */
    if (result != 0) {
        service_complain(self, &error, NULL);
        return;
    }
    service_say(self, MESSAGE_OK, "Topic %s created with %d partition%s.", name, partitions,
                partitions == 1 ? "" : "s");
}

static void register_contract(struct service *self, const char *subject, const char *type, struct view schema) {
    struct error error = {0};
    struct registry_schema latest = {0};
    int32_t id = 0;
    if (registry_client_latest(self->registry, subject, &latest, &error) == 0) {
        registry_schema_free(&latest);
        service_say(self, MESSAGE_INFO, "Subject %s is registered already.", subject);
        return;
    }
    struct claims claims = CLAIMS_NONE;
    int result = error.code == ERROR_NOT_FOUND ? 0 : -1;
    if (result == 0) {
        error_clear(&error);
        result = claim_add(self, &claims, "subject", subject, false, &error);
    }
    if (result == 0)
        result = registry_client_register(self->registry, subject, type, schema, &id, &error);
    claims_settle(self, &claims, result ? &error : NULL);
    if (result != 0) {
        service_complain(self, &error, ":test registry tries again");
        return;
    }
    service_say(self, MESSAGE_OK, "Subject %s registered with schema id %d.", subject, id);
}

static void create_workshop(struct service *self, struct kafka_admin *admin) {
    service_job(self, SERVICE_TOPICS, "Creating topics and contracts", 0, 4);
    create(self, admin, LAB_TOPIC_TRANSACTIONS, 1);
    service_job(self, SERVICE_TOPICS, "Creating topics and contracts", 1, 4);
    create(self, admin, LAB_TOPIC_ALERTS, 1);
    if (self->registry) {
        service_job(self, SERVICE_TOPICS, "Creating topics and contracts", 2, 4);
        register_contract(self, LAB_TOPIC_TRANSACTIONS "-value", "JSON", view_of(lab_transaction_schema()));
        service_job(self, SERVICE_TOPICS, "Creating topics and contracts", 3, 4);
        register_contract(self, LAB_TOPIC_ALERTS "-value", "AVRO", view_of(lab_alert_schema()));
    }
    service_job_end(self, SERVICE_TOPICS);
}

static void delete (struct service *self, struct kafka_admin *admin, const char *name) {
    struct error error = {0};
    if (kafka_admin_delete_topic(admin, name, ASK_MS, &error) != 0) {
        service_complain(self, &error, NULL);
        return;
    }
    ledger_remove(self, "topic", name);
    service_say(self, MESSAGE_OK, "Topic %s deleted.", name);
}

static void run(struct service *self) {
    struct error error = {0};
    struct kafka_admin *admin = kafka_admin_new(self->context.profile, &error);
    while (!service_stopping(self)) {
        struct request *request = service_receive(self, -1);
        if (!request)
            continue;
        if (!admin && !(admin = kafka_admin_new(self->context.profile, &error)))
            service_complain(self, &error, NULL);
        else if (request->verb == REQUEST_CREATE)
            create(self, admin, request->text, request->count ? (int32_t)request->count : 1);
        else if (request->verb == REQUEST_WORKSHOP)
            create_workshop(self, admin);
        else if (request->verb == REQUEST_DELETE)
            delete (self, admin, request->text);
        message_free(&request->message);
        service_poke_watch(self);
    }
    kafka_admin_free(admin);
}

const struct service_row service_topics = {"topics", "creates and deletes topics and registers their contracts",
                                           PROFILE_KAFKA, run, false};
