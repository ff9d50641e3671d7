/* ksql_cases [--only LEVEL] [--passing FILE] [--list] PATH...: runs ksqlDB's test cases, where they lie, against our
 * engine and server. PATH is a case file or a folder of them; levels.tsv lies in the folder named or above it. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "case.h"
#include "foundation/base/file.h"
#include "foundation/base/map.h"
#include "foundation/base/memory.h"
#include "foundation/base/vector.h"

struct total {
    char name[64];
    size_t passed, all;
};
struct tool {
    const char *only;
    bool list;          /* names of the passing ones */
    struct map *levels; /* "query/FILE#N FORMAT" to level */
    VECTOR(struct total) totals;
    size_t passed, failed;
};

static void count(struct tool *tool, const char *kind, const char *level, bool passed) {
    char name[64];
    size_t i = 0;
    snprintf(name, sizeof name, "%s%s%s", kind, level == NULL ? "" : " ", level == NULL ? "" : level);
    while (i < tool->totals.count && strcmp(tool->totals.items[i].name, name) != 0)
        i++;
    if (i == tool->totals.count) {
        struct total total = {.passed = 0};
        snprintf(total.name, sizeof total.name, "%s", name);
        vector_push(&tool->totals, total);
    }
    tool->totals.items[i].all++;
    tool->totals.items[i].passed += passed;
    tool->passed += passed;
    tool->failed += !passed;
}

/* --- levels --- */

static bool read_levels(struct tool *tool, const char *folder) {
    char *path = file_join(folder, "levels.tsv");
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t size = 0;
    memory_free(path);
    if (file == NULL)
        return false;
    while (getline(&line, &size, file) > 0) {
        char *rest = line, *name = strsep(&rest, "\t"), *format = strsep(&rest, "\t"), *level = strsep(&rest, "\t");
        char key[512];
        if (level == NULL || name[0] == '#')
            continue;
        snprintf(key, sizeof key, "%s %s", name, format);
        map_put(tool->levels, view_of(key), memory_copy_string(level));
    }
    free(line);
    fclose(file);
    return true;
}

static void find_levels(struct tool *tool, const char *path) {
    char folder[4096];
    snprintf(folder, sizeof folder, "%s", path);
    for (int i = 0; i < 3; i++) {
        if (read_levels(tool, folder))
            return;
        char *slash = strrchr(folder, '/');
        if (slash == NULL)
            break;
        *slash = '\0';
    }
}

/* --- runs --- */

static json_t *substitute(const json_t *test, const char *name, const char *value) {
    char *text = json_dumps(test, JSON_COMPACT);
    struct text out = TEXT_EMPTY;
    size_t size = strlen(name);
    for (const char *at = text; *at != '\0';) {
        if (strncmp(at, name, size) == 0) {
            text_append_string(&out, value);
            at += size;
        } else {
            text_append_char(&out, *at++);
        }
    }
    json_t *result = json_loadb(out.data, out.size, 0, NULL);
    text_free(&out);
    free(text);
    return result;
}

static void run_one(struct tool *tool, const char *kind, const json_t *test, const char *format) {
    const char *origin = json_string_value(json_object_get(test, "origin"));
    char key[512];
    snprintf(key, sizeof key, "%s/%s %s", kind, origin, format);
    const char *level = map_get(tool->levels, view_of(key));
    if (tool->only != NULL && (level == NULL || strcmp(level, tool->only) != 0))
        return;
    struct text difference = TEXT_EMPTY;
    struct case_run run = {test, format};
    bool passed =
        strcmp(kind, "rest") == 0 ? rest_case_run(&run, &difference) == 0 : query_case_run(&run, &difference) == 0;
    count(tool, kind, level, passed);
    if (!passed)
        printf("FAIL %s (%s): %s\n", key, json_string_value(json_object_get(test, "name")), text_string(&difference));
    else if (tool->list)
        printf("PASS %s\n", key);
    fflush(stdout);
    text_free(&difference);
}

