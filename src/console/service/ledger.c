#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "console/service/service_private.h"
#include "foundation/base/file.h"
#include "foundation/base/log.h"
#include "foundation/base/memory.h"
#include "foundation/base/vector.h"

/* Ends a line that was cut when the program was killed: what it names was never made. */
static const char cut = '\x18';

static bool ends_cut(int descriptor) {
    off_t size = lseek(descriptor, 0, SEEK_END);
    char last = '\n';
    return size > 0 && pread(descriptor, &last, 1, size - 1) == 1 && last != '\n';
}

/* One O_APPEND write a line: services on several threads may add at once. */
static int ledger_write(const char *folder, char sign, const char *kind, const char *name, struct error *error) {
    struct text line = TEXT_EMPTY;
    char *path = file_join(folder, "ledger");
    int result = 0, descriptor = -1;
    if (file_make_folders(folder, 0700, error) != 0) {
        result = -1;
        goto cleanup;
    }
    descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (descriptor >= 0 && ends_cut(descriptor))
        text_append_format(&line, "%c\n", cut);
    text_append_format(&line, "%c%s %s\n", sign, kind, name);
    if (descriptor < 0 || write(descriptor, line.data, line.size) != (ssize_t)line.size || fdatasync(descriptor) != 0)
        result = error_set_errno(error, errno, "cannot write the ledger %s", path);
cleanup:
    if (descriptor >= 0)
        close(descriptor);
    memory_free(path);
    text_free(&line);
    return result;
}

static void ledger_post(struct service *self, const char *kind, const char *name, bool removed) {
    struct event_ledger *event = event_new(&event_ledger_kind);
    struct text what = TEXT_EMPTY;
    text_append_format(&what, "%s %s", kind, name);
    event->what = text_take(&what);
    event->removed = removed;
    mailbox_send(self->context.events, &event->message);
}

int ledger_add(struct service *self, const char *kind, const char *name, struct error *error) {
    if (ledger_write(self->context.folder, '+', kind, name, error) != 0)
        return -1;
    ledger_post(self, kind, name, false);
    return 0;
}

void ledger_remove(struct service *self, const char *kind, const char *name) {
    struct error error = {0};
    if (ledger_write(self->context.folder, '-', kind, name, &error) != 0)
        log_warn("ledger", "%s", error.message); /* the next clean-up finds it gone and strikes it again */
    ledger_post(self, kind, name, true);
}

struct ledger {
    VECTOR(struct ledger_entry) entries;
};

static char *copy_view(struct view view) {
    struct text copy = TEXT_EMPTY;
    text_append(&copy, view);
    return text_take(&copy);
}

/* One whole line, without its end; what does not read as an entry is passed over. */
static void take_line(struct ledger *ledger, struct view line) {
    struct view kind;
    if (line.size < 4 || line.data[line.size - 1] == cut)
        return;
    struct view name = {line.data + 1, line.size - 1};
    if (!view_split(&name, ' ', &kind) || kind.size == 0 || name.size == 0)
        return;
    size_t at = 0;
    while (at < ledger->entries.count && !(view_equal(view_of(ledger->entries.items[at].kind), kind) &&
                                           view_equal(view_of(ledger->entries.items[at].name), name)))
        at++;
    if (line.data[0] == '+' && at == ledger->entries.count) {
        vector_push(&ledger->entries, (struct ledger_entry){copy_view(kind), copy_view(name)});
    } else if (line.data[0] == '-' && at < ledger->entries.count) {
        memory_free(ledger->entries.items[at].kind);
        memory_free(ledger->entries.items[at].name);
        vector_remove(&ledger->entries, at);
    }
}

struct ledger_entry *ledger_read(const char *folder, size_t *count) {
    struct ledger ledger = {0};
    struct text text = TEXT_EMPTY;
    struct error error = {0};
    char *path = file_join(folder, "ledger");
    if (file_exists(path) && file_read(path, &text, &error) != 0)
        log_warn("ledger", "%s", error.message);
    struct view rest = text_view(&text);
    const char *end;
    while (rest.size && (end = memchr(rest.data, '\n', rest.size))) { /* a last line without its end was cut */
        struct view line = {rest.data, (size_t)(end - rest.data)};
        take_line(&ledger, line);
        rest = (struct view){end + 1, rest.size - line.size - 1};
    }
    memory_free(path);
    text_free(&text);
    *count = ledger.entries.count;
    return ledger.entries.items;
}

void ledger_free(struct ledger_entry *entries, size_t count) {
    for (size_t i = 0; i < count; i++) {
        memory_free(entries[i].kind);
        memory_free(entries[i].name);
    }
    memory_free(entries);
}
