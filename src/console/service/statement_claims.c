/* What a statement is about to make, by its own words. */
#include "console/service/statement_claims.h"

#include <string.h>

#include "foundation/base/arena.h"
#include "foundation/base/memory.h"
#include "ksql/language/parse.h"

static bool makes_source(const struct statement *statement) {
    return statement->kind == STATEMENT_CREATE_STREAM || statement->kind == STATEMENT_CREATE_TABLE ||
           statement->kind == STATEMENT_CREATE_STREAM_AS || statement->kind == STATEMENT_CREATE_TABLE_AS;
}

static int claim_source(struct service *self, struct claims *claims, struct ksqldb_client *client, const char *name,
                        struct error *error) {
    struct ksqldb_source *sources = NULL;
    size_t count = 0;
    bool exists = false;
    if (ksqldb_client_sources(client, &sources, &count, error) != 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        exists = exists || strcmp(sources[i].name, name) == 0;
    ksqldb_sources_free(sources, count);
    return claim_add(self, claims, "source", name, exists, error);
}

/* The topic behind the source: the statement may make it, and register its schemas. */
static int claim_behind(struct service *self, struct claims *claims, const char *topic, struct error *error) {
    struct kafka_admin *admin = NULL;
    struct text subject = TEXT_EMPTY;
    int result = 0;
    if (profile_capabilities(self->context.profile) & PROFILE_KAFKA) {
        admin = kafka_admin_new(self->context.profile, error);
        result = admin ? claim_topic(self, claims, admin, topic, error) : -1;
    }
    for (int i = 0; i < 2 && self->registry && result == 0; i++) {
        text_clear(&subject);
        text_append_format(&subject, "%s-%s", topic, i ? "key" : "value");
        result = claim_subject(self, claims, text_string(&subject), error);
    }
    text_free(&subject);
    kafka_admin_free(admin);
    return result;
}

int statement_claim(struct service *self, struct claims *claims, struct ksqldb_client *client, struct view statement,
                    struct error *error) {
    struct arena arena = ARENA_EMPTY;
    struct statement *tree = NULL;
    struct text name = TEXT_EMPTY, topic = TEXT_EMPTY;
    int result = 0;
    /* What does not parse here is for the server to refuse. */
    if (parse_statement(&arena, statement, 1, 1, &tree, NULL) == 0 && makes_source(tree)) {
        text_append(&name, tree->name);
        for (size_t i = 0; i < tree->property_count; i++)
            if (view_equal(tree->properties[i].name, VIEW("KAFKA_TOPIC")) &&
                tree->properties[i].value->kind == NODE_STRING)
                text_append(&topic, tree->properties[i].value->text);
        if (topic.size == 0)
            text_append(&topic, tree->name);
        result = claim_source(self, claims, client, text_string(&name), error);
        if (result == 0)
            result = claim_behind(self, claims, text_string(&topic), error);
    }
    text_free(&name);
    text_free(&topic);
    arena_free(&arena);
    return result;
}
