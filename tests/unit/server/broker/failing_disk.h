/* A disk that fails: so many of the next calls of fdatasync end with EIO, as a failure is told once. */
#pragma once

#include <errno.h>
#include <unistd.h>

static int syncs_to_fail;

int fdatasync(int descriptor) {
    if (syncs_to_fail > 0) {
        syncs_to_fail--;
        errno = EIO;
        return -1;
    }
    return fsync(descriptor);
}
