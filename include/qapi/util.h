/*
 * Enum names, words for yes and no, and lists
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QAPI_UTIL_H
#define QAPI_UTIL_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

G_BEGIN_DECLS

/**
 * QEnumLookup:
 * @array: the name of each value
 * @special_features: (nullable): marks on values, in the 7.2 profiles
 * @features: (nullable): marks on values, in the others
 * @size: number of values
 *
 * The names of an enum's values, from 0 on.
 */
typedef struct QEnumLookup {
    const char *const *array;
#ifndef QIO_HAS_ENUM_FEATURES
    const unsigned char *const special_features;
#else
    const uint64_t *const features;
#endif
    const int size;
} QEnumLookup;

/**
 * qapi_enum_lookup:
 * @lookup: (transfer none): an enum's names
 * @val: a value; one that the enum doesn't have aborts
 *
 * Tells the name of a value.
 *
 * Threads: any; Blocks: no.
 * Returns: (transfer none): the name.
 */
const char *qapi_enum_lookup(const QEnumLookup *lookup, int val);

/**
 * qapi_enum_parse:
 * @lookup: (transfer none): an enum's names
 * @buf: (transfer none) (nullable): a name
 * @def: what to return without name and after a failure
 * @errp: (nullable): as in qapi/error.h
 *
 * Tells the value that a name stands for. The name has to match exactly.
 *
 * Threads: any; Blocks: no.
 * Returns: the value; @def if @buf is NULL; @def with @errp set if no value
 * has this name.
 */
int qapi_enum_parse(const QEnumLookup *lookup, const char *buf,
                    int def, Error **errp);

/**
 * qapi_bool_parse:
 * @name: (transfer none): what the value is for; used in the error only
 * @value: (transfer none): a word
 * @obj: (out): what the word means; left alone on failure
 * @errp: (nullable): as in qapi/error.h
 *
 * Tells whether a word means yes (on, yes, true, y) or no (off, no, false, n).
 *
 * Threads: any; Blocks: no.
 * Returns: true, or false with @errp set.
 */
bool qapi_bool_parse(const char *name, const char *value, bool *obj,
                     Error **errp);

/**
 * QAPI_LIST_PREPEND:
 * @list: a list; evaluated more than once
 * @element: (transfer full): its new first value; evaluated once
 *
 * Puts a value in front of a list.
 */
#define QAPI_LIST_PREPEND(list, element) \
    QIO_LIST_PREPEND(list, element, QIO_UNIQUE_NAME(qio_first_))
#define QIO_LIST_PREPEND(list, element, first) do { \
        __typeof__(list) first = \
            (__typeof__(list))g_malloc(sizeof(*(list))); \
        first->value = (element); \
        first->next = (list); \
        (list) = first; \
    } while (0)

/**
 * QAPI_LIST_APPEND:
 * @tail: pointer to the NULL that ends a list; moves to the new end
 * @element: (transfer full): the list's new last value; evaluated once
 *
 * Adds a value at the end of a list. Start with the address of a list pointer
 * that is NULL.
 */
#define QAPI_LIST_APPEND(tail, element) \
    QIO_LIST_APPEND(tail, element, QIO_UNIQUE_NAME(qio_last_))
#define QIO_LIST_APPEND(tail, element, last) do { \
        __typeof__(*(tail)) last = \
            (__typeof__(*(tail)))g_malloc0(sizeof(**(tail))); \
        last->value = (element); \
        *(tail) = last; \
        (tail) = &last->next; \
    } while (0)

#ifdef QIO_HAS_LIST_LENGTH
/**
 * QAPI_LIST_LENGTH:
 * @list: a list; evaluated once
 *
 * Returns: the number of its elements, a size_t.
 *
 * Since: qemu-9.0 profile.
 */
#define QAPI_LIST_LENGTH(list) \
    QIO_LIST_LENGTH(list, QIO_UNIQUE_NAME(qio_element_), \
                    QIO_UNIQUE_NAME(qio_count_))
#define QIO_LIST_LENGTH(list, element, count) \
    __extension__ ({ \
        size_t count = 0; \
        __typeof__(list) element; \
        for (element = (list); element != NULL; element = element->next) { \
            count++; \
        } \
        count; \
    })
#endif

G_END_DECLS

#endif
