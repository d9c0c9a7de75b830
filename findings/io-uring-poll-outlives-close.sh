#!/bin/sh
# A socket that io_uring polls is not closed by close(): its peer reads no end.
#
# A server that has epoll tell it of its clients closes the descriptor of one that has left, and the peer reads the end at once: a
# descriptor in an epoll set goes out of it as its file is closed. Moved to io_uring, with a poll (multishot or not) in the place
# of the entry, the same close() returns 0, the number is free again, and the connection is still there: the request holds the
# file. The peer waits, what it writes is taken by a socket that nobody can read any more, and the completion that would tell the
# server comes for a client that it has forgotten. The end is sent once the poll is removed or has fired for good. shutdown()
# before close() ends the connection in any case.
#
# Gets liburing 2.3-3 of Debian 12 in a temporary folder, and takes a C compiler, and a kernel that allows io_uring. Seen with
# Linux 6.18 and liburing 2.3:
#   epoll, close(): the end
#   io_uring, close(): nothing, and a byte to it is taken; once the poll is removed: the connection is over
#   io_uring, shutdown() and close(): the end
set -eu

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get download -qq liburing2=2.3-3 liburing-dev=2.3-3 >log 2>&1 || { cat log; exit 1; }
for package in *.deb; do
    dpkg -x "$package" tree
done
cat >trial.c <<'END'
#include <arpa/inet.h>
#include <liburing.h>
#include <poll.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* A connection: the server's end, and its peer. */
static void connection(int *mine, int *peer)
{
    struct sockaddr_in name = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof(name);
    int listener = socket(AF_INET, SOCK_STREAM, 0);

    bind(listener, (struct sockaddr *)&name, length);
    listen(listener, 1);
    getsockname(listener, (struct sockaddr *)&name, &length);
    *peer = socket(AF_INET, SOCK_STREAM, 0);
    connect(*peer, (struct sockaddr *)&name, length);
    *mine = accept(listener, NULL, NULL);
    close(listener);
}

/* What the peer learns within half a second. */
static const char *learns(int peer)
{
    struct pollfd found = { peer, POLLIN, 0 };
    char byte;

    if (poll(&found, 1, 500) == 0) {
        return "nothing";
    }
    return recv(peer, &byte, 1, 0) == 0 ? "the end" : "that the connection is over";
}

int main(void)
{
    struct epoll_event event = { .events = EPOLLIN };
    struct io_uring ring;
    struct io_uring_sqe *sqe;
    int mine, peer, set = epoll_create1(0);

    connection(&mine, &peer);
    epoll_ctl(set, EPOLL_CTL_ADD, mine, &event);
    close(mine);
    printf("epoll, close(): %s\n", learns(peer));

    if (io_uring_queue_init(8, &ring, 0) != 0) {
        puts("this kernel allows no io_uring");
        return 1;
    }
    for (int shuts_down = 0; shuts_down < 2; shuts_down++) {
        connection(&mine, &peer);
        sqe = io_uring_get_sqe(&ring);
        io_uring_prep_poll_multishot(sqe, mine, POLLIN);
        io_uring_sqe_set_data64(sqe, 1 + shuts_down);
        io_uring_submit(&ring);
        if (shuts_down) {
            shutdown(mine, SHUT_RDWR);
        }
        printf("io_uring, %sclose() is %d: ", shuts_down ? "shutdown(), " : "", close(mine));
        printf("%s\n", learns(peer));
        if (!shuts_down) {
            printf("a byte that the peer sends: %zd\n", send(peer, "x", 1, MSG_NOSIGNAL));
            printf("and then: %s\n", learns(peer));
            sqe = io_uring_get_sqe(&ring);
            io_uring_prep_poll_remove(sqe, 1);
            io_uring_submit(&ring);
            printf("the poll is removed: %s\n", learns(peer));
        }
    }
    return 0;
}
END
cat >expected <<'END'
epoll, close(): the end
io_uring, close() is 0: nothing
a byte that the peer sends: 1
and then: nothing
the poll is removed: that the connection is over
io_uring, shutdown(), close() is 0: the end
END
cc -I tree/usr/include trial.c "$(find tree -name liburing.a)" -o trial
./trial >said || { cat said; exit 1; }
uname -sr
cat said
cmp -s expected said || { echo 'it has changed'; exit 1; }
