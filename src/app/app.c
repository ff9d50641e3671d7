#include "app/app.h"

#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/runs.h"

static int run_help(struct options *options) {
    struct text text = TEXT_EMPTY;
    const char *name = options->word_count > 1 ? options->words[1] : NULL;
    for (const struct verb *verb = verbs; name && verb->name; verb++)
        if (strcmp(verb->name, name) == 0)
            options_print_verb(verb, &text);
    if (!name)
        options_print_help(&text);
    if (text.size == 0)
        fprintf(stderr, "fraudscope: there is no command '%s'; help lists all\n", name);
    fputs(text_string(&text), stdout);
    int result = text.size ? EXIT_DONE : EXIT_USE;
    text_free(&text);
    return result;
}

static int run_manual(struct options *options) {
    struct text text = TEXT_EMPTY;
    (void)options;
    options_print_manual(&text);
    fputs(text_string(&text), stdout);
    text_free(&text);
    return EXIT_DONE;
}

const struct verb verbs[] = {
    {"lab", "[--json] [--until STEP] [--for TIME] [--clean-up]",
     "runs the workshop's steps; each check is a line, exit 0 when all hold", run_lab},
    {"serve", "[broker|registry|ksqldb|connect ...]",
     "servers only, until a signal; their addresses on standard output", run_serve},
    {"sql", "[-e STATEMENT | -f FILE] [--output table|json|csv]",
     "a ksqlDB shell: statements given, from standard input, or typed", run_sql},
    {"produce", "[--rate N|max] [--for TIME]", "sends card transactions", run_produce},
    {"tail", "[TOPIC] [earliest|latest|-N|@MS]", "prints a topic's records as they come", run_tail},
    {"detect", "[--for TIME]", "raises and prints alerts", run_detect},
    {"topics", "[create NAME [PARTITIONS] | create workshop | delete NAME]", "lists, creates and deletes topics",
     run_topics},
    {"connector", "[create [FILE] | status|pause|resume|restart|delete NAME]", "the connectors", run_connector},
    {"cleanup", "", "removes everything that the lab made", run_cleanup},
    {"plain", "", "commands one a line from standard input, events as sentences", run_plain},
    {"help", "[COMMAND]", "this text, or that of one command", run_help},
    {"man", "", "the manual page", run_manual},
    {0},
};

int app_main(int count, char **arguments) {
    struct options options;
    struct error error = {0};
    int result = EXIT_USE;
    setlocale(LC_CTYPE, "");
    if (options_parse(&options, count, arguments, &error) != 0) {
        fprintf(stderr, "fraudscope: %s\n", error.message);
    } else if (options.version) {
        printf("fraudscope %s\n", FRAUDSCOPE_VERSION);
        result = EXIT_DONE;
    } else if (options.help) {
        result = run_help(&options);
    } else if (options.word_count == 0) {
        const char *term = getenv("TERM");
        bool dumb = !term || !*term || strcmp(term, "dumb") == 0;
        bool screen = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && !options.plain && !dumb;
        result = options.script ? run_script(&options) : screen ? run_console(&options) : run_plain(&options);
    } else {
        const struct verb *verb = verbs;
        while (verb->name && strcmp(verb->name, options.words[0]) != 0)
            verb++;
        if (verb->name)
            result = verb->run(&options);
        else
            fprintf(stderr, "fraudscope: there is no command '%s'; --help lists all\n", options.words[0]);
    }
    options_free(&options);
    return result;
}
