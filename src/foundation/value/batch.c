#include "foundation/value/batch.h"

#include "foundation/base/memory.h"

struct batch *batch_new(void) {
    return memory_zero(1, sizeof(struct batch));
}

void batch_free(struct batch *batch) {
    if (!batch)
        return;
    arena_free(&batch->arena);
    memory_free(batch);
}

void batch_reset(struct batch *batch, const struct schema *schema) {
    arena_reset(&batch->arena);
    batch->schema = schema;
    batch->count = 0;
}

struct row *batch_add(struct batch *batch) {
    if (batch->count == BATCH_ROWS)
        return NULL;
    struct row *row = &batch->rows[batch->count++];
    size_t count = batch->schema ? schema_count(batch->schema) : 0;
    *row = (struct row){
        .values = arena_allocate(&batch->arena, count * sizeof *row->values), .offset = -1, .partition = -1};
    for (size_t i = 0; i < count; i++)
        row->values[i] = value_null();
    return row;
}
