/* Options and commands of the program: one const table each; help and manual are printed from them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "foundation/base/clock.h"
#include "foundation/base/error.h"
#include "foundation/base/text.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USE = 2, EXIT_REACH = 3, EXIT_INTERRUPTED = 4 };

struct option_source { /* -e, -f: in the order they were given */
    bool file;
    const char *text;
};
struct options {
    const char *profile, *data, *listen, *limits, *zone;
    bool fresh, memory, sync, strict_replication, json, clean_up, plain, help, version;
    uint16_t kafka_port, registry_port, ksqldb_port, connect_port;
    uint64_t seed;
    struct clock clock;
    int until;                           /* lab: last step */
    double rate;                         /* lab, produce: transactions a second; < 0 max */
    int64_t for_ms;                      /* how long; 0 = until interrupted */
    const char *theme, *colour, *glyphs; /* console; NULL = auto */
    const char *script, *picture;        /* console without a terminal */
    int columns, rows;                   /* of --size, in this order; 0 = not given */
    const char *output;                  /* sql: table, json, csv; NULL = table */
    struct option_source *sources;       /* sql */
    int source_count;
    /* Told while the servers recover their log, from any thread; NULL = nobody asks. */
    void (*starting)(void *context, int64_t done, int64_t total);
    void *starting_context;
    const char **words; /* what is no option; the first is the command */
    int word_count;
};
int options_parse(struct options *options, int count, char **arguments, struct error *error);
void options_free(struct options *options);
bool options_parse_time(const char *text, int64_t *ms); /* 250ms 30s 5m 1h */
bool options_parse_size(struct view text, int size[2]); /* 120x36 */

struct verb {
    const char *name, *usage, *help;
    int (*run)(struct options *options);
};
extern const struct verb verbs[]; /* ends with a zero row */
void options_print_help(struct text *out);
void options_print_verb(const struct verb *verb, struct text *out);
void options_print_manual(struct text *out);
