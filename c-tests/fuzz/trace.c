/*
 * Lists of patterns for trace events, against a matcher of its own: which lists are wrong, and for which events lines are
 * written, and where.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "sequence.h"
#include "io/channel-file.h"
#include "io/channel-null.h"
#include "io/channel-socket.h"
#include "io/task.h"
#include "qio/trace.h"

#include <ctype.h>
#include <fnmatch.h>

enum { OPERATIONS = 24, LONGEST = 64, LIST = 40, FILES = 2, EVENTS = 256 };

static GPtrArray *events; /* the names of all events */
static bool is_on[EVENTS];
static int files[FILES];
static GString *expected[FILES]; /* the events that have to be in the files, one a line */
static int current;

/* What fires events --------------------------------------------------------------- */

static void use_null(void)
{
    object_unref(OBJECT(qio_channel_null_new()));
}

static void use_descriptor(void)
{
    object_unref(OBJECT(qio_channel_file_new_fd(-1)));
}

static void use_path(void)
{
    object_unref(OBJECT(qio_channel_file_new_path("/dev/null", O_WRONLY, 0600, &error_abort)));
}

static void use_socket(void)
{
    QIOChannelSocket *sioc = qio_channel_socket_new();

    qio_channel_close(QIO_CHANNEL(sioc), NULL);
    object_unref(OBJECT(sioc));
}

static void is_called(QIOTask *task, gpointer opaque)
{
}

static void use_task(void)
{
    QIOTask *task = qio_task_new(NULL, is_called, NULL, NULL);

    qio_task_complete(task);
#ifdef QIO_HAS_TASK_FREE
    qio_task_free(task);
#endif
}

static void (*const uses[])(void) = { use_null, use_descriptor, use_path, use_socket, use_task };
static GPtrArray *fired[G_N_ELEMENTS(uses)]; /* the names of the events of each, in their order */

/* What is in a file since the last time: the events of its lines. */
static char *lines_of(int file)
{
    g_autoptr(GString) text = g_string_new(NULL);
    GString *names = g_string_new(NULL);
    char buffer[4096];
    ssize_t got;

    qio_trace_flush();
    for (off_t at = 0; (got = pread(files[file], buffer, sizeof(buffer), at)) > 0; at += got) {
        g_string_append_len(text, buffer, got);
    }
    g_assert_cmpint(ftruncate(files[file], 0), ==, 0);
    for (char *line = text->str; *line; line = strchr(line, '\n') + 1) {
        char *name = strstr(line, "] ") + 2;

        g_assert_nonnull(strchr(line, '\n'));
        g_string_append_len(names, name, strcspn(name, " \n"));
        g_string_append_c(names, '\n');
    }
    return g_string_free(names, FALSE);
}

/* Finds the names of all events from what they begin with, letter by letter. */
static void find_events(GString *begin, const char *letters)
{
    size_t length = begin->len;

    for (const char *next = letters; *next; next++) {
        g_string_append_c(begin, *next);
        g_string_append_c(begin, '*');
        if (qio_trace_disable(begin->str, NULL)) {
            g_string_truncate(begin, length + 1);
            if (qio_trace_disable(begin->str, NULL)) {
                g_ptr_array_add(events, g_strdup(begin->str));
            }
            find_events(begin, letters);
        }
        g_string_truncate(begin, length);
    }
}

/* Those that names of events are made of. */
static char *find_letters(void)
{
    GString *letters = g_string_new(NULL);

    for (char letter = '0'; letter <= 'z'; letter++) {
        const char anywhere[] = { '*', letter, '*', 0 };

        if (letter != '?' && qio_trace_disable(anywhere, NULL)) {
            g_string_append_c(letters, letter);
        }
    }
    return g_string_free(letters, FALSE);
}

