/* A profile: addresses, credentials and what can be done with them. Two property files, client.properties (any
 * librdkafka property) and schema.properties (registry, ksqlDB, Connect, cloud, database), plus the environment for
 * what they leave open. Immutable once made and counted: threads share it by reference. Secrets stay inside; printing
 * masks them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "foundation/base/error.h"
#include "foundation/base/properties.h"
#include "foundation/base/text.h"

enum profile_capability {
    PROFILE_KAFKA = 1,
    PROFILE_REGISTRY = 2,
    PROFILE_KSQLDB = 4,
    PROFILE_CONNECT = 8,
    PROFILE_CLOUD = 16,
    PROFILE_DATABASE = 32,
    PROFILE_SERVES = 64, /* servers were started here (embedded) */
};

struct profile;
/* name_or_folder: a folder, or a name under ${XDG_CONFIG_HOME:-~/.config}/fraudscope/profiles/. Unknown librdkafka
 * names and odd settings are collected as warnings (profile_warning), not errors. A Java sasl.jaas.config is
 * translated. */
struct profile *profile_load(const char *name_or_folder, struct error *error);
/* From already merged properties, e.g. servers.properties of the embedded servers. capabilities are derived from the
 * addresses present; `extra` is added. */
struct profile *profile_from_properties(const char *name, const struct properties *properties, unsigned extra,
                                        struct error *error);
struct profile *profile_reference(struct profile *profile);
void profile_release(struct profile *profile); /* accepts NULL */

const char *profile_name(const struct profile *profile);
unsigned profile_capabilities(const struct profile *profile);
/* The same as words, "kafka registry ksqldb connect serves", for step files; lent. */
const char *profile_capability_words(const struct profile *profile);
/* "schema.registry.url", "ksqldb.url", "connect.url", "bootstrap.servers", "*.username", ...; NULL when absent; lent.
 */
const char *profile_get(const struct profile *profile, const char *name);
/* Every property meant for librdkafka, in file order. */
const struct properties *profile_kafka(const struct profile *profile);
size_t profile_warning_count(const struct profile *profile);
const char *profile_warning(const struct profile *profile, size_t index);
/* All settings as "name=value" lines, secrets as "••••••••, set, N characters". */
void profile_print(const struct profile *profile, struct text *out);
/* Writes client.properties and schema.properties into folder, mode 0600. */
int profile_write(const struct profile *profile, const char *folder, struct error *error);
