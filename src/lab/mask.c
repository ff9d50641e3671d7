#include "lab/mask.h"

enum { SHOWN = 4 };

void mask_card(struct view card, struct text *out) {
    for (size_t i = 0; i < card.size; i++) {
        char c = card.data[i];
        bool digit = c >= '0' && c <= '9', shown = card.size > 3 * SHOWN && (i < SHOWN || i + SHOWN >= card.size);
        text_append_char(out, digit && !shown ? '*' : c);
    }
}

void mask_email(struct view email, struct text *out) {
    size_t at = 0, first = 0;
    while (at < email.size && email.data[at] != '@')
        at++;
    if (email.size)
        for (first = 1; first < at && ((unsigned char)email.data[first] & 0xc0) == 0x80;)
            first++;
    if (first > at)
        first = at;
    text_append(out, (struct view){email.data, first});
    text_append_string(out, "***");
    text_append(out, (struct view){email.data + at, email.size - at});
}
