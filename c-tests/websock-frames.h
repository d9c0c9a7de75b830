/*
 * Frames as a client may send them, right or wrong.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef WEBSOCK_FRAMES_H
#define WEBSOCK_FRAMES_H

#include "websock-client.h"

static const uint8_t some_mask[4] = { 0x37, 0xfa, 0x21, 0x3d };

/* Byte @i of test data; no power of two is a period. */
static inline uint8_t pattern(size_t i)
{
    return i * 31 + i / 251;
}

static inline uint8_t *patterned(size_t size)
{
    uint8_t *bytes = g_malloc(size + 1);

    for (size_t i = 0; i < size; i++) {
        bytes[i] = pattern(i);
    }
    return bytes;
}

/* Appends a masked frame of minimal length; the size of its header. */
static inline size_t append_frame(GByteArray *to, uint8_t first, const void *payload, size_t size)
{
    uint8_t header[14] = { first };
    size_t length = 2;
    guint at;

    if (size < 126) {
        header[1] = 0x80 | size;
    } else {
        int bytes = size < 65536 ? 2 : 8;

        header[1] = size < 65536 ? 0xfe : 0xff;
        for (int i = bytes - 1; i >= 0; i--) {
            header[length++] = (uint64_t)size >> 8 * i;
        }
    }
    memcpy(header + length, some_mask, 4);
    length += 4;
    g_byte_array_append(to, header, length);
    at = to->len;
    if (size) {
        g_byte_array_append(to, payload, size);
    }
    for (size_t i = 0; i < size; i++) {
        to->data[at + i] ^= some_mask[i % 4];
    }
    return length;
}

static inline void web_send_array(Web *web, const GByteArray *bytes)
{
    web_send(web, bytes->data, bytes->len);
}

/* The payload of the binary frames that the client has received, whole ones. */
static inline GByteArray *unframe(const GString *wire)
{
    GByteArray *payload = g_byte_array_new();
    const uint8_t *at = (const uint8_t *)wire->str, *end = at + wire->len;

    while (at < end) {
        size_t size;

        g_assert_cmpint(end - at, >=, 2);
        g_assert_cmpint(at[0], ==, 0x82);
        /* RFC 6455 section 5.1: a server doesn't mask; 5.2: the length is as short as it can be. */
        g_assert_cmpint(at[1], <=, 126);
        if (at[1] < 126) {
            size = at[1];
            at += 2;
        } else {
            size = at[2] << 8 | at[3];
            g_assert_cmpint(size, >=, 126);
            at += 4;
        }
        g_assert_cmpint(size, >, 0);
        g_assert_cmpint(end - at, >=, size);
        g_byte_array_append(payload, at, size);
        at += size;
    }
    return payload;
}

#endif
