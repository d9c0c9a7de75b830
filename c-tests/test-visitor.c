/*
 * qapi/qapi-builtin-visit.h: the visitors of properties
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "qemu/osdep.h"

#include "property-types.h"
#include "qapi/qapi-builtin-visit.h"
#include "qapi/qapi-visit-sockets.h"

/* What the properties below read and write. */
static struct {
    int64_t i;
    int64_t i64;
    int32_t i32;
    int16_t i16;
    int8_t i8;
    uint64_t u64;
    uint32_t u32;
    uint16_t u16;
    uint8_t u8;
    uint64_t size;
    bool flag;
    int colour;
    char *text;
} values;

#define ACCESS(type, member)                                                  \
    static void access_##type(Object *obj, Visitor *v, const char *name,      \
                              void *opaque, Error **errp)                     \
    {                                                                         \
        g_assert_true(opaque == &values);                                     \
        visit_type_##type(v, name, &values.member, errp);                     \
    }

ACCESS(int, i)
ACCESS(int64, i64)
ACCESS(int32, i32)
ACCESS(int16, i16)
ACCESS(int8, i8)
ACCESS(uint64, u64)
ACCESS(uint32, u32)
ACCESS(uint16, u16)
ACCESS(uint8, u8)
ACCESS(size, size)
ACCESS(bool, flag)

static void access_enum(Object *obj, Visitor *v, const char *name, void *opaque,
                        Error **errp)
{
    visit_type_enum(v, name, &values.colour, &Colour_lookup, errp);
}

static void get_text(Object *obj, Visitor *v, const char *name, void *opaque,
                     Error **errp)
{
    g_assert_true(visit_type_str(v, name, &values.text, errp));
}

static void set_text(Object *obj, Visitor *v, const char *name, void *opaque,
                     Error **errp)
{
    char *text = (char *)"rubbish";

    if (!visit_type_str(v, name, &text, errp)) {
        g_assert_null(text);
        return;
    }
    g_free(values.text);
    values.text = text;
}

/* A property that stands for another one. */
static void get_alias(Object *obj, Visitor *v, const char *name, void *opaque,
                      Error **errp)
{
    object_property_get(obj, opaque, v, errp);
}

static void set_alias(Object *obj, Visitor *v, const char *name, void *opaque,
                      Error **errp)
{
    object_property_set(obj, opaque, v, errp);
}

/* One that shows nothing, and one that is no plain value. */
static void get_nothing(Object *obj, Visitor *v, const char *name, void *opaque,
                        Error **errp)
{
}

static void access_address(Object *obj, Visitor *v, const char *name,
                           void *opaque, Error **errp)
{
    SocketAddress *address = NULL;

    g_assert_false(visit_type_SocketAddress(v, name, &address, errp));
}

static Object *valued_new(void)
{
    Object *obj = object_new("container");

#define ADD(type)                                                             \
    object_property_add(obj, #type, #type, access_##type, access_##type, NULL, \
                        &values)
    ADD(int);
    ADD(int64);
    ADD(int32);
    ADD(int16);
    ADD(int8);
    ADD(uint64);
    ADD(uint32);
    ADD(uint16);
    ADD(uint8);
    ADD(size);
    ADD(bool);
    object_property_add(obj, "enum", "Colour", access_enum, access_enum, NULL,
                        NULL);
    object_property_add(obj, "str", "str", get_text, set_text, NULL, NULL);
    object_property_add(obj, "alias", "str", get_alias, set_alias, NULL,
                        (void *)"str");
    object_property_add(obj, "nothing", "str", get_nothing, NULL, NULL, NULL);
    object_property_add(obj, "address", "SocketAddress", access_address,
                        access_address, NULL, NULL);
    return obj;
}

static void prints(Object *obj, const char *name, const char *expected)
{
    g_autofree char *text = object_property_print(obj, name, false, &error_abort);

    g_assert_cmpstr(text, ==, expected);
}

static void parses(Object *obj, const char *name, const char *word,
                   const char *printed)
{
    g_assert_true(object_property_parse(obj, name, word, &error_abort));
    prints(obj, name, printed);
}

static void refuses(Object *obj, const char *name, const char *word)
{
    g_autofree char *before = object_property_print(obj, name, false, &error_abort);
    Error *err = NULL;

    g_assert_false(object_property_parse(obj, name, word, &err));
    g_assert_nonnull(strstr(error_get_pretty(err), name));
    error_free_or_abort(&err);
    prints(obj, name, before);
}

/* R-QAPI-7: beyond the range of a type. */
static void test_ranges(void)
{
    static const struct {
        const char *type, *min, *below, *max, *above;
    } ranges[] = {
        { "int", "-9223372036854775808", "-9223372036854775809",
          "9223372036854775807", "9223372036854775808" },
        { "int64", "-9223372036854775808", "-9223372036854775809",
          "9223372036854775807", "9223372036854775808" },
        { "int32", "-2147483648", "-2147483649", "2147483647", "2147483648" },
        { "int16", "-32768", "-32769", "32767", "32768" },
        { "int8", "-128", "-129", "127", "128" },
        { "uint64", "0", "-1", "18446744073709551615", "18446744073709551616" },
        { "uint32", "0", "-1", "4294967295", "4294967296" },
        { "uint16", "0", "-1", "65535", "65536" },
        { "uint8", "0", "-1", "255", "256" },
        { "size", "0", "-1", "18446744073709551615", "16E" },
    };
    Object *obj = valued_new();
    size_t i;

    for (i = 0; i < ARRAY_SIZE(ranges); i++) {
        parses(obj, ranges[i].type, ranges[i].min, ranges[i].min);
        parses(obj, ranges[i].type, ranges[i].max, ranges[i].max);
        refuses(obj, ranges[i].type, ranges[i].below);
        refuses(obj, ranges[i].type, ranges[i].above);
        refuses(obj, ranges[i].type, "");
        refuses(obj, ranges[i].type, "1x");
        parses(obj, ranges[i].type, "0x1f", "31");
        parses(obj, ranges[i].type, "017", "15");
    }
    object_unref(obj);
}

