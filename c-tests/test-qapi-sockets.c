/*
 * Tests of the QAPI headers: address types, enum names, lists, deep copies
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qapi/qapi-types-sockets.h"
#include "qapi/qapi-visit-sockets.h"
#include "qapi/clone-visitor.h"
#include "qapi/error.h"

QEMU_BUILD_BUG_ON(SOCKET_ADDRESS_TYPE_INET != 0);
QEMU_BUILD_BUG_ON(SOCKET_ADDRESS_TYPE_UNIX != 1);
QEMU_BUILD_BUG_ON(SOCKET_ADDRESS_TYPE_VSOCK != 2);
QEMU_BUILD_BUG_ON(SOCKET_ADDRESS_TYPE_FD != 3);
QEMU_BUILD_BUG_ON(SOCKET_ADDRESS_TYPE__MAX != 4);
QEMU_BUILD_BUG_ON(NETWORK_ADDRESS_FAMILY_IPV4 != 0);
QEMU_BUILD_BUG_ON(NETWORK_ADDRESS_FAMILY_IPV6 != 1);
QEMU_BUILD_BUG_ON(NETWORK_ADDRESS_FAMILY_UNIX != 2);
QEMU_BUILD_BUG_ON(NETWORK_ADDRESS_FAMILY_VSOCK != 3);
QEMU_BUILD_BUG_ON(NETWORK_ADDRESS_FAMILY_UNKNOWN != 4);
QEMU_BUILD_BUG_ON(NETWORK_ADDRESS_FAMILY__MAX != 5);
QEMU_BUILD_BUG_ON(sizeof(QEnumLookup) != 24);

#ifndef QIO_HAS_FD_SOCKET_ADDRESS
typedef String FdAddress;
#define qapi_free_FdAddress qapi_free_String
#define visit_type_FdAddress visit_type_String
#define visit_type_FdAddress_members visit_type_String_members
#else
typedef FdSocketAddress FdAddress;
#define qapi_free_FdAddress qapi_free_FdSocketAddress
#define visit_type_FdAddress visit_type_FdSocketAddress
#define visit_type_FdAddress_members visit_type_FdSocketAddress_members
#endif

/* Runs the rest of the test in a child, which has to abort and say so. */
static bool aborts(const char *saying)
{
    if (g_test_subprocess()) {
        return true;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr(saying);
    return false;
}

/* R-QAPI-5 */
static void test_enum_names(void)
{
    g_assert_cmpstr(SocketAddressType_str(SOCKET_ADDRESS_TYPE_INET), ==, "inet");
    g_assert_cmpstr(SocketAddressType_str(SOCKET_ADDRESS_TYPE_UNIX), ==, "unix");
    g_assert_cmpstr(SocketAddressType_str(SOCKET_ADDRESS_TYPE_VSOCK), ==, "vsock");
    g_assert_cmpstr(SocketAddressType_str(SOCKET_ADDRESS_TYPE_FD), ==, "fd");
    g_assert_cmpint(SocketAddressType_lookup.size, ==, SOCKET_ADDRESS_TYPE__MAX);
#define FAMILY(name) NetworkAddressFamily_str(NETWORK_ADDRESS_FAMILY_##name)
    g_assert_cmpstr(FAMILY(IPV4), ==, "ipv4");
    g_assert_cmpstr(FAMILY(IPV6), ==, "ipv6");
    g_assert_cmpstr(FAMILY(UNIX), ==, "unix");
    g_assert_cmpstr(FAMILY(VSOCK), ==, "vsock");
    g_assert_cmpstr(FAMILY(UNKNOWN), ==, "unknown");
    g_assert_cmpint(NetworkAddressFamily_lookup.size, ==, NETWORK_ADDRESS_FAMILY__MAX);
}

/* R-QAPI-5 */
static void test_enum_lookup_out_of_range(void)
{
    if (aborts("*qapi_enum_lookup*4*")) {
        qapi_enum_lookup(&SocketAddressType_lookup, SOCKET_ADDRESS_TYPE__MAX);
    }
}

static void test_enum_lookup_negative(void)
{
    if (aborts("*qapi_enum_lookup*-1*")) {
        qapi_enum_lookup(&SocketAddressType_lookup, -1);
    }
}

/* R-QAPI-5 */
static void test_enum_parse(void)
{
    static const char *const names[] = { "first", "second" };
    const QEnumLookup lookup = { .array = names, .size = 2 };
    Error *err = NULL;

    g_assert_cmpint(qapi_enum_parse(&lookup, "first", 7, &error_abort), ==, 0);
    g_assert_cmpint(qapi_enum_parse(&lookup, "second", 7, &error_abort), ==, 1);
    g_assert_cmpint(qapi_enum_parse(&lookup, NULL, 7, &error_abort), ==, 7);
    g_assert_cmpint(qapi_enum_parse(&lookup, "third", 7, &err), ==, 7);
    g_assert_cmpstr(error_get_pretty(err), ==, "invalid parameter value: third");
    error_free_or_abort(&err);
    g_assert_cmpint(qapi_enum_parse(&lookup, "First", -1, NULL), ==, -1);
}

static void test_bool_parse(void)
{
    static const char *const yes[] = { "on", "yes", "true", "y" };
    static const char *const no[] = { "off", "no", "false", "n" };
    Error *err = NULL;
    bool value;
    size_t i;

    for (i = 0; i < ARRAY_SIZE(yes); i++) {
        value = false;
        g_assert_true(qapi_bool_parse("lid", yes[i], &value, &error_abort));
        g_assert_true(value);
        g_assert_true(qapi_bool_parse("lid", no[i], &value, &error_abort));
        g_assert_false(value);
    }
    value = true;
    g_assert_false(qapi_bool_parse("lid", "ajar", &value, &err));
    g_assert_cmpstr(error_get_pretty(err), ==, "Parameter 'lid' expects 'on' or 'off'");
    g_assert_true(value);
    error_free_or_abort(&err);
    g_assert_false(qapi_bool_parse("lid", "ON", &value, NULL));
}

static void test_list_macros(void)
{
    strList *list = NULL;
    strList **tail = &list;
    int made = 0;

    QAPI_LIST_APPEND(tail, g_strdup_printf("%d", ++made));
    QAPI_LIST_APPEND(tail, g_strdup_printf("%d", ++made));
    QAPI_LIST_PREPEND(list, g_strdup_printf("%d", ++made));
    g_assert_cmpint(made, ==, 3);
    g_assert_cmpstr(list->value, ==, "3");
    g_assert_cmpstr(list->next->value, ==, "1");
    g_assert_cmpstr(list->next->next->value, ==, "2");
    g_assert_null(list->next->next->next);
#ifdef QIO_HAS_LIST_LENGTH
    g_assert_cmpuint(QAPI_LIST_LENGTH(list), ==, 3);
    g_assert_cmpuint(QAPI_LIST_LENGTH(list->next->next->next), ==, 0);
#endif
    qapi_free_strList(list);
}

/* R-QAPI-9: NULL is no visitor, and nothing else. */
static void test_free_null(void)
{
    qapi_free_strList(NULL);
    qapi_free_InetSocketAddressBase(NULL);
    qapi_free_InetSocketAddress(NULL);
    qapi_free_UnixSocketAddress(NULL);
    qapi_free_VsockSocketAddress(NULL);
    qapi_free_FdAddress(NULL);
    qapi_free_SocketAddress(NULL);
    qapi_free_SocketAddressList(NULL);
    visit_free(NULL);
}

/* An address of each type with all texts there. */
static SocketAddress *make_address(SocketAddressType type)
{
    SocketAddress *addr = g_new0(SocketAddress, 1);

    addr->type = type;
    switch (type) {
    case SOCKET_ADDRESS_TYPE_INET:
        addr->u.inet = (InetSocketAddress) {
            .host = g_strdup("host"),
            .port = g_strdup("port"),
            .has_to = true, .to = 99,
            .ipv6 = true,
            .has_keep_alive = true, .keep_alive = true,
            .has_mptcp = true,
        };
        break;
    case SOCKET_ADDRESS_TYPE_UNIX:
        addr->u.q_unix = (UnixSocketAddress) {
            .path = g_strdup("/path"),
            .abstract = true,
            .has_tight = true,
        };
        break;
    case SOCKET_ADDRESS_TYPE_VSOCK:
        addr->u.vsock.cid = g_strdup("3");
        addr->u.vsock.port = g_strdup("4");
        break;
    case SOCKET_ADDRESS_TYPE_FD:
        addr->u.fd.str = g_strdup("name");
        break;
    default:
        g_assert_not_reached();
    }
    return addr;
}

/* Same content, nothing shared. */
static void assert_copy(const SocketAddress *a, const SocketAddress *b)
{
    g_assert_true(a != b);
    g_assert_cmpint(a->type, ==, b->type);
    switch (a->type) {
    case SOCKET_ADDRESS_TYPE_INET:
        g_assert_cmpstr(a->u.inet.host, ==, b->u.inet.host);
        g_assert_true(a->u.inet.host != b->u.inet.host);
        g_assert_cmpstr(a->u.inet.port, ==, b->u.inet.port);
        g_assert_true(a->u.inet.port != b->u.inet.port);
        g_assert_cmpmem((const char *)&a->u.inet + 16, sizeof(a->u.inet) - 16,
                        (const char *)&b->u.inet + 16, sizeof(b->u.inet) - 16);
        break;
    case SOCKET_ADDRESS_TYPE_UNIX:
        g_assert_cmpstr(a->u.q_unix.path, ==, b->u.q_unix.path);
        g_assert_true(a->u.q_unix.path != b->u.q_unix.path);
        g_assert_cmpint(a->u.q_unix.has_abstract, ==, b->u.q_unix.has_abstract);
        g_assert_cmpint(a->u.q_unix.abstract, ==, b->u.q_unix.abstract);
        g_assert_cmpint(a->u.q_unix.has_tight, ==, b->u.q_unix.has_tight);
        g_assert_cmpint(a->u.q_unix.tight, ==, b->u.q_unix.tight);
        break;
    case SOCKET_ADDRESS_TYPE_VSOCK:
        g_assert_cmpstr(a->u.vsock.cid, ==, b->u.vsock.cid);
        g_assert_true(a->u.vsock.cid != b->u.vsock.cid);
        g_assert_cmpstr(a->u.vsock.port, ==, b->u.vsock.port);
        g_assert_true(a->u.vsock.port != b->u.vsock.port);
        break;
    case SOCKET_ADDRESS_TYPE_FD:
        g_assert_cmpstr(a->u.fd.str, ==, b->u.fd.str);
        g_assert_true(a->u.fd.str != b->u.fd.str);
        break;
    default:
        g_assert_not_reached();
    }
}

/* R-QAPI-1, R-QAPI-8, R-QAPI-9: of addresses that the program has built. */
static void test_clone(void)
{
    int type;

    for (type = 0; type < SOCKET_ADDRESS_TYPE__MAX; type++) {
        g_autoptr(SocketAddress) addr = make_address(type);
        g_autoptr(SocketAddress) copy = QAPI_CLONE(SocketAddress, addr);
        g_autoptr(SocketAddress) again = NULL;

        assert_copy(addr, copy);
        /* The argument of a clone may be one. */
        again = QAPI_CLONE(SocketAddress, (const SocketAddress *)copy);
        assert_copy(addr, again);
    }
}

static void test_clone_null(void)
{
    SocketAddress *none = NULL;

    g_assert_null(QAPI_CLONE(SocketAddress, none));
    g_assert_null(QAPI_CLONE(SocketAddressList, (SocketAddressList *)NULL));
}

/* R-QAPI-4: a text that is NULL is empty in the copy; R-QAPI-1: addresses on the stack. */
static void test_clone_missing_text(void)
{
    SocketAddress inet = { .type = SOCKET_ADDRESS_TYPE_INET };
    SocketAddress q_unix = { .type = SOCKET_ADDRESS_TYPE_UNIX };
    SocketAddress vsock = { .type = SOCKET_ADDRESS_TYPE_VSOCK };
    SocketAddress fd = { .type = SOCKET_ADDRESS_TYPE_FD };
    g_autoptr(SocketAddress) inet_copy = QAPI_CLONE(SocketAddress, &inet);
    g_autoptr(SocketAddress) unix_copy = QAPI_CLONE(SocketAddress, &q_unix);
    g_autoptr(SocketAddress) vsock_copy = QAPI_CLONE(SocketAddress, &vsock);
    g_autoptr(SocketAddress) fd_copy = QAPI_CLONE(SocketAddress, &fd);

    g_assert_cmpstr(inet_copy->u.inet.host, ==, "");
    g_assert_cmpstr(inet_copy->u.inet.port, ==, "");
    g_assert_cmpstr(unix_copy->u.q_unix.path, ==, "");
    g_assert_cmpstr(vsock_copy->u.vsock.cid, ==, "");
    g_assert_cmpstr(vsock_copy->u.vsock.port, ==, "");
    g_assert_cmpstr(fd_copy->u.fd.str, ==, "");
    g_assert_null(inet.u.inet.host);
}

/* R-QAPI-3, R-QAPI-8: each branch is a type of its own. */
static void test_clone_branches(void)
{
    g_autoptr(SocketAddress) inet = make_address(SOCKET_ADDRESS_TYPE_INET);
    g_autoptr(SocketAddress) q_unix = make_address(SOCKET_ADDRESS_TYPE_UNIX);
    g_autoptr(SocketAddress) vsock = make_address(SOCKET_ADDRESS_TYPE_VSOCK);
    g_autoptr(SocketAddress) fd = make_address(SOCKET_ADDRESS_TYPE_FD);
    InetSocketAddressBase base = { inet->u.inet.host, inet->u.inet.port };
    g_autoptr(InetSocketAddress) inet_copy = QAPI_CLONE(InetSocketAddress, &inet->u.inet);
    g_autoptr(InetSocketAddressBase) base_copy = QAPI_CLONE(InetSocketAddressBase, &base);
    g_autoptr(UnixSocketAddress) unix_copy = QAPI_CLONE(UnixSocketAddress, &q_unix->u.q_unix);
    g_autoptr(VsockSocketAddress) vsock_copy = QAPI_CLONE(VsockSocketAddress, &vsock->u.vsock);
    FdAddress *fd_copy = QAPI_CLONE(FdAddress, &fd->u.fd);

    g_assert_cmpstr(inet_copy->host, ==, "host");
    g_assert_cmpint(inet_copy->to, ==, 99);
    g_assert_true(inet_copy->host != inet->u.inet.host);
    g_assert_cmpstr(base_copy->port, ==, "port");
    g_assert_true(base_copy->port != base.port);
    g_assert_cmpstr(unix_copy->path, ==, "/path");
    g_assert_cmpstr(vsock_copy->port, ==, "4");
    g_assert_cmpstr(fd_copy->str, ==, "name");
    qapi_free_FdAddress(fd_copy);
}

/* R-QAPI-8 */
static void test_clone_list(void)
{
    g_autoptr(SocketAddressList) list = NULL;
    g_autoptr(SocketAddressList) copy = NULL;
    SocketAddressList **tail = &list;
    SocketAddressList *a, *b;
    int type;

    for (type = 0; type < SOCKET_ADDRESS_TYPE__MAX; type++) {
        QAPI_LIST_APPEND(tail, make_address(type));
    }
    copy = QAPI_CLONE(SocketAddressList, list);
    for (a = list, b = copy; a && b; a = a->next, b = b->next) {
        g_assert_true(a != b);
        assert_copy(a->value, b->value);
    }
    g_assert_null(a);
    g_assert_null(b);
}

/* R-QAPI-9: into a struct that is there. */
static void test_clone_members(void)
{
    int type;

    for (type = 0; type < SOCKET_ADDRESS_TYPE__MAX; type++) {
        g_autoptr(SocketAddress) addr = make_address(type);
        SocketAddress *copy = g_new(SocketAddress, 1);

        memset(copy, 0xa5, sizeof(*copy));
        QAPI_CLONE_MEMBERS(SocketAddress, copy, addr);
        assert_copy(addr, copy);
        qapi_free_SocketAddress(copy);
    }
}

/* R-QAPI-8, R-QAPI-1: texts of its own, which glib frees. */
static void test_clone_branch_members(void)
{
    g_autoptr(SocketAddress) inet = make_address(SOCKET_ADDRESS_TYPE_INET);
    g_autoptr(SocketAddress) q_unix = make_address(SOCKET_ADDRESS_TYPE_UNIX);
    g_autoptr(SocketAddress) vsock = make_address(SOCKET_ADDRESS_TYPE_VSOCK);
    g_autoptr(SocketAddress) fd = make_address(SOCKET_ADDRESS_TYPE_FD);
    InetSocketAddressBase base = { inet->u.inet.host, inet->u.inet.port }, base_copy;
    InetSocketAddress inet_copy;
    UnixSocketAddress unix_copy;
    VsockSocketAddress vsock_copy;
    FdAddress fd_copy;

    QAPI_CLONE_MEMBERS(InetSocketAddress, &inet_copy, &inet->u.inet);
    g_assert_cmpstr(inet_copy.host, ==, "host");
    g_assert_true(inet_copy.host != inet->u.inet.host);
    g_assert_true(inet_copy.ipv6);
    g_free(inet_copy.host);
    g_free(inet_copy.port);

    QAPI_CLONE_MEMBERS(InetSocketAddressBase, &base_copy, &base);
    g_assert_cmpstr(base_copy.port, ==, "port");
    g_assert_true(base_copy.port != base.port);
    g_free(base_copy.host);
    g_free(base_copy.port);

    QAPI_CLONE_MEMBERS(UnixSocketAddress, &unix_copy, &q_unix->u.q_unix);
    g_assert_cmpstr(unix_copy.path, ==, "/path");
    g_assert_true(unix_copy.path != q_unix->u.q_unix.path);
    g_free(unix_copy.path);

    QAPI_CLONE_MEMBERS(VsockSocketAddress, &vsock_copy, &vsock->u.vsock);
    g_assert_cmpstr(vsock_copy.port, ==, "4");
    g_assert_true(vsock_copy.cid != vsock->u.vsock.cid);
    g_free(vsock_copy.cid);
    g_free(vsock_copy.port);

    QAPI_CLONE_MEMBERS(FdAddress, &fd_copy, &fd->u.fd);
    g_assert_cmpstr(fd_copy.str, ==, "name");
    g_assert_true(fd_copy.str != fd->u.fd.str);
    g_free(fd_copy.str);
}

static void test_free_unknown_type(void)
{
    if (aborts("*SocketAddress*4*")) {
        SocketAddress *addr = g_new0(SocketAddress, 1);

        addr->type = SOCKET_ADDRESS_TYPE__MAX;
        qapi_free_SocketAddress(addr);
    }
}

static void test_clone_unknown_type(void)
{
    if (aborts("*SocketAddress*77*")) {
        SocketAddress addr = { .type = (SocketAddressType)77 };

        QAPI_CLONE(SocketAddress, &addr);
    }
}

static void test_visit_without_visitor(void)
{
    if (aborts("*visit_type_SocketAddress*@v*")) {
        SocketAddress *addr = NULL;

        visit_type_SocketAddress(NULL, NULL, &addr, &error_abort);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qio/qapi/enum/names", test_enum_names);
    g_test_add_func("/qio/qapi/enum/out-of-range", test_enum_lookup_out_of_range);
    g_test_add_func("/qio/qapi/enum/negative", test_enum_lookup_negative);
    g_test_add_func("/qio/qapi/enum/parse", test_enum_parse);
    g_test_add_func("/qio/qapi/bool/parse", test_bool_parse);
    g_test_add_func("/qio/qapi/list/macros", test_list_macros);
    g_test_add_func("/qio/qapi/free/null", test_free_null);
    g_test_add_func("/qio/qapi/free/unknown-type", test_free_unknown_type);
    g_test_add_func("/qio/qapi/clone/all", test_clone);
    g_test_add_func("/qio/qapi/clone/null", test_clone_null);
    g_test_add_func("/qio/qapi/clone/missing-text", test_clone_missing_text);
    g_test_add_func("/qio/qapi/clone/branches", test_clone_branches);
    g_test_add_func("/qio/qapi/clone/list", test_clone_list);
    g_test_add_func("/qio/qapi/clone/members", test_clone_members);
    g_test_add_func("/qio/qapi/clone/branch-members", test_clone_branch_members);
    g_test_add_func("/qio/qapi/clone/unknown-type", test_clone_unknown_type);
    g_test_add_func("/qio/qapi/visit/no-visitor", test_visit_without_visitor);
    return g_test_run();
}
