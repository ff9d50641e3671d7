#include "pattern_match.h"

#include <stdint.h>
#include <string.h>

#include "foundation/base/utf8.h"
#include "ksql/function/family.h"
#include "pattern_code.h"

enum { STEPS_MOST = 5000000, SLOTS = 2 * REGEX_GROUPS };

struct back { /* where to go on, or a slot to put back (pc SIZE_MAX) */
    size_t pc, at, slot, value;
};
struct machine {
    const struct regex *regex;
    struct view text;
    VECTOR(struct back) stack;
    size_t slots[SLOTS];
    size_t *marks;
    long steps;
};

static bool is_word(struct view text, size_t at) {
    unsigned char c = at < text.size ? (unsigned char)text.data[at] : ' ';
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

static bool boundary(struct view text, size_t at) {
    return (at > 0 && is_word(text, at - 1)) != is_word(text, at);
}

static bool in_set(const struct instruction *instruction, uint32_t letter) {
    const struct set *set = instruction->set;
    bool found = false;
    for (int pass = 0; pass < (instruction->ignore_case ? 3 : 1) && !found; pass++) {
        uint32_t one = pass == 0 ? letter : function_letter_case(letter, pass == 1);
        for (size_t i = 0; i < set->count && !found; i++)
            found = one >= set->ranges[i].low && one <= set->ranges[i].high;
    }
    return found != set->negated;
}

static bool letter_fits(const struct instruction *instruction, uint32_t letter) {
    if (instruction->code == CODE_ANY)
        return instruction->dot_all || (letter != '\n' && letter != '\r');
    if (instruction->code == CODE_SET)
        return in_set(instruction, letter);
    return letter == instruction->letter ||
           (instruction->ignore_case &&
            function_letter_case(letter, false) == function_letter_case(instruction->letter, false));
}

static bool assertion(const struct instruction *instruction, struct view text, size_t at) {
    switch (instruction->code) {
    case CODE_TEXT_START:
        return at == 0;
    case CODE_LINE_START:
        return at == 0 || text.data[at - 1] == '\n';
    case CODE_TEXT_END:
        return at == text.size;
    case CODE_LINE_END:
        return at == text.size || (at + 1 == text.size && text.data[at] == '\n') ||
               (instruction->lines && text.data[at] == '\n');
    case CODE_BOUNDARY:
        return boundary(text, at);
    default:
        return !boundary(text, at);
    }
}

static void save(struct machine *m, size_t slot, size_t value) {
    size_t *place = slot < SLOTS ? &m->slots[slot] : &m->marks[slot - SLOTS];
    struct back back = {SIZE_MAX, 0, slot, *place};
    vector_push(&m->stack, back);
    *place = value;
}

/* Back to the last choice above `floor`; false when there is none. */
static bool go_back(struct machine *m, size_t floor, size_t *pc, size_t *at) {
    while (m->stack.count > floor) {
        struct back back = m->stack.items[--m->stack.count];
        if (back.pc != SIZE_MAX) {
            *pc = back.pc;
            *at = back.at;
            return true;
        }
        *(back.slot < SLOTS ? &m->slots[back.slot] : &m->marks[back.slot - SLOTS]) = back.value;
    }
    return false;
}

/* 1 matches, 0 does not, -1 too many steps. */
static int run(struct machine *m, size_t pc, size_t at, size_t *end) {
    size_t floor = m->stack.count;
    for (;;) {
        const struct instruction *instruction = &m->regex->code.items[pc];
        bool right = true;
        if (--m->steps < 0)
            return -1;
        switch (instruction->code) {
        case CODE_MATCH:
            *end = at;
            return 1;
        case CODE_CHAR:
        case CODE_ANY:
        case CODE_SET: {
            uint32_t letter = 0;
            size_t length = utf8_decode((struct view){m->text.data + at, m->text.size - at}, &letter);
            if (length == 0 && at < m->text.size)
                letter = 0xFFFD, length = 1;
            right = length != 0 && letter_fits(instruction, letter);
            at += length;
            pc++;
            break;
        }
        case CODE_SPLIT: {
            struct back back = {instruction->b, at, 0, 0};
            vector_push(&m->stack, back);
            pc = instruction->a;
            break;
        }
        case CODE_JUMP:
            pc = instruction->a;
            break;
        case CODE_SAVE:
            save(m, instruction->a, at);
            pc++;
            break;
        case CODE_MARK:
            save(m, SLOTS + instruction->a, at);
            pc++;
            break;
        case CODE_MOVED: /* a repeat that took nothing goes on behind the jump */
            pc += m->marks[instruction->a] == at ? 2 : 1;
            break;
        case CODE_BACK: {
            size_t start = m->slots[2 * instruction->a], stop = m->slots[2 * instruction->a + 1];
            right = start <= stop && stop != SIZE_MAX && m->text.size - at >= stop - start &&
                    memcmp(m->text.data + at, m->text.data + start, stop - start) == 0;
            at += right ? stop - start : 0;
            pc++;
            break;
        }
        case CODE_AHEAD:
        case CODE_NOT_AHEAD: {
            size_t ignored, kept = m->stack.count;
            int found = run(m, pc + 1, at, &ignored);
            if (found < 0)
                return -1;
            m->stack.count = kept;
            right = (found == 1) == (instruction->code == CODE_AHEAD);
            pc = instruction->a;
            break;
        }
        default:
            right = assertion(instruction, m->text, at);
            pc++;
        }
        if (!right && !go_back(m, floor, &pc, &at))
            return 0;
    }
}

int regex_search(const struct regex *regex, struct view text, size_t from, struct regex_match *match,
                 struct error *error) {
    struct machine m = {.regex = regex, .text = text, .steps = STEPS_MOST};
    int found = 0;
    m.marks = memory_zero(regex->marks + 1, sizeof *m.marks);
    for (size_t start = from; found == 0 && start <= text.size; start++) {
        if (start < text.size && ((unsigned char)text.data[start] & 0xC0) == 0x80)
            continue; /* inside a character */
        memset(m.slots, 0xFF, sizeof m.slots);
        m.stack.count = 0;
        m.slots[0] = start;
        found = run(&m, 0, start, &m.slots[1]);
    }
    for (size_t i = 0; i < REGEX_GROUPS; i++) {
        bool took = m.slots[2 * i] != SIZE_MAX && m.slots[2 * i + 1] != SIZE_MAX;
        match->start[i] = took ? m.slots[2 * i] : 1;
        match->end[i] = took ? m.slots[2 * i + 1] : 0;
    }
    vector_free(&m.stack);
    memory_free(m.marks);
    return found >= 0 ? found
                      : error_set(error, ERROR_INVALID, "the regular expression takes more than %d steps on one row",
                                  STEPS_MOST);
}
