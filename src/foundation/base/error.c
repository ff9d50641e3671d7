#include "foundation/base/error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int error_set_v(struct error *error, enum error_code code, const char *format, va_list arguments) {
    if (error) {
        char message[sizeof error->message]; /* arguments may point into the old message */
        vsnprintf(message, sizeof message, format, arguments);
        *error = (struct error){.code = code};
        memcpy(error->message, message, sizeof message);
        error->retriable = code == ERROR_UNREACHABLE || code == ERROR_TIMEOUT || code == ERROR_BUSY;
    }
    return -1;
}

int error_set(struct error *error, enum error_code code, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    error_set_v(error, code, format, arguments);
    va_end(arguments);
    return -1;
}

int error_set_at(struct error *error, enum error_code code, int line, int column, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    error_set_v(error, code, format, arguments);
    va_end(arguments);
    if (error) {
        error->line = line;
        error->column = column;
    }
    return -1;
}

static enum error_code code_of_errno(int number) {
    switch (number) {
    case ENOENT:
        return ERROR_NOT_FOUND;
    case EEXIST:
        return ERROR_EXISTS;
    case EACCES:
    case EPERM:
        return ERROR_DENIED;
    case EADDRINUSE:
    case EBUSY:
        return ERROR_BUSY;
    case ETIMEDOUT:
        return ERROR_TIMEOUT;
    case ECONNREFUSED:
    case EHOSTUNREACH:
    case ENETUNREACH:
        return ERROR_UNREACHABLE;
    default:
        return ERROR_IO;
    }
}

int error_set_errno(struct error *error, int number, const char *format, ...) {
    char what[700], reason[128];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    const char *text = strerror_r(number, reason, sizeof reason);
    return error_set(error, code_of_errno(number), "%s: %s", what, text);
}

int error_wrap(struct error *error, const char *format, ...) {
    if (!error)
        return -1;
    char context[300], message[700]; /* together they fit, so a long message loses its end, never its context */
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(context, sizeof context, format, arguments);
    va_end(arguments);
    snprintf(message, sizeof message, "%.699s", error->message);
    snprintf(error->message, sizeof error->message, "%s: %s", context, message);
    return -1;
}

void error_clear(struct error *error) {
    if (error)
        *error = (struct error){0};
}

const char *error_code_name(enum error_code code) {
    static const char *const names[] = {
        [ERROR_NONE] = "none",        [ERROR_INVALID] = "invalid",         [ERROR_NOT_FOUND] = "not found",
        [ERROR_EXISTS] = "exists",    [ERROR_CORRUPT] = "corrupt",         [ERROR_UNSUPPORTED] = "unsupported",
        [ERROR_TIMEOUT] = "time-out", [ERROR_UNREACHABLE] = "unreachable", [ERROR_DENIED] = "denied",
        [ERROR_BUSY] = "busy",        [ERROR_IO] = "input/output",         [ERROR_CONFLICT] = "conflict",
        [ERROR_CLOSED] = "closed",    [ERROR_INTERNAL] = "internal",
    };
    return (size_t)code < sizeof names / sizeof *names && names[code] ? names[code] : "unknown";
}
