/* Allocation that never returns NULL: out of memory calls the fatal hook and ends the program.
 * Any thread. Free with memory_free (accepts NULL). */
#pragma once

#include <stddef.h>

void *memory_allocate(size_t size);           /* uninitialised */
void *memory_zero(size_t count, size_t size); /* zeroed, overflow checked */
void *memory_resize(void *block, size_t count, size_t size);
char *memory_copy_string(const char *string); /* NULL gives NULL */
void *memory_copy(const void *bytes, size_t size);
void memory_free(void *block);

/* Runs before the program ends on out of memory or a broken invariant, e.g. to restore the terminal.
 * Set once at start-up on the main thread; the hook may only do what a signal handler may. */
void fatal_set_hook(void (*hook)(void));
_Noreturn void fatal(const char *format, ...) __attribute__((format(printf, 1, 2)));
