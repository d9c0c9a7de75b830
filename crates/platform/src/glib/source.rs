//! Event sources, made from Rust by implementing [`Hooks`].

use core::cell::UnsafeCell;
use core::ffi::{CStr, c_int, c_void};
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ops::Deref;
use core::ptr::{self, NonNull};
use std::sync::{Arc, OnceLock};

use glib_sys::{self as ffi, GPollFD, GSource, GSourceFunc, GSourceFuncs, gboolean};

use super::asking::{self, Turn};
use super::eye::Eye;
use super::{MainContext, UserData};
use crate::sync::atomic::{AtomicU8, Ordering};

/// The callback of a source that is being dispatched, as the program or a caller set it. `F` is
/// [`Hooks::Func`].
pub struct Callback<'d, F> {
    function: GSourceFunc,
    data: *mut c_void,
    kind: PhantomData<F>,
    /// Of the source.
    poll_fds: &'d [PollFd],
}

impl<F> Callback<'_, F> {
    /// The function, an `F` that was cast; None if none was set.
    pub fn function(&self) -> GSourceFunc {
        self.function
    }

    /// Its data.
    pub fn data(&self) -> *mut c_void {
        self.data
    }

    /// Polls the source's descriptors for other events from the next iteration on.
    pub fn set_events(&self, events: u32) {
        let events = u16::try_from(events & 0xffff).unwrap_or(0);
        for poll_fd in self.poll_fds {
            // SAFETY: GLib reads the mask in the iterating thread only. That is this one: it
            // dispatches the source, and what it was given for that can't go elsewhere.
            unsafe { (&raw mut (*poll_fd.0.get()).events).write_volatile(events) }
        }
    }
}

/// A descriptor that a source polls, at a fixed address as long as the source lives.
#[repr(transparent)]
pub struct PollFd(UnsafeCell<GPollFD>);

// SAFETY: GLib writes `revents` while polling; reads tolerate any value (R-WATCH-7: the values of
// this poll round are read by the thread that polled).
unsafe impl Sync for PollFd {}
// SAFETY: a number and two masks.
unsafe impl Send for PollFd {}

impl PollFd {
    /// Polls `fd` for `events` (`G_IO_*`). A negative `fd` never gets ready.
    pub fn new(fd: c_int, events: u32) -> Self {
        // Poll events are 16 bits wide; `GIOCondition` has no higher bits.
        let events = u16::try_from(events & 0xffff).unwrap_or(0);
        Self(UnsafeCell::new(GPollFD {
            fd,
            events,
            revents: 0,
        }))
    }

    /// The descriptor.
    pub fn fd(&self) -> c_int {
        // SAFETY: never changes after `new`.
        unsafe { (*self.0.get()).fd }
    }

    /// Forgets what the last poll found.
    fn clear(&self) {
        // SAFETY: GLib writes it while polling only, which the calling thread does.
        unsafe { (&raw mut (*self.0.get()).revents).write_volatile(0) }
    }

    /// What the last poll found.
    pub fn revents(&self) -> u32 {
        // SAFETY: a plain read of memory that lives with `self`.
        u32::from(unsafe { ptr::read_volatile(&raw const (*self.0.get()).revents) })
    }
}

