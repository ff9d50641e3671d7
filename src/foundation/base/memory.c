#include "foundation/base/memory.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The terminal must be restored whoever finds that the program cannot go on. */
static void (*_Atomic fatal_hook)(void);

void fatal_set_hook(void (*hook)(void)) {
    atomic_store(&fatal_hook, hook);
}

void fatal(const char *format, ...) {
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line - 1, format, arguments);
    va_end(arguments);
    void (*hook)(void) = atomic_exchange(&fatal_hook, NULL);
    if (hook)
        hook();
    size_t size = strlen(line);
    line[size++] = '\n';
    if (write(STDERR_FILENO, "fraudscope: ", 12) < 0 || write(STDERR_FILENO, line, size) < 0)
        _exit(134);
    abort();
}

static _Noreturn void out_of_memory(size_t size) {
    fatal("out of memory: %zu bytes were asked for", size);
}

void *memory_allocate(size_t size) {
    void *block = malloc(size ? size : 1);
    if (!block)
        out_of_memory(size);
    return block;
}

void *memory_zero(size_t count, size_t size) {
    void *block = calloc(count ? count : 1, size ? size : 1);
    if (!block)
        out_of_memory(count * size);
    return block;
}

void *memory_resize(void *block, size_t count, size_t size) {
    if (size && count > SIZE_MAX / size)
        out_of_memory(SIZE_MAX);
    size_t bytes = count * size;
    void *resized = realloc(block, bytes ? bytes : 1);
    if (!resized)
        out_of_memory(bytes);
    return resized;
}

char *memory_copy_string(const char *string) {
    return string ? memory_copy(string, strlen(string) + 1) : NULL;
}

void *memory_copy(const void *bytes, size_t size) {
    void *block = memory_allocate(size);
    if (size)
        memcpy(block, bytes, size);
    return block;
}

void memory_free(void *block) {
    free(block);
}
