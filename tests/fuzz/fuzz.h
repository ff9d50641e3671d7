/* What the fuzz targets share. A target is one file NAME_fuzz.c with LLVMFuzzerTestOneInput; it is linked with
 * libFuzzer
 * (-DFRAUDSCOPE_SANITIZE=fuzz) or, everywhere else, with driver.c. An input must not leave anything behind: the same
 * bytes do the same in the next process. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "foundation/base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Takes numbers and pieces off the front of an input; zero and empty behind its end. */
struct fuzz_input {
    const char *at, *end;
};
static inline struct fuzz_input fuzz_input(const uint8_t *data, size_t size) {
    return (struct fuzz_input){(const char *)data, (const char *)data + size};
}
static inline uint8_t fuzz_byte(struct fuzz_input *input) {
    return input->at < input->end ? (uint8_t)*input->at++ : 0;
}
static inline uint16_t fuzz_short(struct fuzz_input *input) {
    uint16_t high = fuzz_byte(input);
    return (uint16_t)(high << 8 | fuzz_byte(input));
}
static inline struct view fuzz_piece(struct fuzz_input *input, size_t size) {
    size_t left = (size_t)(input->end - input->at);
    struct view piece = {input->at, size < left ? size : left};
    input->at += piece.size;
    return piece;
}
static inline struct view fuzz_rest(struct fuzz_input *input) {
    return fuzz_piece(input, SIZE_MAX);
}
/* Up to the next occurrence of the byte, which is passed. */
static inline struct view fuzz_until(struct fuzz_input *input, char byte) {
    const char *found = input->at < input->end ? memchr(input->at, byte, (size_t)(input->end - input->at)) : NULL;
    if (!found)
        return fuzz_rest(input);
    struct view piece = {input->at, (size_t)(found - input->at)};
    input->at = found + 1;
    return piece;
}
/* A copy of exactly that size, so that the address sanitizer sees the first byte read behind it. memory_free. */
char *fuzz_copy(struct view bytes);
/* An empty folder, in memory where the system has that; the caller removes it. */
void fuzz_folder(char folder[64]);
/* The promise of a target is broken: says which, and ends the run like a crash. */
_Noreturn void fuzz_broken(const char *promise);
