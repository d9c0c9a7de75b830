/*
 * authz/base.h and authz/list.h
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"

#include "authz/list.h"
#include "qom/object_interfaces.h"

QEMU_BUILD_BUG_ON(sizeof(QAuthZ) != 40);
QEMU_BUILD_BUG_ON(sizeof(QAuthZList) != 56);
QEMU_BUILD_BUG_ON(sizeof(QAuthZListRule) != 24);

#ifdef QIO_HAS_CONST_TYPE_INFO
typedef const void ClassData;
#else
typedef void ClassData;
#endif

static void error_is(Error **errp, const char *expected)
{
    g_assert_nonnull(*errp);
    g_assert_cmpstr(error_get_pretty(*errp), ==, expected);
    error_free(*errp);
    *errp = NULL;
}

static bool aborts(const char *saying)
{
    if (g_test_subprocess()) {
        return true;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr(saying);
    return false;
}

static bool may(QAuthZList *list, const char *identity)
{
    return qauthz_is_allowed(QAUTHZ(list), identity, &error_abort);
}

static void append(QAuthZList *list, const char *match, bool allow, bool glob)
{
    qauthz_list_append_rule(list, match,
                            allow ? QAUTHZ_LIST_POLICY_ALLOW
                                  : QAUTHZ_LIST_POLICY_DENY,
                            glob ? QAUTHZ_LIST_FORMAT_GLOB
                                 : QAUTHZ_LIST_FORMAT_EXACT, &error_abort);
}

/* R-QAPI-5 */
static void test_names(void)
{
    g_assert_cmpstr(QAuthZListPolicy_str(QAUTHZ_LIST_POLICY_DENY), ==, "deny");
    g_assert_cmpstr(QAuthZListPolicy_str(QAUTHZ_LIST_POLICY_ALLOW), ==, "allow");
    g_assert_cmpstr(QAuthZListFormat_str(QAUTHZ_LIST_FORMAT_EXACT), ==, "exact");
    g_assert_cmpstr(QAuthZListFormat_str(QAUTHZ_LIST_FORMAT_GLOB), ==, "glob");
    g_assert_cmpint(QAuthZListPolicy_lookup.size, ==, QAUTHZ_LIST_POLICY__MAX);
    g_assert_cmpint(QAuthZListFormat_lookup.size, ==, QAUTHZ_LIST_FORMAT__MAX);
}

static void test_types(void)
{
    g_assert_true(object_class_is_abstract(object_class_by_name(TYPE_QAUTHZ)));
    g_assert_false(object_class_is_abstract(object_class_by_name(TYPE_QAUTHZ_LIST)));
    g_assert_cmpstr(
        object_class_get_name(object_class_get_parent(
            object_class_by_name(TYPE_QAUTHZ_LIST))), ==, TYPE_QAUTHZ);
}

/* R-AUTHZ-2: the list's policy, where no rule matches. */
static void test_policy(void)
{
    QAuthZList *deny = qauthz_list_new("a", QAUTHZ_LIST_POLICY_DENY, &error_abort);
    QAuthZList *allow = qauthz_list_new("b", QAUTHZ_LIST_POLICY_ALLOW, &error_abort);

    g_assert_false(may(deny, "fred"));
    g_assert_true(may(allow, "fred"));
    g_assert_cmpuint(OBJECT(deny)->ref, ==, 1);
    g_assert_true(object_resolve_path_component(object_get_objects_root(), "a") ==
                  OBJECT(deny));
    g_assert_cmpint(object_property_get_enum(OBJECT(allow), "policy",
                                             "QAuthZListPolicy", &error_abort),
                    ==, QAUTHZ_LIST_POLICY_ALLOW);
    object_property_parse(OBJECT(deny), "policy", "allow", &error_abort);
    g_assert_true(may(deny, "fred"));
    object_unparent(OBJECT(deny));
    object_unparent(OBJECT(allow));
}

/* R-AUTHZ-2: the first that matches decides. */
static void test_rules(void)
{
    QAuthZList *list = qauthz_list_new("a", QAUTHZ_LIST_POLICY_DENY, &error_abort);

    append(list, "fred", true, false);
    append(list, "b*b", false, true);
    append(list, "b?*", true, true);
    append(list, "f*", true, false);
    g_assert_true(may(list, "fred"));
    g_assert_false(may(list, "freda"));
    g_assert_false(may(list, "Fred"));
    g_assert_false(may(list, ""));
    g_assert_false(may(list, "b"));
    g_assert_false(may(list, "bob"));
    g_assert_true(may(list, "bobo"));
    g_assert_true(may(list, "f*"));
    g_assert_false(may(list, "frida"));
    /* Cut in the middle of a character. */
    g_assert_true(may(list, "b\xe2"));
    object_unparent(OBJECT(list));
}

