/*
 * What the tests of locks and of threads have in common: an account with its locks, and a thread
 * that is waited for.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef THREAD_ACCOUNT_H
#define THREAD_ACCOUNT_H

#include "qemu/osdep.h"
#include "qemu/thread.h"

/* A lock among other things, in memory that was used before. */
typedef struct Account {
    char before[3];
    QemuMutex lock;
    QemuRecMutex rec;
    QemuCond cond;
    QemuCond arrived;
    int balance;
} Account;

static inline Account *account_new(void)
{
    Account *account = g_malloc(sizeof(*account));

    memset(account, 0xa5, sizeof(*account));
    qemu_mutex_init(&account->lock);
    qemu_rec_mutex_init(&account->rec);
    qemu_cond_init(&account->cond);
    qemu_cond_init(&account->arrived);
    account->balance = 0;
    return account;
}

static inline void account_free(Account *account)
{
    qemu_cond_destroy(&account->arrived);
    qemu_cond_destroy(&account->cond);
    qemu_rec_mutex_destroy(&account->rec);
    qemu_mutex_destroy(&account->lock);
    g_free(account);
}

/* Runs a function in a joined thread of its own. */
static inline void *elsewhere(void *(*function)(void *), void *arg)
{
    QemuThread thread;

    qemu_thread_create(&thread, "elsewhere", function, arg, QEMU_THREAD_JOINABLE);
    return qemu_thread_join(&thread);
}

#define DEPOSITS 20000

static inline void *deposit(void *opaque)
{
    Account *account = opaque;

    for (int i = 0; i < DEPOSITS; i++) {
        qemu_mutex_lock(&account->lock);
        account->balance++;
        qemu_mutex_unlock(&account->lock);
    }
    return NULL;
}

#endif
