/* Cards and e-mail addresses are found by their look, wherever they stand: cells, JSON, keys, bytes. */
#include <ctype.h>

#include "console/ui/private.h"

enum { CARD_DIGITS = 16, GROUP = 4 };

bool ui_masks(const struct ui *ui, const struct scene *scene) {
    return scene->settings->mask && scene->now_ms >= ui->reveal_until_ms;
}

/* Length of the card number that begins here, in groups of four or without blanks; 0 = none. */
static size_t card_at(const unsigned char *bytes, size_t size) {
    size_t digits = 0, at = 0;
    while (at < size && digits < CARD_DIGITS) {
        if (isdigit(bytes[at]))
            digits++;
        else if ((bytes[at] != ' ' && bytes[at] != '-') || digits % GROUP != 0 || digits == 0 ||
                 !isdigit(bytes[at - 1]))
            return 0;
        at++;
    }
    return digits == CARD_DIGITS && (at == size || !isdigit(bytes[at])) ? at : 0;
}

static bool is_mail(unsigned char byte) {
    return isalnum(byte) || strchr("._%+-", byte) || byte >= 0x80;
}

/* Length of the part before the @ of an address that begins here; 0 = none. */
static size_t mail_at(const unsigned char *bytes, size_t size) {
    size_t at = 0;
    while (at < size && bytes[at] && is_mail(bytes[at]))
        at++;
    return at && at + 2 < size && bytes[at] == '@' && isalnum(bytes[at + 1]) ? at : 0;
}

static size_t letter_size(const unsigned char *bytes, size_t size) {
    size_t at = 1;
    while (at < size && (bytes[at] & 0xC0) == 0x80)
        at++;
    return at;
}

void mask_text(struct view text, bool mask, struct text *out) {
    const unsigned char *bytes = (const unsigned char *)text.data;
    size_t taken = 0, length;
    if (!mask) {
        text_append(out, text);
        return;
    }
    for (size_t at = 0; at < text.size;) {
        bool begins = at == 0 || !isalnum(bytes[at - 1]);
        if (begins && isdigit(bytes[at]) && (length = card_at(bytes + at, text.size - at)) > 0) {
            text_append_bytes(out, text.data + taken, at - taken);
            text_append_format(out, "%.4s •••• %.4s", text.data + at, text.data + at + length - GROUP);
            taken = at += length;
        } else if (begins && bytes[at] && is_mail(bytes[at]) && (length = mail_at(bytes + at, text.size - at)) > 0) {
            size_t letter = letter_size(bytes + at, length);
            text_append_bytes(out, text.data + taken, at + letter - taken);
            text_append_string(out, "•••");
            taken = at += length;
        } else {
            at++;
        }
    }
    text_append_bytes(out, text.data + taken, text.size - taken);
}

void mask_bytes(const unsigned char *bytes, size_t size, bool *hidden) {
    size_t length;
    for (size_t at = 0; at < size;) {
        bool begins = at == 0 || !isalnum(bytes[at - 1]);
        if (isdigit(bytes[at]) && (begins || !isdigit(bytes[at - 1])) &&
            (length = card_at(bytes + at, size - at)) > 0) {
            for (size_t i = GROUP; i + GROUP < length; i++)
                hidden[at + i] = true;
            at += length;
        } else if (begins && bytes[at] && is_mail(bytes[at]) && (length = mail_at(bytes + at, size - at)) > 0) {
            for (size_t i = letter_size(bytes + at, length); i < length; i++)
                hidden[at + i] = true;
            at += length;
        } else {
            at++;
        }
    }
}
