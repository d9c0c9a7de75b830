/*
 * QIO_DUMP_SIGNAL and QIO_DUMP_FILE: dumps that a signal asks for (R-DUMP-11).
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "io/channel-null.h"
#include "qapi/error.h"
#include "qom/object.h"

#include "dump.h"

#include <sys/wait.h>

static const char *own_name;

/* What the child does: a dump is asked for twice, in a program with one channel. */
static int child(void)
{
    QIOChannel *ioc;

    module_call_init(MODULE_INIT_QOM);
    ioc = QIO_CHANNEL(qio_channel_null_new());
    errno = 12345;
    raise(SIGUSR1);
    if (errno != 12345) {
        return 3;
    }
    raise(SIGUSR1);
    object_unref(OBJECT(ioc));
    return 0;
}

/* Runs it; its standard error. */
static char *run(const char *signal, const char *file, int *status)
{
    g_auto(GStrv) env = g_environ_setenv(g_get_environ(), "DUMP_TEST_CHILD", "1", true);
    char *argv[] = { (char *)own_name, NULL };
    char *said = NULL;

    if (signal) {
        env = g_environ_setenv(env, "QIO_DUMP_SIGNAL", signal, true);
    }
    if (file) {
        env = g_environ_setenv(env, "QIO_DUMP_FILE", file, true);
    }
    g_assert_true(g_spawn_sync(NULL, argv, env, 0, NULL, NULL, NULL, &said, status, NULL));
    return said;
}

static int count(const char *text, const char *word)
{
    int found = 0;

    while ((text = strstr(text, word))) {
        text++;
        found++;
    }
    return found;
}

/* R-DUMP-11 */
static void test_standard_error(void)
{
    int status;
    g_autofree char *said = run("USR1", NULL, &status);

    g_assert_cmpint(status, ==, 0);
    g_assert_cmpint(count(said, "libqio: process="), ==, 2);
    g_assert_cmpint(count(said, " class=qio-channel-null "), ==, 2);
    assert_whole(said);
}

/* R-DUMP-11 */
static void test_file(void)
{
    g_autofree char *dir = g_dir_make_tmp("qio-dump-XXXXXX", NULL);
    g_autofree char *file = g_build_filename(dir, "dump", NULL);
    g_autofree char *text = NULL;
    int status;
    g_autofree char *said = run("SIGUSR1", file, &status);

    g_assert_cmpint(status, ==, 0);
    g_assert_cmpint(count(said, "libqio: "), ==, 0);
    g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
    g_assert_cmpint(count(text, "libqio: process="), ==, 2);
    g_assert_cmpint(unlink(file), ==, 0);
    g_assert_cmpint(rmdir(dir), ==, 0);
}

/* R-DUMP-11 */
static void test_unwritable_file(void)
{
    int status;
    g_autofree char *said = run("USR1", "/nowhere/dump", &status);

    g_assert_cmpint(status, ==, 0);
    g_assert_cmpint(count(said, "libqio: QIO_DUMP_FILE can't be opened: ENOENT\n"), ==, 2);
    g_assert_cmpint(count(said, "libqio: process="), ==, 2);
}

/* R-DUMP-11 */
static void test_not_asked_for(void)
{
    int status;
    g_autofree char *said = run(NULL, NULL, &status);

    /* The signal does what it does without the library. */
    g_assert_true(WIFSIGNALED(status));
    g_assert_cmpint(WTERMSIG(status), ==, SIGUSR1);
}

/* R-DUMP-11 */
static void test_wrong_name(void)
{
    int status;
    g_autofree char *said = run("KILL", NULL, &status);

    g_assert_true(g_str_has_prefix(said, "libqio: QIO_DUMP_SIGNAL: there is no signal KILL to ask for a dump by\n"));
    g_assert_true(WIFSIGNALED(status));
}

/* R-DUMP-11 */
static void test_taken_signal(void)
{
    void (*before)(int) = signal(SIGUSR1, SIG_IGN);
    int status;
    g_autofree char *said = run("USR1", NULL, &status);

    signal(SIGUSR1, before);
    g_assert_cmpint(status, ==, 0);
    g_assert_cmpint(count(said, "libqio: QIO_DUMP_SIGNAL: USR1 has a handler already, or is ignored\n"), ==, 1);
    g_assert_cmpint(count(said, "libqio: process="), ==, 0);
}

int main(int argc, char **argv)
{
    if (getenv("DUMP_TEST_CHILD")) {
        return child();
    }
    own_name = argv[0];
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/debug-dump/signal/standard-error", test_standard_error);
    g_test_add_func("/debug-dump/signal/file", test_file);
    g_test_add_func("/debug-dump/signal/unwritable-file", test_unwritable_file);
    g_test_add_func("/debug-dump/signal/not-asked-for", test_not_asked_for);
    g_test_add_func("/debug-dump/signal/wrong-name", test_wrong_name);
    g_test_add_func("/debug-dump/signal/taken", test_taken_signal);
    return g_test_run();
}
