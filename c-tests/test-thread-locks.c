/*
 * qemu/thread.h: mutexes and condition variables.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "thread-account.h"

static void test_members(void)
{
    Account *account = account_new();

    g_assert_true(account->lock.initialized);
    g_assert_true(account->rec.m.initialized);
    g_assert_true(account->cond.initialized);
    qemu_cond_destroy(&account->cond);
    qemu_rec_mutex_destroy(&account->rec);
    qemu_mutex_destroy(&account->lock);
    g_assert_false(account->lock.initialized);
    g_assert_false(account->rec.m.initialized);
    g_assert_false(account->cond.initialized);

    /* The memory serves again. */
    qemu_mutex_init(&account->lock);
    qemu_rec_mutex_init(&account->rec);
    qemu_cond_init(&account->cond);
    qemu_mutex_lock(&account->lock);
    qemu_mutex_unlock(&account->lock);
    account_free(account);
}

static void *try_mutex(void *mutex)
{
    int result = qemu_mutex_trylock((QemuMutex *)mutex);

    if (result == 0) {
        qemu_mutex_unlock((QemuMutex *)mutex);
    }
    return GINT_TO_POINTER(result);
}

static void test_trylock(void)
{
    Account *account = account_new();

    g_assert_cmpint(qemu_mutex_trylock(&account->lock), ==, 0);
    g_assert_cmpint(qemu_mutex_trylock(&account->lock), ==, -EBUSY);
    g_assert_cmpint(GPOINTER_TO_INT(elsewhere(try_mutex, &account->lock)), ==, -EBUSY);
    qemu_mutex_unlock(&account->lock);
    g_assert_cmpint(GPOINTER_TO_INT(elsewhere(try_mutex, &account->lock)), ==, 0);
    account_free(account);
}

static void test_exclusion(void)
{
    Account *account = account_new();
    QemuThread threads[4];

    for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
        qemu_thread_create(&threads[i], "deposit", deposit, account, QEMU_THREAD_JOINABLE);
    }
    for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
        g_assert_null(qemu_thread_join(&threads[i]));
    }
    g_assert_cmpint(account->balance, ==, DEPOSITS * ARRAY_SIZE(threads));
    account_free(account);
}

static void *try_rec_mutex(void *mutex)
{
    int result = qemu_rec_mutex_trylock((QemuRecMutex *)mutex);

    if (result == 0) {
        qemu_rec_mutex_unlock((QemuRecMutex *)mutex);
    }
    return GINT_TO_POINTER(result);
}

static void test_recursion(void)
{
    Account *account = account_new();

    qemu_rec_mutex_lock(&account->rec);
    qemu_rec_mutex_lock(&account->rec);
    g_assert_cmpint(qemu_rec_mutex_trylock(&account->rec), ==, 0);
    for (int left = 3; left > 0; left--) {
        g_assert_cmpint(GPOINTER_TO_INT(elsewhere(try_rec_mutex, &account->rec)), ==, -EBUSY);
        qemu_rec_mutex_unlock(&account->rec);
    }
    g_assert_cmpint(GPOINTER_TO_INT(elsewhere(try_rec_mutex, &account->rec)), ==, 0);
    account_free(account);
}

/* Each macro has a function behind it. */
static void test_addresses(void)
{
    void (*lock)(QemuMutex *) = qemu_mutex_lock;
    int (*trylock)(QemuMutex *) = qemu_mutex_trylock;
    void (*unlock)(QemuMutex *) = qemu_mutex_unlock;
    void (*rec_lock)(QemuRecMutex *) = qemu_rec_mutex_lock;
    int (*rec_trylock)(QemuRecMutex *) = qemu_rec_mutex_trylock;
    void (*rec_unlock)(QemuRecMutex *) = qemu_rec_mutex_unlock;
    void (*wait)(QemuCond *, QemuMutex *) = qemu_cond_wait;
    bool (*timedwait)(QemuCond *, QemuMutex *, int) = qemu_cond_timedwait;
    Account *account = account_new();

    g_assert_nonnull(wait);
    lock(&account->lock);
    g_assert_cmpint(trylock(&account->lock), ==, -EBUSY);
    /* It may wake up early without a reason. */
    while (timedwait(&account->cond, &account->lock, 1)) {
    }
    unlock(&account->lock);
    rec_lock(&account->rec);
    g_assert_cmpint(rec_trylock(&account->rec), ==, 0);
    rec_unlock(&account->rec);
    rec_unlock(&account->rec);
    account_free(account);
}