static void prepare(void)
{
    g_autoptr(GString) begin = g_string_new(NULL);
    g_autofree char *letters = find_letters();

    module_call_init(MODULE_INIT_QOM);
    events = g_ptr_array_new();
    find_events(begin, letters);
    g_assert_cmpuint(events->len, >, 60);
    g_assert_cmpuint(events->len, <=, EVENTS);
    for (int i = 0; i < FILES; i++) {
        files[i] = memfd_create("fuzz-trace", MFD_CLOEXEC);
        g_assert_cmpint(files[i], >=, 0);
        expected[i] = g_string_new(NULL);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(uses); i++) {
        g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", files[0]);
        g_autofree char *names = NULL;
        g_auto(GStrv) parts = NULL;

        g_assert_true(qio_trace_set_file(path, &error_abort));
        g_assert_true(qio_trace_enable("*", &error_abort));
        uses[i]();
        g_assert_true(qio_trace_disable("*", &error_abort));
        names = lines_of(0);
        parts = g_strsplit(names, "\n", -1);
        fired[i] = g_ptr_array_new();
        for (int k = 0; parts[k] && parts[k][0]; k++) {
            g_ptr_array_add(fired[i], g_strdup(parts[k]));
        }
        g_assert_cmpuint(fired[i]->len, >, 0);
    }
}

/* The model ------------------------------------------------------------------------ */

/* By a table of which beginnings match which. */
static bool matches(const char *pattern, size_t size, const char *name)
{
    size_t length = strlen(name);
    bool row[LONGEST + 1] = { true };

    g_assert_cmpuint(length, <=, LONGEST);
    for (size_t i = 0; i < size; i++) {
        bool diagonal = row[0];

        row[0] = row[0] && pattern[i] == '*';
        for (size_t k = 1; k <= length; k++) {
            bool above = row[k];

            if (pattern[i] == '*') {
                row[k] = above || row[k - 1];
            } else {
                row[k] = diagonal && (pattern[i] == '?' || pattern[i] == name[k - 1]);
            }
            diagonal = above;
        }
    }
    return row[length];
}

/* Which events a list chooses; false if a pattern of it is no event's. */
static bool choose(const char *list, bool *chosen)
{
    bool right = true;

    for (;;) {
        size_t size = strcspn(list, ","), first = 0, end = size;
        bool adds = true, any = false;

        while (first < end && isspace((unsigned char)list[first])) {
            first++;
        }
        while (end > first && isspace((unsigned char)list[end - 1])) {
            end--;
        }
        if (first < end && list[first] == '-') {
            adds = false;
            first++;
        }
        g_autofree char *pattern = g_strndup(list + first, end - first);
        /* A shell's brackets are none here. */
        bool is_a_shells = !strchr(pattern, '[');

        for (guint i = 0; i < events->len; i++) {
            const char *name = events->pdata[i];
            bool matching = matches(pattern, end - first, name);

            if (matching) {
                chosen[i] = adds;
                any = true;
            }
            if (is_a_shells && i % 8 == 0) {
                g_assert_true(matching == (fnmatch(pattern, name, FNM_NOESCAPE) == 0));
            }
        }
        right &= any;
        if (!list[size]) {
            return right;
        }
        list += size + 1;
    }
}

/* Operations ------------------------------------------------------------------------ */

/* The name of an event with some of it replaced. */
static void add_pattern(GString *list, Input *input)
{
    const char *name = events->pdata[take_number(input, 0, events->len - 1)];
    size_t length = strlen(name), begin = list->len;

    if (take_bool(input)) {
        g_string_append_c(list, '-');
        begin++;
    }
    g_string_append(list, name);
    for (int i = take_number(input, 0, 3); i > 0; i--) {
        size_t at = take_number(input, 0, length - 1);
        size_t size = take_number(input, 0, 12);

        if (begin + at < list->len) {
            g_string_erase(list, begin + at, MIN(size, list->len - begin - at));
            g_string_insert(list, begin + at, size & 1 ? "*" : size & 2 ? "?" : "**?");
        }
    }
}

