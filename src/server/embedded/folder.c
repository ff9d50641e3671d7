#include "server/embedded/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "foundation/base/file.h"
#include "foundation/base/memory.h"

char *embedded_default_folder(void) {
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    struct text path = TEXT_EMPTY;
    if (state && *state)
        text_append_format(&path, "%s/fraudscope/default", state);
    else
        text_append_format(&path, "%s/.local/state/fraudscope/default", home && *home ? home : "/tmp");
    return text_take(&path);
}

/* The broker owns the folder; servers without it lock only themselves. */
static const char *lock_name(unsigned servers) {
    return servers & EMBEDDED_BROKER     ? "lock"
           : servers & EMBEDDED_REGISTRY ? "lock-registry"
           : servers & EMBEDDED_KSQLDB   ? "lock-ksqldb"
                                         : "lock-connect";
}

static int take_lock(const char *folder, const char *name, struct error *error) {
    char *path = file_join(folder, name);
    int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) {
        error_set_errno(error, errno, "cannot open %s", path);
    } else if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK)
            error_set(error, ERROR_BUSY,
                      "the data folder %s is in use by another fraudscope; stop that one, or choose another folder "
                      "with --data DIR",
                      folder);
        else
            error_set_errno(error, errno, "cannot lock %s", path);
        close(descriptor);
        descriptor = -1;
    }
    memory_free(path);
    return descriptor;
}

bool data_folder_is_held(const char *folder) {
    char *path = file_join(folder, "lock");
    int descriptor = open(path, O_RDWR | O_CLOEXEC);
    bool held = descriptor >= 0 && flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (descriptor >= 0)
        close(descriptor);
    memory_free(path);
    return held;
}

/* `--fresh`: the old folder stays, under a name that tells when it was put away. */
static int put_away(const char *path, struct error *error) {
    if (!file_exists(path))
        return 0;
    if (data_folder_is_held(path))
        return error_set(error, ERROR_BUSY, "the data folder %s is in use by another fraudscope and cannot be put away",
                         path);
    char stamp[32];
    struct tm parts;
    time_t now = time(NULL);
    gmtime_r(&now, &parts);
    strftime(stamp, sizeof stamp, "%Y-%m-%dT%H-%M-%S", &parts);
    struct text to = TEXT_EMPTY;
    text_append_format(&to, "%s.%s", path, stamp);
    int result = 0;
    for (int i = 2; file_exists(text_string(&to)) && i < 100; i++) {
        text_clear(&to);
        text_append_format(&to, "%s.%s-%d", path, stamp, i);
    }
    if (rename(path, text_string(&to)) != 0)
        result = error_set_errno(error, errno, "cannot rename %s to %s", path, text_string(&to));
    text_free(&to);
    return result;
}

int data_folder_open(struct data_folder *folder, const struct embedded_options *options, struct error *error) {
    *folder = (struct data_folder){.lock = -1};
    snprintf(folder->properties, sizeof folder->properties, "%s.properties",
             options->servers & EMBEDDED_BROKER     ? "servers"
             : options->servers & EMBEDDED_REGISTRY ? "servers-registry"
             : options->servers & EMBEDDED_KSQLDB   ? "servers-ksqldb"
                                                    : "servers-connect");
    if (options->memory) {
        const char *base = getenv("TMPDIR");
        struct stat status;
        if (!base || !*base)
            base = stat("/dev/shm", &status) == 0 && S_ISDIR(status.st_mode) && access("/dev/shm", W_OK) == 0
                       ? "/dev/shm"
                       : "/tmp";
        folder->path = file_join(base, "fraudscope-XXXXXX");
        folder->temporary = true;
        if (!mkdtemp(folder->path)) {
            error_set_errno(error, errno, "cannot make a temporary folder under %s", base);
            memory_free(folder->path);
            folder->path = NULL;
            return -1;
        }
    } else {
        folder->path = options->data ? memory_copy_string(options->data) : embedded_default_folder();
        if ((options->fresh && put_away(folder->path, error) != 0) ||
            file_make_folders(folder->path, 0700, error) != 0) {
            data_folder_close(folder);
            return -1;
        }
    }
    folder->lock = take_lock(folder->path, lock_name(options->servers), error);
    if (folder->lock < 0) {
        data_folder_close(folder);
        return -1;
    }
    return 0;
}

void data_folder_close(struct data_folder *folder) {
    if (folder->temporary && folder->path)
        file_remove_tree(folder->path, NULL);
    if (folder->lock >= 0)
        close(folder->lock);
    memory_free(folder->path);
    *folder = (struct data_folder){.lock = -1};
}
