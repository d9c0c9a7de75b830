/*
 * Transfers through channels, and by hand: runs of writes and reads of a size, one after the other in
 * one thread or side by side in two.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef BENCH_TRANSFERS_H
#define BENCH_TRANSFERS_H

#include "qemu/osdep.h"
#include "pairs.h"

enum { PAIRS = 15, LARGEST = 1 << 20 };

/* Writes or reads all of it at one end. */
typedef void (*Transfer)(void *end, char *bytes, size_t size);

/* So many transfers of a size from one end to the other. */
typedef struct Run {
    void *from;
    void *to;
    size_t size;
    int times;
    Transfer write;
    Transfer read;
} Run;

/* A way to do it. */
typedef struct Way {
    void *from;
    void *to;
    Transfer write;
    Transfer read;
} Way;

static char sent[LARGEST], received[LARGEST];

/* What was written fits into the socket until it is read. */
static inline void run_in_turn(Run *run)
{
    int i;

    for (i = 0; i < run->times; i++) {
        run->write(run->from, sent, run->size);
        run->read(run->to, received, run->size);
    }
}

static inline gpointer writing_thread(gpointer data)
{
    Run *run = data;
    int i;

    for (i = 0; i < run->times; i++) {
        run->write(run->from, sent, run->size);
    }
    return NULL;
}

static inline void run_in_two_threads(Run *run)
{
    GThread *writer = g_thread_new("writer", writing_thread, run);
    int i;

    for (i = 0; i < run->times; i++) {
        run->read(run->to, received, run->size);
    }
    g_thread_join(writer);
}

static inline Cost measure(const Way *way, size_t size, int times, bool two_threads)
{
    Run run = { way->from, way->to, size, times, way->write, way->read };
    Cost begin = cost_begin();

    (two_threads ? run_in_two_threads : run_in_turn)(&run);
    return cost_end(begin);
}

static inline void compare(const Way *library, const Way *by_hand, size_t size, size_t total,
                           bool two_threads)
{
    int pairs = pair_count(PAIRS), times = total / size, i;
    g_autofree double *ours = g_new(double, pairs), *theirs = g_new(double, pairs);
    g_autofree double *rate = g_new(double, pairs), *cpu = g_new(double, pairs);

    measure(library, size, times, two_threads);
    measure(by_hand, size, times, two_threads);
    for (i = 0; i < pairs; i++) {
        Cost a, b;

        /* Each is first as often as the other. */
        if (i % 2) {
            b = measure(by_hand, size, times, two_threads);
            a = measure(library, size, times, two_threads);
        } else {
            a = measure(library, size, times, two_threads);
            b = measure(by_hand, size, times, two_threads);
        }
        ours[i] = times * (double)size / a.wall / 1e6;
        theirs[i] = times * (double)size / b.wall / 1e6;
        rate[i] = b.wall / a.wall;
        cpu[i] = b.cpu / a.cpu;
    }
    printf("%-8s %8zu %12.1f %12.1f %12.3f %12.3f\n", two_threads ? "two" : "one", size,
           median(ours, pairs), median(theirs, pairs), median(rate, pairs), median(cpu, pairs));
    fflush(stdout);
}

/* Of all sizes; the largest doesn't fit into a socket. */
static inline void compare_all(const char *what, const Way *library, const Way *by_hand, size_t total)
{
    static const size_t sizes[] = { 64, 4096, 65536, LARGEST };
    int i;

    printf("%s against a loop by hand, medians of %d pairs.\n"
           "ratios: the loop's time over libqio's; 1 is as fast.\n\n", what, pair_count(PAIRS));
    printf("%-8s %8s %12s %12s %12s %12s\n", "threads", "bytes", "libqio MB/s", "by hand MB/s",
           "rate ratio", "CPU ratio");
    for (i = 0; i < 2 * (int)G_N_ELEMENTS(sizes); i++) {
        size_t size = sizes[i % G_N_ELEMENTS(sizes)];
        bool two_threads = i >= (int)G_N_ELEMENTS(sizes);

        if (two_threads || size < LARGEST) {
            compare(library, by_hand, size, size == 64 ? total / 32 : total, two_threads);
        }
    }
}

#endif
