/*
 * Socket addresses
 *
 * All structs and texts are GLib memory when they are owned: C code makes them
 * with g_new0() and g_strdup(), and the functions here free them with g_free().
 * A function that only reads an address also takes one on the stack.
 *
 * A member "x" that has a "has_x" counts only where that is true, unless said
 * otherwise.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QAPI_TYPES_SOCKETS_H
#define QAPI_TYPES_SOCKETS_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

#include "qapi/qapi-builtin-types.h"
#ifndef QIO_HAS_FD_SOCKET_ADDRESS
#include "qapi/qapi-types-common.h"
#endif

G_BEGIN_DECLS

/**
 * NetworkAddressFamily:
 *
 * What kind of network an address is of; see inet_netfamily().
 */
typedef enum NetworkAddressFamily {
    NETWORK_ADDRESS_FAMILY_IPV4,
    NETWORK_ADDRESS_FAMILY_IPV6,
    NETWORK_ADDRESS_FAMILY_UNIX,
    NETWORK_ADDRESS_FAMILY_VSOCK,
    NETWORK_ADDRESS_FAMILY_UNKNOWN,
    NETWORK_ADDRESS_FAMILY__MAX,
} NetworkAddressFamily;

/* The names "ipv4", "ipv6", "unix", "vsock" and "unknown". */
extern const QEnumLookup NetworkAddressFamily_lookup;

static inline const char *NetworkAddressFamily_str(NetworkAddressFamily val)
{
    return qapi_enum_lookup(&NetworkAddressFamily_lookup, (int)val);
}

/**
 * SocketAddressType:
 *
 * Which member of a SocketAddress is in force.
 */
typedef enum SocketAddressType {
    SOCKET_ADDRESS_TYPE_INET,
    SOCKET_ADDRESS_TYPE_UNIX,
    SOCKET_ADDRESS_TYPE_VSOCK,
    SOCKET_ADDRESS_TYPE_FD,
    SOCKET_ADDRESS_TYPE__MAX,
} SocketAddressType;

/* The names "inet", "unix", "vsock" and "fd". */
extern const QEnumLookup SocketAddressType_lookup;

static inline const char *SocketAddressType_str(SocketAddressType val)
{
    return qapi_enum_lookup(&SocketAddressType_lookup, (int)val);
}

/**
 * InetSocketAddressBase:
 * @host: name or numeric address
 * @port: service name or number
 *
 * What every internet address has.
 */
typedef struct InetSocketAddressBase InetSocketAddressBase;
struct InetSocketAddressBase {
    char *host;
    char *port;
};

/**
 * qapi_free_InetSocketAddressBase:
 * @obj: (transfer full) (nullable): host and port
 *
 * Frees the struct and its texts.
 *
 * Threads: any; Blocks: no.
 */
void qapi_free_InetSocketAddressBase(InetSocketAddressBase *obj);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(InetSocketAddressBase,
                              qapi_free_InetSocketAddressBase)

/**
 * InetSocketAddress:
 * @host: name or numeric address, an IPv6 one without brackets; empty for any, where that makes
 *   sense
 * @port: service name or number
 * @numeric: @host and @port are numbers, nothing is looked up; for listening
 * @to: last port to try when listening
 * @ipv4: IPv4 is wanted, or not; see inet_ai_family_from_address()
 * @ipv6: IPv6 is wanted, or not
 * @keep_alive: probe idle connections; counts without its has_ member
 * @keep_alive_count: (from qemu-10.1 on): unanswered probes that end a connection, if
 *   not 0
 * @keep_alive_idle: (from qemu-10.1 on): seconds without traffic before the first
 *   probe, if not 0
 * @keep_alive_interval: (from qemu-10.1 on): seconds between probes, if not 0
 * @mptcp: use Multipath TCP
 *
 * Host and port of an internet address.
 */
typedef struct InetSocketAddress InetSocketAddress;
struct InetSocketAddress {
    char *host;
    char *port;
    bool has_numeric;
    bool numeric;
    bool has_to;
    uint16_t to;
    bool has_ipv4;
    bool ipv4;
    bool has_ipv6;
    bool ipv6;
    bool has_keep_alive;
    bool keep_alive;
#ifdef QIO_HAS_KEEP_ALIVE_TUNING
    bool has_keep_alive_count;
    uint32_t keep_alive_count;
    bool has_keep_alive_idle;
    uint32_t keep_alive_idle;
    bool has_keep_alive_interval;
    uint32_t keep_alive_interval;
#endif
    bool has_mptcp;
    bool mptcp;
};

