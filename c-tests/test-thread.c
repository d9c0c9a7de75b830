/*
 * qemu/thread.h: mutexes, condition variables and threads.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qemu/thread.h"
#include <sys/prctl.h>
#include <sys/resource.h>

/* A lock among other things, in memory that was used before. */
typedef struct Account {
    char before[3];
    QemuMutex lock;
    QemuRecMutex rec;
    QemuCond cond;
    QemuCond arrived;
    int balance;
} Account;

static Account *account_new(void)
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

static void account_free(Account *account)
{
    qemu_cond_destroy(&account->arrived);
    qemu_cond_destroy(&account->cond);
    qemu_rec_mutex_destroy(&account->rec);
    qemu_mutex_destroy(&account->lock);
    g_free(account);
}

/* Runs a function in a joined thread of its own. */
static void *elsewhere(void *(*function)(void *), void *arg)
{
    QemuThread thread;

    qemu_thread_create(&thread, "elsewhere", function, arg, QEMU_THREAD_JOINABLE);
    return qemu_thread_join(&thread);
}

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

#define DEPOSITS 20000

static void *deposit(void *opaque)
{
    Account *account = opaque;

    for (int i = 0; i < DEPOSITS; i++) {
        qemu_mutex_lock(&account->lock);
        account->balance++;
        qemu_mutex_unlock(&account->lock);
    }
    return NULL;
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

/* The variables are the functions at first; what a program puts there is used from then on. */
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

static void *increment(void *arg)
{
    return (char *)arg + 1;
}

static void *exit_deeply(void *arg)
{
    if (arg) {
        qemu_thread_exit(increment(arg));
    }
    return NULL;
}

static void test_join(void)
{
    char value[2];

    g_assert_true(elsewhere(increment, value) == &value[1]);
    g_assert_null(elsewhere(exit_deeply, NULL));
}

/* Ends the thread from a frame below others. */
static void test_exit(void)
{
    char value[2];

    g_assert_true(elsewhere(exit_deeply, value) == &value[1]);
    qemu_thread_naming(true);
    g_assert_true(elsewhere(exit_deeply, value) == &value[1]);
    qemu_thread_naming(false);
}

typedef struct Detached {
    QemuMutex lock;
    QemuCond cond;
    bool joinable;
    bool done;
} Detached;

static void *runs_detached(void *opaque)
{
    Detached *detached = opaque;
    pthread_attr_t attr;
    int state;

    g_assert_cmpint(pthread_getattr_np(pthread_self(), &attr), ==, 0);
    g_assert_cmpint(pthread_attr_getdetachstate(&attr, &state), ==, 0);
    pthread_attr_destroy(&attr);
    qemu_mutex_lock(&detached->lock);
    detached->joinable = state == PTHREAD_CREATE_JOINABLE;
    detached->done = true;
    qemu_cond_signal(&detached->cond);
    qemu_mutex_unlock(&detached->lock);
    return NULL;
}

/* Its handle may be gone before it runs. */
static void start_detached(Detached *detached)
{
    QemuThread thread;

    qemu_thread_create(&thread, "detached", runs_detached, detached, QEMU_THREAD_DETACHED);
}

static void test_detached(void)
{
    /* Static, as the thread may be in its last unlock when the test returns. */
    static Detached detached = { .joinable = true };

    qemu_mutex_init(&detached.lock);
    qemu_cond_init(&detached.cond);
    start_detached(&detached);
    qemu_mutex_lock(&detached.lock);
    while (!detached.done) {
        qemu_cond_wait(&detached.cond, &detached.lock);
    }
    g_assert_false(detached.joinable);
    qemu_mutex_unlock(&detached.lock);
}

static QemuThread known;

static void *knows_itself(void *arg)
{
    QemuThread self;

    /* The handle is there when the thread starts. */
    g_assert_true(qemu_thread_is_self(&known));
    qemu_thread_get_self(&self);
    g_assert_true(pthread_equal(self.thread, known.thread));
    return NULL;
}

static void test_self(void)
{
    QemuThread self;

    qemu_thread_create(&known, "self", knows_itself, NULL, QEMU_THREAD_JOINABLE);
    g_assert_false(qemu_thread_is_self(&known));
    qemu_thread_join(&known);
    qemu_thread_get_self(&self);
    g_assert_true(qemu_thread_is_self(&self));
}

/* Threads made otherwise can use all of it. */
static gpointer of_glib(gpointer opaque)
{
    Account *account = opaque;
    QemuThread self;
    char value[2];

    deposit(account);
    qemu_thread_get_self(&self);
    g_assert_true(qemu_thread_is_self(&self));
    g_assert_true(elsewhere(increment, value) == &value[1]);
    return NULL;
}

static void test_foreign(void)
{
    Account *account = account_new();

    g_thread_join(g_thread_new("foreign", of_glib, account));
    g_assert_cmpint(account->balance, ==, DEPOSITS);
    account_free(account);
}

static void *own_mask(void *opaque)
{
    g_assert_cmpint(pthread_sigmask(SIG_SETMASK, NULL, opaque), ==, 0);
    return NULL;
}

static void test_signals(void)
{
    sigset_t before, after, inside;

    sigemptyset(&before);
    sigaddset(&before, SIGUSR2);
    sigaddset(&before, SIGSEGV);
    g_assert_cmpint(pthread_sigmask(SIG_SETMASK, &before, NULL), ==, 0);
    elsewhere(own_mask, &inside);
    own_mask(&after);
    for (int sig = 1; sig < NSIG; sig++) {
        bool open = sig == SIGSEGV || sig == SIGFPE || sig == SIGILL;

        g_assert_cmpint(sigismember(&after, sig), ==, sigismember(&before, sig));
        /* Those that cannot be blocked, and those that libc keeps for itself. */
        if (sig == SIGKILL || sig == SIGSTOP || (sig > SIGSYS && sig < SIGRTMIN)) {
            continue;
        }
        g_assert_cmpint(sigismember(&inside, sig), ==, !open);
    }
    sigemptyset(&before);
    g_assert_cmpint(pthread_sigmask(SIG_SETMASK, &before, NULL), ==, 0);
}

static void *own_name(void *opaque)
{
    char *name = g_malloc0(16);

    g_assert_cmpint(prctl(PR_GET_NAME, name), ==, 0);
    return name;
}

static char *name_of_thread(const char *name)
{
    QemuThread thread;
    g_autofree char *copy = g_strdup(name);

    qemu_thread_create(&thread, copy, own_name, NULL, QEMU_THREAD_JOINABLE);
    /* The caller's text is not needed any more. */
    if (copy) {
        memset(copy, '!', strlen(copy));
    }
    return qemu_thread_join(&thread);
}

static void test_names(void)
{
    g_autofree char *mine = own_name(NULL);
    g_autofree char *off = name_of_thread("first");
    g_autofree char *on = NULL, *longest = NULL, *too_long = NULL, *none = NULL, *again = NULL;

    g_assert_cmpstr(off, ==, mine);
    qemu_thread_naming(true);
    on = name_of_thread("second");
    longest = name_of_thread("fifteen-letters");
    too_long = name_of_thread("sixteen--letters");
    none = name_of_thread(NULL);
    qemu_thread_naming(false);
    again = name_of_thread("third");
    g_assert_cmpstr(on, ==, "second");
    g_assert_cmpstr(longest, ==, "fifteen-letters");
    g_assert_cmpstr(too_long, ==, mine);
    g_assert_cmpstr(none, ==, mine);
    g_assert_cmpstr(again, ==, mine);
}

/* Wrong uses, each in a process of its own. All zero is not initialised. */
static QemuMutex unset_mutex, set_mutex;
static QemuRecMutex unset_rec, set_rec;
static QemuCond unset_cond, set_cond;

static void lock_unset(void)
{
    qemu_mutex_lock(&unset_mutex);
}

static void trylock_unset(void)
{
    (void)qemu_mutex_trylock(&unset_mutex);
}

static void unlock_unset(void)
{
    qemu_mutex_unlock(&unset_mutex);
}

static void destroy_unset(void)
{
    qemu_mutex_destroy(&unset_mutex);
}

static void lock_garbage(void)
{
    memset(&unset_mutex, 0xa5, sizeof(unset_mutex));
    qemu_mutex_lock(&unset_mutex);
}

static void lock_destroyed(void)
{
    qemu_mutex_destroy(&set_mutex);
    qemu_mutex_lock(&set_mutex);
}

static void lock_null(void)
{
    qemu_mutex_lock(NULL);
}

static void init_null(void)
{
    qemu_mutex_init(NULL);
}

static void destroy_locked(void)
{
    qemu_mutex_lock(&set_mutex);
    qemu_mutex_destroy(&set_mutex);
}

static void rec_lock_unset(void)
{
    qemu_rec_mutex_lock(&unset_rec);
}

static void rec_trylock_unset(void)
{
    (void)qemu_rec_mutex_trylock(&unset_rec);
}

static void rec_unlock_unset(void)
{
    qemu_rec_mutex_unlock(&unset_rec);
}

static void rec_destroy_unset(void)
{
    qemu_rec_mutex_destroy(&unset_rec);
}

static void rec_unlock_unlocked(void)
{
    qemu_rec_mutex_unlock(&set_rec);
}

static void signal_unset(void)
{
    qemu_cond_signal(&unset_cond);
}

static void broadcast_unset(void)
{
    qemu_cond_broadcast(&unset_cond);
}

static void wait_unset(void)
{
    qemu_cond_wait(&unset_cond, &set_mutex);
}

static void wait_unset_mutex(void)
{
    qemu_cond_wait(&set_cond, &unset_mutex);
}

static void timedwait_unset(void)
{
    (void)qemu_cond_timedwait(&unset_cond, &set_mutex, 1);
}

static void cond_destroy_unset(void)
{
    qemu_cond_destroy(&unset_cond);
}

static void cond_null(void)
{
    qemu_cond_signal(NULL);
}

static void *stays(void *arg)
{
    for (;;) {
        pause();
    }
    return NULL;
}

static void no_thread_left(void)
{
    struct rlimit none = { 0, 0 };
    QemuThread thread;

    /* No memory for stacks. */
    g_assert_cmpint(setrlimit(RLIMIT_AS, &none), ==, 0);
    for (int i = 0; i < 1000; i++) {
        qemu_thread_create(&thread, "many", stays, NULL, QEMU_THREAD_DETACHED);
    }
}

static void no_function(void)
{
    QemuThread thread;

    qemu_thread_create(&thread, "none", NULL, NULL, QEMU_THREAD_JOINABLE);
}

static void wrong_mode(void)
{
    QemuThread thread;

    qemu_thread_create(&thread, "wrong", increment, NULL, 2);
}

static void join_self(void)
{
    QemuThread self;

    qemu_thread_get_self(&self);
    qemu_thread_join(&self);
}

#define UNSET_MUTEX ": @mutex is not initialized*"
#define UNSET_COND ": @cond is not initialized*"

static const struct Mistake {
    const char *name;
    void (*make)(void);
    const char *stderr_pattern;
} mistakes[] = {
    { "lock", lock_unset, "*qemu: qemu_mutex_lock_impl" UNSET_MUTEX },
    { "trylock", trylock_unset, "*qemu: qemu_mutex_trylock_impl" UNSET_MUTEX },
    { "unlock", unlock_unset, "*qemu: qemu_mutex_unlock_impl" UNSET_MUTEX },
    { "destroy", destroy_unset, "*qemu: qemu_mutex_destroy" UNSET_MUTEX },
    { "garbage", lock_garbage, "*qemu: qemu_mutex_lock_impl" UNSET_MUTEX },
    { "destroyed", lock_destroyed, "*qemu: qemu_mutex_lock_impl" UNSET_MUTEX },
    { "null", lock_null, "*qemu: qemu_mutex_lock_impl: @mutex is NULL*" },
    { "init-null", init_null, "*qemu: qemu_mutex_init: @mutex is NULL*" },
    { "destroy-locked", destroy_locked, "*qemu: qemu_mutex_destroy: Device or resource busy*" },
    { "rec-lock", rec_lock_unset, "*qemu: qemu_rec_mutex_lock_impl" UNSET_MUTEX },
    { "rec-trylock", rec_trylock_unset, "*qemu: qemu_rec_mutex_trylock_impl" UNSET_MUTEX },
    { "rec-unlock", rec_unlock_unset, "*qemu: qemu_rec_mutex_unlock_impl" UNSET_MUTEX },
    { "rec-destroy", rec_destroy_unset, "*qemu: qemu_rec_mutex_destroy" UNSET_MUTEX },
    { "rec-unlock-unlocked", rec_unlock_unlocked,
      "*qemu: qemu_rec_mutex_unlock_impl: Operation not permitted*" },
    { "signal", signal_unset, "*qemu: qemu_cond_signal" UNSET_COND },
    { "broadcast", broadcast_unset, "*qemu: qemu_cond_broadcast" UNSET_COND },
    { "wait", wait_unset, "*qemu: qemu_cond_wait_impl" UNSET_COND },
    { "wait-mutex", wait_unset_mutex, "*qemu: qemu_cond_wait_impl" UNSET_MUTEX },
    { "timedwait", timedwait_unset, "*qemu: qemu_cond_timedwait_impl" UNSET_COND },
    { "cond-destroy", cond_destroy_unset, "*qemu: qemu_cond_destroy" UNSET_COND },
    { "cond-null", cond_null, "*qemu: qemu_cond_signal: @cond is NULL*" },
    { "no-thread", no_thread_left,
      "*qemu: qemu_thread_create: Resource temporarily unavailable*" },
    { "no-function", no_function, "*qemu: qemu_thread_create: @start_routine is NULL*" },
    { "mode", wrong_mode, "*qemu: qemu_thread_create: @mode is 2*" },
    { "join-self", join_self, "*qemu: qemu_thread_join: Resource deadlock avoided*" },
};

static void test_mistake(gconstpointer data)
{
    const struct Mistake *mistake = data;

    if (g_test_subprocess()) {
        setenv("LC_ALL", "C", 1);
        qemu_mutex_init(&set_mutex);
        qemu_rec_mutex_init(&set_rec);
        qemu_cond_init(&set_cond);
        mistake->make();
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr(mistake->stderr_pattern);
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
    g_test_add_func("/qio/thread/join", test_join);
    g_test_add_func("/qio/thread/exit", test_exit);
    g_test_add_func("/qio/thread/detached", test_detached);
    g_test_add_func("/qio/thread/self", test_self);
    g_test_add_func("/qio/thread/foreign", test_foreign);
    g_test_add_func("/qio/thread/signals", test_signals);
    g_test_add_func("/qio/thread/names", test_names);
    for (size_t i = 0; i < ARRAY_SIZE(mistakes); i++) {
        g_autofree char *path = g_strdup_printf("/qio/thread/mistake/%s", mistakes[i].name);

        g_test_add_data_func(path, &mistakes[i], test_mistake);
    }
    return g_test_run();
}
