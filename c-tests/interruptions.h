/*
 * A FIFO whose opening is interrupted by signals before the other end comes
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef INTERRUPTIONS_H
#define INTERRUPTIONS_H

#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>

typedef struct Interruptions {
    const char *path;
    pthread_t waiting;
    GThread *thread;
} Interruptions;

static int interruptions_seen;

static void interruptions_count(int number)
{
    g_atomic_int_inc(&interruptions_seen);
}

/* Interrupts the thread that opens the FIFO until it has seen some signals, then comes itself. */
static gpointer interruptions_run(gpointer opaque)
{
    Interruptions *how = opaque;
    int end;

    while (g_atomic_int_get(&interruptions_seen) < 20) {
        g_assert_cmpint(pthread_kill(how->waiting, SIGUSR1), ==, 0);
        g_usleep(1000);
    }
    end = open(how->path, O_WRONLY | O_CLOEXEC);
    g_assert_cmpint(end, >=, 0);
    return GINT_TO_POINTER(end);
}

/* Makes the FIFO; the calling thread is to open it for reading next. */
static inline void interruptions_start(Interruptions *how, const char *path)
{
    struct sigaction count = { .sa_handler = interruptions_count };

    g_assert_cmpint(mkfifo(path, 0600), ==, 0);
    g_assert_cmpint(sigaction(SIGUSR1, &count, NULL), ==, 0);
    interruptions_seen = 0;
    how->path = path;
    how->waiting = pthread_self();
    how->thread = g_thread_new("interrupts", interruptions_run, how);
}

static inline void interruptions_end(Interruptions *how)
{
    close(GPOINTER_TO_INT(g_thread_join(how->thread)));
    signal(SIGUSR1, SIG_DFL);
    g_assert_cmpint(unlink(how->path), ==, 0);
}

#endif
