/*
 * Tests of qemu/sockets.h: UNIX and virtio sockets, socket names as addresses
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "socket-checks.h"

#include <glib/gstdio.h>
#include <linux/vm_sockets.h>
#include <semaphore.h>

#define PATH_MAX_UNIX sizeof_field(struct sockaddr_un, sun_path)

/* A directory for UNIX sockets, short enough for their names. */
static char *directory;

static char *in_directory(const char *name)
{
    return g_build_filename(directory, name, NULL);
}

/* A path in the directory, filled up to a length. */
static char *path_of_length(size_t length)
{
    g_autofree char *begin = in_directory("x");
    char *path = g_malloc(length + 1);
    size_t used = strlen(begin);

    g_assert_cmpuint(used, <, length);
    memset(path, 'x', length);
    memcpy(path, begin, used);
    path[length] = '\0';
    return path;
}

static bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

/* File system -------------------------------------------------------------- */

static void test_path(void)
{
    g_autofree char *path = in_directory("path");
    SocketAddress addr = unix_address(path);
    int server = socket_listen(&addr, 1, &error_abort);
    Error *err = NULL;

    assert_plain_descriptor(server);
    assert_reachable(server, &addr);
    close(server);

    /* What is left of a socket gives way to the next one. */
    g_assert_true(exists(path));
    server = unix_listen(path, &error_abort);
    assert_plain_descriptor(server);
    assert_reachable(server, &addr);

    socket_listen_cleanup(server, &error_abort);
    g_assert_false(exists(path));
    g_assert_true(fd_is_socket(server));
    /* What is gone already is fine. */
    socket_listen_cleanup(server, &error_abort);
    close(server);

    socket_listen_cleanup(-1, &err);
    g_assert_cmpint(errno, ==, EBADF);
    error_free_or_abort(&err);
    socket_listen_cleanup(-1, NULL);
}

/* R-SOCK-22 */
static void test_connect_path(void)
{
    g_autofree char *path = in_directory("connect");
    int server = unix_listen(path, &error_abort);
    int client = unix_connect(path, &error_abort);

    assert_plain_descriptor(client);
    close(client);
    close(server);
    g_unlink(path);
}

static void test_path_length(void)
{
    g_autofree char *longest = path_of_length(PATH_MAX_UNIX);
    g_autofree char *longer = path_of_length(PATH_MAX_UNIX + 1);
    g_autofree char *text = g_strdup_printf("UNIX socket path '%s' is too long", longer);
    SocketAddress addr = unix_address(longest);
    int server = socket_listen(&addr, 1, &error_abort);
    g_autoptr(SocketAddress) local = socket_local_address(server, &error_abort);
    Error *err = NULL;

    g_assert_cmpstr(local->u.q_unix.path, ==, longest);
    assert_reachable(server, &addr);
    socket_listen_cleanup(server, &error_abort);
    g_assert_false(exists(longest));
    close(server);

    addr = unix_address(longer);
    g_assert_cmpint(socket_listen(&addr, 1, &err), ==, -1);
    assert_error(&err, text);
    g_assert_cmpint(socket_connect(&addr, &err), ==, -1);
    assert_error(&err, text);
    g_assert_cmpint(unix_listen(longer, &err), ==, -1);
    assert_error(&err, text);
    g_assert_cmpint(unix_connect(longer, &err), ==, -1);
    assert_error(&err, text);
    g_assert_cmpint(unix_connect(longer, NULL), ==, -1);
}

/* A path that is too long comes with a hint. */
static void test_path_length_hint(void)
{
    if (g_test_subprocess()) {
        g_autofree char *longer = g_strnfill(PATH_MAX_UNIX + 1, 'x');

        unix_connect(longer, &error_fatal);
    } else {
        assert_aborts("*is too long\n*108*\n");
    }
}

static void test_no_path(void)
{
    static const char *const paths[] = { NULL, "" };
    Error *err = NULL;
    size_t i;

    for (i = 0; i < ARRAY_SIZE(paths); i++) {
        SocketAddress addr = unix_address(paths[i]);
        g_autofree char *begin = g_build_filename(g_get_tmp_dir(), "qemu-socket-", NULL);
        g_autoptr(SocketAddress) local = NULL;
        int server = socket_listen(&addr, 1, &error_abort);

        local = socket_local_address(server, &error_abort);
        g_assert_true(g_str_has_prefix(local->u.q_unix.path, begin));
        assert_reachable(server, local);
        socket_listen_cleanup(server, &error_abort);
        g_assert_false(exists(local->u.q_unix.path));
        close(server);

        g_assert_cmpint(socket_connect(&addr, &err), ==, -1);
        assert_error(&err, "unix connect: no path specified");
    }
}

