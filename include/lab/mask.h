/* What a room may see of a card and an address when the screen is shared. */
#pragma once

#include "foundation/base/text.h"

void mask_card(struct view card, struct text *out);   /* "5031 **** **** 2983": first and last four characters stay */
void mask_email(struct view email, struct text *out); /* "a***@example.com"; without an @ only the first letter stays */