/* R-QAPI-7: powers of 1024. */
static void test_sizes(void)
{
    Object *obj = valued_new();

    parses(obj, "size", "3", "3");
    parses(obj, "size", "3k", "3072");
    parses(obj, "size", "2M", "2097152");
    parses(obj, "size", "15E", "17293822569102704640");
    refuses(obj, "int", "1k");
    object_unref(obj);
}

/* R-QAPI-7: values of another kind. */
static void test_typed(void)
{
    Object *obj = valued_new();
    Error *err = NULL;
    char *text;

    g_assert_true(object_property_set_int(obj, "int", -5, &error_abort));
    g_assert_cmpint(object_property_get_int(obj, "int", &error_abort), ==, -5);
    g_assert_cmpuint(object_property_get_uint(obj, "int", &err), ==, 0);
    error_is(&err, "Invalid parameter type for 'int', expected: uint");
    g_assert_true(object_property_set_uint(obj, "uint64", UINT64_MAX, &error_abort));
    g_assert_cmpuint(object_property_get_uint(obj, "uint64", &error_abort), ==,
                     UINT64_MAX);
    g_assert_cmpint(object_property_get_int(obj, "uint64", &err), ==, -1);
    error_free_or_abort(&err);
    g_assert_false(object_property_set_int(obj, "uint8", 256, &err));
    error_is(&err, "Parameter 'uint8' expects uint8_t value, not 256");
    g_assert_false(object_property_set_str(obj, "int", "1", &err));
    error_is(&err, "Invalid parameter type for 'int', expected: integer");

    g_assert_true(object_property_set_bool(obj, "bool", true, &error_abort));
    g_assert_true(object_property_get_bool(obj, "bool", &error_abort));
    g_assert_true(object_property_set_str(obj, "enum", "blue", &error_abort));
    g_assert_cmpint(values.colour, ==, COLOUR_BLUE);
    text = object_property_get_str(obj, "enum", &error_abort);
    g_assert_cmpstr(text, ==, "blue");
    g_free(text);

    g_assert_true(object_property_set_str(obj, "str", "words", &error_abort));
    text = object_property_get_str(obj, "str", &error_abort);
    g_assert_cmpstr(text, ==, "words");
    g_free(text);
    g_assert_false(object_property_set_int(obj, "str", 1, &err));
    error_is(&err, "Invalid parameter type for 'str', expected: string");
    object_unref(obj);
}

static void test_alias(void)
{
    Object *obj = valued_new();
    Error *err = NULL;

    parses(obj, "alias", "through", "through");
    prints(obj, "str", "through");
    g_assert_false(object_property_set_bool(obj, "alias", true, &err));
    error_is(&err, "Invalid parameter type for 'str', expected: string");
    object_unref(obj);
}

/* R-QAPI-8: no property is a struct. */
static void test_no_value(void)
{
    Object *obj = valued_new();
    Error *err = NULL;

    g_assert_null(object_property_print(obj, "nothing", false, &err));
    error_is(&err, "Property 'nothing' has shown no value");
    g_assert_false(object_property_parse(obj, "address", "x", &err));
    error_free_or_abort(&err);
    g_assert_null(object_property_print(obj, "address", false, &err));
    error_free_or_abort(&err);
    object_unref(obj);
}

#ifdef QIO_HAS_CLONE_VISITOR
#include "qapi/clone-visitor.h"

/* R-QAPI-7, R-QAPI-9: a visitor that clones copies texts. */
static void test_clone(void)
{
    Visitor *v = qapi_clone_visitor_new();
    char *text = (char *)"text";
    char *none = NULL;
    int64_t number = 5;
    bool flag = true;
    int colour = COLOUR_BLUE;

    g_assert_true(visit_type_str(v, NULL, &text, &error_abort));
    g_assert_true(visit_type_str(v, NULL, &none, &error_abort));
    g_assert_true(visit_type_int(v, NULL, &number, &error_abort));
    g_assert_true(visit_type_bool(v, NULL, &flag, &error_abort));
    g_assert_true(visit_type_enum(v, NULL, &colour, &Colour_lookup, &error_abort));
    visit_free(v);
    g_assert_cmpstr(text, ==, "text");
    g_assert_cmpstr(none, ==, "");
    g_assert_cmpint(number, ==, 5);
    g_assert_true(flag);
    g_assert_cmpint(colour, ==, COLOUR_BLUE);
    g_free(text);
    g_free(none);
}
#endif

static void test_misuse_null(void)
{
    if (aborts("*visit_type_bool*@v is NULL*")) {
        bool flag;

        visit_type_bool(NULL, "x", &flag, NULL);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    property_types_init();

    g_test_add_func("/qio/visitor/ranges", test_ranges);
    g_test_add_func("/qio/visitor/sizes", test_sizes);
    g_test_add_func("/qio/visitor/typed", test_typed);
    g_test_add_func("/qio/visitor/alias", test_alias);
    g_test_add_func("/qio/visitor/no-value", test_no_value);
#ifdef QIO_HAS_CLONE_VISITOR
    g_test_add_func("/qio/visitor/clone", test_clone);
#endif
    g_test_add_func("/qio/visitor/misuse/null", test_misuse_null);
    int status = g_test_run();

    g_free(values.text);
    g_string_free(trail, TRUE);
    return status;
}
