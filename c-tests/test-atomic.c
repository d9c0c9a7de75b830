/*
 * qemu/atomic.h: what the operations do, alone and among threads.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qemu/atomic.h"

static void test_access(void)
{
    int number = 1;
    const volatile uint64_t wide = UINT64_C(0x123456789abcdef0);
    const char *text = NULL;
    bool flag = false;
    uint8_t byte = 0;

    qatomic_set(&number, 2);
    g_assert_cmpint(qatomic_read(&number), ==, 2);
    qatomic_store_release(&number, 3);
    g_assert_cmpint(qatomic_load_acquire(&number), ==, 3);
    g_assert_cmpuint(qatomic_read(&wide), ==, wide);
    qatomic_set(&text, "text");
    g_assert_cmpstr(qatomic_read(&text), ==, "text");
    qatomic_set(&flag, true);
    g_assert_true(qatomic_load_acquire(&flag));
    qatomic_set(&byte, 0x1ff);
    g_assert_cmpuint(qatomic_read(&byte), ==, 0xff);
}

static void test_exchange(void)
{
    int number = 1;
    bool flag = false;
    const char *text = "old";

    g_assert_cmpint(qatomic_xchg(&number, 2), ==, 1);
    g_assert_cmpint(number, ==, 2);
    g_assert_cmpstr(qatomic_xchg(&text, "new"), ==, "old");
    g_assert_false(qatomic_xchg(&flag, true));

    g_assert_cmpint(qatomic_cmpxchg(&number, 1, 7), ==, 2);
    g_assert_cmpint(number, ==, 2);
    g_assert_cmpint(qatomic_cmpxchg(&number, 2, 7), ==, 2);
    g_assert_cmpint(number, ==, 7);
    g_assert_cmpstr(qatomic_cmpxchg(&text, NULL, "never"), ==, "new");
    g_assert_cmpstr(text, ==, "new");
    g_assert_cmpstr(qatomic_cmpxchg(&text, text, NULL), ==, "new");
    g_assert_null(text);
    g_assert_true(qatomic_cmpxchg(&flag, true, false));
    g_assert_false(flag);
}

static void test_arithmetic(void)
{
    int number = 10;
    uint64_t wide = UINT32_MAX;
    uint8_t byte = 0xff;

    g_assert_cmpint(qatomic_fetch_inc(&number), ==, 10);
    g_assert_cmpint(qatomic_fetch_dec(&number), ==, 11);
    g_assert_cmpint(qatomic_fetch_add(&number, 5), ==, 10);
    g_assert_cmpint(qatomic_fetch_sub(&number, 3), ==, 15);
    g_assert_cmpint(qatomic_fetch_and(&number, 6), ==, 12);
    g_assert_cmpint(qatomic_fetch_or(&number, 3), ==, 4);
    g_assert_cmpint(number, ==, 7);

    qatomic_inc(&number);
    g_assert_cmpint(number, ==, 8);
    qatomic_dec(&number);
    g_assert_cmpint(number, ==, 7);
    qatomic_add(&number, 3);
    g_assert_cmpint(number, ==, 10);
    qatomic_sub(&number, 4);
    g_assert_cmpint(number, ==, 6);
    qatomic_and(&number, 3);
    g_assert_cmpint(number, ==, 2);
    qatomic_or(&number, 5);
    g_assert_cmpint(number, ==, 7);

    qatomic_inc(&wide);
    g_assert_cmpuint(wide, ==, UINT64_C(0x100000000));
    qatomic_inc(&byte);
    g_assert_cmpuint(byte, ==, 0);
}

static int evaluations;

static int *counted(int *number)
{
    evaluations++;
    return number;
}

static void test_once(void)
{
    int number = 0;

    qatomic_set(counted(&number), qatomic_read(counted(&number)));
    qatomic_inc(counted(&number));
    qatomic_or(counted(&number), 2);
    qatomic_cmpxchg(counted(&number), 3, 4);
    qatomic_xchg(counted(&number), 5);
    g_assert_cmpint(evaluations, ==, 6);
    g_assert_cmpint(number, ==, 5);
}

#define ROUNDS 20000

typedef struct Shared {
    int sum;
    int swapped;
    int data;
    int ready;
    int x, y;
    int saw_x, saw_y;
    int turn, done;
} Shared;

static gpointer counts(gpointer data)
{
    Shared *shared = data;

    for (int i = 0; i < ROUNDS; i++) {
        int old, seen = qatomic_read(&shared->swapped);

        qatomic_inc(&shared->sum);
        do {
            old = seen;
            seen = qatomic_cmpxchg(&shared->swapped, old, old + 1);
        } while (seen != old);
    }
    return NULL;
}

static void test_counting(void)
{
    Shared shared = { 0 };
    GThread *threads[4];

    for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
        threads[i] = g_thread_new("counts", counts, &shared);
    }
    for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
        g_thread_join(threads[i]);
    }
    g_assert_cmpint(shared.sum, ==, ROUNDS * ARRAY_SIZE(threads));
    g_assert_cmpint(shared.swapped, ==, ROUNDS * ARRAY_SIZE(threads));
}

static gpointer publishes(gpointer opaque)
{
    Shared *shared = opaque;

    for (int i = 1; i <= ROUNDS; i++) {
        shared->data = i;
        qatomic_store_release(&shared->ready, i);
        while (qatomic_load_acquire(&shared->done) != i) {
            g_thread_yield();
        }
    }
    return NULL;
}

/* Plain data is seen by the one who saw that it is ready. */
static void test_publishing(void)
{
    Shared shared = { 0 };
    GThread *thread = g_thread_new("publishes", publishes, &shared);

    for (int i = 1; i <= ROUNDS; i++) {
        while (qatomic_load_acquire(&shared.ready) != i) {
            g_thread_yield();
        }
        g_assert_cmpint(shared.data, ==, i);
        qatomic_store_release(&shared.done, i);
    }
    g_thread_join(thread);
}