/**
 * qapi_free_InetSocketAddress:
 * @obj: (transfer full) (nullable): an internet address
 *
 * Frees the struct and its texts.
 *
 * Threads: any; Blocks: no.
 */
void qapi_free_InetSocketAddress(InetSocketAddress *obj);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(InetSocketAddress, qapi_free_InetSocketAddress)

/**
 * UnixSocketAddress:
 * @path: path in the file system, up to 108 bytes, or abstract name, up to 107;
 *   an empty path listens under a new name in the temporary directory
 * @abstract: @path is a name outside the file system; counts without its has_
 *   member
 * @tight: the abstract name ends where the text does, which is the default;
 *   else it is padded with zero bytes, which makes it another name
 *
 * The name of a UNIX socket.
 */
typedef struct UnixSocketAddress UnixSocketAddress;
struct UnixSocketAddress {
    char *path;
    bool has_abstract;
    bool abstract;
    bool has_tight;
    bool tight;
};

/**
 * qapi_free_UnixSocketAddress:
 * @obj: (transfer full) (nullable): a UNIX address
 *
 * Frees the struct and its text.
 *
 * Threads: any; Blocks: no.
 */
void qapi_free_UnixSocketAddress(UnixSocketAddress *obj);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(UnixSocketAddress, qapi_free_UnixSocketAddress)

/**
 * VsockSocketAddress:
 * @cid: context id, a decimal number
 * @port: port, a decimal number
 *
 * The name of a virtio socket.
 */
typedef struct VsockSocketAddress VsockSocketAddress;
struct VsockSocketAddress {
    char *cid;
    char *port;
};

/**
 * qapi_free_VsockSocketAddress:
 * @obj: (transfer full) (nullable): a virtio address
 *
 * Frees the struct and its texts.
 *
 * Threads: any; Blocks: no.
 */
void qapi_free_VsockSocketAddress(VsockSocketAddress *obj);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VsockSocketAddress, qapi_free_VsockSocketAddress)

#ifdef QIO_HAS_FD_SOCKET_ADDRESS
/**
 * FdSocketAddress:
 * @str: decimal number of a descriptor, or its name in the monitor
 *
 * A socket that is open already.
 *
 * Since: qemu-9.0 profile. Differs: named String before.
 */
typedef struct FdSocketAddress FdSocketAddress;
struct FdSocketAddress {
    char *str;
};

/**
 * qapi_free_FdSocketAddress:
 * @obj: (transfer full) (nullable): a descriptor address
 *
 * Frees the struct and its text.
 *
 * Threads: any; Blocks: no.
 */
void qapi_free_FdSocketAddress(FdSocketAddress *obj);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FdSocketAddress, qapi_free_FdSocketAddress)
#endif

/**
 * SocketAddress:
 * @type: which member of @u is in force
 * @u: the address
 *
 * Where to listen or what to connect to.
 */
typedef struct SocketAddress SocketAddress;
struct SocketAddress {
    SocketAddressType type;
    union {
        InetSocketAddress inet;
        UnixSocketAddress q_unix;
        VsockSocketAddress vsock;
#ifndef QIO_HAS_FD_SOCKET_ADDRESS
        String fd;
#else
        FdSocketAddress fd;
#endif
    } u;
};

/**
 * qapi_free_SocketAddress:
 * @obj: (transfer full) (nullable): an address
 *
 * Frees the struct and the texts of the member in force. A type that no
 * address has aborts.
 *
 * Threads: any; Blocks: no.
 */
void qapi_free_SocketAddress(SocketAddress *obj);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SocketAddress, qapi_free_SocketAddress)

/**
 * SocketAddressList:
 * @next: (nullable): the rest of the list
 * @value: (nullable): an address
 *
 * A list of addresses; NULL is the empty one.
 */
typedef struct SocketAddressList SocketAddressList;
struct SocketAddressList {
    SocketAddressList *next;
    SocketAddress *value;
};

/**
 * qapi_free_SocketAddressList:
 * @obj: (transfer full) (nullable): a list
 *
 * Frees a list and its addresses.
 *
 * Threads: any; Blocks: no.
 */
void qapi_free_SocketAddressList(SocketAddressList *obj);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SocketAddressList, qapi_free_SocketAddressList)

/**
 * InetSocketAddressWrapper:
 * @data: the address
 *
 * An internet address behind a pointer, for SocketAddressLegacy.
 */