static void run_formats(struct tool *tool, const char *kind, const json_t *test) {
    const json_t *formats = json_object_get(test, "format");
    if (!json_is_array(formats)) {
        run_one(tool, kind, test, "-");
        return;
    }
    size_t at;
    json_t *format;
    json_array_foreach(formats, at, format) {
        json_t *filled = substitute(test, "{FORMAT}", json_string_value(format));
        run_one(tool, kind, filled, json_string_value(format));
        json_decref(filled);
    }
}

static void run_test(struct tool *tool, const char *kind, const json_t *test) {
    const json_t *configs = json_object_get(test, "config");
    if (json_is_false(json_object_get(test, "enabled")))
        return;
    if (!json_is_array(configs)) {
        run_formats(tool, kind, test);
        return;
    }
    size_t at;
    json_t *config;
    json_array_foreach(configs, at, config) {
        json_t *filled = substitute(test, "{CONFIG}", json_string_value(config));
        run_formats(tool, kind, filled);
        json_decref(filled);
    }
}

static int run_file(struct tool *tool, const char *path) {
    json_error_t problem;
    json_t *root = json_load_file(path, 0, &problem);
    if (root == NULL) {
        fprintf(stderr, "%s:%d: %s\n", path, problem.line, problem.text);
        return -1;
    }
    const char *kind = strstr(path, "rest-query-validation-tests") != NULL ? "rest" : "query";
    size_t at;
    json_t *test;
    json_array_foreach(json_object_get(root, "tests"), at, test) run_test(tool, kind, test);
    json_decref(root);
    return 0;
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int run_path(struct tool *tool, const char *path) {
    DIR *folder = opendir(path);
    if (folder == NULL)
        return run_file(tool, path);
    VECTOR(char *) names = {0};
    struct dirent *entry;
    int status = 0;
    while ((entry = readdir(folder)) != NULL) {
        struct stat about;
        char *inside = file_join(path, entry->d_name);
        bool wanted = entry->d_name[0] != '.' && stat(inside, &about) == 0 &&
                      (S_ISDIR(about.st_mode) || view_ends_with(view_of(inside), VIEW(".json")));
        if (wanted)
            vector_push(&names, inside);
        else
            memory_free(inside);
    }
    closedir(folder);
    qsort(names.items, names.count, sizeof *names.items, by_name);
    for (size_t i = 0; i < names.count; i++) {
        status |= run_path(tool, names.items[i]);
        memory_free(names.items[i]);
    }
    vector_free(&names);
    return status;
}

static int usage(void) {
    fprintf(stderr, "usage: ksql_cases [--only LEVEL] [--list] PATH...\n"
                    "  --only LEVEL  runs of one level of levels.tsv only: L1, L2, L3, protobuf, custom\n"
                    "  --list        prints a line for each passing run as well\n");
    return 2;
}

int main(int argc, char **argv) {
    struct tool tool = {.levels = map_new(memory_free)};
    int at = 1, status = 0;
    for (; at < argc && argv[at][0] == '-'; at++) {
        if (strcmp(argv[at], "--list") == 0)
            tool.list = true;
        else if (strcmp(argv[at], "--only") == 0 && at + 1 < argc)
            tool.only = argv[++at];
        else
            return usage();
    }
    if (at == argc)
        return usage();
    for (; at < argc; at++) {
        find_levels(&tool, argv[at]);
        status |= run_path(&tool, argv[at]);
    }
    for (size_t i = 0; i < tool.totals.count; i++)
        printf("%s: %zu of %zu\n", tool.totals.items[i].name, tool.totals.items[i].passed, tool.totals.items[i].all);
    printf("%zu passed, %zu failed\n", tool.passed, tool.failed);
    map_free(tool.levels);
    vector_free(&tool.totals);
    return status != 0 || tool.failed != 0 || tool.passed == 0;
}
