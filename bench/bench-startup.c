/*
 * How much longer a program takes from its start to its end for being linked to libqio.
 *
 * usage: bench-startup PROGRAM-WITH-LIBQIO PROGRAM-WITH-GLIB-ONLY
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "pairs.h"
#include <spawn.h>
#include <sys/wait.h>

enum { PAIRS = 300 };

extern char **environ;

static double run(char *program)
{
    char *argv[] = { program, NULL };
    gint64 begin = g_get_monotonic_time();
    int status;
    pid_t pid;

    if (posix_spawn(&pid, program, NULL, NULL, argv, environ) != 0
        || waitpid(pid, &status, 0) != pid || status != 0) {
        fprintf(stderr, "bench-startup: %s failed\n", program);
        exit(1);
    }
    return (g_get_monotonic_time() - begin) * 1e-3;
}

int main(int argc, char **argv)
{
    int pairs = pair_count(PAIRS), i;
    g_autofree double *qio = g_new(double, pairs), *glib = g_new(double, pairs);
    g_autofree double *more = g_new(double, pairs);

    if (argc != 3) {
        fprintf(stderr, "usage: bench-startup PROGRAM-WITH-LIBQIO PROGRAM-WITH-GLIB-ONLY\n");
        return 1;
    }
    for (i = 0; i < pairs; i++) {
        qio[i] = run(argv[1]);
        glib[i] = run(argv[2]);
        more[i] = qio[i] - glib[i];
    }
    printf("Start-up, medians of %d pairs: libqio %.3f ms, GLib %.3f ms, %.3f ms more\n", pairs,
           median(qio, pairs), median(glib, pairs), median(more, pairs));
    return 0;
}
