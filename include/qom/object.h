/*
 * The QEMU object model: types with single inheritance and interfaces,
 * registered at run time, and counted instances of them.
 *
 * Types become known when module_call_init(MODULE_INIT_QOM) runs the
 * initialisers that type_init() has recorded; libqio's own types too. Types,
 * classes and the strings that these functions return live as long as the
 * process.
 *
 * In C++, members and parameters called "class" are called "klass".
 *
 * A NULL where the text does not say (nullable) is an error of the program, as
 * are the other misuses named below: a message on stderr, then abort().
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifndef QOM_OBJECT_H
#define QOM_OBJECT_H

#ifndef QEMU_OSDEP_H
#error "include qemu/osdep.h before any other header"
#include "qemu/osdep.h" /* so that the compiler says only this */
#endif

#include "qapi/qapi-builtin-types.h"
#include "qemu/module.h"

G_BEGIN_DECLS

/*
 * From qemu-10.1 on there is const in some places where the older ones have not.
 */
#ifdef QIO_HAS_CONST_TYPE_INFO
#define QIO_QOM_CONST const
#else
#define QIO_QOM_CONST
#endif

/* The handle of a registered type. */
typedef struct TypeImpl *Type;

typedef struct TypeInfo TypeInfo;
typedef struct InterfaceClass InterfaceClass;
typedef struct InterfaceInfo InterfaceInfo;
typedef struct ObjectProperty ObjectProperty;

/* The root of all types that have instances; abstract. */
#define TYPE_OBJECT "object"
/* The root of all interfaces; abstract. */
#define TYPE_INTERFACE "interface"
#ifdef QIO_HAS_ROOT_CONTAINERS
/* A plain object. */
#define TYPE_CONTAINER "container"
#endif

#define OBJECT_CLASS_CAST_CACHE 4

/**
 * ObjectUnparent:
 * @obj: an object that leaves the composition tree
 *
 * The @unparent member of a class.
 */
typedef void (ObjectUnparent)(Object *obj);

/**
 * ObjectFree:
 * @obj: memory of an object that has been finalized
 *
 * The @free member of an object.
 */
typedef void (ObjectFree)(void *obj);

/**
 * ObjectClass:
 *
 * The first member of every class struct. A class is written by the hooks of
 * its type while it is made and only read afterwards. The members are private.
 */
struct ObjectClass {
    /* the type it is the class of */
    Type type;
    /* the implemented interfaces, as InterfaceClass */
    GSList *interfaces;

    const char *object_cast_cache[OBJECT_CLASS_CAST_CACHE];
    const char *class_cast_cache[OBJECT_CLASS_CAST_CACHE];

    /* called when an instance leaves the composition tree */
    ObjectUnparent *unparent;

    /* NULL until the class has a property */
    GHashTable *properties;
};

/**
 * Object:
 *
 * The first member of every instance struct. The members are private.
 */
struct Object {
    /* fixed for life */
#ifdef __cplusplus
    ObjectClass *klass;
#else
    ObjectClass *class;
#endif
    /* NULL if the memory is not the object's own */
    ObjectFree *free;
    /* NULL until the object has a property */
    GHashTable *properties;
    /* accessed atomically */
    uint32_t ref;
    Object *parent;
};

/**
 * InterfaceInfo:
 * @type: the name of an interface type; NULL ends an array of these
 */
struct InterfaceInfo {
    const char *type;
};

/**
 * InterfaceClass:
 *
 * The first member of the class struct of every interface. Each class that
 * implements an interface has a class struct of that interface of its own.
 * The members are private.
 */
struct InterfaceClass {
    ObjectClass parent_class;
#ifdef QIO_HAS_INTERFACE_CONCRETE_CLASS
    /* the class that implements the interface */
    ObjectClass *concrete_class;
#endif
    /* the interface */
    Type interface_type;
};

