/*
 * Enum names, words for yes and no, lists (R-QAPI-5, R-QOM-17).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/qapi-builtin-types.h"
#include "qapi/util.h"

const char *qapi_enum_lookup(const QEnumLookup *lookup, int val)
{
    assert(val >= 0 && val < lookup->size);
    return lookup->array[val];
}

int qapi_enum_parse(const QEnumLookup *lookup, const char *buf, int def, Error **errp)
{
    if (buf == NULL) {
        return def;
    }
    for (int i = 0; i < lookup->size; i++) {
        if (strcmp(lookup->array[i], buf) == 0) {
            return i;
        }
    }
    error_setg(errp, "invalid parameter value: %s", buf);
    return def;
}

bool qapi_bool_parse(const char *name, const char *value, bool *obj, Error **errp)
{
    static const char *const yes[] = { "on", "yes", "true", "y", NULL };
    static const char *const no[] = { "off", "no", "false", "n", NULL };

    if (g_strv_contains(yes, value)) {
        *obj = true;
    } else if (g_strv_contains(no, value)) {
        *obj = false;
    } else {
        error_setg(errp, "Parameter '%s' expects 'on' or 'off'", name);
        return false;
    }
    return true;
}

void qapi_free_strList(strList *obj)
{
    while (obj != NULL) {
        strList *next = obj->next;

        g_free(obj->value);
        g_free(obj);
        obj = next;
    }
}
