#include "fuzz/fuzz.h"

#include <stdio.h>
#include <unistd.h>

#include "foundation/base/memory.h"

char *fuzz_copy(struct view bytes) {
    char *copy = memory_allocate(bytes.size ? bytes.size : 1);
    if (bytes.size)
        memcpy(copy, bytes.data, bytes.size);
    return copy;
}

void fuzz_folder(char folder[64]) {
    snprintf(folder, 64, "%s/fraudscope-fuzz-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (!mkdtemp(folder))
        fatal("no temporary folder for the fuzz target");
}

_Noreturn void fuzz_broken(const char *promise) {
    fprintf(stderr, "broken promise: %s\n", promise);
    abort();
}
