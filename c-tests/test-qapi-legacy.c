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

/* With an address, without one, and none: that the address goes with it is seen by valgrind. */
#define FREE_WRAPPERS(Type, text, free_func) do { \
    Type##Wrapper *wrapper_ = g_new0(Type##Wrapper, 1); \
    wrapper_->data = g_new0(Type, 1); \
    wrapper_->data->text = g_strdup(#text); \
    free_func(wrapper_); \
    free_func(g_new0(Type##Wrapper, 1)); \
    free_func(NULL); \
} while (0)

static void test_wrapper(void)
{
    FREE_WRAPPERS(InetSocketAddress, host, qapi_free_InetSocketAddressWrapper);
    FREE_WRAPPERS(UnixSocketAddress, path, qapi_free_UnixSocketAddressWrapper);
    FREE_WRAPPERS(VsockSocketAddress, cid, qapi_free_VsockSocketAddressWrapper);
    FREE_WRAPPERS(FdAddress, str, fd_wrapper_free);
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