static void test_path_errors(void)
{
    g_autofree char *nowhere = in_directory("no/such");
    g_autofree char *bind_text = g_strdup_printf("Failed to bind socket to %s", nowhere);
    g_autofree char *connect_text = g_strdup_printf("Failed to connect to '%s'", nowhere);
    g_autofree char *unlink_text = g_strdup_printf("Failed to unlink socket %s", directory);
    Error *err = NULL;

    g_assert_cmpint(unix_listen(nowhere, &err), ==, -1);
    assert_system_error(&err, bind_text, ENOENT);
    g_assert_cmpint(unix_connect(nowhere, &err), ==, -1);
    assert_system_error(&err, connect_text, ENOENT);
    g_assert_cmpint(unix_listen(directory, &err), ==, -1);
    assert_system_error(&err, unlink_text, EISDIR);
    g_assert_true(g_file_test(directory, G_FILE_TEST_IS_DIR));
}

/* N5: what isn't a socket isn't replaced. */
static void test_other_files(void)
{
    g_autofree char *path = in_directory("other");
    g_autofree char *text =
        g_strdup_printf("Failed to bind socket to %s, which is not a socket", path);
    g_autofree char *content = NULL;
    Error *err = NULL;

    g_assert_true(g_file_set_contents(path, "mine", -1, NULL));
    g_assert_cmpint(unix_listen(path, &err), ==, -1);
    assert_system_error(&err, text, EEXIST);
    g_assert_true(g_file_get_contents(path, &content, NULL, NULL));
    g_assert_cmpstr(content, ==, "mine");
    g_unlink(path);
}

/* Signals ------------------------------------------------------------------ */

static sem_t signals;

static void count_signal(int signum)
{
    sem_post(&signals);
}

/* Lets the waiting client in once signals have come. */
static gpointer accept_after_signals(gpointer opaque)
{
    int server = GPOINTER_TO_INT(opaque);
    int i;

    for (i = 0; i < 20; i++) {
        while (sem_wait(&signals) != 0) {
            g_assert_cmpint(errno, ==, EINTR);
        }
    }
    return GINT_TO_POINTER(qemu_accept(server, NULL, NULL));
}

/* R-SOCK-14: a signal doesn't end the wait. */
static void test_signals(void)
{
    g_autofree char *path = in_directory("signals");
    struct sigaction count = { .sa_handler = count_signal };
    struct itimerval often = { { 0, 1000 }, { 0, 1000 } };
    struct itimerval never = { { 0, 0 }, { 0, 0 } };
    int server = unix_listen(path, &error_abort);
    sigset_t alarm_only;
    GThread *acceptor;
    int queued[2], client, accepted;

    /* The queue is full. */
    queued[0] = unix_connect(path, &error_abort);
    queued[1] = unix_connect(path, &error_abort);

    g_assert_cmpint(sem_init(&signals, 0, 0), ==, 0);
    g_assert_cmpint(sigaction(SIGALRM, &count, NULL), ==, 0);
    sigemptyset(&alarm_only);
    sigaddset(&alarm_only, SIGALRM);
    /* Signals come to this thread. */
    pthread_sigmask(SIG_BLOCK, &alarm_only, NULL);
    acceptor = g_thread_new("acceptor", accept_after_signals, GINT_TO_POINTER(server));
    pthread_sigmask(SIG_UNBLOCK, &alarm_only, NULL);
    g_assert_cmpint(setitimer(ITIMER_REAL, &often, NULL), ==, 0);

    client = unix_connect(path, &error_abort);
    g_assert_cmpint(setitimer(ITIMER_REAL, &never, NULL), ==, 0);
    accepted = GPOINTER_TO_INT(g_thread_join(acceptor));
    assert_plain_descriptor(client);

    /* One more may still be under way. */
    signal(SIGALRM, SIG_IGN);
    close(queued[0]);
    close(queued[1]);
    close(client);
    close(accepted);
    close(server);
    g_unlink(path);
}

