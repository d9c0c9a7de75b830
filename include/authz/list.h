/*
 * Authorization by a list of rules
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef AUTHZ_LIST_H
#define AUTHZ_LIST_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

#include "authz/base.h"
#include "qapi/qapi-types-authz.h"

G_BEGIN_DECLS

#define TYPE_QAUTHZ_LIST "authz-list"

OBJECT_DECLARE_SIMPLE_TYPE(QAuthZList, QAUTHZ_LIST)

/**
 * QAuthZList:
 *
 * The first rule that applies decides; without one, @policy does. Has the
 * property "policy", "deny" or "allow", by default "deny"; implements
 * TYPE_USER_CREATABLE. The members are private.
 */
struct QAuthZList {
    QAuthZ parent_obj;

    QAuthZListPolicy policy;
    QAuthZListRuleList *rules;
};

/**
 * qauthz_list_new:
 * @id: a name that is free in object_get_objects_root()
 * @policy: what becomes of those to whom no rule applies
 * @errp: (nullable): as in qapi/error.h
 *
 * Makes a list without rules, as a child of object_get_objects_root().
 *
 * Threads: as qom/object-property.h; Blocks: no.
 * Returns: (transfer none) (nullable): the list, whose only reference is that
 *     of its parent: object_unparent() releases it; or NULL with @errp set
 */
QAuthZList *qauthz_list_new(const char *id, QAuthZListPolicy policy,
                            Error **errp);

/**
 * qauthz_list_append_rule:
 * @auth: a list
 * @match: a name or a pattern
 * @policy: what becomes of those to whom it applies
 * @format: which of them @match is
 * @errp: (nullable): as in qapi/error.h; does not fail
 *
 * Adds a rule after all others.
 *
 * Threads: one at a time for @auth; Blocks: no.
 * Returns: its index
 */
ssize_t qauthz_list_append_rule(QAuthZList *auth, const char *match,
                                QAuthZListPolicy policy,
                                QAuthZListFormat format, Error **errp);

/**
 * qauthz_list_insert_rule:
 * @auth: a list
 * @match: a name or a pattern
 * @policy: what becomes of those to whom it applies
 * @format: which of them @match is
 * @index: before which rule; with fewer rules it becomes the last
 * @errp: (nullable): as in qapi/error.h; does not fail
 *
 * Adds a rule in a given place.
 *
 * Threads: one at a time for @auth; Blocks: no.
 * Returns: its index
 */
ssize_t qauthz_list_insert_rule(QAuthZList *auth, const char *match,
                                QAuthZListPolicy policy,
                                QAuthZListFormat format, size_t index,
                                Error **errp);

/**
 * qauthz_list_delete_rule:
 * @auth: a list
 * @match: a name or a pattern
 *
 * Removes the first rule with that very @match.
 *
 * Threads: one at a time for @auth; Blocks: no.
 * Returns: the index that it had, or -1 if there is none
 */
ssize_t qauthz_list_delete_rule(QAuthZList *auth, const char *match);

G_END_DECLS

#endif