typedef struct InetSocketAddressWrapper InetSocketAddressWrapper;
struct InetSocketAddressWrapper {
    InetSocketAddress *data;
};

/**
 * qapi_free_InetSocketAddressWrapper:
 * @obj: (transfer full) (nullable): an address
 *
 * Frees the struct and what it leads to.
 *
 * Threads: any; Blocks: no.
 */
void qapi_free_InetSocketAddressWrapper(InetSocketAddressWrapper *obj);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(InetSocketAddressWrapper,
                              qapi_free_InetSocketAddressWrapper)

/**
 * UnixSocketAddressWrapper:
 * @data: the address
 *
 * A UNIX address behind a pointer, for SocketAddressLegacy.
 */
typedef struct UnixSocketAddressWrapper UnixSocketAddressWrapper;
struct UnixSocketAddressWrapper {
    UnixSocketAddress *data;
};

/**
 * qapi_free_UnixSocketAddressWrapper:
 * @obj: (transfer full) (nullable): an address
 *
 * Frees the struct and what it leads to.
 *
 * Threads: any; Blocks: no.
 */
void qapi_free_UnixSocketAddressWrapper(UnixSocketAddressWrapper *obj);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(UnixSocketAddressWrapper,
                              qapi_free_UnixSocketAddressWrapper)

/**
 * VsockSocketAddressWrapper:
 * @data: the address
 *
 * A virtio address behind a pointer, for SocketAddressLegacy.
 */
typedef struct VsockSocketAddressWrapper VsockSocketAddressWrapper;
struct VsockSocketAddressWrapper {
    VsockSocketAddress *data;
};

/**
 * qapi_free_VsockSocketAddressWrapper:
 * @obj: (transfer full) (nullable): an address
 *
 * Frees the struct and what it leads to.
 *
 * Threads: any; Blocks: no.
 */
void qapi_free_VsockSocketAddressWrapper(VsockSocketAddressWrapper *obj);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VsockSocketAddressWrapper,
                              qapi_free_VsockSocketAddressWrapper)

#ifndef QIO_HAS_FD_SOCKET_ADDRESS
/**
 * StringWrapper:
 * @data: the address
 *
 * A descriptor address behind a pointer, for SocketAddressLegacy.
 */
typedef struct StringWrapper StringWrapper;
struct StringWrapper {
    String *data;
};

/**
 * qapi_free_StringWrapper:
 * @obj: (transfer full) (nullable): an address
 *
 * Frees the struct and what it leads to.
 *
 * Threads: any; Blocks: no.
 */
void qapi_free_StringWrapper(StringWrapper *obj);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StringWrapper, qapi_free_StringWrapper)
#else
/**
 * FdSocketAddressWrapper:
 * @data: the address
 *
 * A descriptor address behind a pointer, for SocketAddressLegacy.
 */
typedef struct FdSocketAddressWrapper FdSocketAddressWrapper;
struct FdSocketAddressWrapper {
    FdSocketAddress *data;
};

/**
 * qapi_free_FdSocketAddressWrapper:
 * @obj: (transfer full) (nullable): an address
 *
 * Frees the struct and what it leads to.
 *
 * Threads: any; Blocks: no.
 */
void qapi_free_FdSocketAddressWrapper(FdSocketAddressWrapper *obj);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FdSocketAddressWrapper,
                              qapi_free_FdSocketAddressWrapper)
#endif

/**
 * SocketAddressLegacy:
 * @type: which member of @u is in force
 * @u: the address
 *
 * A socket address as older commands have it.
 */
typedef struct SocketAddressLegacy SocketAddressLegacy;
struct SocketAddressLegacy {
    SocketAddressType type;
    union {
        InetSocketAddressWrapper inet;
        UnixSocketAddressWrapper q_unix;
        VsockSocketAddressWrapper vsock;
#ifndef QIO_HAS_FD_SOCKET_ADDRESS
        StringWrapper fd;
#else
        FdSocketAddressWrapper fd;
#endif
    } u;
};

/**
 * qapi_free_SocketAddressLegacy:
 * @obj: (transfer full) (nullable): an address
 *
 * Frees the struct and the address in force. A type that no address has aborts.
 *
 * Threads: any; Blocks: no.
 */
void qapi_free_SocketAddressLegacy(SocketAddressLegacy *obj);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SocketAddressLegacy,
                              qapi_free_SocketAddressLegacy)

G_END_DECLS

#endif
