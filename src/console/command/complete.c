#include "console/command/complete.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "foundation/base/memory.h"
#include "foundation/base/vector.h"

enum { WORDS_MOST = 32 };

struct words {
    struct view items[WORDS_MOST];
    size_t count;
};

/* Words of the last command of the line; a blank at the end begins an empty one. */
static void split(struct view line, struct words *words) {
    words->count = 0;
    for (size_t i = line.size; i-- > 0;)
        if (line.data[i] == ';') {
            line = (struct view){line.data + i + 1, line.size - i - 1};
            break;
        }
    while (line.size && (line.data[0] == ' ' || line.data[0] == ':'))
        line = (struct view){line.data + 1, line.size - 1};
    while (words->count < WORDS_MOST) {
        size_t size = 0;
        while (size < line.size && line.data[size] != ' ')
            size++;
        words->items[words->count++] = (struct view){line.data, size};
        if (size == line.size)
            return;
        line = (struct view){line.data + size, line.size - size};
        while (line.size > 0 && line.data[0] == ' ')
            line = (struct view){line.data + 1, line.size - 1};
    }
}

static const struct command *find(const struct completion_source *source, struct view name) {
    const struct command *only = NULL;
    size_t count = 0;
    if (name.size && name.data[name.size - 1] == '!')
        name.size--;
    for (size_t i = 0; name.size && source->tables[i]; i++)
        for (const struct command *row = source->tables[i]; row->name; row++) {
            if (view_equal(view_of(row->name), name))
                return row;
            if (view_starts_with(view_of(row->name), name) && (!only || strcmp(only->name, row->name) != 0)) {
                only = row;
                count++;
            }
        }
    return count == 1 ? only : NULL;
}

const struct command *complete_command(const struct completion_source *source, struct view before, size_t *word) {
    struct words words;
    split(before, &words);
    *word = words.count - 1;
    return find(source, words.items[0]);
}

/* Takes the next token of an alternative; brackets only say that it may be left out. */
static bool take_token(struct view *usage, struct view *token) {
    *usage = view_trim(*usage);
    size_t size = 0;
    while (size < usage->size && usage->data[size] != ' ')
        size++;
    *token = (struct view){usage->data, size};
    *usage = (struct view){usage->data + size, usage->size - size};
    while (token->size && token->data[0] == '[')
        *token = (struct view){token->data + 1, token->size - 1};
    while (token->size && token->data[token->size - 1] == ']')
        token->size--;
    return size > 0;
}

static bool is_placeholder(struct view word) {
    for (size_t i = 0; i < word.size; i++)
        if (islower((unsigned char)word.data[i]))
            return false;
    return word.size && (isupper((unsigned char)word.data[0]) || strchr("-@", word.data[0]));
}

static bool fits(struct view token, struct view word) {
    struct view choice;
    while (view_split(&token, '|', &choice))
        if (is_placeholder(choice) || view_equal(choice, word))
            return true;
    return false;
}

static bool begins(struct view value, struct view prefix) {
    return value.size >= prefix.size && strncasecmp(value.data, prefix.data, prefix.size) == 0;
}

struct wanted { /* passes on what begins so, each once */
    completion_emit emit;
    void *to;
    struct view prefix;
    VECTOR(char *) given;
};

static void offer(void *context, const char *value) {
    struct wanted *wanted = context;
    if (!begins(view_of(value), wanted->prefix))
        return;
    for (size_t i = 0; i < wanted->given.count; i++)
        if (strcmp(wanted->given.items[i], value) == 0)
            return;
    vector_push(&wanted->given, memory_copy_string(value));
    wanted->emit(wanted->to, value);
}

static void offer_token(const struct completion_source *source, struct view token, struct wanted *wanted) {
    struct view choice;
    char prefix[256] = "", name[64] = "";
    memcpy(prefix, wanted->prefix.data, wanted->prefix.size < sizeof prefix ? wanted->prefix.size : sizeof prefix - 1);
    while (view_split(&token, '|', &choice)) {
        if (choice.size == 0 || choice.size >= sizeof name)
            continue;
        memcpy(name, choice.data, choice.size);
        name[choice.size] = '\0';
        if (!is_placeholder(choice))
            offer(wanted, name);
        else if (source->values)
            source->values(source->context, name, prefix, offer, wanted);
    }
}

/* Alternatives are divided by " | "; the words before must fit the tokens before. */
static void offer_alternative(const struct completion_source *source, struct view usage, const struct words *words,
                              struct wanted *wanted) {
    struct view token;
    for (size_t i = 1; take_token(&usage, &token); i++) {
        if (i + 1 == words->count) {
            offer_token(source, token, wanted);
            return;
        }
        if (!fits(token, words->items[i]))
            return;
    }
}

static void offer_arguments(const struct completion_source *source, const struct command *row,
                            const struct words *words, struct wanted *wanted) {
    struct view usage = view_of(row->usage);
    if (row->flags & COMMAND_RAW) { /* any word may be any of its values */
        offer_token(source, usage, wanted);
        return;
    }
    while (usage.size) {
        const char *bar = memmem(usage.data, usage.size, " | ", 3);
        size_t size = bar ? (size_t)(bar - usage.data) : usage.size;
        offer_alternative(source, (struct view){usage.data, size}, words, wanted);
        usage = bar ? (struct view){bar + 3, usage.size - size - 3} : (struct view){0};
    }
}

void complete_line(const struct completion_source *source, struct view before, completion_emit emit, void *to) {
    struct words words;
    split(before, &words);
    struct wanted wanted = {.emit = emit, .to = to, .prefix = words.items[words.count - 1]};
    if (words.count == 1) {
        for (size_t i = 0; source->tables[i]; i++)
            for (const struct command *row = source->tables[i]; row->name; row++)
                offer(&wanted, row->name);
    } else {
        const struct command *row = find(source, words.items[0]);
        if (row)
            offer_arguments(source, row, &words, &wanted);
    }
    for (size_t i = 0; i < wanted.given.count; i++)
        memory_free(wanted.given.items[i]);
    vector_free(&wanted.given);
}

bool history_may_keep(struct view line) {
    static const char *const words[] = {"secret",     "password",      "passwd",     "passphrase", "token",
                                        "credential", "jaas",          "api.key",    "api_key",    "apikey",
                                        "basic.auth", "authorization", "private key"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        for (size_t at = 0; at + strlen(words[i]) <= line.size; at++)
            if (strncasecmp(line.data + at, words[i], strlen(words[i])) == 0)
                return false;
    return view_trim(line).size > 0;
}