static struct {
    int calls;
    const char *file;
    int line;
} profiled;

static void profiled_at(const char *file, int line)
{
    profiled.calls++;
    profiled.file = file;
    profiled.line = line;
}

static void profiled_lock(QemuMutex *mutex, const char *file, int line)
{
    profiled_at(file, line);
    qemu_mutex_lock_impl(mutex, file, line);
}

static int profiled_trylock(QemuMutex *mutex, const char *file, int line)
{
    profiled_at(file, line);
    return qemu_mutex_trylock_impl(mutex, file, line);
}

static void profiled_rec_lock(QemuRecMutex *mutex, const char *file, int line)
{
    profiled_at(file, line);
    qemu_rec_mutex_lock_impl(mutex, file, line);
}

static int profiled_rec_trylock(QemuRecMutex *mutex, const char *file, int line)
{
    profiled_at(file, line);
    return qemu_rec_mutex_trylock_impl(mutex, file, line);
}

static void profiled_wait(QemuCond *cond, QemuMutex *mutex, const char *file, int line)
{
    profiled_at(file, line);
}

static bool profiled_timedwait(QemuCond *cond, QemuMutex *mutex, int ms, const char *file,
                               int line)
{
    profiled_at(file, line);
    return qemu_cond_timedwait_impl(cond, mutex, ms, file, line);
}

#define assert_profiled(calls_) \
    do { \
        g_assert_cmpint(profiled.calls, ==, calls_); \
        g_assert_cmpstr(profiled.file, ==, __FILE__); \
        g_assert_cmpint(profiled.line, ==, __LINE__); \
    } while (0)

/* The variables are the functions at first; what a program puts there is used from then on (R-HOST-7). */
static void test_profiler(void)
{
    Account *account = account_new();

    g_assert_true(qemu_mutex_lock_func == qemu_mutex_lock_impl);
    g_assert_true(qemu_mutex_trylock_func == qemu_mutex_trylock_impl);
    g_assert_true(qemu_rec_mutex_lock_func == qemu_rec_mutex_lock_impl);
    g_assert_true(qemu_rec_mutex_trylock_func == qemu_rec_mutex_trylock_impl);
    g_assert_true(qemu_cond_wait_func == qemu_cond_wait_impl);
    g_assert_true(qemu_cond_timedwait_func == qemu_cond_timedwait_impl);

    qatomic_set(&qemu_mutex_lock_func, profiled_lock);
    qatomic_set(&qemu_mutex_trylock_func, profiled_trylock);
    qatomic_set(&qemu_rec_mutex_lock_func, profiled_rec_lock);
    qatomic_set(&qemu_rec_mutex_trylock_func, profiled_rec_trylock);
    qatomic_set(&qemu_cond_wait_func, profiled_wait);
    qatomic_set(&qemu_cond_timedwait_func, profiled_timedwait);

    qemu_mutex_lock(&account->lock); assert_profiled(1);
    g_assert_cmpint(qemu_mutex_trylock(&account->lock), ==, -EBUSY); assert_profiled(2);
    qemu_cond_wait(&account->cond, &account->lock); assert_profiled(3);
    (void)qemu_cond_timedwait(&account->cond, &account->lock, 0); assert_profiled(4);
    qemu_rec_mutex_lock(&account->rec); assert_profiled(5);
    g_assert_cmpint(qemu_rec_mutex_trylock(&account->rec), ==, 0); assert_profiled(6);

    qatomic_set(&qemu_mutex_lock_func, qemu_mutex_lock_impl);
    qatomic_set(&qemu_mutex_trylock_func, qemu_mutex_trylock_impl);
    qatomic_set(&qemu_rec_mutex_lock_func, qemu_rec_mutex_lock_impl);
    qatomic_set(&qemu_rec_mutex_trylock_func, qemu_rec_mutex_trylock_impl);
    qatomic_set(&qemu_cond_wait_func, qemu_cond_wait_impl);
    qatomic_set(&qemu_cond_timedwait_func, qemu_cond_timedwait_impl);

    qemu_rec_mutex_unlock(&account->rec);
    qemu_rec_mutex_unlock(&account->rec);
    qemu_mutex_unlock(&account->lock);
    account_free(account);
}

