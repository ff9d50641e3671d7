/* Committed offsets, appended to one file before they are acknowledged; rewritten when most of it is out of date. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "foundation/base/error.h"
#include "foundation/base/text.h"

struct offsets;
struct offsets *offsets_open(const char *folder, struct error *error);
void offsets_close(struct offsets *offsets);
/* offset -1 removes. */
int offsets_set(struct offsets *offsets, struct view group, struct view topic, int32_t partition, int64_t offset,
                struct view metadata, struct error *error);
bool offsets_get(const struct offsets *offsets, struct view group, struct view topic, int32_t partition,
                 int64_t *offset, const char **metadata);
bool offsets_next(const struct offsets *offsets, struct view group, size_t *at, const char **topic, int32_t *partition,
                  int64_t *offset, const char **metadata);
bool offsets_has_group(const struct offsets *offsets, struct view group);
bool offsets_next_group(const struct offsets *offsets, size_t *at, struct view *group);
int offsets_delete_group(struct offsets *offsets, struct view group, struct error *error);
void offsets_forget_topic(struct offsets *offsets, struct view topic);