/**
 * TypeInfo:
 * @name: the type's name. Two or more ASCII letters, digits, "-", "_" or ".",
 *     beginning with a letter or a digit other than 0 (before
 *     qemu-9.0 any name is accepted)
 * @parent: the name of the parent type
 * @instance_size: bytes of the instance struct, or 0 for those of the parent;
 *     not less than the parent's. A type for which this leaves 0 is abstract
 * @instance_align: alignment of the instance struct in bytes, a power of two,
 *     or 0 for the parent's (before qemu-8.2: for malloc()'s)
 * @instance_init: (nullable): called for a new instance, whose memory is
 *     zeroed; hooks of the root type first, those of the leaf type last
 * @instance_post_init: (nullable): called when all @instance_init have run;
 *     leaf type first (from qemu-10.1 on root type first)
 * @instance_finalize: (nullable): called when the last reference is gone, leaf
 *     type first. It must not reference or unreference its object
 * @abstract: whether there are no instances; not inherited
 * @class_size: bytes of the class struct, or 0 for those of the parent; not
 *     less than the parent's
 * @class_init: (nullable): called once for the new class of the type, which
 *     begins as a copy of the parent's class. May cast the class to its
 *     parents and interfaces, and use other types
 * @class_base_init: (nullable): called for the new class of each descendant of
 *     the type, nearest ancestor first, before the descendant's @class_init
 * @class_data: passed to @class_init and, for this type's class, to the
 *     @class_base_init of its ancestors
 * @interfaces: (nullable) (array zero-terminated=1): the interfaces that the
 *     type adds to those of its parent
 *
 * What a type is registered with. Interface types have neither instance size
 * nor instance hooks nor interfaces.
 *
 * Class hooks run in the thread that first needs the class, once. Meanwhile
 * other threads that need a class for the first time wait: a hook must not
 * wait for a thread that might.
 */
struct TypeInfo {
    const char *name;
    const char *parent;

    size_t instance_size;
    size_t instance_align;
    void (*instance_init)(Object *obj);
    void (*instance_post_init)(Object *obj);
    void (*instance_finalize)(Object *obj);

    bool abstract;
    size_t class_size;

    void (*class_init)(ObjectClass *klass, QIO_QOM_CONST void *data);
    void (*class_base_init)(ObjectClass *klass, QIO_QOM_CONST void *data);
    QIO_QOM_CONST void *class_data;

    QIO_QOM_CONST InterfaceInfo *interfaces;
};

/* Unchecked casts, from any pointer. */
#define OBJECT(obj) ((Object *)(obj))
#define OBJECT_CLASS(klass) ((ObjectClass *)(klass))

/*
 * Checked casts. A mismatch aborts; NULL stays NULL.
 * OBJECT_GET_CLASS(C, obj, name) is the class of obj as a C.
 */
#define OBJECT_CHECK(T, obj, name)                                            \
    ((T *)object_dynamic_cast_assert(OBJECT(obj), (name),                     \
                                     __FILE__, __LINE__, __func__))
#define OBJECT_CLASS_CHECK(C, klass, name)                                    \
    ((C *)object_class_dynamic_cast_assert(OBJECT_CLASS(klass), (name),       \
                                           __FILE__, __LINE__, __func__))
#define OBJECT_GET_CLASS(C, obj, name)                                        \
    OBJECT_CLASS_CHECK(C, object_get_class(OBJECT(obj)), name)

/*
 * INTERFACE_CHECK(T, obj, name) is obj, seen as an implementation of an
 * interface; T is an incomplete struct that stands for any such object.
 */
#define INTERFACE_CHECK(T, obj, name) OBJECT_CHECK(T, obj, name)
#define INTERFACE_CLASS(klass)                                                \
    OBJECT_CLASS_CHECK(InterfaceClass, klass, TYPE_INTERFACE)

/*
 * DECLARE_INSTANCE_CHECKER defines NAME(obj), the checked cast to a T.
 * DECLARE_CLASS_CHECKERS defines NAME_CLASS(klass), the checked cast to a C,
 * and NAME_GET_CLASS(obj), the class of an object as a C.
 * DECLARE_OBJ_CHECKERS defines all three. Like the casts they take pointers to
 * const too, and hide from the compiler (-Wcast-qual) what becomes of it.
 */
#define DECLARE_INSTANCE_CHECKER(T, NAME, name)                               \
    static inline G_GNUC_UNUSED T *NAME(const void *obj)                      \
    {                                                                         \
        return OBJECT_CHECK(T, (uintptr_t)obj, name);                         \
    }

#define DECLARE_CLASS_CHECKERS(C, NAME, name)                                 \
    static inline G_GNUC_UNUSED C *NAME##_GET_CLASS(const void *obj)          \
    {                                                                         \
        return OBJECT_GET_CLASS(C, (uintptr_t)obj, name);                     \
    }                                                                         \
                                                                              \
    static inline G_GNUC_UNUSED C *NAME##_CLASS(const void *klass)            \
    {                                                                         \
        return OBJECT_CLASS_CHECK(C, (uintptr_t)klass, name);                 \
    }

