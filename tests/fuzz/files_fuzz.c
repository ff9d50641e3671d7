/* Text files that people bring: property files and profiles, key files, themes. Input: a byte that chooses, the file.
 */
#include <stdio.h>

#include "client/profile.h"
#include "console/command/keymap.h"
#include "console/ui/theme.h"
#include "foundation/base/memory.h"
#include "fuzz/fuzz.h"

static struct view inherited(void *context, const char *name) {
    (void)context;
    return theme_shipped(name);
}

static void read_properties(struct view text) {
    struct properties *properties = properties_new();
    struct error error = {0};
    if (properties_parse(properties, text, "file", &error) == 0) {
        struct profile *profile = profile_from_properties("p", properties, 0, &error);
        if (profile) {
            struct text out = TEXT_EMPTY;
            profile_print(profile, &out);
            text_free(&out);
        }
        profile_release(profile);
    }
    properties_free(properties);
}

static void read_keys(struct view text) {
    struct keymap *keys = keymap_new();
    struct text complaints = TEXT_EMPTY;
    keymap_load(keys, text, "file", &complaints);
    for (size_t i = 0; i < keymap_count(keys); i++)
        if (!keymap_find(keys, keymap_at(keys, i)->place, keymap_at(keys, i)->key))
            fuzz_broken("a row of the key map can be found");
    text_free(&complaints);
    keymap_free(keys);
}

static void read_theme(struct view text) {
    struct theme theme;
    struct text complaints = TEXT_EMPTY;
    theme_init(&theme);
    theme_load(&theme, text, "file", inherited, NULL, &complaints);
    for (int role = 0; role < ROLE_COUNT; role++)
        for (int mode = COLOUR_MONO; mode <= COLOUR_DIRECT; mode++)
            theme_look(&theme, (enum role)role, (enum colour_mode)mode);
    text_free(&complaints);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static void (*const readers[])(struct view text) = {read_properties, read_keys, read_theme};
    struct fuzz_input input = fuzz_input(data, size);
    uint8_t chosen = fuzz_byte(&input);
    struct view text = fuzz_rest(&input);
    char *copy = fuzz_copy(text);
    readers[chosen % 3]((struct view){copy, text.size});
    memory_free(copy);
    return 0;
}
