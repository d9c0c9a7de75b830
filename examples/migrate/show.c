/*
 * What the example prints: lines that say when, in which thread and for which end something happens;
 * the ticks of the main loop; a progress bar on a terminal.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "migrate.h"

enum { TICK_MS = 10, FIRST_TELL_MS = 500, BAR_WIDTH = 40 };

/* Lines come from all threads; they are in the order of their times. */
static GMutex lock;
static bool on_terminal;

/* Forgets the bar, which is drawn in place. */
static const char *clear(void)
{
    return on_terminal ? "\r\033[K" : "";
}

static double milliseconds(gint64 microseconds)
{
    return microseconds / 1000.0;
}

void say(Migration *m, const char *end, const char *fmt, ...)
{
    g_autofree char *what = NULL;
    char runs[32];
    va_list args;

    va_start(args, fmt);
    what = g_strdup_vprintf(fmt, args);
    va_end(args);
    work_running(m, runs, sizeof(runs));
    g_mutex_lock(&lock);
    printf("%s%8.1f  %-9s %7d  %-12s  %-3s  %s\n", clear(), milliseconds(g_get_monotonic_time() - m->begin),
           g_thread_self() == m->main_thread ? "main loop" : "worker", qemu_get_thread_id(), runs, end, what);
    fflush(stdout);
    g_mutex_unlock(&lock);
}

/* Ticks: while something blocks the main loop, none comes. */

/* The time since the last look, in which the main loop did not tick. */
static void count_pause(Migration *m)
{
    gint64 now = g_get_monotonic_time(), pause = now - m->looked;

    m->looked = now;
    m->pause = MAX(m->pause, pause);
    m->longest_pause = MAX(m->longest_pause, pause);
}

static gboolean tick(gpointer opaque)
{
    Migration *m = opaque;

    count_pause(m);
    m->ticks++;
    if (m->looked - m->told >= m->tell_after) {
        say(m, NO_END, "tick %d; the longest pause since the last such line: %.1f ms", m->ticks,
            milliseconds(m->pause));
        m->told = m->looked;
        m->tell_after *= 2; /* a long run has few such lines */
        m->pause = 0;
    }
    return G_SOURCE_CONTINUE;
}

static gboolean draw_bar(gpointer opaque)
{
    Migration *m = opaque;
    double total = MAX(1, DIV_ROUND_UP(m->size, CHUNK));
    double part = g_atomic_int_get(&m->chunks_received) / total;
    char bar[BAR_WIDTH + 1];
    int i;

    for (i = 0; i < BAR_WIDTH; i++) {
        bar[i] = i < (int)(part * BAR_WIDTH) ? '#' : '.';
    }
    bar[BAR_WIDTH] = 0;
    g_mutex_lock(&lock);
    printf("%s[%s] %3d %%", clear(), bar, (int)(part * 100));
    fflush(stdout);
    g_mutex_unlock(&lock);
    return m->end ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

void show_start(Migration *m)
{
    on_terminal = isatty(STDOUT_FILENO);
    m->main_thread = g_thread_self();
    printf("%8s  %-9s %7s  %-12s  %-3s  %s\n", "ms", "thread", "", "runs", "end", "what");
    fflush(stdout);
    m->begin = m->looked = m->told = g_get_monotonic_time();
    m->tell_after = FIRST_TELL_MS * 1000;
    g_timeout_add(TICK_MS, tick, m);
    if (on_terminal) {
        draw_bar(m);
        g_timeout_add(100, draw_bar, m);
    }
}

bool show_result(Migration *m)
{
    double seconds = (m->end - m->begin) * 1e-6;
    bool same = g_str_equal(m->checksums[0], m->checksums[1]);

    count_pause(m);
    printf("%s%jd bytes over %d stream%s in %.3f s, %.1f MB/s\n", clear(), (intmax_t)m->size,
           m->streams_wanted, m->streams_wanted == 1 ? "" : "s", seconds, m->size / 1e6 / MAX(seconds, 1e-6));
    printf("main loop    %d ticks, due every %d ms; the longest pause: %.1f ms\n", m->ticks, TICK_MS,
           milliseconds(m->longest_pause));
    printf("source       SHA-256 %s\ndestination  SHA-256 %s\n%s\n", m->checksums[0], m->checksums[1],
           same ? "OK: the checksums are equal" : "FAILED: the checksums differ");
    return same;
}

void show_failure(Error *err)
{
    printf("%s", clear());
    fflush(stdout);
    error_report_err(err);
}
