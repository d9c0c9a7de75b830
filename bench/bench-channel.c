/*
 * Plain socket channels against the loop over sendmsg() and recvmsg() that they stand for.
 *
 * usage: bench-channel [instructions]
 *
 * With an argument nothing is measured: 64 bytes go to and fro 10,000 times, for
 *     valgrind --tool=callgrind --toggle-collect=qio_channel_writev_all \
 *         --toggle-collect=qio_channel_readv_all bench-channel instructions
 *
 * Copyright: the libqio authors. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "transfers.h"
#include "../c-tests/strace/transfer.h"

enum { COUNTED = 10000 };

static void library_write(void *end, char *bytes, size_t size)
{
    struct iovec iov = { bytes, size };

    qio_channel_writev_all(end, &iov, 1, &error_abort);
}

static void library_read(void *end, char *bytes, size_t size)
{
    struct iovec iov = { bytes, size };

    qio_channel_readv_all(end, &iov, 1, &error_abort);
}

static void hand_write(void *end, char *bytes, size_t size)
{
    struct iovec iov = { bytes, size };

    hand_all(*(int *)end, &iov, 1, POLLOUT, hand_send);
}

static void hand_read(void *end, char *bytes, size_t size)
{
    struct iovec iov = { bytes, size };

    hand_all(*(int *)end, &iov, 1, POLLIN, hand_receive);
}

int main(int argc, char **argv)
{
    int sv[2];
    Way library = { .write = library_write, .read = library_read };
    Way by_hand = { &sv[0], &sv[1], hand_write, hand_read };

    module_call_init(MODULE_INIT_QOM);
    g_assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) == 0);
    library.from = qio_channel_socket_new_fd(sv[0], &error_abort);
    library.to = qio_channel_socket_new_fd(sv[1], &error_abort);
    if (argc > 1) {
        run_in_turn(&(Run) { library.from, library.to, 64, COUNTED, library_write, library_read });
        return 0;
    }
    compare_all("Socket channels", &library, &by_hand, 256 << 20);
    return 0;
}
