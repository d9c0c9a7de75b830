/*
 * QAPI socket addresses: names, freeing, copying (section C.3).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qapi/clone-visitor.h"
#include "qapi/error.h"
#include "qapi/qapi-visit-sockets.h"
#include "sockets.h"

const QEnumLookup NetworkAddressFamily_lookup = {
    .array = (const char *const[]) { "ipv4", "ipv6", "unix", "vsock", "unknown" },
    .size = NETWORK_ADDRESS_FAMILY__MAX,
};

const QEnumLookup SocketAddressType_lookup = {
    .array = (const char *const[]) { "inet", "unix", "vsock", "fd" },
    .size = SOCKET_ADDRESS_TYPE__MAX,
};

/*
 * The texts in an address, @act applied to each: all that freeing and copying have to know of it.
 */

typedef void TextAct(char **text);

static void text_clear(char **text)
{
    g_clear_pointer(text, g_free);
}

/* A text that isn't there becomes an empty one (R-QAPI-4). */
static void text_own(char **text)
{
    *text = g_strdup(*text != NULL ? *text : "");
}

static void inet_texts(InetSocketAddress *inet, TextAct *act)
{
    act(&inet->host);
    act(&inet->port);
}

static void base_texts(InetSocketAddressBase *base, TextAct *act)
{
    act(&base->host);
    act(&base->port);
}

static void unix_texts(UnixSocketAddress *q_unix, TextAct *act)
{
    act(&q_unix->path);
}

static void vsock_texts(VsockSocketAddress *vsock, TextAct *act)
{
    act(&vsock->cid);
    act(&vsock->port);
}

static void descriptor_texts(DescriptorName *fd, TextAct *act)
{
    act(&fd->str);
}

static void address_texts(SocketAddress *addr, TextAct *act)
{
    switch (addr->type) {
    case SOCKET_ADDRESS_TYPE_INET:
        inet_texts(&addr->u.inet, act);
        break;
    case SOCKET_ADDRESS_TYPE_UNIX:
        unix_texts(&addr->u.q_unix, act);
        break;
    case SOCKET_ADDRESS_TYPE_VSOCK:
        vsock_texts(&addr->u.vsock, act);
        break;
    case SOCKET_ADDRESS_TYPE_FD:
        descriptor_texts(&addr->u.fd, act);
        break;
    default:
        abort();
    }
}

/* Visitors: there are only those that copy. */

struct Visitor {
    /* Whether structs are copied too, not only what is in them. */
    bool copies_structs;
};

static Visitor *visitor_new(bool copies_structs)
{
    Visitor *v = g_new(Visitor, 1);

    v->copies_structs = copies_structs;
    return v;
}

void visit_free(Visitor *v)
{
    g_free(v);
}

#ifndef QIO_HAS_CLONE_VISITOR
void *qapi_clone(const void *src, bool (*visit_type)(Visitor *, const char *, void **, Error **))
{
    void *copy = (void *)src;

    if (src != NULL) {
        Visitor *v = visitor_new(true);

        visit_type(v, NULL, &copy, &error_abort);
        visit_free(v);
    }
    return copy;
}

void qapi_clone_members(void *dst, const void *src, size_t sz,
                        bool (*visit_type_members)(Visitor *, void *, Error **))
{
    Visitor *v = visitor_new(false);

    memcpy(dst, src, sz);
    visit_type_members(v, dst, &error_abort);
    visit_free(v);
}
#else
Visitor *qapi_clone_visitor_new(void)
{
    return visitor_new(true);
}

Visitor *qapi_clone_members_visitor_new(void)
{
    return visitor_new(false);
}
#endif

/* The functions that a type has: TEXTS applies an act to its texts. */
#define ADDRESS_TYPE(T, TEXTS) \
    void qapi_free_##T(T *obj) \
    { \
        if (obj != NULL) { \
            TEXTS(obj, text_clear); \
            g_free(obj); \
        } \
    } \
    \
    bool visit_type_##T##_members(Visitor *v, T *obj, Error **errp) \
    { \
        TEXTS(obj, text_own); \
        return true; \
    } \
    \
    bool visit_type_##T(Visitor *v, const char *name, T **obj, Error **errp) \
    { \
        if (v->copies_structs && *obj != NULL) { \
            *obj = g_memdup2(*obj, sizeof(T)); \
            visit_type_##T##_members(v, *obj, errp); \
        } \
        return true; \
    }

ADDRESS_TYPE(InetSocketAddressBase, base_texts)
ADDRESS_TYPE(InetSocketAddress, inet_texts)
ADDRESS_TYPE(UnixSocketAddress, unix_texts)
ADDRESS_TYPE(VsockSocketAddress, vsock_texts)
#ifndef QIO_HAS_FD_SOCKET_ADDRESS
ADDRESS_TYPE(String, descriptor_texts)
#else
ADDRESS_TYPE(FdSocketAddress, descriptor_texts)
#endif
ADDRESS_TYPE(SocketAddress, address_texts)

void qapi_free_SocketAddressList(SocketAddressList *obj)
{
    while (obj != NULL) {
        SocketAddressList *next = obj->next;

        qapi_free_SocketAddress(obj->value);
        g_free(obj);
        obj = next;
    }
}

bool visit_type_SocketAddressList(Visitor *v, const char *name, SocketAddressList **obj,
                                  Error **errp)
{
    for (; *obj != NULL; obj = &(*obj)->next) {
        *obj = g_memdup2(*obj, sizeof(**obj));
        visit_type_SocketAddress(v, NULL, &(*obj)->value, errp);
    }
    return true;
}
