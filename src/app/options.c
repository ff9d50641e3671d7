#include "app/options.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "foundation/base/memory.h"

enum option_type {
    OPTION_FLAG,
    OPTION_TEXT,
    OPTION_PORT,
    OPTION_SEED,
    OPTION_CLOCK,
    OPTION_STEP,
    OPTION_RATE,
    OPTION_TIME,
    OPTION_CHOICE,
    OPTION_SOURCE,
    OPTION_SIZE
};

static const struct option_row {
    const char *name, *value, *help;
    enum option_type type;
    size_t at;
} rows[] = {
    {"--profile", "NAME",
     "servers of a profile instead of our own: a folder, or a name under ~/.config/fraudscope/profiles", OPTION_TEXT,
     offsetof(struct options, profile)},
    {"--data", "DIR", "data folder of the servers started here", OPTION_TEXT, offsetof(struct options, data)},
    {"--fresh", NULL, "puts the old data folder away under another name and begins anew", OPTION_FLAG,
     offsetof(struct options, fresh)},
    {"--memory", NULL, "keeps nothing: a temporary data folder", OPTION_FLAG, offsetof(struct options, memory)},
    {"--sync", NULL, "writes to the disk before a record is acknowledged", OPTION_FLAG, offsetof(struct options, sync)},
    {"--strict-replication", NULL, "refuses topics with more than one replica; else one is made and the log says so",
     OPTION_FLAG, offsetof(struct options, strict_replication)},
    {"--listen", "ADDR", "address to listen on; beyond loopback a password is made and required", OPTION_TEXT,
     offsetof(struct options, listen)},
    {"--limits", "NAME=VALUE,...",
     "what clients of the broker may take, like max.connections.per.ip=50,consumer_byte_rate=1000000; an unknown name "
     "lists all",
     OPTION_TEXT, offsetof(struct options, limits)},
    {"--kafka-port", "PORT", "port of the broker; else 9092 or a free one", OPTION_PORT,
     offsetof(struct options, kafka_port)},
    {"--registry-port", "PORT", "port of the schema registry; else 8081 or a free one", OPTION_PORT,
     offsetof(struct options, registry_port)},
    {"--ksqldb-port", "PORT", "port of the ksqlDB server; else 8088 or a free one", OPTION_PORT,
     offsetof(struct options, ksqldb_port)},
    {"--connect-port", "PORT", "port of the Connect worker; else 8083 or a free one", OPTION_PORT,
     offsetof(struct options, connect_port)},
    {"--seed", "N", "makes customers and transactions repeatable", OPTION_SEED, offsetof(struct options, seed)},
    {"--clock", "ISO-TIME", "a fixed clock", OPTION_CLOCK, offsetof(struct options, clock)},
    {"--tz", "ZONE", "time zone, like Europe/Berlin; else UTC", OPTION_TEXT, offsetof(struct options, zone)},
    {"--json", NULL, "one JSON object a line", OPTION_FLAG, offsetof(struct options, json)},
    {"--until", "STEP", "lab: the last step, that one included", OPTION_STEP, offsetof(struct options, until)},
    {"--rate", "N", "transactions a second, or max", OPTION_RATE, offsetof(struct options, rate)},
    {"--for", "TIME", "how long, like 30s or 5m", OPTION_TIME, offsetof(struct options, for_ms)},
    {"--plain", NULL, "no full screen: commands are read one a line", OPTION_FLAG, offsetof(struct options, plain)},
    {"--theme", "NAME", "dark, light, or one of ~/.config/fraudscope/themes; auto asks the terminal", OPTION_TEXT,
     offsetof(struct options, theme)},
    {"--colour", "auto|mono|8|16|256|24", "how many colours", OPTION_CHOICE, offsetof(struct options, colour)},
    {"--glyphs", "auto|unicode|ascii", "which signs are drawn", OPTION_CHOICE, offsetof(struct options, glyphs)},
    {"--script", "FILE",
     "the console without a terminal: keys and waits from a file; --seed 1 and --clock 2026-03-14T12:00:00Z if not "
     "given",
     OPTION_TEXT, offsetof(struct options, script)},
    {"--size", "CxR", "size of the screen with --script; else 80x24", OPTION_SIZE, offsetof(struct options, columns)},
    {"--picture", "FILE", "writes the last screen of --script as text with colours", OPTION_TEXT,
     offsetof(struct options, picture)},
    {"--clean-up", NULL, "lab: runs step 10 too", OPTION_FLAG, offsetof(struct options, clean_up)},
    {"-e", "STATEMENT", "sql: runs the statements, again and again if given so", OPTION_SOURCE, 0},
    {"-f", "FILE", "sql: runs the statements of a file", OPTION_SOURCE, 0},
    {"--output", "table|json|csv", "sql: how results are printed", OPTION_CHOICE, offsetof(struct options, output)},
    {"--help", NULL, "this text", OPTION_FLAG, offsetof(struct options, help)},
    {"--version", NULL, "the version", OPTION_FLAG, offsetof(struct options, version)},
};

bool options_parse_time(const char *text, int64_t *ms) {
    static const struct {
        const char *unit;
        double ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"", 1000}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        struct view view = view_of(text);
        double number;
        if (!view_ends_with(view, view_of(units[i].unit)))
            continue;
        view.size -= strlen(units[i].unit);
        if (!view_to_double(view, &number) || number < 0 || number * units[i].ms > 1e13)
            continue;
        *ms = (int64_t)(number * units[i].ms);
        return true;
    }
    return false;
}

bool options_parse_size(struct view text, int size[2]) {
    struct view rest = text, piece;
    int64_t number;
    for (int i = 0; i < 2; i++) {
        if (!view_split(&rest, 'x', &piece) || !view_to_int64(piece, &number) || number < 1 || number > 1000)
            return false;
        size[i] = (int)number;
    }
    return rest.size == 0;
}

