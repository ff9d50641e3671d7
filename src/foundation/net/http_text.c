#include "foundation/net/http_text.h"

#include <stdint.h>
#include <strings.h>

static int hex_of(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

char *http_text_decode(struct view escaped) {
    struct text out = TEXT_EMPTY;
    for (size_t i = 0; i < escaped.size; i++) {
        if (escaped.data[i] == '%' && i + 2 < escaped.size && hex_of(escaped.data[i + 1]) >= 0 &&
            hex_of(escaped.data[i + 2]) >= 0) {
            char byte = (char)(hex_of(escaped.data[i + 1]) * 16 + hex_of(escaped.data[i + 2]));
            if (byte != '\0') { /* a NUL would hide what follows from string functions */
                text_append_char(&out, byte);
                i += 2;
                continue;
            }
        }
        text_append_char(&out, escaped.data[i]);
    }
    return text_take(&out);
}

static int base64_of(char c) {
    return c >= 'A' && c <= 'Z'   ? c - 'A'
           : c >= 'a' && c <= 'z' ? c - 'a' + 26
           : c >= '0' && c <= '9' ? c - '0' + 52
           : c == '+'             ? 62
           : c == '/'             ? 63
                                  : -1;
}

bool http_text_authorised(const char *header, const char *user, const char *password) {
    if (!header || strncasecmp(header, "Basic ", 6) != 0)
        return false;
    struct text given = TEXT_EMPTY, wanted = TEXT_EMPTY;
    uint32_t bits = 0;
    int count = 0;
    for (const char *at = header + 6; *at && base64_of(*at) >= 0; at++) {
        bits = bits << 6 | (uint32_t)base64_of(*at);
        count += 6;
        if (count >= 8) {
            count -= 8;
            text_append_char(&given, (char)(bits >> count & 0xff));
        }
    }
    text_append_format(&wanted, "%s:%s", user, password ? password : "");
    unsigned different = given.size != wanted.size;
    for (size_t i = 0; i < wanted.size; i++)
        different |= (unsigned char)wanted.data[i] ^ (unsigned char)(i < given.size ? given.data[i] : 0);
    text_free(&given);
    text_free(&wanted);
    return different == 0;
}