#define DECLARE_OBJ_CHECKERS(T, C, NAME, name)                                \
    DECLARE_INSTANCE_CHECKER(T, NAME, name)                                   \
    DECLARE_CLASS_CHECKERS(C, NAME, name)

/*
 * Declare a type called TYPE_NAME with the instance struct T and the class
 * struct C: their typedefs, g_autoptr(T) and the casts. SIMPLE: without a
 * class struct of its own.
 */
#define OBJECT_DECLARE_TYPE(T, C, NAME)                                       \
    typedef struct T T;                                                       \
    typedef struct C C;                                                       \
    G_DEFINE_AUTOPTR_CLEANUP_FUNC(T, object_unref)                            \
    DECLARE_OBJ_CHECKERS(T, C, NAME, TYPE_##NAME)

#define OBJECT_DECLARE_SIMPLE_TYPE(T, NAME)                                   \
    typedef struct T T;                                                       \
    G_DEFINE_AUTOPTR_CLEANUP_FUNC(T, object_unref)                            \
    DECLARE_INSTANCE_CHECKER(T, NAME, TYPE_##NAME)

/*
 * Define a type called TYPE_NAME below TYPE_PARENT with the instance struct T,
 * and record its registration. The hooks t_init(), t_finalize() and
 * t_class_init() are declared static and to be defined by the user. Interfaces
 * are given as { TYPE_ONE }, { TYPE_TWO }, { NULL }.
 *
 * The class struct is called like T with "Class" appended; SIMPLE: the
 * parent's is used.
 */
#define QIO_QOM_DEFINE_TYPE(T, t, NAME, PARENT, is_abstract, size_of_class,   \
                            ...)                                              \
    static void t##_init(Object *obj);                                        \
    static void t##_finalize(Object *obj);                                    \
    static void t##_class_init(ObjectClass *klass, QIO_QOM_CONST void *data); \
                                                                              \
    static const InterfaceInfo t##_interfaces[] = { __VA_ARGS__ };            \
                                                                              \
    static const TypeInfo t##_info = {                                        \
        .name = TYPE_##NAME,                                                  \
        .parent = TYPE_##PARENT,                                              \
        .instance_size = sizeof(T),                                           \
        .instance_align = __alignof__(T),                                     \
        .instance_init = t##_init,                                            \
        .instance_finalize = t##_finalize,                                    \
        .abstract = is_abstract,                                              \
        .class_size = size_of_class,                                          \
        .class_init = t##_class_init,                                         \
        .interfaces = (QIO_QOM_CONST InterfaceInfo *)t##_interfaces,          \
    };                                                                        \
                                                                              \
    static void t##_register_types(void)                                      \
    {                                                                         \
        type_register_static(&t##_info);                                      \
    }                                                                         \
    type_init(t##_register_types)

#define OBJECT_DEFINE_TYPE_EXTENDED(T, t, NAME, PARENT, is_abstract, ...)     \
    QIO_QOM_DEFINE_TYPE(T, t, NAME, PARENT, is_abstract, sizeof(T##Class),    \
                        __VA_ARGS__)

#define OBJECT_DEFINE_TYPE(T, t, NAME, PARENT)                                \
    OBJECT_DEFINE_TYPE_EXTENDED(T, t, NAME, PARENT, false, { NULL })

#define OBJECT_DEFINE_TYPE_WITH_INTERFACES(T, t, NAME, PARENT, ...)           \
    OBJECT_DEFINE_TYPE_EXTENDED(T, t, NAME, PARENT, false, __VA_ARGS__)

#define OBJECT_DEFINE_ABSTRACT_TYPE(T, t, NAME, PARENT)                       \
    OBJECT_DEFINE_TYPE_EXTENDED(T, t, NAME, PARENT, true, { NULL })

#ifdef QIO_HAS_SIMPLE_TYPE_MACROS
#define OBJECT_DEFINE_SIMPLE_TYPE(T, t, NAME, PARENT)                         \
    QIO_QOM_DEFINE_TYPE(T, t, NAME, PARENT, false, 0, { NULL })

#define OBJECT_DEFINE_SIMPLE_TYPE_WITH_INTERFACES(T, t, NAME, PARENT, ...)    \
    QIO_QOM_DEFINE_TYPE(T, t, NAME, PARENT, false, 0, __VA_ARGS__)
#endif

/* DEFINE_TYPES(infos) records the registration of an array of TypeInfo. */
#define DEFINE_TYPES(infos)                                                   \
    static void infos##_register_types(void)                                  \
    {                                                                         \
        type_register_static_array(infos, ARRAY_SIZE(infos));                 \
    }                                                                         \
    type_init(infos##_register_types)

/**
 * type_register_static:
 * @info: (transfer none): what the type is like
 *
 * Registers a type. Everything but the memory behind @info->class_data is
 * copied. The parent need not be registered yet; it, and the interfaces, have
 * to be when the class is first needed, else the process is aborted.
 *
 * A name that is taken or not valid aborts the process.
 *
 * Threads: any; Blocks: no.
 * Returns: (transfer none): the type's handle
 */
Type type_register_static(const TypeInfo *info);

#ifdef QIO_HAS_TYPE_REGISTER
/**
 * type_register:
 * @info: (transfer none): what the type is like
 *
 * The same as type_register_static().
 *
 * Threads: any; Blocks: no.
 * Returns: (transfer none): the type's handle
 * Since: only before the qemu-10.0 profile.
 */
Type type_register(const TypeInfo *info);
#endif

/**
 * type_register_static_array:
 * @infos: (array length=nr_infos): what the types are like
 * @nr_infos: how many there are
 *
 * Registers types as type_register_static() does, in order.
 *
 * Threads: any; Blocks: no.
 */
void type_register_static_array(const TypeInfo *infos, int nr_infos);

/**
 * object_new:
 * @type_name: the name of a type that is not abstract
 *
 * Makes an object: zeroed memory, the @init of its classes' properties, the
 * @instance_init hooks of its types, then
 * their @instance_post_init.
 *
 * An unknown type is reported on stderr and ends the process with exit(1)
 * (before qemu-10.0: with abort()). An abstract one aborts.
 *
 * Threads: any; Blocks: at the first use of a class, while another thread
 * makes one.
 * Returns: (transfer full): the object; drop it with object_unref()
 */
Object *object_new(const char *type_name);

/**
 * object_new_with_class:
 * @klass: the class of a type that is not abstract
 *
 * Makes an object as object_new() does, without looking the type up.
 *
 * Threads: any; Blocks: no.
 * Returns: (transfer full): the object; drop it with object_unref()
 */
Object *object_new_with_class(ObjectClass *klass);

/**
 * object_initialize:
 * @obj: memory for the object, aligned as the type asks
 * @size: bytes at @obj; not less than an instance takes
 * @type_name: the name of a type that is not abstract
 *
 * Makes an object in memory of the caller, who holds the one reference. The
 * last object_unref() finalizes the object and leaves the memory alone.
 *
 * Unknown and abstract types: as object_new().
 *
 * Threads: any; Blocks: as object_new().
 */
void object_initialize(void *obj, size_t size, const char *type_name);

/**
 * object_ref:
 * @obj: (nullable): any object
 *
 * Adds a reference. The caller must own one, or know of one that stays.
 *
 * Threads: any; Blocks: no.
 * Returns: (transfer full) (nullable): @obj
 */
Object *object_ref(void *obj);

/**
 * object_unref:
 * @obj: (nullable) (transfer full): any object
 *
 * Drops a reference. With the last one the object is finalized before the call
 * returns, in this thread: its own properties are removed with their hooks, its
 * children among them, then @instance_finalize is called from the leaf type to
 * the root, then its memory is released.
 *
 * Threads: any; Blocks: no, but for what the hooks do.
 */
void object_unref(void *obj);

/**
 * object_get_class:
 * @obj: any object
 *
 * Threads: any; Blocks: no.
 * Returns: (transfer none): its class
 */
ObjectClass *object_get_class(Object *obj);

/**
 * object_get_typename:
 * @obj: any object
 *
 * Threads: any; Blocks: no.
 * Returns: (transfer none): the name of its type
 */
const char *object_get_typename(const Object *obj);

/**
 * object_dynamic_cast:
 * @obj: (nullable): any object
 * @type_name: the name of a type or interface, which need not exist
 *
 * Threads: any; Blocks: no.
 * Returns: (transfer none) (nullable): @obj if it is of that type, of one
 *     below it, or implements that interface; else NULL
 */
Object *object_dynamic_cast(Object *obj, const char *type_name);

/**
 * object_dynamic_cast_assert:
 * @obj: (nullable): any object
 * @type_name: the name of a type or interface
 * @file: where the cast is made
 * @line: where the cast is made
 * @func: where the cast is made
 *
 * Casts as object_dynamic_cast() does and aborts on a mismatch. OBJECT_CHECK()
 * calls it.
 *
 * The four latest names that a class matched are remembered by address: a
 * string given as @type_name must stay what it is as long as the process
 * lives, as a literal does.
 *
 * Threads: any; Blocks: no.
 * Returns: (transfer none) (nullable): @obj
 */
Object *object_dynamic_cast_assert(Object *obj, const char *type_name,
                                   const char *file, int line,
                                   const char *func);

/**
 * object_class_dynamic_cast:
 * @klass: (nullable): any class
 * @type_name: the name of a type or interface, which need not exist
 *
 * If @type_name is an interface that @klass implements, the result is the
 * class struct of that interface for @klass, and not @klass itself. When
 * several of its interfaces descend from @type_name there is no answer: NULL.
 *
 * Threads: any; Blocks: no.
 * Returns: (transfer none) (nullable): @klass if it is the class of that type
 *     or of one below it; the interface's struct; else NULL
 */
ObjectClass *object_class_dynamic_cast(ObjectClass *klass,
                                       const char *type_name);

/**
 * object_class_dynamic_cast_assert:
 * @klass: (nullable): any class
 * @type_name: the name of a type or interface
 * @file: where the cast is made
 * @line: where the cast is made
 * @func: where the cast is made
 *
 * Casts as object_class_dynamic_cast() does and aborts where that returns NULL
 * for a class. OBJECT_CLASS_CHECK() calls it. @type_name has to stay, as for
 * object_dynamic_cast_assert().
 *
 * Threads: any; Blocks: no.
 * Returns: (transfer none) (nullable): as object_class_dynamic_cast()
 */
ObjectClass *object_class_dynamic_cast_assert(ObjectClass *klass,
                                              const char *type_name,
                                              const char *file, int line,
                                              const char *func);

/**
 * object_class_get_parent:
 * @klass: any class
 *
 * Threads: any; Blocks: no.
 * Returns: (transfer none) (nullable): the class of the parent type; NULL for
 *     a root
 */
ObjectClass *object_class_get_parent(ObjectClass *klass);

/**
 * object_class_get_name:
 * @klass: any class
 *
 * Threads: any; Blocks: no.
 * Returns: (transfer none): the name of its type
 */
const char *object_class_get_name(ObjectClass *klass);

/**
 * object_class_is_abstract:
 * @klass: any class
 *
 * Threads: any; Blocks: no.
 * Returns: whether there are no instances of its type
 */
bool object_class_is_abstract(ObjectClass *klass);

/**
 * object_class_by_name:
 * @type_name: the name of a type, which need not exist
 *
 * Threads: any; Blocks: as object_new().
 * Returns: (transfer none) (nullable): the class of that type, NULL if there
 *     is no such type
 */
ObjectClass *object_class_by_name(const char *type_name);

/**
 * object_class_foreach:
 * @fn: (scope call): called with each class and @opaque
 * @implements_type: (nullable): the name of a type or interface
 * @include_abstract: whether classes of abstract types are wanted too
 * @opaque: (nullable) (closure fn): for @fn
 *
 * Calls @fn for the classes of all types that are known when the call begins,
 * in the order of their registration; if @implements_type is given, only of
 * those that are such types or implement that interface. Classes that were
 * not used yet are made, so all parents have to be registered.
 *
 * Threads: any; Blocks: as object_new().
 */
void object_class_foreach(void (*fn)(ObjectClass *klass, void *opaque),
                          const char *implements_type, bool include_abstract,
                          void *opaque);

/**
 * object_class_get_list:
 * @implements_type: (nullable): the name of a type or interface
 * @include_abstract: whether classes of abstract types are wanted too
 *
 * Threads: any; Blocks: as object_new().
 * Returns: (transfer container) (nullable): the classes that
 *     object_class_foreach() would visit, in that order; free the list with
 *     g_slist_free()
 */
GSList *object_class_get_list(const char *implements_type,
                              bool include_abstract);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Object, object_unref)

G_END_DECLS

#include "qom/object-property.h"
#include "qom/object-value.h"
#include "qom/object-tree.h"

#endif
