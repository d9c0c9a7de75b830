//! The callbacks of channel watches (`QIOChannelFunc`): set on a source, and called.

use core::ffi::c_void;
use core::mem::transmute;
use core::ops::Deref;
use std::sync::Arc;

use glib_sys::{GFALSE, GIOCondition, GSource, gboolean};

use super::channel::Channel;
use abi::layout::{self, QIOChannelFunc};
use platform::glib::{Callback, Hooks, Source, UserData};
use platform::sync::atomic::{AtomicU32, Ordering};

/// What GLib stores a callback as.
type StoredFunc = unsafe extern "C" fn(data: *mut c_void) -> gboolean;
/// What a watch calls: a `QIOChannelFunc`.
pub type WatchFunc = unsafe extern "C" fn(
    ioc: *mut layout::QIOChannel,
    condition: GIOCondition,
    data: *mut c_void,
) -> gboolean;

/// A counted reference on a source whose callback is a [`WatchFunc`].
#[derive(Clone, Debug)]
pub struct WatchSource(Source);

impl WatchSource {
    /// A new source, not attached, without callback.
    pub fn new<H: Hooks<Func = WatchFunc>>(hooks: H) -> Self {
        Self(Source::new(hooks))
    }

    /// What `io_create_watch` returned. None for NULL.
    ///
    /// # Safety
    /// `ptr` is NULL or a live source, one reference of which is ours from now on. It calls its
    /// callback as a `QIOChannelFunc` (R-WATCH-7).
    pub unsafe fn from_ptr_full(ptr: *mut GSource) -> Option<Self> {
        // SAFETY: as promised.
        unsafe { Source::from_ptr_full(ptr) }.map(Self)
    }

    /// Gives the reference to C code (transfer full).
    pub fn into_ptr(self) -> *mut GSource {
        self.0.into_ptr()
    }
}

impl Deref for WatchSource {
    type Target = Source;

    fn deref(&self) -> &Source {
        &self.0
    }
}

impl From<WatchSource> for Source {
    fn from(source: WatchSource) -> Self {
        source.0
    }
}

/// A watch callback of the library: gets what the channel is ready for, says whether it stays.
pub type NativeFunc = Box<dyn Fn(u32) -> bool + Send + Sync>;

/// A watch callback of C code with its data.
pub struct Watcher {
    function: QIOChannelFunc,
    opaque: UserData,
}

impl Watcher {
    /// A callback that C code gave.
    ///
    /// # Safety
    /// `function` may be called with any channel and the data, on the thread that runs the source.
    pub unsafe fn new(function: QIOChannelFunc, opaque: UserData) -> Self {
        Self { function, opaque }
    }

    /// A function of the library; it ends with the source.
    pub fn native(function: NativeFunc) -> Self {
        unsafe extern "C" fn call(
            _ioc: *mut layout::QIOChannel,
            condition: GIOCondition,
            data: *mut c_void,
        ) -> gboolean {
            // SAFETY: the data is the boxed function below, which lives as long as the callback.
            let function = unsafe { &*data.cast::<NativeFunc>() };
            function(condition).into()
        }
        // SAFETY: the function takes such data.
        unsafe { Self::new(Some(call), UserData::boxed(function)) }
    }

    /// Makes it the source's callback; the source owns the data from now on (R-CHAN-54).
    pub fn set_on(self, source: &WatchSource) {
        let function = self.function.map(|function| {
            // SAFETY: both are function pointers, and a `WatchSource` casts it back before the call.
            unsafe { transmute::<WatchFunc, StoredFunc>(function) }
        });
        // SAFETY: function and data fit each other, as promised in `new`.
        unsafe { source.set_callback(function, self.opaque) };
    }
}

/// Calls the callback of a channel's source; whether the source stays. None if it has no callback.
pub fn call(
    callback: Callback<'_, WatchFunc>,
    channel: &Channel,
    condition: GIOCondition,
) -> Option<bool> {
    let function = callback.function()?;
    // SAFETY: both are function pointers, and the callback was a `WatchFunc` before GLib stored it:
    // set by `Watcher::set_on`, or by C code as R-WATCH-7 says.
    let function = unsafe { transmute::<StoredFunc, WatchFunc>(function) };
    // SAFETY: the channel is live, and the data is what the function was set with.
    let stays = unsafe { function(channel.as_ptr(), condition, callback.data()) };
    Some(stays != GFALSE)
}

/// Whether a channel's source has fired, and for what.
///
/// Source and flag share the memory, so either may go first.
pub struct Flag(Arc<AtomicU32>);

/// Beside the conditions.
const FIRED: u32 = 1 << 31;

impl Flag {
    /// A flag that the source sets when it fires, whereupon it ends.
    pub fn set_by(source: &WatchSource) -> Self {
        let flag = Arc::new(AtomicU32::new(0));
        let data = Arc::into_raw(Arc::clone(&flag)).cast_mut().cast::<c_void>();
        // SAFETY: the one count that `data` stands for goes with it.
        let data = unsafe { UserData::new(data, Some(Self::release)) };
        // SAFETY: the function takes such data.
        unsafe { Watcher::new(Some(Self::raise), data) }.set_on(source);
        Self(flag)
    }

    /// What the source has fired for; None if it hasn't.
    pub fn get(&self) -> Option<u32> {
        let bits = self.0.load(Ordering::Acquire);
        (bits & FIRED != 0).then_some(bits & !FIRED)
    }

    unsafe extern "C" fn raise(
        _ioc: *mut layout::QIOChannel,
        condition: GIOCondition,
        data: *mut c_void,
    ) -> gboolean {
        // SAFETY: the count that `data` stands for is dropped with the source's callback only.
        let flag = unsafe { &*data.cast::<AtomicU32>() };
        flag.store(condition | FIRED, Ordering::Release);
        GFALSE
    }

    unsafe extern "C" fn release(data: *mut c_void) {
        // SAFETY: the count was given to the source, which ends it once.
        drop(unsafe { Arc::from_raw(data.cast::<AtomicU32>()) });
    }
}