/// What a kind of source does. It is dropped when the source is finalised.
pub trait Hooks: Send + Sync + 'static {
    /// What the source's callback is, which GLib stores as a `GSourceFunc`; `()` if none is called.
    type Func: 'static;

    /// The descriptors to poll; the same for the source's whole life.
    fn poll_fds(&self) -> &[PollFd] {
        &[]
    }

    /// Whether it is asked before polling. That is a good part of what GLib does for an idle source.
    const PREPARES: bool = true;

    /// Before polling: is the source ready already? Its ready time is looked at all the same.
    fn prepare(&self) -> bool {
        false
    }

    /// After polling: is it ready?
    fn check(&self) -> bool {
        false
    }

    /// Which descriptors are not to be polled in this turn, asked for after `prepare`.
    fn resting(&self) -> Resting {
        Resting::NONE
    }

    /// The source is ready and its turn has come. False removes it.
    fn dispatch(&self, callback: Callback<'_, Self::Func>) -> bool;

    /// As `prepare`, for sources that have children.
    fn prepare_parent(&self, _source: &Source) -> bool {
        self.prepare()
    }

    /// As `check`, for sources that need themselves for it.
    fn check_in(&self, _turn: &Turn<'_>) -> bool {
        self.check()
    }

    /// As `dispatch`, for sources that have children.
    fn dispatch_parent(&self, _source: &Source, callback: Callback<'_, Self::Func>) -> bool {
        self.dispatch(callback)
    }
}

/// Descriptors of a source that are left out of polls for a while.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Resting {
    /// One bit for each of the source's descriptors.
    pub mask: u8,
    /// For so many milliseconds; no limit if negative.
    pub limit: c_int,
}

impl Resting {
    /// All are polled.
    pub const NONE: Self = Self { mask: 0, limit: -1 };
}

/// A GSource with the hooks behind it.
#[repr(C)]
struct Instance<H> {
    base: GSource,
    /// Which descriptors were taken out of the poll. Of the iterating thread.
    ///
    /// It also hands the hooks from who makes the source to who iterates it. GLib's locks do that already, but tools
    /// that watch threads don't see them.
    resting: AtomicU8,
    /// Who looks at the source without keeping it.
    eye: ManuallyDrop<OnceLock<Arc<Eye>>>,
    hooks: ManuallyDrop<H>,
}

impl<H: Hooks> Instance<H> {
    /// What GLib was given, in one of its calls.
    ///
    /// # Safety
    /// [`Source::new`] made the source with these hooks, and it lives for as long as the result is used.
    unsafe fn of<'s>(source: *mut GSource) -> &'s Self {
        // SAFETY: the caller's promise.
        let instance = unsafe { &*source.cast::<Self>() };
        instance.resting.load(Ordering::Acquire);
        instance
    }

    /// Takes descriptors out of the poll, and puts others into it again.
    fn rest(&self, source: &Source, mask: u8) {
        let before = self.resting.load(Ordering::Relaxed);
        if before == mask {
            return;
        }
        self.resting.store(mask, Ordering::Relaxed);
        // Another thread may have destroyed the source.
        if source.is_destroyed() {
            return;
        }
        for (at, poll_fd) in self.hooks.poll_fds().iter().enumerate().take(8) {
            let bit = 1u8 << at;
            if mask & !before & bit != 0 {
                // SAFETY: the descriptor was added to the source, which is live.
                unsafe { ffi::g_source_remove_poll(source.as_ptr(), poll_fd.0.get()) };
                poll_fd.clear();
            } else if before & !mask & bit != 0 {
                // SAFETY: the descriptor lives as long as the source, which is live.
                unsafe { ffi::g_source_add_poll(source.as_ptr(), poll_fd.0.get()) };
            }
        }
    }
}

unsafe extern "C" fn prepare<H: Hooks>(source: *mut GSource, timeout: *mut c_int) -> gboolean {
    // SAFETY: GLib passes a source of ours, which lives until it is finalised.
    let instance = unsafe { Instance::<H>::of(source) };
    // SAFETY: GLib passes the source, never NULL; it stays GLib's reference.
    let source = ManuallyDrop::new(Source(unsafe { NonNull::new_unchecked(source) }));
    let is_ready = instance.hooks.prepare_parent(&source);
    let resting = instance.hooks.resting();
    instance.rest(&source, resting.mask);
    // SAFETY: GLib passes an address for the timeout, -1 for none.
    unsafe { *timeout = resting.limit };
    is_ready.into()
}

