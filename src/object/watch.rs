//! The callbacks of channel watches.

use core::ffi::c_void;
use core::mem::transmute;

use glib_sys::{GFALSE, GIOCondition, gboolean};

use super::channel::Channel;
use crate::glib::{Callback, Source, UserData};
use crate::layout::{self, QIOChannelFunc};

/// What GLib stores a callback as.
type StoredFunc = unsafe extern "C" fn(data: *mut c_void) -> gboolean;
/// What a watch calls.
type WatchFunc = unsafe extern "C" fn(
    ioc: *mut layout::QIOChannel,
    condition: GIOCondition,
    data: *mut c_void,
) -> gboolean;

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

    /// Makes it the callback of a channel's source, which owns the data from now on (R-CHAN-54).
    pub fn set_on(self, source: &Source) {
        let function = self.function.map(|function| {
            // SAFETY: a channel's source calls it as what it is (R-WATCH-7).
            unsafe { transmute::<WatchFunc, StoredFunc>(function) }
        });
        // SAFETY: function and data fit each other, as promised in `new`.
        unsafe { source.set_callback(function, self.opaque) };
    }
}

/// Calls the callback of a channel's source; whether the source stays. None if it has no callback.
pub fn call(callback: Callback, channel: &Channel, condition: GIOCondition) -> Option<bool> {
    let function = callback.function()?;
    // SAFETY: a channel's source has a `QIOChannelFunc`, stored through a cast (R-WATCH-7).
    let function = unsafe { transmute::<StoredFunc, WatchFunc>(function) };
    // SAFETY: the channel is live, and the data is what the function was set with.
    let stays = unsafe { function(channel.as_ptr(), condition, callback.data()) };
    Some(stays != GFALSE)
}
