//! `io/channel.h`.

use core::ffi::{CStr, c_char};

use crate::layout::{ChannelFeature, QIOChannel};
use crate::object::Shared;
use crate::object::channel::{Channel, Feature};
use crate::os::abort::misuse;

/// The channel behind the C pointer, borrowed; NULL ends the process.
///
/// # Safety
/// `ioc` is NULL or live for `'a`.
#[inline]
pub(super) unsafe fn borrow<'a>(ioc: *mut QIOChannel, function: &str) -> &'a Channel {
    // SAFETY: as promised.
    match unsafe { Shared::from_ptr(ioc) } {
        Some(channel) => channel,
        None => misuse(function, format_args!("ioc is NULL")),
    }
}

/// qio_channel_has_feature:
/// @ioc: (transfer none): the channel
/// @feature: what to ask for
///
/// Tells whether the channel can do something. Features come with the kind of channel and with
/// what it is connected to, and stay when it is closed.
///
/// Threads: any. Blocks: no.
/// Returns: true if it can.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_has_feature(
    ioc: *mut QIOChannel,
    feature: ChannelFeature,
) -> bool {
    // SAFETY: the caller holds a reference for the call.
    let channel = unsafe { borrow(ioc, "qio_channel_has_feature") };
    channel.has_feature(Feature::from_c(feature))
}

/// qio_channel_set_feature:
/// @ioc: (transfer none): the channel
/// @feature: what the channel can do from now on
///
/// Adds a feature, for those who write channels. None can be taken away.
///
/// Threads: any, also while others ask. Blocks: no.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_set_feature(ioc: *mut QIOChannel, feature: ChannelFeature) {
    // SAFETY: the caller holds a reference for the call.
    let channel = unsafe { borrow(ioc, "qio_channel_set_feature") };
    channel.set_feature(Feature::from_c(feature));
}

/// qio_channel_set_name:
/// @ioc: (transfer none): the channel
/// @name: (transfer none) (nullable): a label, which is copied; NULL for none
///
/// Names the channel, for whoever debugs. Watches that are made afterwards have the same name.
///
/// Threads: any, one at a time. Blocks: no.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_channel_set_name(ioc: *mut QIOChannel, name: *const c_char) {
    // SAFETY: the caller holds a reference for the call.
    let channel = unsafe { borrow(ioc, "qio_channel_set_name") };
    // SAFETY: NULL is sorted out; otherwise a C string.
    let name = (!name.is_null()).then(|| unsafe { CStr::from_ptr(name) });
    channel.set_name(name);
}
