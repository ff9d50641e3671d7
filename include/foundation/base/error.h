/* Errors: a code to act on, a line for a person, a position when it came from text.
 *
 * A struct error lies on the caller's stack and is the last argument of what can fail; NULL is allowed.
 * Functions return 0 for success, non-zero for failure. The lowest function knows best: callers add context
 * with error_wrap and never overwrite. Not shared between threads; copy by value. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

enum error_code {
    ERROR_NONE = 0,
    ERROR_INVALID,     /* input, option or statement is wrong */
    ERROR_NOT_FOUND,   /* topic, subject, file, name does not exist */
    ERROR_EXISTS,      /* already there: often means "done" */
    ERROR_CORRUPT,     /* bytes on disk or wire do not decode */
    ERROR_UNSUPPORTED, /* known, refused by name */
    ERROR_UNREACHABLE, /* server does not answer */
    ERROR_TIMEOUT,
    ERROR_DENIED,   /* authentication or authorisation */
    ERROR_BUSY,     /* port taken, folder locked, queue full */
    ERROR_IO,       /* disk full, read or write failed */
    ERROR_CONFLICT, /* incompatible schema, wrong state */
    ERROR_CLOSED,   /* shutting down, stream ended */
    ERROR_INTERNAL,
};

struct error {
    enum error_code code;
    bool retriable; /* trying again may help */
    bool fatal;     /* the object that reported it is unusable */
    int line;       /* 1-based position in a text (SQL, theme, key file); 0 = none */
    int column;     /* 1-based in characters for SQL; 0 = none */
    char message[2048];
};

/* Fills *error (if not NULL) and returns -1, so that `return error_set(...)` reads well. */
int error_set(struct error *error, enum error_code code, const char *format, ...) __attribute__((format(printf, 3, 4)));
int error_set_v(struct error *error, enum error_code code, const char *format, va_list arguments);
int error_set_at(struct error *error, enum error_code code, int line, int column, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* From errno: "WHAT: strerror"; ENOSPC, EACCES, EADDRINUSE... get their code. Returns -1. */
int error_set_errno(struct error *error, int number, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Puts context in front: "CONTEXT: old message". Returns -1. */
int error_wrap(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));
void error_clear(struct error *error);
const char *error_code_name(enum error_code code);
