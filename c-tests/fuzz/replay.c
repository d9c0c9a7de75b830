/*
 * Runs a fuzz target on files and folders of files: what libFuzzer does with a corpus, without it.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "input.h"

static gint by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add(GPtrArray *files, const char *path)
{
    const char *name;
    GDir *dir;

    if (!g_file_test(path, G_FILE_TEST_IS_DIR)) {
        g_ptr_array_add(files, g_strdup(path));
        return;
    }
    dir = g_dir_open(path, 0, NULL);
    while (dir && (name = g_dir_read_name(dir))) {
        g_ptr_array_add(files, g_build_filename(path, name, NULL));
    }
    if (dir) {
        g_dir_close(dir);
    }
}

int main(int argc, char **argv)
{
    GPtrArray *files = g_ptr_array_new_with_free_func(g_free);
    guint count;

    for (int i = 1; i < argc; i++) {
        add(files, argv[i]);
    }
    g_ptr_array_sort(files, by_name);
    count = files->len;
    for (guint i = 0; i < count; i++) {
        const char *path = files->pdata[i];
        g_autofree char *name = g_path_get_basename(path);
        gchar *text;
        uint8_t *data;
        gsize size;

        if (!g_file_get_contents(path, &text, &size, NULL)) {
            fprintf(stderr, "replay: can't read %s\n", path);
            return 1;
        }
        /* Which one it is that doesn't come to its end. */
        printf("%s\n", name);
        fflush(stdout);
        /* Of its exact size, so that a look beyond it is seen. */
        data = malloc(size);
        memcpy(data, text, size);
        g_free(text);
        LLVMFuzzerTestOneInput(data, size);
        free(data);
    }
    g_ptr_array_unref(files);
    printf("%u inputs\n", count);
    if (count == 0) {
        fprintf(stderr, "usage: replay FILE-OR-FOLDER...\n");
    }
    return count == 0;
}