static gpointer stores_y(gpointer opaque)
{
    Shared *shared = opaque;

    for (int i = 1; i <= ROUNDS; i++) {
        while (qatomic_load_acquire(&shared->turn) != i) {
            g_thread_yield();
        }
        qatomic_set(&shared->y, i);
        smp_mb();
        shared->saw_x = qatomic_read(&shared->x);
        qatomic_store_release(&shared->done, i);
    }
    return NULL;
}

/* Of two threads that store and then look at each other, one sees the other's store. */
static void test_fence(void)
{
    Shared shared = { 0 };
    GThread *thread = g_thread_new("stores", stores_y, &shared);

    for (int i = 1; i <= ROUNDS; i++) {
        qatomic_store_release(&shared.turn, i);
        qatomic_set(&shared.x, i);
        smp_mb();
        shared.saw_y = qatomic_read(&shared.y);
        while (qatomic_load_acquire(&shared.done) != i) {
            g_thread_yield();
        }
        g_assert_true(shared.saw_x == i || shared.saw_y == i);
    }
    g_thread_join(thread);
}

static gpointer writes_in_order(gpointer opaque)
{
    Shared *shared = opaque;

    for (int i = 1; i <= ROUNDS; i++) {
        qatomic_set(&shared->x, i);
        smp_wmb();
        qatomic_set(&shared->y, i);
    }
    return NULL;
}

static void test_read_write_fences(void)
{
    Shared shared = { 0 };
    GThread *thread = g_thread_new("writes", writes_in_order, &shared);
    int x, y;

    do {
        y = qatomic_read(&shared.y);
        smp_rmb();
        x = qatomic_read(&shared.x);
        g_assert_cmpint(x, >=, y);
    } while (y != ROUNDS);
    g_thread_join(thread);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qio/atomic/access", test_access);
    g_test_add_func("/qio/atomic/exchange", test_exchange);
    g_test_add_func("/qio/atomic/arithmetic", test_arithmetic);
    g_test_add_func("/qio/atomic/once", test_once);
    g_test_add_func("/qio/atomic/counting", test_counting);
    g_test_add_func("/qio/atomic/publishing", test_publishing);
    g_test_add_func("/qio/atomic/fence", test_fence);
    g_test_add_func("/qio/atomic/read-write-fences", test_read_write_fences);
    return g_test_run();
}
