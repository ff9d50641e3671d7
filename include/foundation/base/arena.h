/* Bump allocator: many small pieces, one free. One owner, one thread at a time. */
#pragma once

#include <stddef.h>

#include "foundation/base/text.h"

struct arena_block;
struct arena {
    struct arena_block *first, *current; /* blocks are kept by arena_reset */
    char *next, *end;
};

#define ARENA_EMPTY ((struct arena){0})

void *arena_allocate(struct arena *arena, size_t size); /* 16-byte aligned, uninitialised, never NULL */
void *arena_zero(struct arena *arena, size_t size);
char *arena_copy_string(struct arena *arena, const char *string);
char *arena_copy_bytes(struct arena *arena, const void *bytes, size_t size); /* a NUL follows */
struct view arena_copy_view(struct arena *arena, struct view view);
char *arena_format(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Makes all pieces invalid and keeps the blocks: no allocation after warm-up. */
void arena_reset(struct arena *arena);
void arena_free(struct arena *arena);          /* leaves ARENA_EMPTY */
size_t arena_bytes(const struct arena *arena); /* reserved from the system */
