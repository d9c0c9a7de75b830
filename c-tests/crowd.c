/*
 * Beside a test program: so many other watches exist, idle, that those of the tests are looked at by the hub
 * of their context (docs/spec, R-WATCH-13).
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "io/channel-socket.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include <sys/socket.h>

enum { CROWD = 150 };

/* They belong to no context, and stay to the end of the program. */
static GSource *crowd[CROWD];

static void crowd_begin(void)
{
    QIOChannelSocket *ioc;
    int i, fds[2];

    module_call_init(MODULE_INIT_QOM);
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
    ioc = qio_channel_socket_new_fd(fds[0], &error_abort);
    for (i = 0; i < CROWD; i++) {
        crowd[i] = qio_channel_create_watch(QIO_CHANNEL(ioc), G_IO_IN);
    }
    object_unref(OBJECT(ioc));
}

#undef main

/* The program's own: it is compiled with its main() renamed. */
int tested_main(int argc, char **argv);

int main(int argc, char **argv)
{
    crowd_begin();
    return tested_main(argc, argv);
}
