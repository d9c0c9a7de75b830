//! Classes: made once, at first use (R-QOM-5).

use core::ffi::CStr;
use core::ptr::{self, NonNull};
use core::sync::atomic::Ordering;

use glib_sys::{g_malloc0, gpointer};

use abi::layout::{self, ObjectClass};

use crate::qom::types::TypeImpl;
use crate::qom::types::class_lock::ClassLock;
use crate::qom::types::interface;
use crate::qom::types::property_table;

/// The class of a type. It is never freed, and but for its cast caches never changed, once its
/// hooks have run; while they run only the thread that makes it gets to see it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Class(NonNull<ObjectClass>);

impl Class {
    /// The class at `ptr`, or None for NULL.
    ///
    /// # Safety
    /// `ptr` is NULL or a class struct that the object model has given out.
    pub(crate) unsafe fn from_ptr(ptr: *mut ObjectClass) -> Option<Self> {
        NonNull::new(ptr).map(Self)
    }

    /// The address, for C.
    pub(crate) fn as_ptr(self) -> *mut ObjectClass {
        self.0.as_ptr()
    }

    /// The type that it is the class of.
    pub(crate) fn ty(self) -> &'static TypeImpl {
        // SAFETY: classes live for ever and get their type before anybody sees them.
        let handle = unsafe { (*self.as_ptr()).r#type };
        // SAFETY: the maker of the class put a handle there.
        unsafe { TypeImpl::from_handle(handle) }
    }

    /// The name of the type.
    pub(crate) fn name(self) -> &'static CStr {
        &self.ty().name
    }

    /// The class of the parent type.
    pub(crate) fn parent(self) -> Option<Self> {
        self.ty().resolved().parent.map(of)
    }
}

/// The class of `ty`, made if this is its first use.
#[inline]
pub(crate) fn of(ty: &'static TypeImpl) -> Class {
    match NonNull::new(ty.class.load(Ordering::Acquire)) {
        Some(class) => Class(class),
        None => first_use(ty),
    }
}

#[cold]
fn first_use(ty: &'static TypeImpl) -> Class {
    let lock = ClassLock::acquire();
    if let Some(class) = begun(ty, &lock) {
        return class;
    }
    let resolved = ty.resolved();
    let parent = resolved.parent.map(of);
    let interfaces = interface::types_of(ty);
    // The hooks of those classes may have made this one.
    if let Some(class) = begun(ty, &lock) {
        return class;
    }
    make(ty, parent, &lock, |class| {
        // SAFETY: the class that is being made.
        unsafe { interface::implement(class, parent, &interfaces) };
    })
}

/// The class if it is finished, or if this thread is about to make it.
fn begun(ty: &TypeImpl, _lock: &ClassLock) -> Option<Class> {
    // Relaxed: the lock orders these with the maker's stores.
    let class = NonNull::new(ty.class.load(Ordering::Relaxed));
    class
        .or_else(|| NonNull::new(ty.unfinished.load(Ordering::Relaxed)))
        .map(Class)
}

