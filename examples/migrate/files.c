/*
 * The two files: what is sent, made up or given, and what arrives; and their checksums, which are
 * blocking work, too.
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "migrate.h"

#include <sys/statvfs.h>

static int make_file(off_t size, Error **errp)
{
    g_autofree char *path = NULL;
    g_autoptr(GError) gerr = NULL;
    int fd = g_file_open_tmp("migrate-XXXXXX", &path, &gerr);
    g_autofree uint32_t *buf = g_malloc(CHUNK);
    uint32_t state = 2463534242u;
    off_t done;

    if (fd < 0) {
        error_setg(errp, "Could not make a temporary file: %s", gerr->message);
        return -1;
    }
    /* Without a name nothing is left behind, whatever happens. */
    unlink(path);
    for (done = 0; done < size; done += CHUNK) {
        size_t length = MIN(size - done, CHUNK), i;

        for (i = 0; i < CHUNK / sizeof(*buf); i++) {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            buf[i] = state;
        }
        if (qemu_write_full(fd, buf, length) != (ssize_t)length) {
            error_setg_errno(errp, errno, "Could not write a temporary file of %jd bytes in %s",
                             (intmax_t)size, g_get_tmp_dir());
            close(fd);
            return -1;
        }
    }
    return fd;
}

bool files_parse_size(const char *text, off_t *size, Error **errp)
{
    char *end;
    guint64 n, unit = 1;

    errno = 0;
    n = g_ascii_strtoull(text, &end, 10);
    switch (*end) {
    case 'G': unit *= 1024; /* fall through */
    case 'M': unit *= 1024; /* fall through */
    case 'K': unit *= 1024; end++;
    }
    if (errno || end == text || *end || !g_ascii_isdigit(*text) || n > INT64_MAX / unit) {
        error_setg(errp, "--size expects a number of bytes, with K, M or G, not '%s'", text);
        return false;
    }
    *size = n * unit;
    return true;
}

/* Whether @files files of the size have room in @dir, before the first of them fills the disk. */
static bool has_room(Migration *m, int files, const char *dir, const char *change, Error **errp)
{
    struct statvfs st;
    uintmax_t room;

    if (statvfs(dir, &st) < 0) {
        error_setg_errno(errp, errno, "Could not look at the free space of %s", dir);
        return false;
    }
    room = (uintmax_t)st.f_bavail * st.f_frsize;
    if ((uintmax_t)m->size > room / files) {
        error_setg(errp, "No room for %d file%s of %jd bytes in %s, which has %ju bytes free; %s changes that",
                   files, files == 1 ? "" : "s", (intmax_t)m->size, dir, room, change);
        return false;
    }
    return true;
}

/* That both may go to one file system, in two directories, is left to the writes. */
static bool have_room(Migration *m, const char *file, const char *output, Error **errp)
{
    g_autofree char *dir = output ? g_path_get_dirname(output) : NULL;
    int temporary = !file + !output;

    return (temporary == 0 || has_room(m, temporary, g_get_tmp_dir(), "TMPDIR or --size", errp))
        && (!dir || has_room(m, 1, dir, "--output or --size", errp));
}

bool files_open(Migration *m, const char *file, const char *output, Error **errp)
{
    struct stat st;

    if (file) {
        m->source_fd = qemu_open(file, O_RDONLY, errp);
        if (m->source_fd < 0) {
            return false;
        }
        if (fstat(m->source_fd, &st) < 0 || !S_ISREG(st.st_mode)) {
            error_setg(errp, "'%s' is not a regular file", file);
            return false;
        }
        m->size = st.st_size;
    }
    if (!have_room(m, file, output, errp)) {
        return false;
    }
    if (!file) {
        printf("making a file of %jd bytes\n", (intmax_t)m->size);
        fflush(stdout);
        m->source_fd = make_file(m->size, errp);
        if (m->source_fd < 0) {
            return false;
        }
    }
    m->destination_fd = output ? qemu_create(output, O_RDWR | O_EXCL, 0644, errp) : make_file(0, errp);
    return m->destination_fd >= 0;
}

/* Checksums */

typedef struct Summing {
    Migration *migration;
    const char *end;
    int fd;
    char **checksum;
} Summing;

static void checksum_worker(QIOTask *task, gpointer opaque)
{
    Summing *summing = opaque;
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    g_autofree uint8_t *buf = g_malloc(CHUNK);
    off_t offset = 0;
    ssize_t n;

    say(summing->migration, summing->end, "summing");
    while ((n = pread(summing->fd, buf, CHUNK, offset)) > 0) {
        g_checksum_update(sum, buf, n);
        offset += n;
    }
    if (n < 0) {
        Error *err = NULL;

        error_setg_errno(&err, errno, "Could not read back at offset %jd", (intmax_t)offset);
        qio_task_set_error(task, err);
        return;
    }
    *summing->checksum = g_strdup(g_checksum_get_string(sum));
}

static void checksum_done(QIOTask *task, gpointer opaque)
{
    Summing *summing = opaque;
    Migration *m = summing->migration;

    if (task_succeeded(m, task)) {
        say(m, summing->end, "summed");
        if (m->running == 0) {
            g_main_loop_quit(m->loop);
        }
    }
    g_free(summing);
}

void files_sum(Migration *m)
{
    int fds[2] = { m->source_fd, m->destination_fd }, i;

    for (i = 0; i < 2; i++) {
        Summing *summing = g_new0(Summing, 1);

        *summing = (Summing) { m, i == 0 ? SOURCE_END : DESTINATION_END, fds[i], &m->checksums[i] };
        work_start(work_new(m, summing->end, checksum_done, summing, "checksum of the file"), NULL,
                   checksum_worker, m->in_main_loop);
    }
}
