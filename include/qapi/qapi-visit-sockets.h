/*
 * Visits of socket addresses
 *
 * visit_type_T() shows a T to a visitor: a cloning one replaces the pointer in
 * @obj by one to a deep copy. visit_type_T_members() shows what is in a T: a
 * cloning visitor takes it for the bytewise copy of another and gives it texts
 * of its own. A text that is NULL becomes an empty one. Use the macros of
 * qapi/clone-visitor.h.
 *
 * All: @v (transfer none); @name (nullable), not used; @errp (nullable), as in
 * qapi/error.h.
 *
 * Threads: any, one at a time for each visitor; Blocks: no.
 * Returns: true when cloning, which does not fail; false with @errp set for the
 *     visitor of a property, whose values are plain ones.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QAPI_VISIT_SOCKETS_H
#define QAPI_VISIT_SOCKETS_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

#include "qapi/qapi-builtin-visit.h"
#include "qapi/qapi-types-sockets.h"

G_BEGIN_DECLS

bool visit_type_InetSocketAddressBase(Visitor *v, const char *name,
                                      InetSocketAddressBase **obj, Error **errp);
bool visit_type_InetSocketAddressBase_members(Visitor *v,
                                              InetSocketAddressBase *obj,
                                              Error **errp);
bool visit_type_InetSocketAddress(Visitor *v, const char *name,
                                  InetSocketAddress **obj, Error **errp);
bool visit_type_InetSocketAddress_members(Visitor *v, InetSocketAddress *obj,
                                          Error **errp);
bool visit_type_UnixSocketAddress(Visitor *v, const char *name,
                                  UnixSocketAddress **obj, Error **errp);
bool visit_type_UnixSocketAddress_members(Visitor *v, UnixSocketAddress *obj,
                                          Error **errp);
bool visit_type_VsockSocketAddress(Visitor *v, const char *name,
                                   VsockSocketAddress **obj, Error **errp);
bool visit_type_VsockSocketAddress_members(Visitor *v, VsockSocketAddress *obj,
                                           Error **errp);
#ifndef QIO_HAS_FD_SOCKET_ADDRESS
bool visit_type_String(Visitor *v, const char *name,
                       String **obj, Error **errp);
bool visit_type_String_members(Visitor *v, String *obj,
                               Error **errp);
#else
bool visit_type_FdSocketAddress(Visitor *v, const char *name,
                                FdSocketAddress **obj, Error **errp);
bool visit_type_FdSocketAddress_members(Visitor *v, FdSocketAddress *obj,
                                        Error **errp);
#endif
bool visit_type_SocketAddress(Visitor *v, const char *name,
                              SocketAddress **obj, Error **errp);
bool visit_type_SocketAddress_members(Visitor *v, SocketAddress *obj,
                                      Error **errp);
bool visit_type_SocketAddressList(Visitor *v, const char *name,
                                  SocketAddressList **obj, Error **errp);

G_END_DECLS

#endif