/// Makes the class of `ty`; `complete` adds what the hooks may rely on.
fn make(
    ty: &'static TypeImpl,
    parent: Option<Class>,
    _lock: &ClassLock,
    complete: impl FnOnce(Class),
) -> Class {
    // SAFETY: any size may be asked for; GLib ends the process rather than return NULL for a size
    // above 0, and every class has an `ObjectClass`.
    let memory = unsafe { g_malloc0(ty.resolved().class_size) };
    // SAFETY: not NULL, see above.
    let class = Class(unsafe { NonNull::new_unchecked(memory.cast::<ObjectClass>()) });
    if let Some(parent) = parent {
        // SAFETY: a new class of that parent.
        unsafe { inherit(class, parent) };
    }
    // SAFETY: the class is live, zeroed and still this function's own.
    unsafe { (*class.as_ptr()).r#type = ty.handle() };
    ty.unfinished.store(class.as_ptr(), Ordering::Relaxed);
    complete(class);
    run_hooks(ty, class);
    // SAFETY: not published yet.
    ty.defaults
        .get_or_init(|| unsafe { property_table::defaults(class) });
    ty.class.store(class.as_ptr(), Ordering::Release);
    class
}

/// Makes the class of a type that is private to another class, with its lock held.
pub(super) fn make_private(
    ty: &'static TypeImpl,
    parent: Class,
    complete: impl FnOnce(Class),
) -> Class {
    make(ty, Some(parent), &ClassLock::acquire(), complete)
}

/// Copies what is the same for a subclass: `unparent` and all that follows `ObjectClass`. The
/// interfaces get rebuilt (R-QOM-7), and the caches, which other threads write, start empty.
///
/// # Safety
/// `class` is being made by this thread, as a child of `parent`.
unsafe fn inherit(class: Class, parent: Class) {
    let (to, from) = (class.as_ptr(), parent.as_ptr());
    // SAFETY: both are live; the new class is still this thread's own.
    unsafe { (*to).unparent = (*from).unparent };
    let begin = size_of::<ObjectClass>();
    let count = parent.ty().resolved().class_size - begin;
    // SAFETY: no class is smaller than `ObjectClass`, nor than its parent's (checked with the
    // resolved); the blocks are distinct allocations.
    unsafe {
        ptr::copy_nonoverlapping(
            from.cast::<u8>().add(begin),
            to.cast::<u8>().add(begin),
            count,
        );
    }
}

/// Every ancestor's `class_base_init`, nearest first, then the type's own `class_init`, all with
/// the new type's data.
fn run_hooks(ty: &'static TypeImpl, class: Class) {
    let mut ancestor = ty.resolved().parent;
    while let Some(this) = ancestor {
        if let Some(class_base_init) = this.class_base_init {
            // SAFETY: the program's hook gets a class of a descendant of its type.
            unsafe { class_base_init(class.as_ptr(), ty.class_data) };
        }
        ancestor = this.resolved().parent;
    }
    if let Some(class_init) = ty.class_init {
        // SAFETY: the program's hook gets the class of its type.
        unsafe { class_init(class.as_ptr(), ty.class_data) };
    }
}

/// The interfaces of `class`, in order.
pub(super) fn interfaces(class: Class) -> impl Iterator<Item = Class> {
    // SAFETY: the class is live and its list fixed before another thread sees it.
    let mut next = unsafe { (*class.as_ptr()).interfaces };
    core::iter::from_fn(move || {
        // SAFETY: elements of the list are never freed.
        let element = unsafe { next.as_ref() }?;
        next = element.next;
        // SAFETY: elements are classes, `interface::implement` has put them there.
        unsafe { Class::from_ptr(element.data.cast::<ObjectClass>()) }
    })
}

/// Appends to the interfaces of a class.
///
/// # Safety
/// The class is being made by this thread.
pub(super) unsafe fn append_interface(class: Class, interface: Class) {
    let data: gpointer = interface.as_ptr().cast();
    // SAFETY: no other thread knows the class yet, and the list has only elements from here.
    unsafe {
        (*class.as_ptr()).interfaces = glib_sys::g_slist_append((*class.as_ptr()).interfaces, data);
    }
}

/// Says in an interface's class struct what it is, before its hooks run.
///
/// # Safety
/// `interface` is being made by this thread, and descends from `interface`, the type.
pub(super) unsafe fn describe_interface(interface: Class, of: &'static TypeImpl, concrete: Class) {
    let class = interface.as_ptr().cast::<layout::InterfaceClass>();
    // SAFETY: as promised, it begins with an `InterfaceClass`, and no other thread knows it yet.
    unsafe { layout::set_interface(class, of.handle(), concrete.as_ptr()) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module;
    use crate::qom::types::{self, Parent, TypeDescription};
    use core::sync::atomic::AtomicU32;
    use std::sync::Barrier;

    #[test]
    fn several_threads_make_it_once() {
        static MADE: AtomicU32 = AtomicU32::new(0);
        extern "C" fn class_init(class: *mut ObjectClass, _: layout::ClassData) {
            MADE.fetch_add(1, Ordering::SeqCst);
            std::thread::yield_now();
            // SAFETY: a class under construction, which `unparent` is the last change to.
            unsafe { (*class).unparent = Some(unparent) };
        }
        extern "C" fn unparent(_: *mut layout::Object) {}
        module::call(module::QOM);
        let ty = TypeDescription {
            class_init: Some(class_init),
            ..TypeDescription::new(
                c"class-made-once".to_owned(),
                Parent::Named(c"container".to_owned()),
            )
        };
        // SAFETY: the hook is for any class.
        let ty = unsafe { types::register(ty) };
        let barrier = Barrier::new(4);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    barrier.wait();
                    // SAFETY: classes are never freed.
                    assert!(unsafe { (*of(ty).as_ptr()).unparent }.is_some());
                });
            }
        });
        assert_eq!(MADE.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn caches_are_not_inherited() {
        module::call(module::QOM);
        // SAFETY: there are no hooks; so below.
        let parent = unsafe {
            types::register(TypeDescription::new(
                c"class-with-cache".to_owned(),
                Parent::Named(c"container".to_owned()),
            ))
        };
        crate::qom::types::cast::CastCache::of_objects(of(parent)).remember(c"x".as_ptr());
        // SAFETY: as above.
        let child = unsafe {
            types::register(TypeDescription::new(
                c"class-without-cache".to_owned(),
                Parent::Type(parent),
            ))
        };
        // SAFETY: classes are never freed.
        let cache = unsafe { (*of(child).as_ptr()).object_cast_cache };
        assert!(cache.iter().all(|name| name.is_null()));
        assert!(of(child).parent() == Some(of(parent)));
    }
}