static void test_distinguished_name(void)
{
    QAuthZList *list = qauthz_list_new("a", QAUTHZ_LIST_POLICY_DENY, &error_abort);

    append(list, "C=UK,CN=qemu*", true, true);
    g_assert_true(may(list, "C=UK,CN=qemu.org"));
    g_assert_false(may(list, "C=UK,O=x,CN=qemu.org"));
    g_assert_false(may(list, "C=FR,CN=qemu.org"));
    object_unparent(OBJECT(list));
}

static void test_no_format(void)
{
    QAuthZList *list = qauthz_list_new("a", QAUTHZ_LIST_POLICY_DENY, &error_abort);

    append(list, "f*", true, true);
    g_assert_true(may(list, "fred"));
    list->rules->value->has_format = false;
    g_assert_false(may(list, "fred"));
    g_assert_true(may(list, "f*"));
    object_unparent(OBJECT(list));
}

/* R-AUTHZ-2: where rules are inserted and deleted. */
static void test_places(void)
{
    QAuthZList *list = qauthz_list_new("a", QAUTHZ_LIST_POLICY_DENY, &error_abort);
    const QAuthZListRuleList *rule;
    g_autoptr(GString) order = g_string_new("");

#define INSERT(match, index)                                                  \
    qauthz_list_insert_rule(list, match, QAUTHZ_LIST_POLICY_ALLOW,            \
                            QAUTHZ_LIST_FORMAT_EXACT, index, &error_abort)
    g_assert_cmpint(qauthz_list_delete_rule(list, "a"), ==, -1);
    g_assert_cmpint(INSERT("a", 0), ==, 0);
    g_assert_cmpint(INSERT("b", 0), ==, 0);
    g_assert_cmpint(INSERT("c", 1), ==, 1);
    g_assert_cmpint(INSERT("d", 3), ==, 3);
    g_assert_cmpint(INSERT("e", 100), ==, 4);
    g_assert_cmpint(qauthz_list_append_rule(list, "a", QAUTHZ_LIST_POLICY_DENY,
                                            QAUTHZ_LIST_FORMAT_EXACT,
                                            &error_abort), ==, 5);
    for (rule = list->rules; rule; rule = rule->next) {
        g_string_append(order, rule->value->match);
    }
    g_assert_cmpstr(order->str, ==, "bcadea");

    g_assert_true(may(list, "a"));
    g_assert_cmpint(qauthz_list_delete_rule(list, "a"), ==, 2);
    g_assert_false(may(list, "a"));
    g_assert_cmpint(qauthz_list_delete_rule(list, "a"), ==, 4);
    g_assert_cmpint(qauthz_list_delete_rule(list, "a"), ==, -1);
    g_assert_cmpint(qauthz_list_delete_rule(list, "b"), ==, 0);
    g_assert_cmpint(qauthz_list_delete_rule(list, "e"), ==, 2);
    g_assert_true(may(list, "c"));
    object_unparent(OBJECT(list));
}

/* R-AUTHZ-1: whom nothing is found for is refused. */
static void test_by_id(void)
{
    QAuthZList *list = qauthz_list_new("a", QAUTHZ_LIST_POLICY_DENY, &error_abort);
    Object *other = object_new("container");
    Error *err = NULL;

    append(list, "fred", true, false);
    g_assert_true(qauthz_is_allowed_by_id("a", "fred", &error_abort));
    g_assert_false(qauthz_is_allowed_by_id("a", "bob", &error_abort));
    g_assert_false(qauthz_is_allowed_by_id("b", "fred", &err));
    error_is(&err, "Cannot find QAuthZ object ID b");
    g_assert_false(qauthz_is_allowed_by_id("b", "fred", NULL));

    object_property_add_child(object_get_objects_root(), "other", other);
    object_unref(other);
    g_assert_false(qauthz_is_allowed_by_id("other", "fred", &err));
    error_is(&err, "Object with ID other is not a QAuthZ object");
    object_unparent(other);
    object_unparent(OBJECT(list));
    g_assert_false(qauthz_is_allowed_by_id("a", "fred", &err));
    error_is(&err, "Cannot find QAuthZ object ID a");
}

