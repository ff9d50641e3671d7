#include "foundation/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "foundation/base/text.h"
#include "foundation/base/utf8.h"

/* One sink a process: lines come from any thread, each is one write. */
static _Atomic int log_descriptor = -1;
static _Atomic bool log_owned;
static _Atomic int log_least = LOG_INFO;

static void replace(int descriptor, bool owned) {
    int old = atomic_exchange(&log_descriptor, descriptor);
    bool old_owned = atomic_exchange(&log_owned, owned);
    if (old >= 0 && old_owned)
        close(old);
}

int log_open(const char *path, struct error *error) {
    int descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return error_set_errno(error, errno, "cannot open the log %s", path);
    replace(descriptor, true);
    return 0;
}

int log_open_descriptor(int descriptor) {
    replace(descriptor, false);
    return 0;
}

void log_close(void) {
    replace(-1, false);
}

void log_set_level(enum log_level level) {
    atomic_store(&log_least, (int)level);
}

void log_write(enum log_level level, const char *area, const char *format, ...) {
    static const char *const names[] = {"debug", "info", "warn", "error"};
    int descriptor = atomic_load(&log_descriptor);
    if (descriptor < 0 || (int)level < atomic_load(&log_least))
        return;
    char words[2048], line[64];
    struct text text = TEXT_EMPTY;
    struct timespec now;
    struct tm parts;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &parts);
    size_t used = strftime(line, sizeof line, "%Y-%m-%dT%H:%M:%S", &parts);
    text_append_bytes(&text, line, used);
    text_append_format(&text, ".%03ldZ %-5s %s: ", now.tv_nsec / 1000000, names[level], area);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    for (char *at = words; *at; at++)
        if (*at == '\n' || *at == '\r' || *at == '\t')
            *at = ' ';
    utf8_display(&text, view_of(words)); /* names come from strangers; one record is one line */
    text_append_char(&text, '\n');
    if (write(descriptor, text.data, text.size) < 0) {
        /* nowhere left to say so */
    }
    text_free(&text);
}
