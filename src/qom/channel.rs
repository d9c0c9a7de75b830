//! `qio-channel`: the abstract base of all channels.

use crate::logic::wait;
use crate::object::Shared;
use abi::layout::{Object, QIOChannel, QIOChannelClass, TypeInfo};
use abi::profile;
use platform::check_usage;
use platform::os::errno;

/// The type.
pub(super) const TYPE: TypeInfo = TypeInfo {
    r#abstract: true,
    class_size: size_of::<QIOChannelClass>(),
    ..super::concrete::<QIOChannel, Object>(&super::Hooks {
        class: None,
        init: Some(init),
        finalize: Some(finalize),
    })
};

/// Runs first, before the initialisers of the subclasses.
unsafe extern "C" fn init(obj: *mut Object) {
    // SAFETY: the host passes a new instance of the type.
    if let Some(channel) = unsafe { Shared::<QIOChannel>::from_ptr(obj.cast()) } {
        wait::prepare(channel);
    }
}

/// Runs last, after the finalisers of the subclasses (R-CHAN-2).
unsafe extern "C" fn finalize(obj: *mut Object) {
    // SAFETY: the host passes an instance of the type, whose last reference has gone.
    let Some(channel) = (unsafe { Shared::<QIOChannel>::from_ptr(obj.cast()) }) else {
        return;
    };
    // Whoever dropped the reference may have a failure to tell (R-CHAN-5).
    let errno = errno::last();
    check_usage!(
        !profile::WAITED_FOR_CHANNEL_MUST_LIVE || !channel.is_waited_for(),
        "object_unref",
        "a coroutine still waits for the channel"
    );
    channel.set_name(None);
    errno::set(errno);
}
