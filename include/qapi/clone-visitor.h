/*
 * Deep copies of QAPI values
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QAPI_CLONE_VISITOR_H
#define QAPI_CLONE_VISITOR_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

#include "qapi/visitor.h"
#ifdef QIO_HAS_CLONE_VISITOR
#include "qapi/error.h"
#endif

G_BEGIN_DECLS

/**
 * QAPI_CLONE:
 * @type: name of a type that has a visit_type_@type()
 * @src: (transfer none) (nullable): a value of this type; evaluated once
 *
 * Copies a value with all that it points to.
 *
 * Returns: (transfer full) (nullable): the copy, a @type pointer, to be freed
 * with qapi_free_@type(); NULL of NULL.
 */

/**
 * QAPI_CLONE_MEMBERS:
 * @type: name of a type that has a visit_type_@type_members()
 * @dst: a @type to be filled; what it holds is overwritten, not freed
 * @src: (transfer none): a value of this type
 *
 * Copies a value, with all that it points to, into a struct of the caller's.
 * Each argument is evaluated once.
 */

#ifndef QIO_HAS_CLONE_VISITOR
/**
 * qapi_clone:
 * @src: (transfer none) (nullable): a value
 * @visit_type: visits values of its type
 *
 * Copies a value; use QAPI_CLONE.
 *
 * Threads: any; Blocks: no.
 * Returns: (transfer full) (nullable): the copy; NULL of NULL.
 */
void *qapi_clone(const void *src, bool (*visit_type)(Visitor *, const char *,
                                                     void **, Error **));

/**
 * qapi_clone_members:
 * @dst: what to fill
 * @src: (transfer none): a value
 * @sz: size of its struct in bytes
 * @visit_type_members: visits the members of its type
 *
 * Copies a value into a struct of the caller's; use QAPI_CLONE_MEMBERS.
 *
 * Threads: any; Blocks: no.
 */
void qapi_clone_members(void *dst, const void *src, size_t sz,
                        bool (*visit_type_members)(Visitor *, void *,
                                                   Error **));

/* The conversions of a function pointer are meant; through void (*)(void) no
 * compiler warns. */
#define QAPI_CLONE(type, src) \
    ((type *)qapi_clone( \
        (const void *)(1 ? (src) : (const type *)NULL), \
        (bool (*)(Visitor *, const char *, void **, Error **)) \
        (void (*)(void))visit_type_##type))
#define QAPI_CLONE_MEMBERS(type, dst, src) \
    qapi_clone_members( \
        1 ? (dst) : (type *)NULL, 1 ? (src) : (const type *)NULL, \
        sizeof(type), \
        (bool (*)(Visitor *, void *, Error **)) \
        (void (*)(void))visit_type_##type##_members)
#else
/**
 * qapi_clone_visitor_new:
 *
 * Makes a visitor that puts a deep copy in the place of what it is shown; use
 * QAPI_CLONE.
 *
 * Threads: any; Blocks: no.
 * Returns: (transfer full): a visitor, to be ended with visit_free().
 */
Visitor *qapi_clone_visitor_new(void);

/**
 * qapi_clone_members_visitor_new:
 *
 * Makes a visitor that gives a bytewise copy members of its own; use
 * QAPI_CLONE_MEMBERS.
 *
 * Threads: any; Blocks: no.
 * Returns: (transfer full): a visitor, to be ended with visit_free().
 */
Visitor *qapi_clone_members_visitor_new(void);

#define QAPI_CLONE(type, src) \
    QIO_CLONE(type, src, QIO_UNIQUE_NAME(qio_src_), \
              QIO_UNIQUE_NAME(qio_copy_), QIO_UNIQUE_NAME(qio_visitor_))
#define QIO_CLONE(type, src, from, copy, visitor) \
    __extension__ ({ \
        const type *from = (src); \
        type *copy = (type *)from; \
        if (copy != NULL) { \
            Visitor *visitor = qapi_clone_visitor_new(); \
            visit_type_##type(visitor, NULL, &copy, &error_abort); \
            visit_free(visitor); \
        } \
        copy; \
    })
#define QAPI_CLONE_MEMBERS(type, dst, src) \
    QIO_CLONE_MEMBERS(type, dst, src, QIO_UNIQUE_NAME(qio_copy_), \
                      QIO_UNIQUE_NAME(qio_visitor_))
#define QIO_CLONE_MEMBERS(type, dst, src, copy, visitor) do { \
        type *copy = (dst); \
        Visitor *visitor = qapi_clone_members_visitor_new(); \
        *copy = *(const type *)(src); \
        visit_type_##type##_members(visitor, copy, &error_abort); \
        visit_free(visitor); \
    } while (0)
#endif

G_END_DECLS

#endif
