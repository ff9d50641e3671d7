#include <ctype.h>
#include <strings.h>

#include "console/ui/private.h"

static bool contains(struct view row, struct view word) {
    bool exact = false;
    for (size_t i = 0; i < word.size; i++)
        exact |= isupper((unsigned char)word.data[i]) != 0;
    for (size_t i = 0; i + word.size <= row.size; i++)
        if (exact ? memcmp(row.data + i, word.data, word.size) == 0
                  : strncasecmp(row.data + i, word.data, word.size) == 0)
            return true;
    return false;
}

bool filter_match(const char *filter, struct view row, int64_t amount) {
    struct view rest = view_of(filter), word;
    while (view_split(&rest, ' ', &word)) {
        bool negated = word.size > 1 && word.data[0] == '!', found;
        int64_t limit;
        if (negated) {
            word.data++;
            word.size--;
        }
        if (word.size == 0)
            continue;
        if (view_starts_with(word, VIEW("amount")) && word.size > 7 && strchr("<>=", word.data[6]) &&
            view_to_int64((struct view){word.data + 7, word.size - 7}, &limit))
            found = word.data[6] == '>'   ? amount > limit
                    : word.data[6] == '<' ? amount >= 0 && amount < limit
                                          : amount == limit;
        else
            found = contains(row, word);
        if (found == negated)
            return false;
    }
    return true;
}
