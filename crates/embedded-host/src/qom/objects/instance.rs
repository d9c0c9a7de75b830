//! The life of objects: made, counted, finalised.

use core::ffi::{CStr, c_void};
use core::ptr;
use core::sync::atomic::{AtomicU32, Ordering};

use glib_sys::{g_free, g_malloc};

use crate::module;
use crate::report::{self, Severity};
use abi::layout::{Object, ObjectFree};
use abi::profile;
use platform::os::abort::{self, misuse};

use crate::qom::objects::property;
use crate::qom::types::TypeImpl;
use crate::qom::types::class::{self, Class};
use crate::qom::types::resolved::ResolvedType;
use crate::qom::types::table::TYPES;

/// The largest count that one more reference may be added to, plus one (R-QOM-10).
const REFERENCE_LIMIT: u32 = i32::MAX as u32;

/// What any memory from `malloc` is aligned to.
const MALLOC_ALIGN: usize = align_of::<libc::max_align_t>();

/// The type of that name; without one the process ends, each profile in its own way (R-QOM-9).
///
/// What the program's constructors have recorded runs first (R-MOD-3); no lock is held.
pub(crate) fn type_named(name: &CStr, function: &str) -> &'static TypeImpl {
    module::run_pending(module::QOM);
    registered_type(name, function)
}

/// As [`type_named`], of those that are registered.
pub(crate) fn registered_type(name: &CStr, function: &str) -> &'static TypeImpl {
    TYPES.find(name).unwrap_or_else(|| {
        let name = name.to_string_lossy();
        if profile::UNKNOWN_TYPE_EXITS {
            report::line(Severity::Error, format!("unknown type '{name}'").as_bytes());
            // SAFETY: the exit handlers run in the state that the program called us in.
            unsafe { libc::exit(1) }
        }
        misuse(function, format_args!("unknown type '{name}'"))
    })
}

/// A new object with one reference (R-QOM-8).
pub(crate) fn create(ty: &'static TypeImpl, function: &str) -> *mut Object {
    let class = class::of(ty);
    let resolved = concrete(ty, function);
    let size = resolved.instance_size;
    let (memory, free): (_, ObjectFree) = if resolved.instance_align <= MALLOC_ALIGN {
        // SAFETY: any size may be asked for.
        (unsafe { g_malloc(size) }, Some(g_free))
    } else {
        (allocate_aligned(resolved), Some(libc::free))
    };
    // SAFETY: the allocation has `size` bytes, alignment for any instance of this type, and is
    // nobody else's.
    unsafe { start(memory, class, resolved, free) }
}

/// Makes an object in memory of the caller's, which outlives it and isn't freed with it.
///
/// # Safety
/// `memory` has `size` bytes, suitably aligned, that only the caller uses.
pub(crate) unsafe fn create_in(
    memory: *mut c_void,
    size: usize,
    ty: &'static TypeImpl,
    function: &str,
) {
    let class = class::of(ty);
    let resolved = concrete(ty, function);
    if size < resolved.instance_size {
        misuse(
            function,
            format_args!(
                "size {size} is too small for '{}', which takes {}",
                ty.name.to_string_lossy(),
                resolved.instance_size
            ),
        );
    }
    // SAFETY: the caller's promise, with the size checked.
    unsafe { start(memory, class, resolved, None) };
}

