/* MD5 of RFC 1321, for the SQL function only: it protects nothing. */
#pragma once

#include "foundation/base/text.h"

void md5_hex(struct view bytes, char digest[33]);
