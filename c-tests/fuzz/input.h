/*
 * What a fuzz target takes from its input, and how it says that something is not as its model has it.
 *
 * A target is c-tests/fuzz/NAME.c: one LLVMFuzzerTestOneInput, which compares what the library does with a model of
 * its own. An input that ends early is continued by zeros, so each is whole.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef FUZZ_INPUT_H
#define FUZZ_INPUT_H

#include "qemu/osdep.h"
#include "qapi/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct Input {
    const uint8_t *at;
    const uint8_t *end;
} Input;

static inline Input input_of(const uint8_t *data, size_t size)
{
    return (Input) { data, data + size };
}

static inline size_t input_left(const Input *input)
{
    return input->end - input->at;
}

static inline uint8_t take_byte(Input *input)
{
    return input->at < input->end ? *input->at++ : 0;
}

/* At most @size bytes; how many there were. The rest of @to is zeros. */
static inline size_t take_bytes(Input *input, void *to, size_t size)
{
    size_t there = MIN(size, input_left(input));

    if (there) {
        memcpy(to, input->at, there);
    }
    memset((char *)to + there, 0, size - there);
    input->at += there;
    return there;
}

/* From @least to @most, both included. */
static inline uint32_t take_number(Input *input, uint32_t least, uint32_t most)
{
    uint64_t choices = (uint64_t)most - least + 1, value = 0;

    for (uint64_t reach = 1; reach < choices; reach <<= 8) {
        value = value << 8 | take_byte(input);
    }
    return least + value % choices;
}

static inline bool take_bool(Input *input)
{
    return take_byte(input) & 1;
}

/* One of the elements of an array. */
#define take_of(input, array) ((array)[take_number(input, 0, G_N_ELEMENTS(array) - 1)])

/* At most @most bytes, how many is in the input; with a zero after them, for g_free(). */
static inline char *take_text(Input *input, size_t most, size_t *size)
{
    size_t wanted = MIN(take_number(input, 0, most), input_left(input));
    char *text = g_malloc(wanted + 1);

    take_bytes(input, text, wanted);
    text[wanted] = 0;
    if (size) {
        *size = wanted;
    }
    return text;
}

/* The library does something else than the model: ends the process with one line. */
#define mismatch(...) do { \
    fprintf(stderr, "%s:%d: ", __FILE__, __LINE__); \
    fprintf(stderr, __VA_ARGS__); \
    fputc('\n', stderr); \
    abort(); \
} while (0)

#define require(condition, ...) do { \
    if (!(condition)) { \
        mismatch(__VA_ARGS__); \
    } \
} while (0)

/* An error is there exactly if the call has failed; it is freed. */
#define require_error_if(failed, err) do { \
    require(((err) != NULL) == (failed), (failed) ? "a failure without an error" : "an error without a failure"); \
    error_free(err); \
    (err) = NULL; \
} while (0)

#endif