/// The resolved of a type that may have instances.
fn concrete(ty: &'static TypeImpl, function: &str) -> &'static ResolvedType {
    let resolved = ty.resolved();
    if resolved.is_abstract {
        misuse(
            function,
            format_args!("type '{}' is abstract", ty.name.to_string_lossy()),
        );
    }
    resolved
}

/// Memory for an instance of which the alignment is beyond `malloc`'s.
fn allocate_aligned(resolved: &ResolvedType) -> *mut c_void {
    let mut memory = ptr::null_mut();
    // SAFETY: the slot is a local; `ResolvedType::check` has seen to it that the alignment is a power of
    // two, and above that of `malloc` it is a multiple of a pointer's size.
    let failed = unsafe {
        libc::posix_memalign(
            &raw mut memory,
            resolved.instance_align,
            resolved.instance_size,
        )
    };
    if failed != 0 {
        // As GLib's allocator does.
        misuse(
            "object_new",
            format_args!("no memory for {} bytes", resolved.instance_size),
        );
    }
    memory
}

/// Turns memory into an object and runs the hooks of its type.
///
/// # Safety
/// `memory` has the resolved's size and alignment and only the caller uses it.
unsafe fn start(
    memory: *mut c_void,
    class: Class,
    resolved: &ResolvedType,
    free: ObjectFree,
) -> *mut Object {
    // SAFETY: of that size, as promised.
    unsafe { ptr::write_bytes(memory.cast::<u8>(), 0, resolved.instance_size) };
    let obj = memory.cast::<Object>();
    let header = Object {
        class: class.as_ptr(),
        free,
        // Until the first property there is no table.
        properties: ptr::null_mut(),
        r#ref: 1,
        parent: ptr::null_mut(),
    };
    // SAFETY: every instance begins with an `Object`: types descend from `object`, whose size is a
    // lower limit for theirs (R-QOM-4).
    unsafe { obj.write(header) };
    for default in class.ty().defaults() {
        // SAFETY: the object begins with what the property's class describes.
        unsafe { default.give(obj) };
    }
    for hook in resolved.init.iter().chain(&resolved.post_init) {
        // SAFETY: the hook gets an instance of its type.
        unsafe { hook(obj) };
    }
    obj
}

/// The class of an object.
///
/// # Safety
/// `obj` is a live object.
#[inline]
pub(crate) unsafe fn class_of(obj: *const Object) -> Class {
    // SAFETY: live as promised; the class is fixed for life.
    let class = unsafe { (*obj).class };
    // SAFETY: the maker of the object put a class there.
    match unsafe { Class::from_ptr(class) } {
        Some(class) => class,
        None => abort::with_line(format_args!("Object {obj:p} has no class")),
    }
}

/// # Safety
/// `obj` is an object that lives for `'a`.
unsafe fn count<'a>(obj: *mut Object) -> &'a AtomicU32 {
    // SAFETY: the object lives as promised; the count is only ever accessed atomically.
    unsafe { AtomicU32::from_ptr(&raw mut (*obj).r#ref) }
}

/// One more reference.
///
/// # Safety
/// `obj` is a live object.
#[inline]
pub(crate) unsafe fn add_reference(obj: *mut Object) {
    // SAFETY: live as promised.
    let old = unsafe { count(obj) }.fetch_add(1, Ordering::SeqCst);
    if old >= REFERENCE_LIMIT {
        misuse(
            "object_ref",
            format_args!("object {obj:p} has {old} references"),
        );
    }
}

/// One reference less. The last one finalises the object, in this thread (R-QOM-11).
///
/// # Safety
/// `obj` is a live object, a reference of which is the caller's.
#[inline]
pub(crate) unsafe fn drop_reference(obj: *mut Object) {
    // SAFETY: live as promised. Sequentially consistent: the thread that drops the last reference
    // sees what others wrote before they dropped theirs (R-QOM-10).
    match unsafe { count(obj) }.fetch_sub(1, Ordering::SeqCst) {
        1 => {
            // SAFETY: that was the last reference.
            unsafe { finalize(obj) }
        }
        0 => misuse(
            "object_unref",
            format_args!("object {obj:p} has no references"),
        ),
        _ => {}
    }
}

/// Keeps an object alive.
pub(crate) struct ObjectRef(*mut Object);

impl ObjectRef {
    /// Takes a reference; None if the object is being finalised.
    ///
    /// # Safety
    /// `obj` is an object whose memory is there.
    pub(crate) unsafe fn new(obj: *mut Object) -> Option<Self> {
        // SAFETY: as promised.
        if unsafe { count(obj) }.load(Ordering::Relaxed) == 0 {
            return None;
        }
        // SAFETY: it has references, so it is live.
        unsafe { add_reference(obj) };
        Some(Self(obj))
    }

    /// Takes over a reference.
    ///
    /// # Safety
    /// `obj` is a live object, a reference of which is the caller's to give.
    pub(crate) unsafe fn owning(obj: *mut Object) -> Self {
        Self(obj)
    }

    /// The object.
    pub(crate) fn as_ptr(&self) -> *mut Object {
        self.0
    }

    /// Gives the reference away.
    #[cfg(parentless_objects)]
    pub(crate) fn into_raw(self) -> *mut Object {
        std::mem::ManuallyDrop::new(self).0
    }
}

impl Drop for ObjectRef {
    fn drop(&mut self) {
        // SAFETY: live: the reference is this one's.
        unsafe { drop_reference(self.0) }
    }
}

/// Ends an object: its properties, `instance_finalize` from leaf to root, then its memory.
///
/// # Safety
/// `obj` is an object without references.
unsafe fn finalize(obj: *mut Object) {
    // SAFETY: its memory is still there.
    if !unsafe { (*obj).properties }.is_null() {
        // SAFETY: as above.
        unsafe { property::remove_all(obj) };
    }
    // SAFETY: its memory is still there.
    let ty = unsafe { class_of(obj) }.ty();
    for hook in &ty.resolved().finalize {
        // SAFETY: the hook gets an instance of its type.
        unsafe { hook(obj) };
    }
    // SAFETY: its memory is still there.
    let references = unsafe { count(obj) }.load(Ordering::SeqCst);
    // SAFETY: as above.
    let parent = unsafe { (*obj).parent };
    if references != 0 || !parent.is_null() {
        misuse(
            "object_unref",
            format_args!(
                "object {obj:p} of type '{}' was finalized with {references} references and parent {parent:p}",
                ty.name.to_string_lossy()
            ),
        );
    }
    // SAFETY: as above.
    if let Some(free) = unsafe { (*obj).free } {
        // SAFETY: the memory is from the allocator that this function belongs to, and nobody uses
        // it any more.
        unsafe { free(obj.cast::<c_void>()) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module;
    use crate::qom::types::{self, Parent, TypeDescription};

    #[repr(C)]
    struct Instance {
        parent: Object,
        data: [u64; 4],
    }

    extern "C" fn fill(obj: *mut Object) {
        let instance = obj.cast::<Instance>();
        // SAFETY: the types of this test have an `Instance`.
        assert_eq!(unsafe { (*instance).data }, [0; 4]);
        // SAFETY: as above.
        unsafe { (*instance).data = [1; 4] };
    }

    extern "C" fn drain(obj: *mut Object) {
        let instance = obj.cast::<Instance>();
        // SAFETY: as above.
        unsafe { (*instance).data[0] += 1 };
    }

    fn register(name: &CStr, instance_align: usize) -> &'static TypeImpl {
        module::call(module::QOM);
        // SAFETY: the hooks are for an `Instance`.
        unsafe {
            types::register(TypeDescription {
                instance_size: size_of::<Instance>(),
                instance_align,
                instance_init: Some(fill),
                instance_finalize: Some(drain),
                ..TypeDescription::new(name.to_owned(), Parent::Named(c"container".to_owned()))
            })
        }
    }

    #[test]
    fn memory_is_zero_and_aligned() {
        for (name, align) in [
            (c"instance-plain", 0),
            (c"instance-8", 8),
            (c"instance-4096", 4096),
        ] {
            let ty = register(name, align);
            let objs: Vec<_> = (0..8).map(|_| create(ty, "test")).collect();
            for obj in objs {
                assert!(obj.addr() % align.max(16) == 0);
                // SAFETY: live, and the reference is the test's.
                unsafe { drop_reference(obj) };
            }
        }
    }

    #[test]
    fn the_last_reference_finalizes_in_place() {
        let ty = register(c"instance-in-place", 0);
        let mut memory = core::mem::MaybeUninit::<Instance>::uninit();
        let obj = memory.as_mut_ptr().cast::<Object>();
        // SAFETY: the memory is an instance's and the test's.
        unsafe { create_in(obj.cast(), size_of::<Instance>(), ty, "test") };
        // SAFETY: live.
        unsafe { add_reference(obj) };
        // SAFETY: live, with two references, of which this is one.
        unsafe { drop_reference(obj) };
        // SAFETY: initialised above.
        assert_eq!(unsafe { memory.assume_init_ref() }.data[0], 1);
        // SAFETY: live, and the last reference.
        unsafe { drop_reference(obj) };
        // SAFETY: the memory is still the test's.
        let Instance { parent, data } = unsafe { memory.assume_init() };
        assert_eq!((parent.r#ref, data[0]), (0, 2));
    }
}
