#pragma once

#include <stdint.h>

#include "foundation/base/text.h"

uint32_t kafka_murmur2(struct view bytes);
