/* Timing for benches: both sides run in turn five times, medians are compared. */
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "foundation/base/clock.h"

enum { MEASURE_RUNS = 5 };

typedef void (*measure_body)(void *context, size_t records);

static inline int measure_compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static inline double measure_once(measure_body body, void *context, size_t records) {
    int64_t start = clock_monotonic_ns();
    body(context, records);
    return (double)(clock_monotonic_ns() - start) / (double)records;
}

/* Prints "NAME ours A ns theirs B ns ratio R"; returns R, theirs through ours. */
static inline double measure_ratio(const char *name, measure_body ours, measure_body theirs, void *context,
                                   size_t records) {
    double a[MEASURE_RUNS], b[MEASURE_RUNS];
    ours(context, records / 10 + 1);
    theirs(context, records / 10 + 1);
    for (int run = 0; run < MEASURE_RUNS; run++) {
        a[run] = measure_once(ours, context, records);
        b[run] = measure_once(theirs, context, records);
    }
    qsort(a, MEASURE_RUNS, sizeof *a, measure_compare);
    qsort(b, MEASURE_RUNS, sizeof *b, measure_compare);
    double ratio = b[MEASURE_RUNS / 2] / a[MEASURE_RUNS / 2];
    printf("%-28s ours %8.1f ns  theirs %8.1f ns  ratio %6.1f\n", name, a[MEASURE_RUNS / 2], b[MEASURE_RUNS / 2],
           ratio);
    return ratio;
}