unsafe extern "C" fn check<H: Hooks>(source: *mut GSource) -> gboolean {
    // SAFETY: as in `prepare`.
    let hooks = unsafe { &Instance::<H>::of(source).hooks };
    // SAFETY: as in `prepare`.
    let source = ManuallyDrop::new(Source(unsafe { NonNull::new_unchecked(source) }));
    hooks.check_in(&Turn::of(&source)).into()
}

unsafe extern "C" fn dispatch<H: Hooks>(
    source: *mut GSource,
    function: GSourceFunc,
    data: *mut c_void,
) -> gboolean {
    // SAFETY: as in `prepare`; GLib holds a reference on the source while it is dispatched.
    let hooks = unsafe { &Instance::<H>::of(source).hooks };
    // SAFETY: as in `prepare`.
    let source = ManuallyDrop::new(Source(unsafe { NonNull::new_unchecked(source) }));
    let callback = Callback {
        function,
        data,
        kind: PhantomData::<H::Func>,
        poll_fds: hooks.poll_fds(),
    };
    hooks.dispatch_parent(&source, callback).into()
}

unsafe extern "C" fn finalize<H: Hooks>(source: *mut GSource) {
    let instance = source.cast::<Instance<H>>();
    // SAFETY: the memory is there until this returns.
    if let Some(eye) = unsafe { &(*instance).eye }.get() {
        eye.close();
    }
    // SAFETY: the last reference is gone and this runs once.
    unsafe { ManuallyDrop::drop(&mut (*instance).eye) };
    // SAFETY: as above.
    unsafe { ManuallyDrop::drop(&mut (*instance).hooks) }
}

/// The tables of one kind of source; the address of one of them is all that GLib keeps.
struct Tables<H>(PhantomData<H>);

impl<H: Hooks> Tables<H> {
    const BOTH: &'static asking::Tables = &[Self::funcs(Some(check::<H>)), Self::funcs(None)];

    const fn funcs(check: Option<unsafe extern "C" fn(*mut GSource) -> gboolean>) -> GSourceFuncs {
        GSourceFuncs {
            prepare: if H::PREPARES {
                Some(prepare::<H>)
            } else {
                None
            },
            check,
            dispatch: Some(dispatch::<H>),
            finalize: Some(finalize::<H>),
            closure_callback: None,
            closure_marshal: None,
        }
    }
}

/// A counted reference on a `GSource`.
#[derive(Debug)]
pub struct Source(pub(super) NonNull<GSource>);

// SAFETY: sources may be referenced, attached and destroyed from any thread.
unsafe impl Send for Source {}
// SAFETY: as above.
unsafe impl Sync for Source {}

impl Source {
    /// A new source, not attached, at default priority, without callback.
    pub fn new<H: Hooks>(hooks: H) -> Self {
        const { assert!(align_of::<Instance<H>>() <= 16) };
        let size = u32::try_from(size_of::<Instance<H>>()).unwrap_or(u32::MAX);
        let asked = Tables::<H>::BOTH.as_ptr();
        // SAFETY: the tables live for ever (GLib only reads them); GLib allocates `size` zeroed
        // bytes, aligned as malloc does.
        let source = unsafe { ffi::g_source_new(asked.cast_mut(), size) };
        let instance = source.cast::<Instance<H>>();
        // SAFETY: the memory behind the base is ours and uninitialised.
        unsafe { (&raw mut (*instance).eye).write(ManuallyDrop::new(OnceLock::new())) };
        // SAFETY: as above.
        unsafe { (&raw mut (*instance).hooks).write(ManuallyDrop::new(hooks)) };
        // SAFETY: initialised above, but for a number that is 0 as the memory is, and at a fixed address until finalised.
        let instance = unsafe { &*instance };
        instance.resting.store(0, Ordering::Release);
        for poll_fd in instance.hooks.poll_fds() {
            // SAFETY: the GPollFD lives as long as the source.
            unsafe { ffi::g_source_add_poll(source, poll_fd.0.get()) }
        }
        // SAFETY: `g_source_new` never returns NULL; its one reference is ours.
        Self(unsafe { NonNull::new_unchecked(source) })
    }

