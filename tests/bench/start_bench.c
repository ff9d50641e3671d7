/* Start-up of the embedded servers: on an empty folder, and again on the same folder after a clean stop. */
#include <unistd.h>

#include "foundation/base/file.h"
#include "foundation/base/log.h"
#include "measure.h"
#include "server/embedded.h"

enum { GOAL_MS = 300 };

static double start_once(const char *folder) {
    struct error error = {0};
    struct embedded_options options = EMBEDDED_OPTIONS_INIT;
    options.data = folder;
    int64_t began = clock_monotonic_ns();
    struct embedded *embedded = embedded_start(&options, &error);
    double ms = (double)(clock_monotonic_ns() - began) / 1e6;
    if (!embedded) {
        fprintf(stderr, "start_bench: %s\n", error.message);
        exit(1);
    }
    embedded_stop(embedded);
    return ms;
}

static void report(const char *name, double *ms) {
    qsort(ms, MEASURE_RUNS, sizeof *ms, measure_compare);
    printf("%-28s median %7.1f ms  slowest %7.1f ms  goal %d ms\n", name, ms[MEASURE_RUNS / 2], ms[MEASURE_RUNS - 1],
           GOAL_MS);
}

int main(void) {
    double empty[MEASURE_RUNS], again[MEASURE_RUNS];
    for (int run = 0; run < MEASURE_RUNS; run++) {
        char folder[] = "/tmp/start-bench-XXXXXX";
        if (!mkdtemp(folder))
            return 1;
        empty[run] = start_once(folder);
        again[run] = start_once(folder);
        file_remove_tree(folder, NULL);
    }
    report("start on an empty folder", empty);
    report("start after a clean stop", again);
    return 0;
}
