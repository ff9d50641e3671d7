#include "foundation/format/framing.h"

bool framing_read(struct view bytes, int32_t *schema_id, struct view *payload) {
    const unsigned char *at = (const unsigned char *)bytes.data;
    if (bytes.size < FRAMING_SIZE || at[0] != 0)
        return false;
    *schema_id = (int32_t)((uint32_t)at[1] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 8 | at[4]);
    *payload = (struct view){bytes.data + FRAMING_SIZE, bytes.size - FRAMING_SIZE};
    return true;
}

void framing_write(struct text *out, int32_t schema_id) {
    uint32_t id = (uint32_t)schema_id;
    char frame[FRAMING_SIZE] = {0, (char)(id >> 24), (char)(id >> 16), (char)(id >> 8), (char)id};
    text_append_bytes(out, frame, sizeof frame);
}