/* Abstract names ----------------------------------------------------------- */

static void test_abstract(void)
{
    g_autofree char *name = g_strdup_printf("qio-test-%d", getpid());
    SocketAddress tight = unix_address(name);
    SocketAddress padded;
    g_autoptr(SocketAddress) tight_local = NULL;
    g_autoptr(SocketAddress) padded_local = NULL;
    int tight_server, padded_server;
    Error *err = NULL;

    /* has_abstract doesn't count, and tight is the default. */
    tight.u.q_unix.abstract = true;
    padded = tight;
    padded.u.q_unix.has_tight = true;

    tight_server = socket_listen(&tight, 1, &error_abort);
    g_assert_cmpint(socket_connect(&padded, &err), ==, -1);
    g_assert_cmpint(errno, ==, ECONNREFUSED);
    error_free_or_abort(&err);
    padded_server = socket_listen(&padded, 1, &error_abort);
    assert_reachable(tight_server, &tight);
    assert_reachable(padded_server, &padded);

    tight_local = socket_local_address(tight_server, &error_abort);
    padded_local = socket_local_address(padded_server, &error_abort);
    g_assert_cmpstr(tight_local->u.q_unix.path, ==, name);
    g_assert_cmpstr(padded_local->u.q_unix.path, ==, name);
    g_assert_true(tight_local->u.q_unix.has_abstract && tight_local->u.q_unix.abstract);
    g_assert_true(padded_local->u.q_unix.has_abstract && padded_local->u.q_unix.abstract);
    g_assert_true(tight_local->u.q_unix.has_tight && tight_local->u.q_unix.tight);
    g_assert_true(padded_local->u.q_unix.has_tight && !padded_local->u.q_unix.tight);
    assert_reachable(padded_server, padded_local);

    g_assert_cmpint(socket_listen(&tight, 1, &err), ==, -1);
    g_assert_cmpint(errno, ==, EADDRINUSE);
    error_free_or_abort(&err);
    close(tight_server);
    close(padded_server);
}

/* A file that happens to be called like an abstract name is left alone. */
static void test_abstract_and_file(void)
{
    g_autofree char *path = in_directory("file");
    SocketAddress addr = unix_address(path);
    int server;

    g_assert_true(g_file_set_contents(path, "", 0, NULL));
    addr.u.q_unix.abstract = true;
    server = socket_listen(&addr, 1, &error_abort);
    g_assert_true(exists(path));
    socket_listen_cleanup(server, &error_abort);
    g_assert_true(exists(path));
    close(server);
    g_unlink(path);
}

static void test_abstract_length(void)
{
    g_autofree char *longest = path_of_length(PATH_MAX_UNIX - 1);
    g_autofree char *longer = path_of_length(PATH_MAX_UNIX);
    int tight;

    for (tight = 0; tight < 2; tight++) {
        SocketAddress addr = unix_address(longest);
        Error *err = NULL;
        int server;

        addr.u.q_unix.abstract = true;
        addr.u.q_unix.has_tight = true;
        addr.u.q_unix.tight = tight;
        server = socket_listen(&addr, 1, &error_abort);
        assert_reachable(server, &addr);
        close(server);

        addr.u.q_unix.path = longer;
        g_assert_cmpint(socket_listen(&addr, 1, &err), ==, -1);
        error_free_or_abort(&err);
        g_assert_cmpint(socket_connect(&addr, &err), ==, -1);
        error_free_or_abort(&err);
    }
}

/* Virtio sockets ----------------------------------------------------------- */

/* R-SOCK-13 */
static void test_vsock_numbers(void)
{
    static const char *const wrong[] = { NULL, "", "x", "1x", " 1", "-1", "0x1", "4294967296" };
    SocketAddress addr = { .type = SOCKET_ADDRESS_TYPE_VSOCK };
    Error *err = NULL;
    size_t i;

    for (i = 0; i < ARRAY_SIZE(wrong); i++) {
        const char *shown = wrong[i] ? wrong[i] : "";
        g_autofree char *cid = g_strdup_printf("Failed to parse cid '%s'", shown);
        g_autofree char *port = g_strdup_printf("Failed to parse port '%s'", shown);

        addr.u.vsock = (VsockSocketAddress) { (char *)wrong[i], (char *)"1" };
        g_assert_cmpint(socket_connect(&addr, &err), ==, -1);
        assert_error(&err, cid);
        g_assert_cmpint(socket_listen(&addr, 1, &err), ==, -1);
        assert_error(&err, cid);
        addr.u.vsock = (VsockSocketAddress) { (char *)"1", (char *)wrong[i] };
        g_assert_cmpint(socket_connect(&addr, &err), ==, -1);
        assert_error(&err, port);
        g_assert_cmpint(socket_listen(&addr, 1, &err), ==, -1);
        assert_error(&err, port);
    }
}

