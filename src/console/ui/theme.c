#include "console/ui/theme.h"

#include <stdio.h>
#include <stdlib.h>

#include "console/ui/defaults.h"

#define ROLE_NAME(name, text) text,
static const char *const role_names[] = {UI_ROLES(ROLE_NAME)};
static const char *const colour_names[] = {"black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"};
static const struct theme_colour no_colour = {-1, -1, -1};

void theme_init(struct theme *theme) {
    *theme = (struct theme){.paint_ground = true};
    for (int i = 0; i < ROLE_COUNT; i++)
        theme->styles[i].text = theme->styles[i].ground = no_colour;
}

static bool take_word(struct view *rest, struct view *word) {
    *rest = view_trim(*rest);
    size_t size = 0;
    while (size < rest->size && rest->data[size] != ' ' && rest->data[size] != '\t')
        size++;
    *word = (struct view){rest->data, size};
    rest->data += size;
    rest->size -= size;
    return size > 0;
}

static bool read_colour(struct view word, struct theme_colour *colour) {
    int64_t number;
    if (word.data[0] == '#') {
        char digits[8] = "", *end;
        if (word.size != 7)
            return false;
        memcpy(digits, word.data + 1, 6);
        colour->direct = (int)strtol(digits, &end, 16);
        return *end == '\0' && digits[0] != '-' && digits[0] != '+';
    }
    if (view_to_int64(word, &number) && word.data[0] != '+') {
        colour->indexed = (int)number;
        return number >= 0 && number <= 255;
    }
    bool bright = word.data[0] == '+';
    struct view name = {word.data + bright, word.size - bright};
    for (int i = 0; i < 8; i++)
        if (view_equal(name, view_of(colour_names[i]))) {
            colour->basic = i + (bright ? 8 : 0);
            return true;
        }
    return false;
}

static bool read_style(struct view value, struct theme_style *style) {
    struct theme_style read = {.text = no_colour, .ground = no_colour};
    struct theme_colour *colour = &read.text;
    struct view word;
    while (take_word(&value, &word)) {
        if (view_equal(word, VIEW("on")) && colour == &read.text)
            colour = &read.ground;
        else if (view_equal(word, VIEW("bold")))
            read.bold = true;
        else if (view_equal(word, VIEW("underline")))
            read.underline = true;
        else if (view_equal(word, VIEW("reverse")))
            read.reverse = true;
        else if (!view_equal(word, VIEW("plain")) && !read_colour(word, colour))
            return false;
    }
    *style = read;
    return true;
}

static void load(struct theme *theme, struct view text, const char *file,
                 struct view (*inherited)(void *context, const char *name), void *context, struct text *complaints,
                 int depth) {
    struct view line;
    for (int number = 1; view_split(&text, '\n', &line); number++) {
        line = view_trim(line);
        const char *equals = line.size ? memchr(line.data, '=', line.size) : NULL;
        if (line.size == 0 || line.data[0] == '#')
            continue;
        if (!equals) {
            text_append_format(complaints, "%s:%d: expected `role = value`\n", file, number);
            continue;
        }
        struct view name = view_trim((struct view){line.data, (size_t)(equals - line.data)});
        struct view value = view_trim((struct view){equals + 1, (size_t)(line.data + line.size - equals - 1)});
        if (view_equal(name, VIEW("inherit"))) {
            char other[64] = "";
            if (value.size < sizeof other)
                memcpy(other, value.data, value.size);
            struct view base = inherited ? inherited(context, other) : (struct view){0};
            if (!base.size || depth > 4)
                text_append_format(complaints, "%s:%d: there is no theme `%.*s` to inherit\n", file, number,
                                   VIEW_ARGS(value));
            else
                load(theme, base, other, inherited, context, complaints, depth + 1);
            continue;
        }
        int role = 0;
        while (role < ROLE_COUNT && !view_equal(name, view_of(role_names[role])))
            role++;
        if (role == ROLE_BACKGROUND && (view_equal(value, VIEW("paint")) || view_equal(value, VIEW("terminal"))))
            theme->paint_ground = value.data[0] == 'p';
        else if (role == ROLE_COUNT)
            text_append_format(complaints, "%s:%d: unknown role `%.*s`\n", file, number, VIEW_ARGS(name));
        else if (!read_style(value, &theme->styles[role]))
            text_append_format(complaints, "%s:%d: `%.*s` is no colour\n", file, number, VIEW_ARGS(value));
    }
}

