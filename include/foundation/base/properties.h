/* Java-style property files: `name=value` or `name: value`, # and ! comments, blank lines, UTF-8. Order is kept. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "foundation/base/error.h"
#include "foundation/base/text.h"

struct properties;

struct properties *properties_new(void);
void properties_free(struct properties *properties);
struct properties *properties_copy(const struct properties *properties);
/* Errors name file and line. Values of secrets are never part of a message. */
int properties_parse(struct properties *properties, struct view text, const char *file, struct error *error);
int properties_read(struct properties *properties, const char *path, struct error *error);
/* Atomically (temporary file, rename), mode 0600. */
int properties_write(const struct properties *properties, const char *path, struct error *error);
const char *properties_get(const struct properties *properties, const char *name); /* NULL when absent; lent */
const char *properties_get_or(const struct properties *properties, const char *name, const char *otherwise);
void properties_set(struct properties *properties, const char *name, const char *value);
bool properties_remove(struct properties *properties, const char *name);
size_t properties_count(const struct properties *properties);
void properties_at(const struct properties *properties, size_t index, const char **name, const char **value);
int properties_line(const struct properties *properties, const char *name); /* line it came from, 0 = set by code */
/* Names that hold secrets: *password*, *secret*, *user.info, sasl.jaas.config, api keys' secrets. */
bool properties_is_secret(const char *name);
