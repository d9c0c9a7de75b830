/*
 * UNIX sockets (R-SOCK-12, R-SOCK-16).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "sockets.h"

static bool is_tight(const UnixSocketAddress *addr)
{
    return !addr->has_tight || addr->tight;
}

/* A name of full length has no NUL in it: here is one for those who look for it. */
typedef struct Name {
    struct sockaddr_un un;
    char end;
} Name;

/* Fills @name and its @len. */
static bool name_make(const UnixSocketAddress *addr, const char *path,
                      Name *name, socklen_t *len, Error **errp)
{
    ERRP_GUARD();
    size_t first = addr->abstract ? 1 : 0;
    size_t room = sizeof(name->un.sun_path) - first;
    size_t path_len = strlen(path);

    if (path_len > room) {
        error_setg(errp, "UNIX socket path '%s' is too long", path);
        error_append_hint(errp, "Path must be at most %zu bytes\n", room);
        return false;
    }
    *name = (Name) { .un.sun_family = AF_UNIX };
    memcpy(name->un.sun_path + first, path, path_len);
    *len = sizeof(name->un);
    if (addr->abstract && is_tight(addr)) {
        *len = offsetof(struct sockaddr_un, sun_path) + first + path_len;
    }
    return true;
}

/* A name in the temporary directory that nobody has. */
static char *fresh_path(Error **errp)
{
    char *path = g_build_filename(g_get_tmp_dir(), "qemu-socket-XXXXXX", NULL);
    int fd = mkstemp(path);

    if (fd < 0) {
        error_setg_errno(errp, errno, "Failed to make a temporary socket path");
        g_free(path);
        return NULL;
    }
    close(fd);
    return path;
}

static bool path_clear(const char *path, Error **errp)
{
    if (unlink(path) < 0 && errno != ENOENT) {
        error_setg_errno(errp, errno, "Failed to unlink socket %s", path);
        return false;
    }
    return true;
}

int unix_listen_address(const UnixSocketAddress *addr, int num, Error **errp)
{
    g_autofree char *path = NULL;
    Name name;
    socklen_t len;
    int fd;

    path = addr->abstract || (addr->path != NULL && *addr->path != '\0')
               ? g_strdup(addr->path != NULL ? addr->path : "")
               : fresh_path(errp);
    if (path == NULL || !name_make(addr, path, &name, &len, errp)) {
        return -1;
    }
    fd = qemu_socket(PF_UNIX, SOCK_STREAM, 0);
    if (fd < 0) {
        error_setg_errno(errp, errno, "Failed to create Unix socket");
        return -1;
    }
    if (!addr->abstract && !path_clear(path, errp)) {
        socket_drop(fd);
        return -1;
    }
    if (bind(fd, (struct sockaddr *)&name.un, len) < 0) {
        error_setg_errno(errp, errno, "Failed to bind socket to %s", path);
    } else if (listen(fd, num) < 0) {
        error_setg_errno(errp, errno, "Failed to listen on socket");
    } else {
        return fd;
    }
    socket_drop(fd);
    return -1;
}

int unix_connect_address(const UnixSocketAddress *addr, Error **errp)
{
    Name name;
    socklen_t len;
    int fd;

    if (addr->path == NULL) {
        error_setg(errp, "unix connect: no path specified");
        return -1;
    }
    if (!name_make(addr, addr->path, &name, &len, errp)) {
        return -1;
    }
    fd = qemu_socket(PF_UNIX, SOCK_STREAM, 0);
    if (fd < 0) {
        error_setg_errno(errp, errno, "Failed to create socket");
        return -1;
    }
    if (connect_fully(fd, (struct sockaddr *)&name.un, len) < 0) {
        error_setg_errno(errp, errno, "Failed to connect to '%s'", addr->path);
        socket_drop(fd);
        return -1;
    }
    return fd;
}

int unix_listen(const char *path, Error **errp)
{
    UnixSocketAddress addr = { .path = (char *)path };

    return unix_listen_address(&addr, 1, errp);
}

int unix_connect(const char *path, Error **errp)
{
    UnixSocketAddress addr = { .path = (char *)path };

    return unix_connect_address(&addr, errp);
}
