#include "console/service/claim.h"

#include <string.h>

#include "foundation/base/memory.h"

enum { ASK_MS = 5000 };

int claim_add(struct service *self, struct claims *claims, const char *kind, const char *name, bool exists,
              struct error *error) {
    if (exists)
        return 0;
    if (ledger_add(self, kind, name, error) != 0)
        return -1;
    if (claims->count < CLAIMS_MOST)
        claims->items[claims->count++] = (struct ledger_entry){memory_copy_string(kind), memory_copy_string(name)};
    return 0;
}

int claim_topic(struct service *self, struct claims *claims, struct kafka_admin *admin, const char *name,
                struct error *error) {
    struct error trouble = {0};
    int32_t partitions = 0;
    bool exists = kafka_admin_topic_partitions(admin, name, ASK_MS, &partitions, &trouble) == 0;
    if (!exists && trouble.code != ERROR_NOT_FOUND) {
        *error = trouble;
        return -1;
    }
    return claim_add(self, claims, "topic", name, exists, error);
}

int claim_group(struct service *self, struct claims *claims, struct kafka_admin *admin, const char *name,
                struct error *error) {
    struct kafka_group_info *groups = NULL;
    size_t count = 0;
    bool exists = false;
    if (kafka_admin_groups(admin, ASK_MS, &groups, &count, error) != 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        exists = exists || strcmp(groups[i].name, name) == 0;
    kafka_groups_free(groups, count);
    return claim_add(self, claims, "group", name, exists, error);
}

int claim_subject(struct service *self, struct claims *claims, const char *name, struct error *error) {
    struct error trouble = {0};
    struct registry_schema latest = {0};
    bool exists = registry_client_latest(self->registry, name, &latest, &trouble) == 0;
    if (exists)
        registry_schema_free(&latest);
    if (!exists && trouble.code != ERROR_NOT_FOUND) {
        *error = trouble;
        return -1;
    }
    return claim_add(self, claims, "subject", name, exists, error);
}

static bool unknown(const struct error *error) {
    return error->code == ERROR_TIMEOUT || error->code == ERROR_UNREACHABLE || error->code == ERROR_CLOSED ||
           error->code == ERROR_INTERNAL;
}

void claims_settle(struct service *self, struct claims *claims, const struct error *error) {
    bool refused = error && error->code && !unknown(error);
    for (size_t i = claims->count; i-- > 0;) {
        if (refused)
            ledger_remove(self, claims->items[i].kind, claims->items[i].name);
        memory_free(claims->items[i].kind);
        memory_free(claims->items[i].name);
    }
    claims->count = 0;
}
