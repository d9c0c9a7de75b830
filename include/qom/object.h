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

#include "qapi/qapi-builtin-types.h"
#include "qemu/module.h"

G_BEGIN_DECLS

/*
 * Profile qemu-10.2 has const in some places where the older ones have not.
 */
#if defined(QIO_ABI_QEMU_10_2)
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
#if !defined(QIO_ABI_QEMU_7_2) && !defined(QIO_ABI_QEMU_7_2_22)
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
 * ObjectPropertyAccessor:
 * @obj: the object
 * @v: shows or takes the value: call a visit_type_*() of
 *     qapi/qapi-builtin-visit.h with it, once. Not to be kept
 * @name: the property's name
 * @opaque: as given when the property was added
 * @errp: (nullable): as in qapi/error.h
 *
 * Reads a property, that is shows its value to @v, or writes it, that is takes
 * the value from @v. May add and remove properties and objects, this one too.
 */
typedef void (ObjectPropertyAccessor)(Object *obj, Visitor *v,
                                      const char *name, void *opaque,
                                      Error **errp);

/**
 * ObjectPropertyResolve:
 * @obj: the object
 * @opaque: as given when the property was added
 * @part: the property's name, as a part of a path
 *
 * The @resolve member of a property.
 *
 * Returns: (transfer none) (nullable): the object that the path goes on with
 */
typedef Object *(ObjectPropertyResolve)(Object *obj, void *opaque,
                                        const char *part);

/**
 * ObjectPropertyRelease:
 * @obj: the object
 * @name: the property's name, which is still taken
 * @opaque: as given when the property was added
 *
 * Called once, when a property is removed or its object is finalized.
 */
typedef void (ObjectPropertyRelease)(Object *obj, const char *name,
                                     void *opaque);

/**
 * ObjectPropertyInit:
 * @obj: a new object, before the first @instance_init
 * @prop: a property of its class
 *
 * The @init member of a class's property: gives @obj the default.
 */
typedef void (ObjectPropertyInit)(Object *obj, ObjectProperty *prop);

/**
 * ObjectProperty:
 *
 * A property of an object or of a class. Its strings are its own. @resolve may
 * be set when the property has just been added, and of a class's property
 * @init and @defval too, by the @class_init; the rest is read-only.
 */
struct ObjectProperty {
    char *name;
    char *type;
    /* NULL if there is none */
    char *description;
    /* NULL if the value can't be read */
    ObjectPropertyAccessor *get;
    /* NULL if the value can't be written */
    ObjectPropertyAccessor *set;
    ObjectPropertyResolve *resolve;
    ObjectPropertyRelease *release;
    ObjectPropertyInit *init;
    void *opaque;
    /* for @init */
    QObject *defval;
};

/**
 * ObjectPropertyIterator:
 *
 * Private.
 */
typedef struct ObjectPropertyIterator {
    ObjectClass *nextclass;
    GHashTableIter iter;
} ObjectPropertyIterator;

/**
 * ObjectPropertyLinkFlags:
 * @OBJ_PROP_LINK_STRONG: the link owns a reference on the object it leads to
 */
typedef enum ObjectPropertyLinkFlags {
    OBJ_PROP_LINK_STRONG = 0x1,
} ObjectPropertyLinkFlags;

/**
 * ObjectPropertyFlags:
 * @OBJ_PROP_FLAG_READ: can be read
 * @OBJ_PROP_FLAG_WRITE: can be written
 * @OBJ_PROP_FLAG_READWRITE: both
 */
typedef enum ObjectPropertyFlags {
    OBJ_PROP_FLAG_READ = 1 << 0,
    OBJ_PROP_FLAG_WRITE = 1 << 1,
    OBJ_PROP_FLAG_READWRITE = OBJ_PROP_FLAG_READ | OBJ_PROP_FLAG_WRITE,
} ObjectPropertyFlags;

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
#if defined(QIO_ABI_QEMU_7_2) || defined(QIO_ABI_QEMU_7_2_22)
    /* the class that implements the interface */
    ObjectClass *concrete_class;
