/* Words of a .proto text. Comments and white space are passed over. */
#pragma once

#include "foundation/base/arena.h"
#include "foundation/base/error.h"
#include "foundation/base/text.h"

enum proto_token { PROTO_END, PROTO_NAME, PROTO_NUMBER, PROTO_STRING, PROTO_SYMBOL, PROTO_WRONG };

struct proto_scanner {
    const char *at, *end;
    int line;
    const char *line_start;
    enum proto_token kind; /* the word that is looked at */
    struct view word;      /* a string with its quotes */
    int word_line, word_column;
    const char *wrong; /* why, for PROTO_WRONG */
};

void proto_scan(struct proto_scanner *scanner, struct view text); /* looks at the first word */
void proto_next(struct proto_scanner *scanner);
bool proto_at(const struct proto_scanner *scanner, const char *word); /* a name or symbol */
