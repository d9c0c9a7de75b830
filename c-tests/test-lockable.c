/*
 * qemu/lockable.h: locks of any kind, and locks that end with a scope.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qemu/lockable.h"

static QemuMutex mutex, other;
static QemuRecMutex rec;

static bool is_free(QemuMutex *m)
{
    if (qemu_mutex_trylock(m) == -EBUSY) {
        return false;
    }
    qemu_mutex_unlock(m);
    return true;
}

static gpointer try_rec(gpointer data)
{
    int result = qemu_rec_mutex_trylock(&rec);

    if (result == 0) {
        qemu_rec_mutex_unlock(&rec);
    }
    return GINT_TO_POINTER(result);
}

/* As another thread sees it. */
static bool rec_is_free(void)
{
    return GPOINTER_TO_INT(g_thread_join(g_thread_new("try", try_rec, NULL))) == 0;
}

/* A lock of the program's own, which writes down what happens to it. */
static void note_lock(void *log)
{
    g_string_append_c(log, '(');
}

static void note_unlock(void *log)
{
    g_string_append_c(log, ')');
}

static void test_make(void)
{
    QemuLockable own = { 0 };
    QemuLockable *lockable = QEMU_MAKE_LOCKABLE(&mutex);

    g_assert_true(lockable->object == &mutex);
    qemu_lockable_lock(lockable);
    g_assert_false(is_free(&mutex));
    qemu_lockable_unlock(lockable);
    g_assert_true(is_free(&mutex));

    lockable = QEMU_MAKE_LOCKABLE(&rec);
    qemu_lockable_lock(lockable);
    qemu_lockable_lock(lockable);
    g_assert_false(rec_is_free());
    qemu_lockable_unlock(lockable);
    g_assert_false(rec_is_free());
    qemu_lockable_unlock(lockable);
    g_assert_true(rec_is_free());

    g_assert_true(QEMU_MAKE_LOCKABLE(&own) == &own);
    g_assert_null(QEMU_MAKE_LOCKABLE(NULL));
}

static void test_own(void)
{
    g_autoptr(GString) log = g_string_new(NULL);
    QemuLockable own = { .object = log, .lock = note_lock, .unlock = note_unlock };

    {
        QEMU_LOCK_GUARD(&own);
        g_string_append_c(log, 'a');
    }
    WITH_QEMU_LOCK_GUARD(&own) {
        g_string_append_c(log, 'b');
    }
    g_assert_cmpstr(log->str, ==, "(a)(b)");
}

static int returns(void)
{
    QEMU_LOCK_GUARD(&mutex);

    /* The value is computed under the lock. */
    return is_free(&mutex);
}

static int returns_from_block(void)
{
    WITH_QEMU_LOCK_GUARD(&mutex) {
        return is_free(&mutex);
    }
    return -1;
}

static void test_return(void)
{
    g_assert_cmpint(returns(), ==, false);
    g_assert_true(is_free(&mutex));
    g_assert_cmpint(returns_from_block(), ==, false);
    g_assert_true(is_free(&mutex));
}

static void test_jumps(void)
{
    int turns = 0;

    for (int i = 0; i < 3; i++) {
        QEMU_LOCK_GUARD(&mutex);

        turns++;
        if (i == 0) {
            continue;
        }
        if (i == 1) {
            break;
        }
    }
    g_assert_cmpint(turns, ==, 2);
    g_assert_true(is_free(&mutex));

    {
        QEMU_LOCK_GUARD(&mutex);

        if (!is_free(&mutex)) {
            goto out;
        }
        turns = 0;
    }
out:
    g_assert_cmpint(turns, ==, 2);
    g_assert_true(is_free(&mutex));
}

/* break and continue leave the block and not the loop around it. */
static void test_block_jumps(void)
{
    int ends = 0;

    for (int i = 0; i < 3; i++) {
        WITH_QEMU_LOCK_GUARD(&mutex) {
            g_assert_false(is_free(&mutex));
            if (i == 0) {
                break;
            }
            if (i == 1) {
                continue;
            }
            ends++;
        }
        g_assert_true(is_free(&mutex));
        ends += 10;
    }
    g_assert_cmpint(ends, ==, 31);

    WITH_QEMU_LOCK_GUARD(&mutex) {
        goto out;
    }
    g_assert_not_reached();
out:
    g_assert_true(is_free(&mutex));
}

static void test_several(void)
{
    g_autoptr(GString) log = g_string_new(NULL);
    QemuLockable own = { .object = log, .lock = note_lock, .unlock = note_unlock };

    {
        QEMU_LOCK_GUARD(&mutex);
        QEMU_LOCK_GUARD(&other);
        QEMU_LOCK_GUARD(&rec);
        QEMU_LOCK_GUARD(&own);
        QEMU_LOCK_GUARD(NULL);

        WITH_QEMU_LOCK_GUARD(&rec) {
            WITH_QEMU_LOCK_GUARD(&own) {
                g_string_append_c(log, 'x');
            }
        }
        g_assert_false(is_free(&mutex));
        g_assert_false(is_free(&other));
        g_assert_false(rec_is_free());
    }
    g_assert_cmpstr(log->str, ==, "((x))");
    g_assert_true(is_free(&mutex));
    g_assert_true(is_free(&other));
    g_assert_true(rec_is_free());
}

/* Unlocked last are those that were locked first. */
static void test_order(void)
{
    g_autoptr(GString) log = g_string_new(NULL);
    QemuLockable own = { .object = log, .lock = note_lock, .unlock = note_unlock };

    {
        QEMU_LOCK_GUARD(&own);
        {
            QEMU_LOCK_GUARD(&mutex);
            g_string_append_c(log, '1');
        }
        g_string_append_c(log, is_free(&mutex) ? '2' : '!');
    }
    g_assert_cmpstr(log->str, ==, "(12)");
}

static int evaluations;

static QemuMutex *counted(void)
{
    evaluations++;
    return &mutex;
}

static void test_once(void)
{
    {
        QEMU_LOCK_GUARD(counted());
    }
    g_assert_cmpint(evaluations, ==, 1);
    WITH_QEMU_LOCK_GUARD(counted()) {
        g_assert_false(is_free(&mutex));
    }
    g_assert_cmpint(evaluations, ==, 2);
}

static void test_null(void)
{
    int runs = 0;

    {
        QEMU_LOCK_GUARD(NULL);
        runs++;
    }
    WITH_QEMU_LOCK_GUARD(NULL) {
        runs++;
    }
    g_assert_cmpint(runs, ==, 2);
}

static void test_unset(void)
{
    static QemuMutex unset;

    if (g_test_subprocess()) {
        QEMU_LOCK_GUARD(&unset);
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*qemu: qemu_mutex_lock_impl: @mutex is not initialized*");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qemu_mutex_init(&mutex);
    qemu_mutex_init(&other);
    qemu_rec_mutex_init(&rec);
    g_test_add_func("/qio/lockable/make", test_make);
    g_test_add_func("/qio/lockable/own", test_own);
    g_test_add_func("/qio/lockable/return", test_return);
    g_test_add_func("/qio/lockable/jumps", test_jumps);
    g_test_add_func("/qio/lockable/block-jumps", test_block_jumps);
    g_test_add_func("/qio/lockable/several", test_several);
    g_test_add_func("/qio/lockable/order", test_order);
    g_test_add_func("/qio/lockable/once", test_once);
    g_test_add_func("/qio/lockable/null", test_null);
    g_test_add_func("/qio/lockable/unset", test_unset);
    return g_test_run();
}