    /// Takes over a reference that C code gave away. None for NULL.
    ///
    /// # Safety
    /// `ptr` is NULL or a live source, one reference of which is ours from now on.
    pub unsafe fn from_ptr_full(ptr: *mut GSource) -> Option<Self> {
        NonNull::new(ptr).map(Self)
    }

    /// The address, for C.
    pub fn as_ptr(&self) -> *mut GSource {
        self.0.as_ptr()
    }

    /// Gives the reference to C code (transfer full).
    pub fn into_ptr(self) -> *mut GSource {
        ManuallyDrop::new(self).as_ptr()
    }

    /// Sets the callback. Its data ends with the source, or when the callback is replaced.
    ///
    /// # Safety
    /// `function`, cast to the [`Hooks::Func`] of this source, may be called with the data on any
    /// thread.
    pub unsafe fn set_callback(&self, function: GSourceFunc, data: UserData) {
        let destroy = data.destroy();
        // SAFETY: the source is live; the data is GLib's from now on.
        unsafe { ffi::g_source_set_callback(self.as_ptr(), function, data.leak(), destroy) }
    }

    /// Makes `child` a part of this source: whenever it is ready, this one is dispatched too, and it
    /// ends with this one. It must not be attached yet.
    pub fn add_child(&self, child: &Self) {
        // SAFETY: both are live.
        unsafe { ffi::g_source_add_child_source(self.as_ptr(), child.as_ptr()) }
    }

    /// Starts the source in `context`; returns its id there.
    pub fn attach(&self, context: &MainContext) -> u32 {
        // SAFETY: both are live.
        unsafe { ffi::g_source_attach(self.as_ptr(), context.as_ptr()) }
    }

    /// Ends the source: it is not dispatched any more. Ending twice is harmless.
    pub fn destroy(&self) {
        // SAFETY: the source is live.
        unsafe { ffi::g_source_destroy(self.as_ptr()) }
    }

    /// Whether the source was ended, by its owner or with its context.
    pub fn is_destroyed(&self) -> bool {
        // SAFETY: the source is live.
        unsafe { ffi::g_source_is_destroyed(self.as_ptr()) != 0 }
    }

    /// Where the source is attached.
    pub fn context(&self) -> Option<MainContext> {
        if self.is_destroyed() {
            return None;
        }
        // SAFETY: the source is live.
        let context = unsafe { ffi::g_source_get_context(self.as_ptr()) };
        // SAFETY: a live source of a context that iterates it, or NULL.
        (!context.is_null()).then(|| unsafe { MainContext::from_ptr_none(context) })
    }

    /// Sets the priority; lower numbers go first.
    pub fn set_priority(&self, priority: c_int) {
        // SAFETY: the source is live.
        unsafe { ffi::g_source_set_priority(self.as_ptr(), priority) }
    }

    /// Lets nested loops dispatch the source while it is being dispatched.
    pub fn set_can_recurse(&self) {
        // SAFETY: the source is live.
        unsafe { ffi::g_source_set_can_recurse(self.as_ptr(), ffi::GTRUE) }
    }

    /// Names the source, for debuggers and profilers.
    pub fn set_name(&self, name: &CStr) {
        // SAFETY: the source is live; GLib copies the name.
        unsafe { ffi::g_source_set_name(self.as_ptr(), name.as_ptr()) }
    }

    /// Makes the source ready once the monotonic clock shows `time` in microseconds; -1 never.
    pub fn set_ready_time(&self, time: i64) {
        // SAFETY: the source is live.
        unsafe { ffi::g_source_set_ready_time(self.as_ptr(), time) }
    }
}

