/* Small pieces of HTTP's text: percent escapes, Basic credentials. */
#pragma once

#include <stdbool.h>

#include "foundation/base/text.h"

char *http_text_decode(struct view escaped); /* %41 to A; a broken escape stays as it is; caller frees */
/* Whether an Authorization header carries these credentials; compares in constant time. */
bool http_text_authorised(const char *header, const char *user, const char *password);
