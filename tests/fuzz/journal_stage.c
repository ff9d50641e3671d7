#include "fuzz/journal_stage.h"

#include "client/journal.h"
#include "foundation/base/memory.h"

struct journal {
    size_t topic_count;
};

static _Thread_local struct fuzz_input kept;

void journal_stage_records(struct fuzz_input *input) {
    const char *from = input->at;
    while (input->at < input->end && *input->at == '=')
        fuzz_until(input, '\0');
    kept = (struct fuzz_input){from, input->at};
}

static void apply(const struct journal_options *options, struct view piece) {
    struct view key = {0};
    size_t place = piece.size > 1 ? (size_t)(unsigned char)(piece.data[1] - '0') % options->topic_count : 0;
    piece = piece.size > 3 ? (struct view){piece.data + 3, piece.size - 3} : (struct view){"", 0};
    view_split(&piece, '\n', &key);
    char *key_copy = fuzz_copy(key), *value_copy = fuzz_copy(piece);
    options->apply(options->context, options->topics[place], (struct view){key_copy, key.size},
                   (struct view){piece.size ? value_copy : NULL, piece.size});
    memory_free(key_copy);
    memory_free(value_copy);
}

struct journal *journal_open(const struct journal_options *options, struct error *error) {
    (void)error;
    struct journal *journal = memory_zero(1, sizeof *journal);
    journal->topic_count = options->topic_count;
    while (kept.at < kept.end)
        apply(options, fuzz_until(&kept, '\0'));
    return journal;
}

int journal_write(struct journal *journal, const char *topic, struct view key, struct view value, struct error *error) {
    (void)journal, (void)error;
    if (!topic || !key.data || (value.data && value.size == 0))
        fuzz_broken("a record of a journal has a key, and a value or none");
    return 0;
}

void journal_close(struct journal *journal) {
    memory_free(journal);
}
