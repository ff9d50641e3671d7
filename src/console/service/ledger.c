#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "console/service/service_private.h"
#include "foundation/base/file.h"
#include "foundation/base/log.h"
#include "foundation/base/memory.h"
#include "foundation/base/vector.h"

/* One O_APPEND write a line: services on several threads may add at once. */
static int ledger_write(const char *folder, char sign, const char *kind, const char *name, struct error *error) {
    struct text line = TEXT_EMPTY;
    text_append_format(&line, "%c%s %s\n", sign, kind, name);
    char *path = file_join(folder, "ledger");
    int result = 0, descriptor = -1;
    if (file_make_folders(folder, 0700, error) != 0) {
        result = -1;
        goto cleanup;
    }
    descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
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

struct ledger_entry *ledger_read(const char *folder, size_t *count) {
    VECTOR(struct ledger_entry) entries = {0};
    struct text text = TEXT_EMPTY;
    char *path = file_join(folder, "ledger");
    if (file_exists(path) && file_read(path, &text, NULL) == 0) {
        struct view rest = text_view(&text), line;
        while (view_split(&rest, '\n', &line)) {
            struct view kind;
            if (line.size < 4)
                continue;
            char sign = line.data[0];
            struct view body = {line.data + 1, line.size - 1};
            if (!view_split(&body, ' ', &kind) || body.size == 0)
                continue;
            size_t at = 0;
            while (at < entries.count && !(view_equal(view_of(entries.items[at].kind), kind) &&
                                           view_equal(view_of(entries.items[at].name), body)))
                at++;
            if (sign == '+' && at == entries.count) {
                struct text kind_copy = TEXT_EMPTY, name_copy = TEXT_EMPTY;
                text_append(&kind_copy, kind);
                text_append(&name_copy, body);
                vector_push(&entries, (struct ledger_entry){text_take(&kind_copy), text_take(&name_copy)});
            } else if (sign == '-' && at < entries.count) {
                memory_free(entries.items[at].kind);
                memory_free(entries.items[at].name);
                vector_remove(&entries, at);
            }
        }
    }
    memory_free(path);
    text_free(&text);
    *count = entries.count;
    return entries.items;
}

void ledger_free(struct ledger_entry *entries, size_t count) {
    for (size_t i = 0; i < count; i++) {
        memory_free(entries[i].kind);
        memory_free(entries[i].name);
    }
    memory_free(entries);
}
