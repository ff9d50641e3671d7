#include "foundation/base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "foundation/base/memory.h"

int file_read(const char *path, struct text *text, struct error *error) {
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return error_set_errno(error, errno, "cannot open %s", path);
    int result = 0;
    for (;;) {
        text_reserve(text, 65536);
        ssize_t got = read(descriptor, text->data + text->size, text->capacity - text->size - 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            result = error_set_errno(error, errno, "cannot read %s", path);
        if (got <= 0)
            break;
        text->size += (size_t)got;
    }
    text->data[text->size] = '\0';
    close(descriptor);
    return result;
}

int file_write_atomic(const char *path, struct view bytes, unsigned mode, struct error *error) {
    struct text temporary = TEXT_EMPTY;
    text_append_format(&temporary, "%s.%ld.new", path, (long)getpid());
    int result = 0;
    int descriptor = open(temporary.data, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (descriptor < 0) {
        result = error_set_errno(error, errno, "cannot write %s", path);
        goto cleanup;
    }
    for (size_t done = 0; done < bytes.size;) {
        ssize_t wrote = write(descriptor, bytes.data + done, bytes.size - done);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0) {
            result = error_set_errno(error, errno, "cannot write %s", path);
            goto cleanup;
        }
        done += (size_t)wrote;
    }
    fchmod(descriptor, mode); /* whatever the umask */
    if (fsync(descriptor) != 0 || rename(temporary.data, path) != 0)
        result = error_set_errno(error, errno, "cannot write %s", path);
cleanup:
    if (descriptor >= 0)
        close(descriptor);
    if (result != 0)
        unlink(temporary.data);
    text_free(&temporary);
    return result;
}

int file_sync_folder(const char *path, struct error *error) {
    int descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0)
        return error_set_errno(error, errno, "cannot open the folder %s", path);
    int number = fsync(descriptor) == 0 ? 0 : errno;
    close(descriptor);
    if (number && number != EINVAL) /* some file systems have nothing to do for it */
        return error_set_errno(error, number, "cannot write the folder %s to the disk", path);
    return 0;
}

int file_make_folders(const char *path, unsigned mode, struct error *error) {
    if (*path == '\0')
        return error_set(error, ERROR_INVALID, "a folder without a name cannot be made");
    char *copy = memory_copy_string(path);
    int result = 0;
    for (char *at = copy + 1;; at++) {
        if (*at != '/' && *at != '\0')
            continue;
        char kept = *at;
        *at = '\0';
        if (*copy && mkdir(copy, mode) != 0 && errno != EEXIST) {
            result = error_set_errno(error, errno, "cannot make the folder %s", copy);
            break;
        }
        *at = kept;
        if (kept == '\0')
            break;
    }
    struct stat status;
    if (result == 0 && (stat(path, &status) != 0 || !S_ISDIR(status.st_mode)))
        result = error_set(error, ERROR_IO, "%s is not a folder", path);
    memory_free(copy);
    return result;
}

int file_remove_tree(const char *path, struct error *error) {
    struct stat status;
    if (lstat(path, &status) != 0)
        return errno == ENOENT ? 0 : error_set_errno(error, errno, "cannot remove %s", path);
    if (S_ISDIR(status.st_mode)) {
        DIR *folder = opendir(path);
        struct dirent *entry;
        int result = 0;
        while (folder && result == 0 && (entry = readdir(folder))) {
            if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
                continue;
            char *inner = file_join(path, entry->d_name);
            result = file_remove_tree(inner, error);
            memory_free(inner);
        }
        if (folder)
            closedir(folder);
        if (result != 0)
            return result;
    }
    return remove(path) == 0 ? 0 : error_set_errno(error, errno, "cannot remove %s", path);
}

bool file_exists(const char *path) {
    return access(path, F_OK) == 0;
}

char *file_join(const char *folder, const char *name) {
    struct text path = TEXT_EMPTY;
    size_t size = strlen(folder);
    text_append_format(&path, "%s%s%s", folder, size && folder[size - 1] == '/' ? "" : "/", name);
    return text_take(&path);
}