impl Clone for Source {
    fn clone(&self) -> Self {
        // SAFETY: the source is live; `g_source_ref` returns its argument.
        Self(unsafe { NonNull::new_unchecked(ffi::g_source_ref(self.as_ptr())) })
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        // SAFETY: the reference is ours and goes with `self`.
        unsafe { ffi::g_source_unref(self.as_ptr()) }
    }
}

/// A counted reference on a source of a known kind.
pub struct SourceOf<H> {
    source: Source,
    kind: PhantomData<fn() -> H>,
}

impl<H: Hooks> SourceOf<H> {
    /// A new source, not attached, at default priority.
    pub fn new(hooks: H) -> Self {
        Self {
            source: Source::new(hooks),
            kind: PhantomData,
        }
    }

    /// What was given to [`SourceOf::new`].
    pub fn hooks(&self) -> &H {
        let instance = self.source.as_ptr().cast::<Instance<H>>();
        // SAFETY: `new` made the source with these hooks, which live until it is finalised.
        unsafe { &(*instance).hooks }
    }

    /// The source behind `source` if these are its hooks.
    pub fn with_hooks(source: &Source, hooks: &H) -> Option<Self> {
        let instance = source.as_ptr().cast::<Instance<H>>();
        // No memory is touched: whatever kind of source it is, hooks that are elsewhere aren't its.
        let at = instance.wrapping_byte_add(core::mem::offset_of!(Instance<H>, hooks));
        ptr::addr_eq(at, hooks).then(|| Self::of(source.clone()))
    }

    /// Looks at the source without keeping it.
    pub fn eye(&self) -> Arc<Eye> {
        let instance = self.source.as_ptr().cast::<Instance<H>>();
        // SAFETY: `new` made it, and it lives until the source is finalised.
        let eye = unsafe { &(*instance).eye };
        Arc::clone(eye.get_or_init(|| Eye::open(self.source.0)))
    }

    /// Takes the source's descriptors out of the poll. The source must not be destroyed.
    pub fn stop_polling(&self) {
        for poll_fd in self.hooks().poll_fds() {
            // SAFETY: `Source::new` added the descriptor.
            unsafe { ffi::g_source_remove_poll(self.source.as_ptr(), poll_fd.0.get()) }
        }
    }

    /// Puts the source's descriptors into the poll again. The source must not be destroyed.
    pub fn resume_polling(&self) {
        for poll_fd in self.hooks().poll_fds() {
            // SAFETY: `stop_polling` removed the descriptor, which lives as long as the source.
            unsafe { ffi::g_source_add_poll(self.source.as_ptr(), poll_fd.0.get()) }
        }
    }
}

impl<H: Hooks<Func = ()>> SourceOf<H> {
    /// Keeps `value` until the source is destroyed and no dispatch of it is under way.
    ///
    /// It takes the place of the source's callback.
    pub fn keep<T: Send + Sync + 'static>(&self, value: T) {
        unsafe extern "C" fn never(_data: *mut c_void) -> gboolean {
            ffi::G_SOURCE_REMOVE
        }
        // SAFETY: the hooks call no callback, and `never` takes any data.
        unsafe { self.set_callback(Some(never), UserData::boxed(value)) }
    }
}

impl<H> SourceOf<H> {
    /// A source that was made with such hooks.
    pub(super) fn of(source: Source) -> Self {
        Self {
            source,
            kind: PhantomData,
        }
    }
}

impl<H> From<SourceOf<H>> for Source {
    fn from(source: SourceOf<H>) -> Self {
        source.source
    }
}

impl<H> Clone for SourceOf<H> {
    fn clone(&self) -> Self {
        Self {
            source: self.source.clone(),
            kind: PhantomData,
        }
    }
}

impl<H> Deref for SourceOf<H> {
    type Target = Source;

    fn deref(&self) -> &Source {
        &self.source
    }
}

/// The monotonic clock that sources go by, in microseconds.
pub fn monotonic_time() -> i64 {
    // SAFETY: no preconditions.
    unsafe { ffi::g_get_monotonic_time() }
}
