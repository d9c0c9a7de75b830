/*
 * Children of command channels, and the system calls that look after them. The functions here stand
 * before the C library's.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef CHILDREN_H
#define CHILDREN_H

#include "scripted-channel.h"
#include "io/channel-command.h"
#include "faults.h"
#include "open-files.h"

#include <pthread.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#ifdef QIO_HAS_BOOL_SET_BLOCKING
#define SET_BLOCKING(ioc, enabled, errp) (qio_channel_set_blocking(ioc, enabled, errp) ? 0 : -1)
#else
#define SET_BLOCKING qio_channel_set_blocking
#endif

/* Ends neither with its input nor by SIGTERM, and says when that is so. */
#define OBSTINATE "trap '' TERM; echo ready; exec sleep 1000"

/* How often each was called, by whichever thread. */
static int waitpids;
static int kills;

static inline QIOChannel *command_spawn(const char *script, int flags)
{
    const char *const argv[] = { "/bin/sh", "-c", script, NULL };
    QIOChannelCommand *command = qio_channel_command_new_spawn(argv, flags, &error_abort);

    g_assert_nonnull(command);
    return QIO_CHANNEL(command);
}

static inline QIOChannel *cat_spawn(int flags)
{
    return command_spawn("exec cat", flags);
}

/* An obstinate child that has become so. */
static inline QIOChannel *obstinate_spawn(void)
{
    QIOChannel *ioc = command_spawn(OBSTINATE, O_RDWR);
    char bytes[6];

    g_assert_cmpint(qio_channel_read_all(ioc, bytes, 6, &error_abort), ==, 0);
    g_assert_cmpmem(bytes, 6, "ready\n", 6);
    return ioc;
}

static inline pid_t pid_of(QIOChannel *ioc)
{
    return QIO_CHANNEL_COMMAND(ioc)->pid;
}

/* What the child does, as in proc(5): Z if nobody has reaped it, 0 if it is gone. */
static inline char child_state(pid_t pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/stat", pid);
    g_autofree char *text = NULL;

    if (!g_file_get_contents(path, &text, NULL, NULL)) {
        return 0;
    }
    return strrchr(text, ')')[2];
}

/* Until somebody has reaped the child; nothing tells of it. */
static inline void await_gone(pid_t pid)
{
    while (child_state(pid)) {
        g_usleep(1000);
    }
}

/* Until the child has ended; it is not reaped. */
static inline void await_end(pid_t pid)
{
    siginfo_t info;

    g_assert_cmpint(waitid(P_PID, pid, &info, WEXITED | WNOWAIT), ==, 0);
}

static inline void assert_no_children(void)
{
    siginfo_t info;

    g_assert_cmpint(waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT), ==, -1);
    g_assert_cmpint(errno, ==, ECHILD);
}

pid_t waitpid(pid_t pid, int *status, int options)
{
    pid_t (*next)(pid_t, int *, int) = fault_next("waitpid");

    g_atomic_int_inc(&waitpids);
    return fault_strikes("waitpid") ? -1 : next(pid, status, options);
}

int kill(pid_t pid, int signal)
{
    int (*next)(pid_t, int) = fault_next("kill");

    g_atomic_int_inc(&kills);
    return next(pid, signal);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                   void *argument)
{
    int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

    next = fault_next("pthread_create");
    return fault_strikes("pthread_create") ? errno : next(thread, attributes, start, argument);
}

/* Not every call has six arguments: what lies beyond them is read, and not looked at. */
__attribute__((no_sanitize_address)) long syscall(long number, ...)
{
    long (*next)(long, ...) = fault_next("syscall");
    va_list arguments;
    long values[6];
    int i;

    va_start(arguments, number);
    for (i = 0; i < 6; i++) {
        values[i] = va_arg(arguments, long);
    }
    va_end(arguments);
    if (number == SYS_pidfd_open && fault_strikes("pidfd_open")) {
        return -1;
    }
    return next(number, values[0], values[1], values[2], values[3], values[4], values[5]);
}

/* Ends a channel whose child ends by itself. */
static inline void close_and_unref(QIOChannel *ioc)
{
    g_assert_cmpint(qio_channel_close(ioc, &error_abort), ==, 0);
    object_unref(OBJECT(ioc));
    assert_no_children();
}

#endif