/* R-SOCK-13: with or without virtio sockets in the kernel: no peer has this number. */
static void test_vsock_connect(void)
{
    SocketAddress addr = {
        .type = SOCKET_ADDRESS_TYPE_VSOCK,
        .u.vsock = { (char *)"4294967294", (char *)"4294967294" },
    };
    Error *err = NULL;

    g_assert_cmpint(socket_connect(&addr, &err), ==, -1);
    g_assert_cmpint(errno, !=, 0);
    error_free_or_abort(&err);
}

/* Names -------------------------------------------------------------------- */

static SocketAddress *address_of(const void *name, socklen_t length)
{
    struct sockaddr_storage storage = { 0 };

    memcpy(&storage, name, length);
    return socket_sockaddr_to_address(&storage, length, &error_abort);
}

static void test_name_inet(void)
{
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(4711),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(80),
                                .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    g_autoptr(SocketAddress) addr = address_of(&in, sizeof(in));
    g_autoptr(SocketAddress) addr6 = address_of(&in6, sizeof(in6));
    g_autoptr(SocketAddress) scoped = NULL;

    g_assert_cmpint(addr->type, ==, SOCKET_ADDRESS_TYPE_INET);
    g_assert_cmpstr(addr->u.inet.host, ==, "127.0.0.1");
    g_assert_cmpstr(addr->u.inet.port, ==, "4711");
    g_assert_true(addr->u.inet.has_ipv4 && addr->u.inet.ipv4);
    g_assert_false(addr->u.inet.has_ipv6 || addr->u.inet.ipv6);
    g_assert_false(addr->u.inet.has_numeric);

    g_assert_cmpint(addr6->type, ==, SOCKET_ADDRESS_TYPE_INET);
    g_assert_cmpstr(addr6->u.inet.host, ==, "::1");
    g_assert_cmpstr(addr6->u.inet.port, ==, "80");
    g_assert_true(addr6->u.inet.has_ipv6 && addr6->u.inet.ipv6);
    g_assert_false(addr6->u.inet.has_ipv4 || addr6->u.inet.ipv4);

    /* A link-local address with its scope. */
    in6.sin6_addr.s6_addr[0] = 0xfe;
    in6.sin6_addr.s6_addr[1] = 0x80;
    in6.sin6_scope_id = 1;
    scoped = address_of(&in6, sizeof(in6));
    g_assert_true(g_str_has_prefix(scoped->u.inet.host, "fe80::1%"));
}

static void test_name_unix(void)
{
    struct sockaddr_un un = { .sun_family = AF_UNIX, .sun_path = "abcdef" };
    socklen_t header = offsetof(struct sockaddr_un, sun_path);
    g_autoptr(SocketAddress) whole = address_of(&un, sizeof(un));
    g_autoptr(SocketAddress) cut = address_of(&un, header + 3);
    g_autoptr(SocketAddress) unnamed = address_of(&un, header);
    g_autoptr(SocketAddress) abstract = NULL;

    g_assert_cmpint(whole->type, ==, SOCKET_ADDRESS_TYPE_UNIX);
    g_assert_cmpstr(whole->u.q_unix.path, ==, "abcdef");
    g_assert_false(whole->u.q_unix.has_abstract || whole->u.q_unix.abstract);
    g_assert_cmpstr(cut->u.q_unix.path, ==, "abc");
    g_assert_cmpstr(unnamed->u.q_unix.path, ==, "");

    memcpy(un.sun_path, "\0ab\0cd", 6);
    abstract = address_of(&un, header + 6);
    g_assert_cmpstr(abstract->u.q_unix.path, ==, "ab");
    g_assert_true(abstract->u.q_unix.abstract && abstract->u.q_unix.tight);
}

