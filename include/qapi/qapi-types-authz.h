/*
 * Rules of authorization
 *
 * Structs and texts are GLib memory.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef QAPI_TYPES_AUTHZ_H
#define QAPI_TYPES_AUTHZ_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

#include "qapi/qapi-builtin-types.h"

G_BEGIN_DECLS

/**
 * QAuthZListPolicy:
 * @QAUTHZ_LIST_POLICY_DENY: they may not
 * @QAUTHZ_LIST_POLICY_ALLOW: they may
 *
 * What becomes of those to whom a rule applies.
 */
typedef enum QAuthZListPolicy {
    QAUTHZ_LIST_POLICY_DENY,
    QAUTHZ_LIST_POLICY_ALLOW,
    QAUTHZ_LIST_POLICY__MAX,
} QAuthZListPolicy;

/* The names "deny" and "allow". */
extern const QEnumLookup QAuthZListPolicy_lookup;

static inline const char *QAuthZListPolicy_str(QAuthZListPolicy val)
{
    return qapi_enum_lookup(&QAuthZListPolicy_lookup, (int)val);
}

/**
 * QAuthZListFormat:
 * @QAUTHZ_LIST_FORMAT_EXACT: by their name
 * @QAUTHZ_LIST_FORMAT_GLOB: by a pattern for the whole name, in which "*" stands
 *     for any text and "?" for any character
 *
 * How a rule tells to whom it applies.
 */
typedef enum QAuthZListFormat {
    QAUTHZ_LIST_FORMAT_EXACT,
    QAUTHZ_LIST_FORMAT_GLOB,
    QAUTHZ_LIST_FORMAT__MAX,
} QAuthZListFormat;

/* The names "exact" and "glob". */
extern const QEnumLookup QAuthZListFormat_lookup;

static inline const char *QAuthZListFormat_str(QAuthZListFormat val)
{
    return qapi_enum_lookup(&QAuthZListFormat_lookup, (int)val);
}

/**
 * QAuthZListRule:
 * @match: a name or a pattern
 * @policy: what becomes of those to whom it applies
 * @format: which of them @match is; exact without @has_format
 */
typedef struct QAuthZListRule QAuthZListRule;
struct QAuthZListRule {
    char *match;
    QAuthZListPolicy policy;
    bool has_format;
    QAuthZListFormat format;
};

/**
 * qapi_free_QAuthZListRule:
 * @obj: (transfer full) (nullable): a rule
 *
 * Frees a rule and its text.
 *
 * Threads: any; Blocks: no.
 */
void qapi_free_QAuthZListRule(QAuthZListRule *obj);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(QAuthZListRule, qapi_free_QAuthZListRule)

/**
 * QAuthZListRuleList:
 * @next: (nullable): the rest of the list
 * @value: a rule
 *
 * A list of rules; NULL is the empty one.
 */
typedef struct QAuthZListRuleList QAuthZListRuleList;
struct QAuthZListRuleList {
    QAuthZListRuleList *next;
    QAuthZListRule *value;
};

/**
 * qapi_free_QAuthZListRuleList:
 * @obj: (transfer full) (nullable): a list
 *
 * Frees a list and its rules.
 *
 * Threads: any; Blocks: no.
 */
void qapi_free_QAuthZListRuleList(QAuthZListRuleList *obj);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(QAuthZListRuleList, qapi_free_QAuthZListRuleList)

G_END_DECLS

#endif
