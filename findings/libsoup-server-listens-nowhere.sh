#!/bin/sh
# A SoupServer of libsoup 3.2 that listens nowhere ends each connection behind its first response.
#
# soup_server_accept_iostream() gives a server connections that others have accepted: the way to have
# HTTP on a descriptor of a service manager, behind a TLS of one's own, or over whatever is a GIOStream.
# A server that needs nothing else doesn't call soup_server_listen*(). Then it closes such a connection
# after one response, though request and response are those of a persistent connection (RFC 9112 9.3)
# and no "Connection: close" says so: a client that has sent its next request already, as it may, gets
# no answer to it. With any listening socket beside it, used or not, the same connection goes on.
#
# A server over one end of a socket pair; two requests are sent at the other end, one after the other.
# Installs libsoup-3.0-0 and libsoup-3.0-dev of Debian 12, as pinned, in a temporary folder; GLib, what
# else libsoup stands on (nghttp2, libpsl, sqlite), a C compiler and pkg-config are taken from the system.
set -eu

version=3.2.3-0+deb12u2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get download -qq "libsoup-3.0-0=$version" "libsoup-3.0-dev=$version"
for package in *.deb; do
    dpkg-deb -x "$package" root
done

cat >program.c <<'EOF'
#include <libsoup/soup.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static void handle(SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query, gpointer data)
{
    (void)server, (void)path, (void)query, (void)data;
    soup_server_message_set_status(message, 200, NULL);
    soup_server_message_set_response(message, "text/plain", SOUP_MEMORY_STATIC, "yes", 3);
}

/* Sends a request, and tells what comes within a second. */
static void ask(int fd, int number)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n";
    gint64 end = g_get_monotonic_time() + G_USEC_PER_SEC;
    char bytes[1000];
    ssize_t got = -1;

    if (send(fd, request, strlen(request), MSG_NOSIGNAL) < 0) {
        printf("  request %d: the connection is closed\n", number);
        return;
    }
    while (got < 0 && g_get_monotonic_time() < end) {
        g_main_context_iteration(NULL, FALSE);
        got = recv(fd, bytes, sizeof(bytes) - 1, MSG_DONTWAIT);
    }
    bytes[got > 0 ? got : 0] = 0;
    printf("  request %d: %.15s%s\n", number, got > 0 ? bytes : "no answer",
           strstr(bytes, "Connection: close") ? ", which is the last one" : "");
    /* What else the server has to do. */
    while (g_main_context_iteration(NULL, FALSE)) {
    }
}

static void run(gboolean listens)
{
    SoupServer *server = soup_server_new(NULL, NULL);
    GSocketAddress *local, *remote;
    GSocket *socket;
    int fd[2];

    printf("%s\n", listens ? "with a listening socket, which nobody uses" : "without a listening socket");
    socketpair(AF_UNIX, SOCK_STREAM, 0, fd);
    socket = g_socket_new_from_fd(fd[0], NULL);
    local = g_socket_get_local_address(socket, NULL);
    remote = g_socket_get_remote_address(socket, NULL);
    soup_server_add_handler(server, NULL, handle, NULL, NULL);
    if (listens) {
        soup_server_listen_local(server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, NULL);
    }
    soup_server_accept_iostream(server, G_IO_STREAM(g_socket_connection_factory_create_connection(socket)), local, remote,
                                NULL);
    ask(fd[1], 1);
    ask(fd[1], 2);
}

int main(void)
{
    printf("libsoup %u.%u.%u\n", soup_get_major_version(), soup_get_minor_version(), soup_get_micro_version());
    run(FALSE);
    run(TRUE);
    return 0;
}
EOF
lib=$(dirname "$(find "$PWD/root" -name 'libsoup-3.0.so.0' | head -n 1)")
cc -Wall -Wextra program.c -o program -I"$PWD/root/usr/include/libsoup-3.0" $(pkg-config --cflags gio-2.0) \
    "$lib/libsoup-3.0.so.0" -Wl,-rpath,"$lib" $(pkg-config --libs gio-2.0)

cat >expected <<'EOF'
libsoup 3.2.3
without a listening socket
  request 1: HTTP/1.1 200 OK
  request 2: the connection is closed
with a listening socket, which nobody uses
  request 1: HTTP/1.1 200 OK
  request 2: HTTP/1.1 200 OK
EOF
./program | tee seen
if ! diff -u expected seen; then
    echo "libsoup behaves differently now" >&2
    exit 1
fi
echo "As described: a server that listens nowhere answers one request of a connection."
