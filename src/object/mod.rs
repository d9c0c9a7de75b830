//! The public C structs as Rust sees them: memory that C code and other threads share, read and
//! written through accessors, kept alive by counted references.

pub mod buffer;
pub mod channel;
pub mod channel_class;
pub mod class;
pub mod client_func;
pub mod command;
mod fields;
pub mod file;
pub mod guarded;
pub mod layered;
pub mod listener;
pub mod null;
pub mod propagate;
pub mod property;
pub mod registered;
pub mod resolver;
pub mod socket;
pub mod task;
#[cfg(feature = "tls")]
pub mod tls;
pub mod waiting;
pub mod watch;
pub mod websock;
pub mod zero_copy;

use core::cell::UnsafeCell;
use core::ffi::{CStr, c_void};
use core::marker::PhantomPinned;
use core::mem::MaybeUninit;
use core::ops::Deref;
use core::ptr::NonNull;

use abi::layout;
use host::imports;

/// A C struct that C code and other threads touch at any time.
///
/// A `&Shared<T>` promises that the struct is live, nothing about who else uses it: all access goes
/// through accessors that read or write one field at a time. There is never a `&mut` (R-CHAN-11).
///
/// C code may leave any bytes in it, and its address never changes.
#[repr(transparent)]
pub struct Shared<T>(UnsafeCell<MaybeUninit<T>>, PhantomPinned);

// SAFETY: a `&Shared` gives access to fields through accessors only, and any thread may use those of
// an instance: its type promises that.
unsafe impl<T: Instance> Sync for Shared<T> {}
// SAFETY: as above; objects have no thread affinity (R-QOM-10).
unsafe impl<T: Instance> Send for Shared<T> {}

impl<T> Shared<T> {
    /// The struct at `ptr`, or None for NULL.
    ///
    /// # Safety
    /// `ptr` is NULL or points to a struct that lives for `'a`.
    pub unsafe fn from_ptr<'a>(ptr: *const T) -> Option<&'a Self> {
        // SAFETY: `Shared` is transparent over `T`; liveness is the caller's promise.
        unsafe { ptr.cast::<Self>().as_ref() }
    }

    /// The address, for C.
    pub fn as_ptr(&self) -> *mut T {
        self.0.get().cast::<T>()
    }
}

/// An instance struct of a QOM type: its first member is, perhaps through parents, `Object`.
///
/// # Safety
/// The struct begins with `layout::Object`, its instances are counted objects of `TYPE`, and `SIZE`
/// is no less than its size. Any thread may use them, by the accessors of the struct.
pub unsafe trait Instance: Sized {
    /// The type's name.
    const TYPE: &'static CStr;
    /// Bytes of an instance: more than the struct's if the library has something behind it.
    const SIZE: usize = size_of::<Self>();
}

/// An instance struct that begins with its parent's.
///
/// # Safety
/// `Self` begins with `Parent`.
pub unsafe trait IsA<Parent>: Instance {}

// SAFETY: it is the root.
unsafe impl Instance for layout::Object {
    const TYPE: &'static CStr = c"object";
}

impl<T: Instance> Shared<T> {
    /// The object as one of its parent type.
    pub fn upcast<P>(&self) -> &Shared<P>
    where
        T: IsA<P>,
    {
        // SAFETY: `T` begins with `P` and lives as long as `self`.
        unsafe { &*self.as_ptr().cast::<Shared<P>>() }
    }

    /// One more reference.
    pub fn to_ref(&self) -> Ref<T> {
        // SAFETY: the object is live.
        unsafe { imports::object_ref(self.as_ptr().cast::<c_void>()) };
        // SAFETY: a reference is never NULL.
        Ref(unsafe { NonNull::new_unchecked(self.as_ptr()) })
    }
}

/// A counted reference on an object. Dropping the last one finalises it, on this thread.
pub struct Ref<T: Instance>(NonNull<T>);

// SAFETY: reference counts are atomic and the last one may go on any thread (R-TYPE-3).
unsafe impl<T: Instance> Send for Ref<T> {}
// SAFETY: as above.
unsafe impl<T: Instance> Sync for Ref<T> {}

impl<T: Instance> Ref<T> {
    /// A new instance of the type.
    pub fn create() -> Self {
        // SAFETY: the name is a C string of a registered type; `object_new` never returns NULL.
        Self(unsafe { NonNull::new_unchecked(imports::object_new(T::TYPE.as_ptr()).cast::<T>()) })
    }

    /// Takes over a reference that C code gave away (transfer full). None for NULL.
    ///
    /// # Safety
    /// `ptr` is NULL or a live instance, one reference of which is ours from now on.
    pub unsafe fn from_ptr_full(ptr: *mut T) -> Option<Self> {
        NonNull::new(ptr).map(Self)
    }

    /// Gives the reference to C code (transfer full).
    pub fn into_ptr(self) -> *mut T {
        let ptr = self.0.as_ptr();
        let _ = core::mem::ManuallyDrop::new(self);
        ptr
    }

    /// The reference as one on the parent type.
    pub fn into_upcast<P: Instance>(self) -> Ref<P>
    where
        T: IsA<P>,
    {
        // SAFETY: `T` begins with `P`; the reference moves along.
        Ref(unsafe { NonNull::new_unchecked(self.into_ptr().cast::<P>()) })
    }

    /// The reference as one on what all are.
    pub fn into_object(self) -> Ref<layout::Object> {
        // SAFETY: every instance begins with `Object`; the reference moves along.
        Ref(unsafe { NonNull::new_unchecked(self.into_ptr().cast::<layout::Object>()) })
    }
}

impl<T: Instance> Deref for Ref<T> {
    type Target = Shared<T>;

    fn deref(&self) -> &Shared<T> {
        // SAFETY: the reference keeps the object alive.
        unsafe { &*self.0.as_ptr().cast::<Shared<T>>() }
    }
}

/// An instance whose last reference has gone. What it lends doesn't outlive this value: a function that
/// takes it by value can free what the instance owns.
pub struct Finalizing<'a, T>(&'a Shared<T>);

impl<'a, T: Instance> Finalizing<'a, T> {
    /// The instance that the host finalises.
    ///
    /// # Safety
    /// `obj` is an instance of the type or a derived one, live for `'a`. Its last reference has gone,
    /// and this is the only value for it.
    pub unsafe fn from_ptr(obj: *mut layout::Object) -> Self {
        // SAFETY: not NULL, and as promised.
        Self(unsafe { &*obj.cast::<Shared<T>>() })
    }
}

impl<T> Deref for Finalizing<'_, T> {
    type Target = Shared<T>;

    fn deref(&self) -> &Shared<T> {
        self.0
    }
}

impl<T: Instance> Clone for Ref<T> {
    fn clone(&self) -> Self {
        self.to_ref()
    }
}

impl<T: Instance> Drop for Ref<T> {
    fn drop(&mut self) {
        // SAFETY: the reference is ours and goes with `self`.
        unsafe { imports::object_unref(self.0.as_ptr().cast::<c_void>()) }
    }
}
