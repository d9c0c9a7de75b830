/*
 * One fault, which a sanitizer has to find: each in a process of its own.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qemu/iov.h"
#include <pthread.h>

/* Out of the compiler's sight. */
static volatile int one = 1;
static int shared;

/* Only the library's own code looks at the element behind the last one. */
static void overrun_in_rust(void)
{
    struct iovec *iov = g_new0(struct iovec, 2);

    printf("%zu\n", iov_size(iov, 2 + one));
    g_free(iov);
}

static void overrun_in_c(void)
{
    char *bytes = g_malloc(4);

    bytes[3 + one] = 'x';
    g_free(bytes);
}

static void overflow(void)
{
    printf("%d\n", INT_MAX + one);
}

static void leak(void)
{
    for (int i = 0; i < 10; i++) {
        memset(malloc(100), one, 100);
    }
}

static void *counts(void *arg)
{
    for (int i = 0; i < 1000; i++) {
        shared += one;
    }
    return NULL;
}

static void race(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, counts, NULL);
    counts(NULL);
    pthread_join(thread, NULL);
}

/* The library's code reads what another thread writes. */
static struct iovec raced[1];

static void *writes(void *arg)
{
    for (int i = 0; i < 1000; i++) {
        raced[0].iov_len = i;
    }
    return NULL;
}

static void race_in_rust(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, writes, NULL);
    for (int i = 0; i < 1000; i++) {
        iov_size(raced, 1);
    }
    pthread_join(thread, NULL);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*commit)(void);
    } faults[] = {
        { "none", NULL },
        { "overrun-in-rust", overrun_in_rust },
        { "overrun-in-c", overrun_in_c },
        { "overflow", overflow },
        { "leak", leak },
        { "race", race },
        { "race-in-rust", race_in_rust },
    };

    for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
        if (argc == 2 && !strcmp(argv[1], faults[i].name)) {
            if (faults[i].commit) {
                faults[i].commit();
            }
            return 0;
        }
    }
    fprintf(stderr, "usage: deliberate FAULT\n");
    return 2;
}