static void test_name_vsock(void)
{
    struct sockaddr_vm vm = { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY, .svm_port = 5 };
    g_autoptr(SocketAddress) addr = address_of(&vm, sizeof(vm));

    g_assert_cmpint(addr->type, ==, SOCKET_ADDRESS_TYPE_VSOCK);
    g_assert_cmpstr(addr->u.vsock.cid, ==, "4294967295");
    g_assert_cmpstr(addr->u.vsock.port, ==, "5");
}

static void test_name_errors(void)
{
    struct sockaddr_storage storage = { .ss_family = AF_NETLINK };
    Error *err = NULL;

    g_assert_null(socket_sockaddr_to_address(&storage, sizeof(storage), &err));
    assert_error(&err, "socket family 16 unsupported");
    g_assert_null(socket_sockaddr_to_address(&storage, sizeof(storage), NULL));
    storage.ss_family = AF_INET;
    g_assert_null(socket_sockaddr_to_address(&storage, 4, &err));
    error_free_or_abort(&err);
    g_assert_null(socket_local_address(-1, &err));
    g_assert_cmpint(errno, ==, EBADF);
    error_free_or_abort(&err);
}

/* A socket that is no UNIX socket has nothing to clean up. */
static void test_cleanup_inet(void)
{
    SocketAddress addr = inet_address("127.0.0.1", "0");
    int server = socket_listen(&addr, 1, &error_abort);

    socket_listen_cleanup(server, &error_abort);
    g_assert_true(fd_is_socket(server));
    close(server);
}

/* N4: only the file that this process made for this socket is removed, and only as long as it is there. */
static void test_cleanup_others(void)
{
    g_autofree char *path = in_directory("others");
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    int stranger = qemu_socket(AF_UNIX, SOCK_STREAM, 0);
    int first = unix_listen(path, &error_abort), second;

    second = unix_listen(path, &error_abort);
    socket_listen_cleanup(first, &error_abort);
    g_assert_true(exists(path));
    socket_listen_cleanup(second, &error_abort);
    g_assert_false(exists(path));

    g_strlcpy(name.sun_path, path, sizeof(name.sun_path));
    g_assert_cmpint(bind(stranger, (struct sockaddr *)&name, sizeof(name)), ==, 0);
    socket_listen_cleanup(second, &error_abort);
    socket_listen_cleanup(stranger, &error_abort);
    g_assert_true(exists(path));
    close(first);
    close(second);
    close(stranger);
    g_unlink(path);
}

int main(int argc, char **argv)
{
    int status;

    g_test_init(&argc, &argv, NULL);
    /* The child of a test doesn't come back to remove it. */
    if (!g_test_subprocess()) {
        directory = g_dir_make_tmp("qio-XXXXXX", NULL);
        g_assert_nonnull(directory);
    }

    TEST("/qio/sockets/unix/path", test_path);
    TEST("/qio/sockets/unix/connect", test_connect_path);
    TEST("/qio/sockets/unix/path-length", test_path_length);
    g_test_add_func("/qio/sockets/unix/path-length-hint", test_path_length_hint);
    TEST("/qio/sockets/unix/no-path", test_no_path);
    TEST("/qio/sockets/unix/path-errors", test_path_errors);
    TEST("/qio/sockets/unix/other-files", test_other_files);
    TEST("/qio/sockets/unix/signals", test_signals);
    TEST("/qio/sockets/unix/abstract", test_abstract);
    TEST("/qio/sockets/unix/abstract-and-file", test_abstract_and_file);
    TEST("/qio/sockets/unix/abstract-length", test_abstract_length);
    TEST("/qio/sockets/vsock/numbers", test_vsock_numbers);
    TEST("/qio/sockets/vsock/connect", test_vsock_connect);
    TEST("/qio/sockets/name/inet", test_name_inet);
    TEST("/qio/sockets/name/unix", test_name_unix);
    TEST("/qio/sockets/name/vsock", test_name_vsock);
    TEST("/qio/sockets/name/errors", test_name_errors);
    TEST("/qio/sockets/cleanup/inet", test_cleanup_inet);
    TEST("/qio/sockets/cleanup/others", test_cleanup_others);
    status = g_test_run();

    if (directory) {
        g_rmdir(directory);
        g_free(directory);
    }
    return status;
}