#endif
    /* the interface */
    Type interface_type;
};

/**
 * TypeInfo:
 * @name: the type's name. Two or more ASCII letters, digits, "-", "_" or ".",
 *     beginning with a letter or a digit other than 0 (profiles qemu-7.2 and
 *     qemu-7.2.22 accept any name)
 * @parent: the name of the parent type
 * @instance_size: bytes of the instance struct, or 0 for those of the parent;
 *     not less than the parent's. A type for which this leaves 0 is abstract
 * @instance_align: alignment of the instance struct in bytes, a power of two,
 *     or 0 for the parent's (profiles qemu-7.2 and qemu-7.2.22: for malloc()'s)
 * @instance_init: (nullable): called for a new instance, whose memory is
 *     zeroed; hooks of the root type first, those of the leaf type last
 * @instance_post_init: (nullable): called when all @instance_init have run;
 *     leaf type first (profile qemu-10.2: root type first)
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

/*
 * Unchecked casts, from any pointer.
 */
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
 * DECLARE_OBJ_CHECKERS defines all three.
 */
#define DECLARE_INSTANCE_CHECKER(T, NAME, name)                               \
    static inline G_GNUC_UNUSED T *NAME(const void *obj)                      \
    {                                                                         \
        return OBJECT_CHECK(T, obj, name);                                    \
    }