static bool is_choice(const char *choices, struct view value) {
    struct view rest = view_of(choices), one;
    while (view_split(&rest, '|', &one))
        if (view_equal(one, value))
            return true;
    return false;
}

static int set_option(struct options *options, const struct option_row *row, const char *value, struct error *error) {
    char *field = (char *)options + row->at;
    struct view view = view_of(value ? value : "");
    int64_t number = 0;
    double real = 0;
    bool good = true;
    switch (row->type) {
    case OPTION_FLAG:
        *(bool *)field = true;
        break;
    case OPTION_TEXT:
        *(const char **)field = value;
        break;
    case OPTION_PORT:
        good = view_to_int64(view, &number) && number > 0 && number < 65536;
        *(uint16_t *)field = (uint16_t)number;
        break;
    case OPTION_SEED:
        good = view_to_int64(view, &number) && number > 0;
        *(uint64_t *)field = (uint64_t)number;
        break;
    case OPTION_CLOCK:
        if (clock_parse_iso(view, &number, error) != 0)
            return -1;
        clock_fix((struct clock *)field, number);
        break;
    case OPTION_STEP:
        good = view_to_int64(view, &number) && number >= 1 && number <= 11;
        *(int *)field = (int)number;
        break;
    case OPTION_RATE:
        good = strcmp(value, "max") == 0 || (view_to_double(view, &real) && real > 0);
        *(double *)field = strcmp(value, "max") == 0 ? -1 : real;
        break;
    case OPTION_TIME:
        good = options_parse_time(value, (int64_t *)field);
        break;
    case OPTION_CHOICE:
        good = is_choice(row->value, view);
        *(const char **)field = value;
        break;
    case OPTION_SIZE:
        good = options_parse_size(view, (int *)field);
        break;
    case OPTION_SOURCE:
        options->sources[options->source_count++] = (struct option_source){strcmp(row->name, "-f") == 0, value};
        break;
    }
    return good ? 0 : error_set(error, ERROR_INVALID, "%s wants %s, not '%s'", row->name, row->value, value);
}

int options_parse(struct options *options, int count, char **arguments, struct error *error) {
    *options = (struct options){.until = 9, .listen = "127.0.0.1"};
    options->words = memory_zero((size_t)count + 1, sizeof *options->words);
    options->sources = memory_zero((size_t)count + 1, sizeof *options->sources);
    for (int i = 1; i < count; i++) {
        const char *argument = arguments[i];
        bool is_short = strcmp(argument, "-e") == 0 || strcmp(argument, "-f") == 0;
        if (strncmp(argument, "--", 2) != 0 && !is_short) { /* -5 is a word: tail TOPIC -5 */
            options->words[options->word_count++] = argument;
            continue;
        }
        const char *equals = is_short ? NULL : strchr(argument, '=');
        size_t size = equals ? (size_t)(equals - argument) : strlen(argument);
        const struct option_row *row = NULL;
        for (size_t j = 0; j < sizeof rows / sizeof *rows; j++)
            if (strlen(rows[j].name) == size && strncmp(rows[j].name, argument, size) == 0)
                row = &rows[j];
        if (!row)
            return error_set(error, ERROR_INVALID, "there is no option %.*s; --help lists all", (int)size, argument);
        const char *value = row->value ? equals ? equals + 1 : i + 1 < count ? arguments[++i] : NULL : NULL;
        if (row->value && !value)
            return error_set(error, ERROR_INVALID, "%s wants %s behind it", row->name, row->value);
        if (!row->value && equals)
            return error_set(error, ERROR_INVALID, "%s takes no value", row->name);
        if (set_option(options, row, value, error) != 0)
            return -1;
    }
    return 0;
}

void options_free(struct options *options) {
    memory_free(options->words);
    memory_free(options->sources);
}

static void print_options(struct text *out, bool manual) {
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        text_append_format(out, "%s%s%s%s%s%s\n", manual ? ".TP\n.B \\" : "  ", rows[i].name, rows[i].value ? " " : "",
                           rows[i].value ? rows[i].value : "", manual ? "\n" : "\n      ", rows[i].help);
}

void options_print_verb(const struct verb *verb, struct text *out) {
    text_append_format(out, "fraudscope %s %s\n    %s\n", verb->name, verb->usage, verb->help);
}

void options_print_help(struct text *out) {
    text_append_string(out,
                       "fraudscope carries a streaming fraud workshop: its own Kafka broker, schema registry, ksqlDB\n"
                       "server and Connect worker, or the servers of a profile.\n\n");
    for (const struct verb *verb = verbs; verb->name; verb++)
        options_print_verb(verb, out);
    text_append_string(out, "\nOptions\n");
    print_options(out, false);
    text_append_string(out, "\nExit status: 0 done, 1 a check or statement failed, 2 wrong use, 3 a server not "
                            "reachable, 4 interrupted.\n");
}

void options_print_manual(struct text *out) {
    text_append_string(out, ".TH FRAUDSCOPE 1\n.SH NAME\nfraudscope \\- a streaming fraud workshop in one terminal "
                            "program\n.SH COMMANDS\n");
    for (const struct verb *verb = verbs; verb->name; verb++)
        text_append_format(out, ".TP\n.B fraudscope %s\n%s\n.br\n%s\n", verb->name, verb->usage, verb->help);
    text_append_string(out, ".SH OPTIONS\n");
    print_options(out, true);
    text_append_string(out, ".SH EXIT STATUS\n0 done, 1 a check or statement failed, 2 wrong use, 3 a server not "
                            "reachable, 4 interrupted.\n");
}