/* Two threads take turns. */
static void *answer(void *opaque)
{
    Account *account = opaque;

    qemu_mutex_lock(&account->lock);
    for (int turn = 0; turn < 100; turn++) {
        while (account->balance % 2 == 0) {
            qemu_cond_wait(&account->cond, &account->lock);
        }
        account->balance++;
        qemu_cond_signal(&account->cond);
    }
    qemu_mutex_unlock(&account->lock);
    return NULL;
}

static void test_signal(void)
{
    Account *account = account_new();
    QemuThread thread;

    qemu_thread_create(&thread, "answer", answer, account, QEMU_THREAD_JOINABLE);
    qemu_mutex_lock(&account->lock);
    for (int turn = 0; turn < 100; turn++) {
        account->balance++;
        qemu_cond_signal(&account->cond);
        while (account->balance % 2 == 1) {
            qemu_cond_wait(&account->cond, &account->lock);
        }
    }
    g_assert_cmpint(account->balance, ==, 200);
    qemu_mutex_unlock(&account->lock);
    qemu_thread_join(&thread);
    account_free(account);
}

static void *wait_for_opening(void *opaque)
{
    Account *account = opaque;

    qemu_mutex_lock(&account->lock);
    account->balance++;
    qemu_cond_signal(&account->arrived);
    while (account->balance < 1000) {
        qemu_cond_wait(&account->cond, &account->lock);
    }
    qemu_mutex_unlock(&account->lock);
    return NULL;
}

static void test_broadcast(void)
{
    Account *account = account_new();
    QemuThread threads[5];

    for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
        qemu_thread_create(&threads[i], "wait", wait_for_opening, account,
                           QEMU_THREAD_JOINABLE);
    }
    qemu_mutex_lock(&account->lock);
    while (account->balance < (int)ARRAY_SIZE(threads)) {
        qemu_cond_wait(&account->arrived, &account->lock);
    }
    account->balance = 1000;
    qemu_cond_broadcast(&account->cond);
    qemu_mutex_unlock(&account->lock);
    for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
        qemu_thread_join(&threads[i]);
    }
    account_free(account);
}

static void test_timeout(void)
{
    static const int times[] = { 1, 0, -1, INT_MIN };
    Account *account = account_new();

    qemu_mutex_lock(&account->lock);
    for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
        /* It may wake up early without a reason. */
        while (qemu_cond_timedwait(&account->cond, &account->lock, times[i])) {
        }
        g_assert_cmpint(GPOINTER_TO_INT(elsewhere(try_mutex, &account->lock)), ==, -EBUSY);
    }
    qemu_mutex_unlock(&account->lock);
    account_free(account);
}

static void *open_soon(void *opaque)
{
    Account *account = opaque;

    qemu_mutex_lock(&account->lock);
    account->balance = 1;
    qemu_cond_signal(&account->cond);
    qemu_mutex_unlock(&account->lock);
    return NULL;
}

static void test_no_timeout(void)
{
    Account *account = account_new();
    QemuThread thread;

    qemu_mutex_lock(&account->lock);
    qemu_thread_create(&thread, "open", open_soon, account, QEMU_THREAD_JOINABLE);
    while (account->balance == 0) {
        g_assert_true(qemu_cond_timedwait(&account->cond, &account->lock, INT_MAX));
    }
    qemu_mutex_unlock(&account->lock);
    qemu_thread_join(&thread);
    account_free(account);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qio/thread/members", test_members);
    g_test_add_func("/qio/thread/trylock", test_trylock);
    g_test_add_func("/qio/thread/exclusion", test_exclusion);
    g_test_add_func("/qio/thread/recursion", test_recursion);
    g_test_add_func("/qio/thread/addresses", test_addresses);
    g_test_add_func("/qio/thread/profiler", test_profiler);
    g_test_add_func("/qio/thread/signal", test_signal);
    g_test_add_func("/qio/thread/broadcast", test_broadcast);
    g_test_add_func("/qio/thread/timeout", test_timeout);
    g_test_add_func("/qio/thread/no-timeout", test_no_timeout);
    return g_test_run();
}
