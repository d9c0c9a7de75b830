/*
 * Visitors: what walks a QAPI value
 *
 * A Visitor, named by qemu/typedefs.h, is opaque. There are those of
 * qapi/clone-visitor.h, and those that the accessors of properties get, see
 * qom/object.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QAPI_VISITOR_H
#define QAPI_VISITOR_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

#include "qapi/qapi-builtin-types.h"

G_BEGIN_DECLS

/**
 * visit_free:
 * @v: (transfer full) (nullable): a visitor
 *
 * Ends a visitor.
 *
 * Threads: any; Blocks: no.
 */
void visit_free(Visitor *v);

G_END_DECLS

#include "qapi/qapi-builtin-visit.h"

#endif
