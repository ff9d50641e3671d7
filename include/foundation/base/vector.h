/* Typed growable array. DEFINE: VECTOR(struct item) items = {0}; one owner. */
#pragma once

#include <stddef.h>

#include "foundation/base/memory.h"

#define VECTOR(type)                                                                                                   \
    struct {                                                                                                           \
        type *items;                                                                                                   \
        size_t count, capacity;                                                                                        \
    }

#define vector_reserve(v, n)                                                                                           \
    do {                                                                                                               \
        if ((v)->capacity < (n)) {                                                                                     \
            (v)->capacity = (v)->capacity * 2 > (n) ? (v)->capacity * 2 : (n) < 8 ? 8 : (n);                           \
            (v)->items = memory_resize((v)->items, (v)->capacity, sizeof *(v)->items);                                 \
        }                                                                                                              \
    } while (0)
#define vector_push(v, ...)                                                                                            \
    do {                                                                                                               \
        vector_reserve((v), (v)->count + 1);                                                                           \
        (v)->items[(v)->count++] = (__VA_ARGS__);                                                                      \
    } while (0)
#define vector_remove(v, index)                                                                                        \
    do {                                                                                                               \
        size_t vector_at = (index);                                                                                    \
        memmove(&(v)->items[vector_at], &(v)->items[vector_at + 1],                                                    \
                ((v)->count - vector_at - 1) * sizeof *(v)->items);                                                    \
        (v)->count--;                                                                                                  \
    } while (0)
#define vector_clear(v) ((void)((v)->count = 0))
#define vector_free(v)                                                                                                 \
    do {                                                                                                               \
        memory_free((v)->items);                                                                                       \
        (v)->items = NULL;                                                                                             \
        (v)->count = 0;                                                                                                \
        (v)->capacity = 0;                                                                                             \
    } while (0)
