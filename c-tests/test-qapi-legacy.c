/*
 * qapi/qapi-types-sockets.h: addresses of the older kind
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qapi/qapi-types-sockets.h"

#ifndef QIO_HAS_FD_SOCKET_ADDRESS
typedef String FdAddress;
typedef StringWrapper FdAddressWrapper;

static void fd_wrapper_free(FdAddressWrapper *wrapper)
{
    qapi_free_StringWrapper(wrapper);
}
#else
typedef FdSocketAddress FdAddress;
typedef FdSocketAddressWrapper FdAddressWrapper;

static void fd_wrapper_free(FdAddressWrapper *wrapper)
{
    qapi_free_FdSocketAddressWrapper(wrapper);
}
#endif

static SocketAddressLegacy *legacy_new(SocketAddressType type)
{
    SocketAddressLegacy *legacy = g_new0(SocketAddressLegacy, 1);

    legacy->type = type;
    return legacy;
}

static void test_legacy(void)
{
    SocketAddressLegacy *legacy;

    qapi_free_SocketAddressLegacy(NULL);
    legacy = legacy_new(SOCKET_ADDRESS_TYPE_INET);
    legacy->u.inet.data = g_new0(InetSocketAddress, 1);
    legacy->u.inet.data->host = g_strdup("host");
    legacy->u.inet.data->port = g_strdup("port");
    qapi_free_SocketAddressLegacy(legacy);
    legacy = legacy_new(SOCKET_ADDRESS_TYPE_UNIX);
    legacy->u.q_unix.data = g_new0(UnixSocketAddress, 1);
    legacy->u.q_unix.data->path = g_strdup("path");
    qapi_free_SocketAddressLegacy(legacy);
    legacy = legacy_new(SOCKET_ADDRESS_TYPE_VSOCK);
    legacy->u.vsock.data = g_new0(VsockSocketAddress, 1);
    legacy->u.vsock.data->cid = g_strdup("2");
    qapi_free_SocketAddressLegacy(legacy);
    legacy = legacy_new(SOCKET_ADDRESS_TYPE_FD);
    legacy->u.fd.data = g_new0(FdAddress, 1);
    legacy->u.fd.data->str = g_strdup("fd");
    qapi_free_SocketAddressLegacy(legacy);
    qapi_free_SocketAddressLegacy(legacy_new(SOCKET_ADDRESS_TYPE_FD));
}

/* That the addresses go with them is seen by valgrind. */
static void test_wrapper(void)
{
    InetSocketAddressWrapper *inet = g_new0(InetSocketAddressWrapper, 1);
    UnixSocketAddressWrapper *path = g_new0(UnixSocketAddressWrapper, 1);
    VsockSocketAddressWrapper *vsock = g_new0(VsockSocketAddressWrapper, 1);
    FdAddressWrapper *fd = g_new0(FdAddressWrapper, 1);

    inet->data = g_new0(InetSocketAddress, 1);
    inet->data->host = g_strdup("host");
    qapi_free_InetSocketAddressWrapper(inet);
    qapi_free_InetSocketAddressWrapper(g_new0(InetSocketAddressWrapper, 1));
    qapi_free_InetSocketAddressWrapper(NULL);
    path->data = g_new0(UnixSocketAddress, 1);
    path->data->path = g_strdup("path");
    qapi_free_UnixSocketAddressWrapper(path);
    qapi_free_UnixSocketAddressWrapper(g_new0(UnixSocketAddressWrapper, 1));
    qapi_free_UnixSocketAddressWrapper(NULL);
    vsock->data = g_new0(VsockSocketAddress, 1);
    vsock->data->cid = g_strdup("2");
    qapi_free_VsockSocketAddressWrapper(vsock);
    qapi_free_VsockSocketAddressWrapper(g_new0(VsockSocketAddressWrapper, 1));
    qapi_free_VsockSocketAddressWrapper(NULL);
    fd->data = g_new0(FdAddress, 1);
    fd->data->str = g_strdup("3");
    fd_wrapper_free(fd);
    fd_wrapper_free(g_new0(FdAddressWrapper, 1));
    fd_wrapper_free(NULL);
}

static void test_legacy_unknown_type(void)
{
    if (g_test_subprocess()) {
        qapi_free_SocketAddressLegacy(legacy_new(SOCKET_ADDRESS_TYPE__MAX));
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*no address has the type 4*");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qio/qapi/legacy/free", test_legacy);
    g_test_add_func("/qio/qapi/legacy/wrapper", test_wrapper);
    g_test_add_func("/qio/qapi/legacy/unknown-type", test_legacy_unknown_type);
    return g_test_run();
}
