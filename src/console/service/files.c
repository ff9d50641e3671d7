/* Files that are written after the start: exports, pictures, history, profiles, the take-home bundle. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "console/service/service_private.h"
#include "foundation/base/file.h"
#include "foundation/base/memory.h"
#include "foundation/base/vector.h"
#include "lab/statements.h"

enum { NAMES_MOST = 2000 };

static int append(const char *path, struct view bytes, struct error *error) {
    int descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return error_set_errno(error, errno, "cannot open %s", path);
    int result = 0;
    if (write(descriptor, bytes.data, bytes.size) != (ssize_t)bytes.size)
        result = error_set_errno(error, errno, "cannot write %s", path);
    close(descriptor);
    return result;
}

static int write_bundle(struct service *self, const char *folder, const char *steps, struct error *error) {
    struct text sql = TEXT_EMPTY, readme = TEXT_EMPTY;
    char *sql_path = file_join(folder, "statements.sql"), *readme_path = file_join(folder, "README.md"),
         *steps_path = file_join(folder, "steps.md");
    const char *name, *statement;
    for (size_t i = 0; lab_statement_at(i, &name, &statement); i++)
        text_append_format(&sql, "-- %s\n%s\n\n", name, statement);
    text_append_string(
        &readme, "# The fraud lab, to take home\n\n"
                 "`statements.sql`: the statements, in order. `steps.md`: the steps as they were shown.\n\n"
                 "Without account or network: `fraudscope lab` runs all steps; `fraudscope serve` starts the four "
                 "servers;\n`fraudscope sql -f statements.sql` sends the statements.\n");
    int result = file_make_folders(folder, 0755, error);
    if (result == 0)
        result = file_write_atomic(sql_path, text_view(&sql), 0644, error);
    if (result == 0)
        result = file_write_atomic(steps_path, view_of(steps ? steps : ""), 0644, error);
    if (result == 0)
        result = file_write_atomic(readme_path, text_view(&readme), 0644, error);
    if (result == 0)
        service_say(self, MESSAGE_OK, "Bundle written to %s.", folder);
    text_free(&sql);
    text_free(&readme);
    memory_free(sql_path);
    memory_free(readme_path);
    memory_free(steps_path);
    return result;
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names for completion; what cannot be read has none. */
static void list(struct service *self, const char *folder) {
    struct event_listing *event = event_new(&event_listing_kind);
    VECTOR(char *) names = {0};
    DIR *found = opendir(folder);
    for (struct dirent *entry; found && (entry = readdir(found)) && names.count < NAMES_MOST;) {
        if (entry->d_name[0] == '.')
            continue;
        char *path = file_join(folder, entry->d_name);
        struct stat status;
        struct text name = TEXT_EMPTY;
        text_append_format(&name, "%s%s", entry->d_name,
                           stat(path, &status) == 0 && S_ISDIR(status.st_mode) ? "/" : "");
        vector_push(&names, text_take(&name));
        memory_free(path);
    }
    if (found)
        closedir(found);
    if (names.count)
        qsort(names.items, names.count, sizeof *names.items, by_name);
    event->listing = (struct model_listing){memory_copy_string(folder), names.items, names.count};
    mailbox_send(self->context.events, &event->message);
}

static void run(struct service *self) {
    while (!service_stopping(self)) {
        struct request *request = service_receive(self, -1);
        if (!request)
            continue;
        struct error error = {0};
        int result = 0;
        switch (request->verb) {
        case REQUEST_WRITE:
            result = file_write_atomic(request->text, view_of(request->more),
                                       request->count ? (unsigned)request->count : 0600, &error);
            if (result == 0)
                service_say(self, MESSAGE_OK, "Written: %s", request->text);
            break;
        case REQUEST_APPEND:
            result = append(request->text, view_of(request->more), &error);
            break;
        case REQUEST_PROFILE:
            result = profile_write(self->context.profile, request->text, &error);
            if (result == 0)
                service_say(self, MESSAGE_OK,
                            "client.properties and schema.properties written to %s, readable by you alone.",
                            request->text);
            break;
        case REQUEST_BUNDLE:
            result = write_bundle(self, request->text, request->more, &error);
            break;
        case REQUEST_LIST:
            list(self, request->text);
            break;
        default:
            break;
        }
        if (result != 0)
            service_complain(self, &error, NULL);
        message_free(&request->message);
    }
}

const struct service_row service_files = {"files", "writes exports, pictures, history and bundles", 0, run, false};
