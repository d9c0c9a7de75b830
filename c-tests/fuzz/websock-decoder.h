/*
 * What a WebSocket client's bytes mean to a server, and a server's to a client: written from RFC 6455 section 5 and
 * docs/spec/tls-websock.md, for whole streams that are in memory.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef FUZZ_WEBSOCK_DECODER_H
#define FUZZ_WEBSOCK_DECODER_H

#include "input.h"

#define CLOSED_BY_CLIENT 1000

typedef struct Decoded {
    /* The payload of all data frames. */
    GByteArray *payload;
    /* Those of the pings, GBytes. */
    GPtrArray *pings;
    /* With which status the server ends it, and another with which it may; 0 if it doesn't. */
    int code, other_code;
    /* It stops inside a frame. */
    bool is_cut;
} Decoded;

static inline void decoded_free(Decoded *decoded)
{
    g_byte_array_unref(decoded->payload);
    g_ptr_array_unref(decoded->pings);
    g_free(decoded);
}

/* What is wrong with the first byte of a frame; 0 if nothing. */
static inline int refused_opcode(uint8_t first, bool has_begun, bool is_in_message)
{
    bool is_final = first & 0x80;
    int opcode = first & 0xf;

    switch (opcode) {
    case 0x0:
        return !has_begun ? (is_final ? 1003 : 1008) : is_in_message ? 0 : 1002;
    case 0x2:
        return is_in_message ? 1002 : 0;
    case 0x9:
    case 0xa:
        return is_final ? 0 : 1008;
    default:
        return is_final ? 1003 : 1008;
    }
}

static inline Decoded *decode(const uint8_t *bytes, size_t size)
{
    Decoded *decoded = g_new0(Decoded, 1);
    bool has_begun = false, is_in_message = false;
    size_t at = 0;

    decoded->payload = g_byte_array_new();
    decoded->pings = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    while (at < size) {
        const uint8_t *frame = bytes + at, *mask;
        size_t left = size - at, header = 6, there;
        int opcode = frame[0] & 0xf, code;
        uint64_t length;

        decoded->is_cut = true;
        if (left < 2 || ((frame[1] & 0x80) && left < 6)) {
            break;
        }
        length = frame[1] & 0x7f;
        if (opcode == 0x8) {
            decoded->code = CLOSED_BY_CLIENT;
            break;
        }
        code = refused_opcode(frame[0], has_begun, is_in_message);
        if (!code && !(frame[1] & 0x80)) {
            code = 1002;
        }
        if (!code && opcode >= 0x8 && length > 125) {
            code = 1002;
        }
        if (code || (frame[0] & 0x70)) {
            /* Of two violations either may be named. */
            decoded->code = code ? code : 1002;
            decoded->other_code = (frame[0] & 0x70) || is_in_message ? 1002 : decoded->code;
            break;
        }
        if (length >= 126) {
            header = length == 126 ? 8 : 14;
            if (left < header) {
                break;
            }
            length = 0;
            for (size_t i = 2; i < header - 4; i++) {
                length = length << 8 | frame[i];
            }
            if (length >> 63) {
                decoded->code = decoded->other_code = 1002;
                break;
            }
        }
        mask = frame + header - 4;
        there = MIN(length, left - header);
        if (opcode < 0x8) {
            guint from = decoded->payload->len;

            has_begun = true;
            is_in_message = !(frame[0] & 0x80);
            g_byte_array_append(decoded->payload, frame + header, there);
            for (size_t i = 0; i < there; i++) {
                decoded->payload->data[from + i] ^= mask[i % 4];
            }
        } else if (opcode == 0x9 && there == length) {
            uint8_t payload[125];

            for (size_t i = 0; i < length; i++) {
                payload[i] = frame[header + i] ^ mask[i % 4];
            }
            g_ptr_array_add(decoded->pings, g_bytes_new(payload, length));
        }
        decoded->is_cut = there < length;
        if (there < length) {
            break;
        }
        at += header + length;
    }
    return decoded;
}

/* The size of the frame that a server has sent, 0 if it isn't whole. */
static inline size_t server_frame(const uint8_t *frame, size_t left, const uint8_t **payload, size_t *length)
{
    size_t header = 2;

    if (left < 2) {
        return 0;
    }
    require((frame[1] & 0x80) == 0, "a server sent a frame with a mask");
    *length = frame[1];
    if (*length == 126) {
        header = 4;
    } else if (*length == 127) {
        header = 10;
    }
    if (left < header) {
        return 0;
    }
    if (header > 2) {
        *length = 0;
        for (size_t i = 2; i < header; i++) {
            *length = *length << 8 | frame[i];
        }
        require(*length >= (header == 4 ? 126 : 65536), "a length of %zu has %zu bytes", *length, header);
    }
    *payload = frame + header;
    return left - header < *length ? 0 : header + *length;
}

#endif