#define DECLARE_CLASS_CHECKERS(C, NAME, name)                                 \
    static inline G_GNUC_UNUSED C *NAME##_GET_CLASS(const void *obj)          \
    {                                                                         \
        return OBJECT_GET_CLASS(C, obj, name);                                \
    }                                                                         \
                                                                              \
    static inline G_GNUC_UNUSED C *NAME##_CLASS(const void *klass)            \
    {                                                                         \
        return OBJECT_CLASS_CHECK(C, klass, name);                            \
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

#if !defined(QIO_ABI_QEMU_7_2) && !defined(QIO_ABI_QEMU_7_2_22)
#define OBJECT_DEFINE_SIMPLE_TYPE(T, t, NAME, PARENT)                         \
    QIO_QOM_DEFINE_TYPE(T, t, NAME, PARENT, false, 0, { NULL })

#define OBJECT_DEFINE_SIMPLE_TYPE_WITH_INTERFACES(T, t, NAME, PARENT, ...)    \
    QIO_QOM_DEFINE_TYPE(T, t, NAME, PARENT, false, 0, __VA_ARGS__)
#endif

/*
 * DEFINE_TYPES(infos) records the registration of an array of TypeInfo.
 */
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

#if defined(QIO_ABI_QEMU_7_2) || defined(QIO_ABI_QEMU_7_2_22)
/**
 * type_register:
 * @info: (transfer none): what the type is like
 *
 * The same as type_register_static().
 *
 * Threads: any; Blocks: no.
 * Returns: (transfer none): the type's handle
 * Since: profiles qemu-7.2 and qemu-7.2.22 only.
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
 * (profiles qemu-7.2 and qemu-7.2.22: with abort()). An abstract one aborts.
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
 * those that are such types or implement that interface. Classes that nobody
 * has used yet are made, so all parents have to be registered.
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

/*
 * Properties
 *
 * A property is a name with functions that read and write a value. It belongs
 * to an object, or to a class and all instances of it and of its descendants.
 * A name is there once for an object and its classes. All have "type", the name
 * of the type.
 *
 * Setters fail if there is no property of that name, if it can't be written
 * ("Property 'TYPE.NAME' not found", "... is not writable"), if the value is of
 * another kind, or if the property's own function fails; getters likewise.
 *
 * Threads: one at a time for all objects and classes that are connected by
 * properties, in all functions below; object_unref() may finalize an object with
 * its properties in any thread. Blocks: no, but for what the hooks do.
 */

/**
 * object_property_try_add:
 * @obj: any object
 * @name: a name. One that ends in "[*]" gets the least number there, from 0 on,
 *     that makes it a free one
 * @type: the kind of value, in words
 * @get: (nullable): reads the value; NULL if that can't be done
 * @set: (nullable): writes the value; NULL if that can't be done
 * @release: (nullable): called when the property goes
 * @opaque: (nullable): for @get, @set and @release
 * @errp: (nullable): as in qapi/error.h
 *
 * Adds a property to an object. Fails if there is one of that name; then
 * @release is not called.
 *
 * Returns: (transfer none) (nullable): the property, or NULL with @errp set
 */
ObjectProperty *object_property_try_add(Object *obj, const char *name,
                                        const char *type,
                                        ObjectPropertyAccessor *get,
                                        ObjectPropertyAccessor *set,
                                        ObjectPropertyRelease *release,
                                        void *opaque, Error **errp);

/**
 * object_property_add:
 *
 * The same as object_property_try_add(), but a taken name aborts.
 *
 * Returns: (transfer none): the property
 */
ObjectProperty *object_property_add(Object *obj, const char *name,
                                    const char *type,
                                    ObjectPropertyAccessor *get,
                                    ObjectPropertyAccessor *set,
                                    ObjectPropertyRelease *release,
                                    void *opaque);

/**
 * object_class_property_add:
 * @klass: any class; from its @class_init, as a rule
 * @name: a name; one that the class or an ancestor has aborts
 * @type: the kind of value, in words
 * @get: (nullable): reads the value; NULL if that can't be done
 * @set: (nullable): writes the value; NULL if that can't be done
 * @release: (nullable): not called, as classes stay
 * @opaque: (nullable): for @get and @set
 *
 * Adds a property to a class.
 *
 * Returns: (transfer none): the property
 */
ObjectProperty *object_class_property_add(ObjectClass *klass, const char *name,
                                          const char *type,
                                          ObjectPropertyAccessor *get,
                                          ObjectPropertyAccessor *set,
                                          ObjectPropertyRelease *release,
                                          void *opaque);

/**
 * object_property_add_str:
 * @obj: any object
 * @name: a name, as for object_property_add()
 * @get: (nullable): returns the value in GLib memory, which is then freed; NULL
 *     for an empty one
 * @set: (nullable): gets the value, which is valid during the call
 *
 * Adds a property that is a text, of type "string". A taken name aborts.
 *
 * Returns: (transfer none): the property
 */
ObjectProperty *object_property_add_str(Object *obj, const char *name,
                                        char *(*get)(Object *, Error **),
                                        void (*set)(Object *, const char *,
                                                    Error **));

/**
 * object_class_property_add_str:
 *
 * The same as object_property_add_str(), for a class.
 *
 * Returns: (transfer none): the property
 */
ObjectProperty *object_class_property_add_str(ObjectClass *klass,
                                              const char *name,
                                              char *(*get)(Object *, Error **),
                                              void (*set)(Object *,
                                                          const char *,
                                                          Error **));

/**
 * object_property_add_bool:
 * @obj: any object
 * @name: a name, as for object_property_add()
 * @get: (nullable): returns the value
 * @set: (nullable): gets the value
 *
 * Adds a property of type "bool". A taken name aborts.
 *
 * Returns: (transfer none): the property
 */
ObjectProperty *object_property_add_bool(Object *obj, const char *name,
                                         bool (*get)(Object *, Error **),
                                         void (*set)(Object *, bool, Error **));

/**
 * object_class_property_add_bool:
 *
 * The same as object_property_add_bool(), for a class.
 *
 * Returns: (transfer none): the property
 */
ObjectProperty *object_class_property_add_bool(ObjectClass *klass,
                                               const char *name,
                                               bool (*get)(Object *, Error **),
                                               void (*set)(Object *, bool,
                                                           Error **));

/**
 * object_property_add_enum:
 * @obj: any object
 * @name: a name, as for object_property_add()
 * @type: the name of the enum, which is the property's type
 * @lookup: the names of its values; has to stay
 * @get: (nullable): returns the value; one that the enum does not have aborts
 * @set: (nullable): gets the value
 *
 * Adds a property that is a value of an enum. A taken name aborts.
 *
 * Returns: (transfer none): the property
 */
ObjectProperty *object_property_add_enum(Object *obj, const char *name,
                                         const char *type,
                                         const QEnumLookup *lookup,
                                         int (*get)(Object *, Error **),
                                         void (*set)(Object *, int, Error **));

/**
 * object_class_property_add_enum:
 *
 * The same as object_property_add_enum(), for a class.
 *
 * Returns: (transfer none): the property
 */
ObjectProperty *object_class_property_add_enum(ObjectClass *klass,
                                               const char *name,
                                               const char *type,
                                               const QEnumLookup *lookup,
                                               int (*get)(Object *, Error **),
                                               void (*set)(Object *, int,
                                                           Error **));

/**
 * object_property_add_link:
 * @obj: any object
 * @name: a name, as for object_property_add()
 * @type: the name of the type that objects must have for the link
 * @targetp: where the link is kept, NULL for none; has to stay as long as the
 *     property
 * @check: (nullable): called before the link changes, and may set the error to
 *     refuse; must not remove the property. NULL if the link can't be written
 * @flags: OBJ_PROP_LINK_STRONG or 0
 *
 * Adds a property that leads to another object, of type "link<TYPE>". Its value
 * is the object's path, empty for none. A taken name aborts.
 *
 * With OBJ_PROP_LINK_STRONG, *@targetp owns a reference; when the property goes,
 * the reference is dropped and *@targetp set to NULL.
 *
 * Returns: (transfer none): the property
 */
ObjectProperty *object_property_add_link(Object *obj, const char *name,
                                         const char *type, Object **targetp,
                                         void (*check)(const Object *obj,
                                                       const char *name,
                                                       Object *val,
                                                       Error **errp),
                                         ObjectPropertyLinkFlags flags);

/**
 * object_property_del:
 * @obj: any object
 * @name: the name of a property of its own; another one aborts
 *
 * Removes a property. Its @release is called before, the name being taken still;
 * of a child, see object_unparent(). Does nothing if called by that hook.
 */
void object_property_del(Object *obj, const char *name);

/**
 * object_property_find:
 * @obj: any object
 * @name: a name
 *
 * Returns: (transfer none) (nullable): the property of the object or its class;
 *     NULL if there is none
 */
ObjectProperty *object_property_find(Object *obj, const char *name);

/**
 * object_property_find_err:
 * @obj: any object
 * @name: a name
 * @errp: (nullable): as in qapi/error.h
 *
 * Returns: (transfer none) (nullable): the property of the object or its class,
 *     or NULL with @errp set
 */
ObjectProperty *object_property_find_err(Object *obj, const char *name,
                                         Error **errp);

/**
 * object_class_property_find:
 * @klass: any class
 * @name: a name
 *
 * Returns: (transfer none) (nullable): the property of the class or an ancestor
 */
ObjectProperty *object_class_property_find(ObjectClass *klass,
                                           const char *name);

/**
 * object_property_get_type:
 * @obj: any object
 * @name: the name of a property
 * @errp: (nullable): as in qapi/error.h
 *
 * Returns: (transfer none) (nullable): the kind of value, as long as the
 *     property is there; or NULL with @errp set
 */
const char *object_property_get_type(Object *obj, const char *name,
                                     Error **errp);

/**
 * object_property_set_description:
 * @obj: any object
 * @name: the name of a property; one that is not there aborts
 * @description: (nullable): what it is for
 *
 * Describes a property, in its @description.
 */
void object_property_set_description(Object *obj, const char *name,
                                     const char *description);

/**
 * object_class_property_set_description:
 *
 * The same as object_property_set_description(), for a class.
 */
void object_class_property_set_description(ObjectClass *klass,
                                           const char *name,
                                           const char *description);

/**
 * object_property_set:
 * @obj: any object
 * @name: the name of a property
 * @v: has the value: the visitor of an ObjectPropertyAccessor
 * @errp: (nullable): as in qapi/error.h
 *
 * Writes a property, for one that stands for another.
 *
 * Returns: true, or false with @errp set
 */
bool object_property_set(Object *obj, const char *name, Visitor *v,
                         Error **errp);

/**
 * object_property_get:
 * @obj: any object
 * @name: the name of a property
 * @v: wants the value: the visitor of an ObjectPropertyAccessor
 * @errp: (nullable): as in qapi/error.h
 *
 * Reads a property, for one that stands for another.
 *
 * Returns: true, or false with @errp set
 */
bool object_property_get(Object *obj, const char *name, Visitor *v,
                         Error **errp);

/**
 * object_property_parse:
 * @obj: any object
 * @name: the name of a property
 * @string: the value as a word
 * @errp: (nullable): as in qapi/error.h
 *
 * Writes a property of any kind. Booleans are "on", "yes", "true", "y" or "off",
 * "no", "false", "n"; numbers are written as in C, sizes perhaps with one of
 * B, K, M, G, T, P and E after them; enums are the names of their values.
 *
 * Returns: true, or false with @errp set
 */
bool object_property_parse(Object *obj, const char *name, const char *string,
                           Error **errp);

/**
 * object_property_print:
 * @obj: any object
 * @name: the name of a property
 * @human: whether texts and names are put in quotes
 * @errp: (nullable): as in qapi/error.h
 *
 * Returns: (transfer full) (nullable): the value in words, or NULL with @errp
 *     set; free with g_free()
 */
char *object_property_print(Object *obj, const char *name, bool human,
                            Error **errp);

/**
 * object_property_set_str:
 * @obj: any object
 * @name: the name of a property that is a text, an enum, a link or a child
 * @value: the value
 * @errp: (nullable): as in qapi/error.h
 *
 * Returns: true, or false with @errp set
 */
bool object_property_set_str(Object *obj, const char *name, const char *value,
                             Error **errp);

/**
 * object_property_get_str:
 * @obj: any object
 * @name: the name of a property that is a text, an enum, a link or a child
 * @errp: (nullable): as in qapi/error.h
 *
 * Returns: (transfer full) (nullable): the value, or NULL with @errp set; free
 *     with g_free()
 */
char *object_property_get_str(Object *obj, const char *name, Error **errp);

/**
 * object_property_set_bool:
 * @obj: any object
 * @name: the name of a boolean property
 * @value: the value
 * @errp: (nullable): as in qapi/error.h
 *
 * Returns: true, or false with @errp set
 */
bool object_property_set_bool(Object *obj, const char *name, bool value,
                              Error **errp);

/**
 * object_property_get_bool:
 * @obj: any object
 * @name: the name of a boolean property
 * @errp: (nullable): as in qapi/error.h
 *
 * Returns: the value, or false with @errp set
 */
bool object_property_get_bool(Object *obj, const char *name, Error **errp);

/**
 * object_property_set_int:
 * @obj: any object
 * @name: the name of a property that is an integer
 * @value: the value
 * @errp: (nullable): as in qapi/error.h
 *
 * Returns: true, or false with @errp set
 */
bool object_property_set_int(Object *obj, const char *name, int64_t value,
                             Error **errp);

/**
 * object_property_get_int:
 * @obj: any object
 * @name: the name of a property that is an integer
 * @errp: (nullable): as in qapi/error.h
 *
 * Returns: the value, or -1 with @errp set
 */
int64_t object_property_get_int(Object *obj, const char *name, Error **errp);

/**
 * object_property_set_uint:
 * @obj: any object
 * @name: the name of a property that is an integer
 * @value: the value
 * @errp: (nullable): as in qapi/error.h
 *
 * Returns: true, or false with @errp set
 */
bool object_property_set_uint(Object *obj, const char *name, uint64_t value,
                              Error **errp);

/**
 * object_property_get_uint:
 * @obj: any object
 * @name: the name of a property that is an integer
 * @errp: (nullable): as in qapi/error.h
 *
 * Returns: the value, or 0 with @errp set
 */
uint64_t object_property_get_uint(Object *obj, const char *name, Error **errp);

/**
 * object_property_get_enum:
 * @obj: any object
 * @name: the name of a property
 * @type: the name of the enum that it has to be of
 * @errp: (nullable): as in qapi/error.h
 *
 * Returns: the value, or -1 with @errp set
 */
int object_property_get_enum(Object *obj, const char *name, const char *type,
                             Error **errp);

/**
 * object_property_set_link:
 * @obj: any object
 * @name: the name of a link
 * @value: (nullable): where it is to lead; need not be in the composition tree
 * @errp: (nullable): as in qapi/error.h
 *
 * Returns: true, or false with @errp set
 */
bool object_property_set_link(Object *obj, const char *name, Object *value,
                              Error **errp);

/**
 * object_property_get_link:
 * @obj: any object
 * @name: the name of a link or a child
 * @errp: (nullable): as in qapi/error.h
 *
 * Returns: (transfer none) (nullable): where it leads: NULL if nowhere, and
 *     with @errp set
 */
Object *object_property_get_link(Object *obj, const char *name, Error **errp);

/**
 * object_set_props:
 * @obj: any object
 * @errp: (nullable): as in qapi/error.h
 * @...: names and values as for object_property_parse(), by turns, then NULL
 *
 * Writes properties in that order, up to the first that fails.
 *
 * Returns: true, or false with @errp set
 */
bool object_set_props(Object *obj, Error **errp, ...) G_GNUC_NULL_TERMINATED;

/**
 * object_set_propv:
 *
 * The same as object_set_props(), with a va_list.
 *
 * Returns: true, or false with @errp set
 */
bool object_set_propv(Object *obj, Error **errp, va_list vargs);

/**
 * object_new_with_props:
 * @type_name: the name of a type
 * @parent: an object, which will own the new one
 * @id: the name as its child
 * @errp: (nullable): as in qapi/error.h
 * @...: names and values as for object_property_parse(), by turns, then NULL
 *
 * Makes an object, writes the properties, adds it to @parent and, if it
 * implements TYPE_USER_CREATABLE, completes it. Fails if the type is unknown or
 * abstract, if @id is taken, or if any of this does; then nothing is left of it.
 *
 * Returns: (transfer none) (nullable): the object, whose only reference is that
 *     of @parent: object_unparent() releases it; or NULL with @errp set
 */
Object *object_new_with_props(const char *type_name, Object *parent,
                              const char *id, Error **errp, ...)
                              G_GNUC_NULL_TERMINATED;

/**
 * object_new_with_propv:
 *
 * The same as object_new_with_props(), with a va_list.
 *
 * Returns: (transfer none) (nullable): the object, or NULL with @errp set
 */
Object *object_new_with_propv(const char *type_name, Object *parent,
                              const char *id, Error **errp, va_list vargs);

/*
 * The composition tree
 *
 * An object owns its children, which are properties of it, of type "child<T>".
 * The names from the root to an object, with slashes before them, are its path;
 * the root's is "/".
 */

/**
 * object_property_try_add_child:
 * @obj: any object
 * @name: a name, as for object_property_add()
 * @child: an object without parent, and not above @obj
 * @errp: (nullable): as in qapi/error.h
 *
 * Makes @child a child of @obj, which takes a reference. Fails if the name is
 * taken.
 *
 * Returns: (transfer none) (nullable): the property, or NULL with @errp set
 */
ObjectProperty *object_property_try_add_child(Object *obj, const char *name,
                                              Object *child, Error **errp);

/**
 * object_property_add_child:
 *
 * The same as object_property_try_add_child(), but a taken name aborts.
 *
 * Returns: (transfer none): the property
 */
ObjectProperty *object_property_add_child(Object *obj, const char *name,
                                          Object *child);

/**
 * object_unparent:
 * @obj: any object
 *
 * Takes an object from its parent; nothing if it has none. The @unparent of its
 * class is called while it is a child still. Then it is one no more, and the
 * parent's reference is dropped, which may release the object. Does nothing if
 * called by that hook.
 */
void object_unparent(Object *obj);

/**
 * object_get_root:
 *
 * Types have to be known: see module_call_init().
 *
 * Returns: (transfer none): the root of the tree, which stays
 */
Object *object_get_root(void);

/**
 * object_get_objects_root:
 *
 * Returns: (transfer none): "/objects", where the objects of users are
 */
Object *object_get_objects_root(void);

/**
 * object_get_internal_root:
 *
 * Returns: (transfer none): the root of another tree, whose objects have no path
 */
Object *object_get_internal_root(void);

#if defined(QIO_ABI_QEMU_7_2) || defined(QIO_ABI_QEMU_7_2_22)
/**
 * container_get:
 * @root: any object
 * @path: a path that begins with a slash
 *
 * Makes the containers on the path that are not there.
 *
 * Returns: (transfer none): the object at that path from @root
 * Since: profiles qemu-7.2 and qemu-7.2.22 only.
 */
Object *container_get(Object *root, const char *path);
#else
/**
 * object_get_container:
 * @name: "chardevs", "objects", "backend", in profile qemu-10.2 "audiodevs", or
 *     what has been added to the root; another name aborts
 *
 * Returns: (transfer none): the root's child of that name
 * Since: profile qemu-10.0.
 */
Object *object_get_container(const char *name);

/**
 * object_property_add_new_container:
 * @obj: any object
 * @name: a name, as for object_property_add(); a taken one aborts
 *
 * Adds a new container as a child.
 *
 * Returns: (transfer none): the container
 * Since: profile qemu-10.0.
 */
Object *object_property_add_new_container(Object *obj, const char *name);
#endif

/**
 * object_get_canonical_path_component:
 * @obj: any object
 *
 * Returns: (transfer none) (nullable): its name as a child, as long as it is
 *     one; NULL without parent
 */
const char *object_get_canonical_path_component(const Object *obj);

/**
 * object_get_canonical_path:
 * @obj: any object
 *
 * Returns: (transfer full) (nullable): its path; NULL if it is not below the
 *     root. Free with g_free()
 */
char *object_get_canonical_path(const Object *obj);

/**
 * object_resolve_path:
 * @path: a path. One that does not begin with a slash is the end of one: that
 *     of "/objects/tls0" may be "tls0"
 * @ambiguous: (out) (optional): whether there are several such objects
 *
 * Links, too, are parts of paths, but not of the beginning that is left out.
 *
 * Returns: (transfer none) (nullable): the one object; NULL if there are none
 *     or several
 */
Object *object_resolve_path(const char *path, bool *ambiguous);

/**
 * object_resolve_path_type:
 * @path: a path, as for object_resolve_path(); empty for all
 * @type_name: the name of a type or interface
 * @ambiguous: (out) (optional): whether there are several such objects
 *
 * As object_resolve_path(), where objects of other types don't count.
 *
 * Returns: (transfer none) (nullable): the one object; NULL if there are none
 *     or several
 */
Object *object_resolve_path_type(const char *path, const char *type_name,
                                 bool *ambiguous);

/**
 * object_resolve_path_component:
 * @parent: any object
 * @part: the name of a child or a link
 *
 * Returns: (transfer none) (nullable): where it leads; NULL if there is no such
 *     property, or no object
 */
Object *object_resolve_path_component(Object *parent, const char *part);

/**
 * object_child_foreach:
 * @obj: any object
 * @fn: (scope call): called with each child and @opaque; may take children from
 *     @obj, which are then left out, and add some, which are too
 * @opaque: (nullable) (closure fn): for @fn
 *
 * Calls @fn for the children, in no order, until it returns something other
 * than 0.
 *
 * Returns: what @fn returned last, 0 without children
 */
int object_child_foreach(Object *obj, int (*fn)(Object *child, void *opaque),
                         void *opaque);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Object, object_unref)

G_END_DECLS

#endif
