/*
 * Two things measured in turn, A B A B ..., and the median of the ratios: what a noisy machine
 * does to both cancels out.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef BENCH_PAIRS_H
#define BENCH_PAIRS_H

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

/* One run: how long it took, and how much CPU time of this process, in seconds. */
typedef struct Cost {
    double wall;
    double cpu;
} Cost;

static inline double process_cpu(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
           + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

static inline Cost cost_begin(void)
{
    return (Cost) { g_get_monotonic_time() * 1e-6, process_cpu() };
}

static inline Cost cost_end(Cost begin)
{
    return (Cost) { g_get_monotonic_time() * 1e-6 - begin.wall, process_cpu() - begin.cpu };
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static inline double median(double *values, int n)
{
    qsort(values, n, sizeof(double), compare_doubles);
    return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/* How many pairs to measure: the environment variable QIO_BENCH_PAIRS, or the given number. */
static inline int pair_count(int normally)
{
    const char *text = g_getenv("QIO_BENCH_PAIRS");
    int n = text ? atoi(text) : 0;

    return n > 0 ? n : normally;
}

#endif
