/*
 * Visits of plain values
 *
 * The functions of an ObjectPropertyAccessor. When the property is read, they
 * show *@obj to the visitor; when it is written, they put the value there.
 *
 * All: @v (transfer none); @name (nullable): what the value is called, for
 * errors; @obj (inout); @errp (nullable), as in qapi/error.h.
 *
 * Writing fails, with *@obj left as it is (a text: NULL), if the given value is
 * of another kind or beyond the range of the type. A visitor of
 * qapi/clone-visitor.h copies texts and leaves the rest.
 *
 * Threads: any, one at a time for each visitor; Blocks: no.
 * Returns: true, or false with @errp set.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QAPI_BUILTIN_VISIT_H
#define QAPI_BUILTIN_VISIT_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

#include "qapi/visitor.h"
#include "qapi/qapi-builtin-types.h"

G_BEGIN_DECLS

/* When the property is written, *@obj becomes the caller's: g_free() it. */
bool visit_type_str(Visitor *v, const char *name, char **obj, Error **errp);

bool visit_type_bool(Visitor *v, const char *name, bool *obj, Error **errp);
bool visit_type_int(Visitor *v, const char *name, int64_t *obj, Error **errp);
bool visit_type_int8(Visitor *v, const char *name, int8_t *obj, Error **errp);
bool visit_type_int16(Visitor *v, const char *name, int16_t *obj, Error **errp);
bool visit_type_int32(Visitor *v, const char *name, int32_t *obj, Error **errp);
bool visit_type_int64(Visitor *v, const char *name, int64_t *obj, Error **errp);
bool visit_type_uint8(Visitor *v, const char *name, uint8_t *obj, Error **errp);
bool visit_type_uint16(Visitor *v, const char *name, uint16_t *obj,
                       Error **errp);
bool visit_type_uint32(Visitor *v, const char *name, uint32_t *obj,
                       Error **errp);
bool visit_type_uint64(Visitor *v, const char *name, uint64_t *obj,
                       Error **errp);

/* A number of bytes. */
bool visit_type_size(Visitor *v, const char *name, uint64_t *obj, Error **errp);

/* @lookup: (transfer none): the names of the enum's values. */
bool visit_type_enum(Visitor *v, const char *name, int *obj,
                     const QEnumLookup *lookup, Error **errp);

G_END_DECLS

#endif
