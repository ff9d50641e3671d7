#include "foundation/base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "foundation/base/memory.h"

enum { BLOCK_FIRST = 4096, BLOCK_MOST = 1 << 20, ALIGNMENT = 16 };

struct arena_block {
    struct arena_block *next;
    size_t size; /* of bytes */
    _Alignas(ALIGNMENT) char bytes[];
};

static void use(struct arena *arena, struct arena_block *block) {
    arena->current = block;
    arena->next = block->bytes;
    arena->end = block->bytes + block->size;
}

static void grow(struct arena *arena, size_t size) {
    /* Kept blocks first, so that nothing is allocated after warm-up. */
    for (struct arena_block *block = arena->current ? arena->current->next : arena->first; block; block = block->next) {
        if (block->size >= size) {
            use(arena, block);
            return;
        }
    }
    size_t wanted = arena->current ? arena->current->size * 2 : BLOCK_FIRST;
    if (wanted > BLOCK_MOST)
        wanted = BLOCK_MOST;
    if (wanted < size)
        wanted = size;
    struct arena_block *block = memory_allocate(sizeof *block + wanted);
    block->size = wanted;
    if (arena->current) {
        block->next = arena->current->next;
        arena->current->next = block;
    } else {
        block->next = arena->first;
        arena->first = block;
    }
    use(arena, block);
}

void *arena_allocate(struct arena *arena, size_t size) {
    if (size > SIZE_MAX - ALIGNMENT)
        fatal("arena: %zu bytes were asked for", size);
    size_t rounded = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (rounded == 0)
        rounded = ALIGNMENT;
    if (!arena->next || (size_t)(arena->end - arena->next) < rounded)
        grow(arena, rounded);
    void *piece = arena->next;
    arena->next += rounded;
    return piece;
}

void *arena_zero(struct arena *arena, size_t size) {
    return memset(arena_allocate(arena, size), 0, size);
}

char *arena_copy_bytes(struct arena *arena, const void *bytes, size_t size) {
    char *copy = arena_allocate(arena, size + 1);
    if (size)
        memcpy(copy, bytes, size);
    copy[size] = '\0';
    return copy;
}

char *arena_copy_string(struct arena *arena, const char *string) {
    return string ? arena_copy_bytes(arena, string, strlen(string)) : NULL;
}

struct view arena_copy_view(struct arena *arena, struct view view) {
    return (struct view){arena_copy_bytes(arena, view.data, view.size), view.size};
}

char *arena_format(struct arena *arena, const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int size = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *text = arena_allocate(arena, (size_t)(size < 0 ? 0 : size) + 1);
    text[0] = '\0';
    if (size >= 0)
        vsnprintf(text, (size_t)size + 1, format, again);
    va_end(again);
    return text;
}

void arena_reset(struct arena *arena) {
    if (arena->first)
        use(arena, arena->first);
}

void arena_free(struct arena *arena) {
    for (struct arena_block *block = arena->first; block;) {
        struct arena_block *next = block->next;
        memory_free(block);
        block = next;
    }
    *arena = ARENA_EMPTY;
}

size_t arena_bytes(const struct arena *arena) {
    size_t bytes = 0;
    for (const struct arena_block *block = arena->first; block; block = block->next)
        bytes += block->size;
    return bytes;
}