void theme_load(struct theme *theme, struct view text, const char *file,
                struct view (*inherited)(void *context, const char *name), void *context, struct text *complaints) {
    load(theme, text, file, inherited, context, complaints, 0);
}

struct view theme_shipped(const char *name) {
    size_t size = strlen(name);
    for (size_t i = 0; i < ui_defaults_count; i++)
        if (strncmp(ui_defaults[i].name, name, size) == 0 && strcmp(ui_defaults[i].name + size, ".theme") == 0)
            return (struct view){ui_defaults[i].text, ui_defaults[i].size};
    return (struct view){0};
}

const char *theme_shipped_name(size_t index, char name[64]) {
    if (index >= ui_defaults_count)
        return NULL;
    snprintf(name, 64, "%.*s", (int)strcspn(ui_defaults[index].name, "."), ui_defaults[index].name);
    return name;
}

static int colour_number(struct theme_colour colour, enum colour_mode mode, bool *bold) {
    switch (mode) {
    case COLOUR_DIRECT:
        return colour.direct >= 0 && colour.direct < 8 ? 8 : colour.direct; /* 0-7 mean the basic colours there */
    case COLOUR_256:
        return colour.indexed;
    case COLOUR_16:
        return colour.basic;
    case COLOUR_8:
        *bold |= colour.basic >= 8; /* the bright ones */
        return colour.basic < 0 ? -1 : colour.basic & 7;
    default:
        return -1;
    }
}

struct theme_look theme_look(const struct theme *theme, enum role role, enum colour_mode mode) {
    const struct theme_style *style = &theme->styles[role];
    struct theme_look look = {-1, -1, style->bold, false, false};
    bool ignored = false;
    if (mode == COLOUR_MONO) {
        look.underline = style->underline;
        look.reverse = style->reverse;
        return look;
    }
    look.text = colour_number(style->text, mode, &look.bold);
    look.ground = colour_number(style->ground, mode, &ignored);
    if (look.ground < 0 && theme->paint_ground)
        look.ground = colour_number(theme->styles[ROLE_BACKGROUND].text, mode, &ignored);
    return look;
}

bool theme_is_mode(const char *asked) {
    static const char *const words[] = {"auto", "mono", "8", "16", "256", "24"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i], asked) == 0)
            return true;
    return false;
}

enum colour_mode theme_choose_mode(const char *asked, const char *no_color, int terminal_colours, bool direct) {
    if (asked && strcmp(asked, "mono") == 0)
        return COLOUR_MONO;
    if (asked && strcmp(asked, "8") == 0)
        return terminal_colours >= 8 ? COLOUR_8 : COLOUR_MONO;
    if (asked && strcmp(asked, "16") == 0)
        return terminal_colours >= 16 ? COLOUR_16 : terminal_colours >= 8 ? COLOUR_8 : COLOUR_MONO;
    if (asked && strcmp(asked, "256") == 0 && terminal_colours >= 256)
        return COLOUR_256;
    if (no_color && *no_color && (!asked || strcmp(asked, "auto") == 0))
        return COLOUR_MONO;
    if (direct)
        return COLOUR_DIRECT;
    return terminal_colours >= 256  ? COLOUR_256
           : terminal_colours >= 16 ? COLOUR_16
           : terminal_colours >= 8  ? COLOUR_8
                                    : COLOUR_MONO;
}