/* A list; whether it is known what comes of it: beyond ASCII it only has to be harmless. */
static char *any_list(Input *input, bool *is_known)
{
    GString *list = g_string_new(NULL);
    uint8_t how = take_byte(input);

    *is_known = true;
    if (how & 1) {
        for (int i = how >> 6; i >= 0; i--) {
            add_pattern(list, input);
            if (i) {
                g_string_append(list, how & 2 ? " ,\t" : ",");
            }
        }
    } else {
        g_autofree char *text = take_text(input, LIST, NULL);

        g_string_append(list, text);
        for (size_t i = 0; i < list->len; i++) {
            if (list->str[i] & 0x80) {
                *is_known &= how & 2;
                list->str[i] &= how & 2 ? 0x7f : 0xff;
            }
        }
        /* A byte of 0x80 has become the end of it. */
        g_string_truncate(list, strlen(list->str));
    }
    return g_string_free(list, FALSE);
}

static void switch_lines(Input *input, bool on)
{
    bool chosen[EVENTS] = { false };
    bool is_known;
    g_autofree char *list = any_list(input, &is_known);
    Error *err = NULL;
    bool right = choose(list, chosen);
    bool done = on ? qio_trace_enable(list, &err) : qio_trace_disable(list, &err);

    g_assert_true(done == (err == NULL));
    if (err) {
        g_assert_true(g_str_has_prefix(error_get_pretty(err), "No trace event matches '"));
        g_assert_true(g_utf8_validate(error_get_pretty(err), -1, NULL));
    }
    error_free(err);
    if (!is_known) {
        g_assert_true(qio_trace_disable("*", &error_abort));
        memset(is_on, 0, sizeof(is_on));
        return;
    }
    g_assert_true(done == right);
    for (guint i = 0; i < events->len && done; i++) {
        is_on[i] = chosen[i] ? on : is_on[i];
    }
}

static bool is_traced(const char *name)
{
    for (guint i = 0; i < events->len; i++) {
        if (g_str_equal(events->pdata[i], name)) {
            return is_on[i];
        }
    }
    g_assert_not_reached();
}

static void fire(uint32_t which)
{
    uses[which]();
    for (guint i = 0; i < fired[which]->len; i++) {
        if (is_traced(fired[which]->pdata[i])) {
            g_string_append_printf(expected[current], "%s\n", (char *)fired[which]->pdata[i]);
        }
    }
}

static void set_file(int file)
{
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", files[file]);

    g_assert_true(qio_trace_set_file(path, &error_abort));
    current = file;
}

static void check(void)
{
    for (int i = 0; i < FILES; i++) {
        g_autofree char *names = lines_of(i);

        g_assert_cmpstr(names, ==, expected[i]->str);
        g_string_truncate(expected[i], 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input input = input_of(data, size);
    Error *err = NULL;
    int descriptors;

    if (!events) {
        prepare();
    }
    set_file(0);
    descriptors = descriptors_before();
    memset(is_on, 0, sizeof(is_on));
    for (int i = 0; i < OPERATIONS && input_left(&input); i++) {
        switch (take_number(&input, 0, 8)) {
        case 0:
        case 1:
        case 2:
            switch_lines(&input, true);
            break;
        case 3:
            switch_lines(&input, false);
            break;
        case 4:
            set_file(take_number(&input, 0, FILES - 1));
            break;
        case 5:
            g_assert_false(qio_trace_set_file("/nowhere/at/all", &err));
            error_free_or_abort(&err);
            break;
        case 6:
            check();
            break;
        case 7:
            look_inside();
            break;
        default:
            fire(take_number(&input, 0, G_N_ELEMENTS(uses) - 1));
            break;
        }
    }
    for (size_t i = 0; i < G_N_ELEMENTS(uses); i++) {
        fire(i);
    }
    check();
    g_assert_true(qio_trace_disable("*", &error_abort));
    descriptors_are(descriptors);
    return 0;
}
