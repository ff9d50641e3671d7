#include "app/look.h"

#include <dirent.h>
#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "foundation/base/file.h"
#include "foundation/base/memory.h"

enum { THEMES_MOST = 64, GROUND_LIGHT = 128 };

char *look_config_path(const char *name) {
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    bool given = config && *config;
    struct text path = TEXT_EMPTY;
    text_append_format(&path, "%s%s/fraudscope/%s", given ? config : home ? home : "", given ? "" : "/.config", name);
    return text_take(&path);
}

void look_open(struct look *look) {
    char *folder = look_config_path("themes");
    DIR *list = opendir(folder);
    *look = (struct look){.glyphs = "auto", .colours = "auto"};
    theme_init(&look->theme);
    for (struct dirent *entry; list && (entry = readdir(list)) && look->own.count < THEMES_MOST;) {
        struct view name = view_of(entry->d_name);
        if (!view_ends_with(name, VIEW(".theme")) || name.size >= sizeof look->name)
            continue;
        struct look_theme theme = {0};
        struct text own = TEXT_EMPTY;
        char *path = file_join(folder, entry->d_name);
        if (file_read(path, &theme.text, NULL) == 0) {
            text_append(&own, (struct view){name.data, name.size - 6});
            theme.name = text_take(&own);
            vector_push(&look->own, theme);
        } else {
            text_free(&theme.text);
        }
        memory_free(path);
    }
    if (list)
        closedir(list);
    memory_free(folder);
}

void look_free(struct look *look) {
    for (size_t i = 0; i < look->own.count; i++) {
        memory_free(look->own.items[i].name);
        text_free(&look->own.items[i].text);
    }
    vector_free(&look->own);
    text_free(&look->complaints);
}

/* A person's own theme of a name wins over the shipped one. */
static struct view text_of(void *context, const char *name) {
    const struct look *look = context;
    for (size_t i = 0; i < look->own.count; i++)
        if (strcmp(look->own.items[i].name, name) == 0)
            return text_view(&look->own.items[i].text);
    return theme_shipped(name);
}

const char *look_theme_name(const struct look *look, size_t index, char name[64]) {
    size_t shipped = 0;
    while (theme_shipped_name(shipped, name))
        shipped++;
    if (index < shipped)
        return theme_shipped_name(index, name);
    if (index - shipped >= look->own.count)
        return NULL;
    snprintf(name, 64, "%s", look->own.items[index - shipped].name);
    return name;
}

static void next_name(const struct look *look, char name[64]) {
    size_t at = 0, count = 0;
    char one[64];
    for (; look_theme_name(look, count, one); count++)
        if (strcmp(one, look->name) == 0)
            at = count + 1;
    look_theme_name(look, count ? at % count : 0, name);
}

/* COLORFGBG is "15;0": the last number is the ground, 7 and 9 to 15 are light. */
static bool light_by_environment(void) {
    const char *colours = getenv("COLORFGBG"), *last = colours ? strrchr(colours, ';') : NULL;
    int64_t ground;
    return last && view_to_int64(view_of(last + 1), &ground) && (ground == 7 || ground > 8);
}

static const char *automatic(int background) {
    if (background < 0)
        return light_by_environment() ? "light" : "dark";
    int sum = (background >> 16 & 255) * 30 + (background >> 8 & 255) * 59 + (background & 255) * 11;
    return sum / 100 >= GROUND_LIGHT ? "light" : "dark";
}

int look_set_theme(struct look *look, const char *name, int background, struct error *error) {
    char wanted[64], one[64];
    if (name)
        snprintf(wanted, sizeof wanted, "%s", strcmp(name, "auto") == 0 ? automatic(background) : name);
    else
        next_name(look, wanted);
    struct view text = text_of(look, wanted);
    if (text.size == 0) {
        struct text names = TEXT_EMPTY;
        for (size_t i = 0; look_theme_name(look, i, one); i++)
            text_append_format(&names, "%s%s", i ? ", " : "", one);
        error_set(error, ERROR_NOT_FOUND, "there is no theme '%s'; there are %s", wanted, text_string(&names));
        text_free(&names);
        return -1;
    }
    snprintf(look->name, sizeof look->name, "%s", wanted);
    snprintf(one, sizeof one, "%.50s.theme", wanted);
    theme_init(&look->theme);
    text_clear(&look->complaints);
    theme_load(&look->theme, text, one, text_of, look, &look->complaints);
    return 0;
}

bool look_ascii(const struct look *look) {
    if (strcmp(look->glyphs, "auto") != 0)
        return strcmp(look->glyphs, "ascii") == 0;
    return strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
}
