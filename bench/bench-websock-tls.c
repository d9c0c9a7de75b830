/*
 * WebSocket frames over TLS: a server writes so many bytes each time, and a client in another thread takes
 * them off its TLS channel.
 *
 * usage: bench-websock-tls [BYTES [tls]]
 *
 * One line: BYTES FRAMES MB/S CPU: how many frames a write makes, the rate, and microseconds for a megabyte at
 * both ends. With "tls" there are no frames, which is as fast as it can be. To compare versions of the library, run it with one and the other in LD_LIBRARY_PATH.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "layers.h"
#include "pairs.h"

enum { PAIRS = 7, TOTAL = 64 << 20, LARGEST = 1 << 20 };

static Layers layers;

/* Reads the frames that hold so many bytes; how many those were. */
static gpointer take_frames(gpointer data)
{
    static char payload[LARGEST];
    size_t left = GPOINTER_TO_SIZE(data), frames = 0;

    while (left > 0) {
        unsigned char head[10];
        size_t length, i;

        qio_channel_read_all(layers.client, (char *)head, 2, &error_abort);
        g_assert_cmpint(head[1] & 0x80, ==, 0);
        length = head[1];
        if (length >= 126) {
            size_t size = length == 126 ? 2 : 8;

            qio_channel_read_all(layers.client, (char *)head + 2, size, &error_abort);
            for (length = 0, i = 0; i < size; i++) {
                length = length << 8 | head[2 + i];
            }
        }
        g_assert_cmpuint(length, <=, MIN(left, sizeof(payload)));
        qio_channel_read_all(layers.client, payload, length, &error_abort);
        left -= length;
        frames++;
    }
    return GSIZE_TO_POINTER(frames);
}

static gpointer take_bytes(gpointer data)
{
    static char payload[LARGEST];
    size_t left = GPOINTER_TO_SIZE(data);

    while (left > 0) {
        size_t size = MIN(left, 16384);

        qio_channel_read_all(layers.client, payload, size, &error_abort);
        left -= size;
    }
    return GSIZE_TO_POINTER(0);
}

int main(int argc, char **argv)
{
    static char bytes[LARGEST];
    size_t size = argc > 1 ? atoi(argv[1]) : 65536, frames = 0;
    bool framed = argc < 3;
    int pairs = pair_count(PAIRS), times, i, round;
    g_autofree double *rate = g_new(double, pairs), *cpu = g_new(double, pairs);

    g_assert(size > 0 && size <= sizeof(bytes));
    times = TOTAL / size;
    module_call_init(MODULE_INIT_QOM);
    layers_open(&layers, true, framed);
    qio_channel_set_blocking(layers.client, true, &error_abort);
    qio_channel_set_blocking(layers.server, true, &error_abort);
    for (round = 0; round < pairs; round++) {
        Cost cost = cost_begin();
        GThread *reader = g_thread_new("reader", framed ? take_frames : take_bytes,
                                       GSIZE_TO_POINTER(times * size));

        for (i = 0; i < times; i++) {
            g_assert_cmpint(qio_channel_write_all(layers.server, bytes, size, &error_abort), ==, 0);
        }
        frames = GPOINTER_TO_SIZE(g_thread_join(reader));
        cost = cost_end(cost);
        rate[round] = times * (double)size / cost.wall / 1e6;
        cpu[round] = cost.cpu / (times * (double)size) * 1e12;
    }
    printf("%zu %.2f %.1f %.1f\n", size, (double)frames / times, median(rate, pairs), median(cpu, pairs));
    layers_close(&layers, true);
    return 0;
}
