/* What others in the room need to attach. */
#pragma once

#include "foundation/base/properties.h"
#include "foundation/base/text.h"
#include "server/embedded.h"

#define ROOM_USER "room"
/* Lines: the addresses under which each server of the properties is reached from outside, user and password. */
void room_describe(const struct properties *properties, const char *listen, const char *password, struct text *out);