/* R-AUTHZ-2: with properties, and its place in /objects. */
static void test_new(void)
{
    QAuthZList *list = qauthz_list_new("a", QAUTHZ_LIST_POLICY_DENY, &error_abort);
    Error *err = NULL;
    Object *obj;

    g_assert_null(qauthz_list_new("a", QAUTHZ_LIST_POLICY_DENY, &err));
    error_free_or_abort(&err);
    object_unparent(OBJECT(list));

    obj = object_new_with_props(TYPE_QAUTHZ_LIST, object_get_objects_root(), "c",
                                &error_abort, "policy", "allow", NULL);
    g_assert_nonnull(object_dynamic_cast(obj, TYPE_USER_CREATABLE));
    g_assert_true(qauthz_is_allowed_by_id("c", "anybody", &error_abort));
    object_unparent(obj);
    obj = object_new_with_props(TYPE_QAUTHZ_LIST, object_get_objects_root(), "c",
                                &error_abort, NULL);
    g_assert_false(qauthz_is_allowed_by_id("c", "anybody", &error_abort));
    object_unparent(obj);
    g_assert_null(object_new_with_props(TYPE_QAUTHZ_LIST,
                                        object_get_objects_root(), "c", &err,
                                        "policy", "maybe", NULL));
    error_is(&err, "Parameter 'policy' does not accept value 'maybe'");
    g_assert_null(object_new_with_props(TYPE_QAUTHZ, object_get_objects_root(),
                                        "c", &err, NULL));
    error_is(&err, "object type 'authz' is abstract");
}

/*
 * A type of the program
 */

#define TYPE_ODD "test-authz-odd"

/* Allows names of odd length, can't tell of empty ones, and goes meanwhile. */
static bool odd_is_allowed(QAuthZ *authz, const char *identity, Error **errp)
{
    object_unparent(OBJECT(authz));
    if (!*identity) {
        error_setg(errp, "who is that?");
        return true;
    }
    return strlen(identity) & 1;
}

static void odd_class_init(ObjectClass *klass, ClassData *data)
{
    QAUTHZ_CLASS(klass)->is_allowed = odd_is_allowed;
}

static Object *odd_new(void)
{
    return object_new_with_props(TYPE_ODD, object_get_objects_root(), "odd",
                                 &error_abort, NULL);
}

/* R-AUTHZ-1: the object's class is asked. */
static void test_own_type(void)
{
    Error *err = NULL;

    odd_new();
    g_assert_true(qauthz_is_allowed_by_id("odd", "odd", &error_abort));
    odd_new();
    g_assert_false(qauthz_is_allowed_by_id("odd", "even", &error_abort));
    odd_new();
    g_assert_false(qauthz_is_allowed_by_id("odd", "", &err));
    error_is(&err, "who is that?");
    odd_new();
    g_assert_false(qauthz_is_allowed_by_id("odd", "", NULL));
}

static void test_free(void)
{
    QAuthZListRuleList *list = NULL;
    QAuthZListRule *rule = g_new0(QAuthZListRule, 1);

    qapi_free_QAuthZListRule(NULL);
    qapi_free_QAuthZListRuleList(NULL);
    rule->match = g_strdup("one");
    QAPI_LIST_PREPEND(list, rule);
    rule = g_new0(QAuthZListRule, 1);
    QAPI_LIST_PREPEND(list, rule);
    qapi_free_QAuthZListRuleList(list);
    rule = g_new0(QAuthZListRule, 1);
    rule->match = g_strdup("one");
    qapi_free_QAuthZListRule(rule);
}

static void test_misuse_type(void)
{
    if (aborts("*qauthz_list_append_rule*@auth is no 'authz-list'*")) {
        append((QAuthZList *)odd_new(), "x", true, true);
    }
}

static void test_misuse_object(void)
{
    if (aborts("*qauthz_is_allowed*is no 'authz'*")) {
        qauthz_is_allowed((QAuthZ *)object_get_root(), "x", NULL);
    }
}

static void test_misuse_policy(void)
{
    if (aborts("*qauthz_list_new*@policy is 2*")) {
        qauthz_list_new("x", QAUTHZ_LIST_POLICY__MAX, NULL);
    }
}

int main(int argc, char **argv)
{
    static const TypeInfo odd = {
        .name = TYPE_ODD,
        .parent = TYPE_QAUTHZ,
        .class_init = odd_class_init,
    };

    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    type_register_static(&odd);

    g_test_add_func("/qio/authz/names", test_names);
    g_test_add_func("/qio/authz/types", test_types);
    g_test_add_func("/qio/authz/list/policy", test_policy);
    g_test_add_func("/qio/authz/list/rules", test_rules);
    g_test_add_func("/qio/authz/list/distinguished-name", test_distinguished_name);
    g_test_add_func("/qio/authz/list/no-format", test_no_format);
    g_test_add_func("/qio/authz/list/places", test_places);
    g_test_add_func("/qio/authz/by-id", test_by_id);
    g_test_add_func("/qio/authz/new", test_new);
    g_test_add_func("/qio/authz/own-type", test_own_type);
    g_test_add_func("/qio/authz/free", test_free);
    g_test_add_func("/qio/authz/misuse/type", test_misuse_type);
    g_test_add_func("/qio/authz/misuse/object", test_misuse_object);
    g_test_add_func("/qio/authz/misuse/policy", test_misuse_policy);
    return g_test_run();
}
