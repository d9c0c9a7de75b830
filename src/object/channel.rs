//! Channels of any class.

use core::ffi::{CStr, c_char, c_int, c_void};
use core::ptr;

use glib_sys as ffi;

use super::channel_class::CreateWatch;
use super::class::ObjectImpl;
use super::{Instance, IsA, Shared};
use abi::{layout, profile};
use platform::check_usage;
use platform::glib::Source;
#[cfg(two_aio_contexts)]
use platform::sync::atomic::AtomicBool;
use platform::sync::atomic::{AtomicI32, AtomicPtr, AtomicU32, Ordering};

/// A channel of any class.
pub type Channel = Shared<layout::QIOChannel>;

// SAFETY: the struct begins with its parent's, down to `Object`.
unsafe impl Instance for layout::QIOChannel {
    const TYPE: &'static CStr = c"qio-channel";
}

// SAFETY: the first member is the parent.
unsafe impl IsA<layout::Object> for layout::QIOChannel {}

impl ObjectImpl for layout::QIOChannel {
    /// Runs last, after the finalisers of the subclasses (R-CHAN-2).
    fn finalize(channel: &Channel) {
        check_usage!(
            !profile::WAITED_FOR_CHANNEL_MUST_LIVE || !channel.is_waited_for(),
            "object_unref",
            "a coroutine still waits for the channel"
        );
        channel.set_name(None);
    }
}

/// What a channel can do: a bit number, as in `QIOChannelFeature`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Feature(u32);

impl Feature {
    /// Descriptors can be sent and received.
    pub const FD_PASS: Self = Self(0);
    /// Shutdown works.
    pub const SHUTDOWN: Self = Self(1);
    /// The channel is a listening socket.
    pub const LISTEN: Self = Self(2);
    /// Zero-copy writes work.
    pub const WRITE_ZERO_COPY: Self = Self(3);
    /// Peeking works (not in the 7.2 profiles).
    pub const READ_MSG_PEEK: Self = Self(4);
    /// Positional reads and writes work (not in the 7.2 profiles).
    pub const SEEKABLE: Self = Self(5);
    /// One thread may read while another one writes (only in qemu-10.2).
    pub const CONCURRENT_IO: Self = Self(6);

    /// The feature that C code names; it may be any number.
    pub fn from_c(feature: layout::ChannelFeature) -> Self {
        Self(feature)
    }

    /// Its bit; none for a number that no bit has.
    #[inline]
    fn bit(self) -> u32 {
        1u32.checked_shl(self.0).unwrap_or(0)
    }
}

impl Channel {
    /// The feature bits, for atomic access: set on worker threads while others look (R-CHAN-17).
    #[inline]
    fn features(&self) -> &AtomicU32 {
        // SAFETY: an aligned field that lives with `self`, which all of the library accesses
        // atomically.
        unsafe { AtomicU32::from_ptr(&raw mut (*self.as_ptr()).features) }
    }

    /// Whether the channel can do this.
    #[inline]
    pub fn has_feature(&self, feature: Feature) -> bool {
        self.features().load(Ordering::Acquire) & feature.bit() != 0
    }

    /// From now on the channel can do this.
    pub fn set_feature(&self, feature: Feature) {
        self.features().fetch_or(feature.bit(), Ordering::Release);
    }

    /// Names the channel, or unnames it. Not to be called by two threads at once (R-CHAN-11).
    pub fn set_name(&self, name: Option<&CStr>) {
        let name: *const c_char = name.map_or(ptr::null(), CStr::as_ptr);
        // SAFETY: NULL or a C string; the copy is in GLib memory (R-CHAN-7).
        let copy = unsafe { ffi::g_strdup(name) };
        // SAFETY: the field lives with `self`; callers take turns (R-CHAN-11).
        let old = unsafe { ptr::replace(&raw mut (*self.as_ptr()).name, copy) };
        // SAFETY: NULL or GLib memory that the field owned.
        unsafe { ffi::g_free(old.cast::<c_void>()) };
    }

    /// Gives a source the channel's name, if it has one (R-CHAN-53).
    pub fn name_source(&self, source: &Source) {
        // SAFETY: the field lives with `self`; callers take turns with `set_name` (R-CHAN-11).
        let name = unsafe { (*self.as_ptr()).name };
        if !name.is_null() {
            // SAFETY: a C string, not replaced meanwhile; GLib copies it.
            source.set_name(unsafe { CStr::from_ptr(name) });
        }
    }

    /// Where coroutines wait: in their own context, or in the main loop (R-CHAN-44).
    #[cfg(two_aio_contexts)]
    fn follows(&self) -> &AtomicBool {
        // SAFETY: a field that lives with `self`, which all of the library accesses atomically.
        unsafe { AtomicBool::from_ptr(&raw mut (*self.as_ptr()).follow_coroutine_ctx) }
    }

    /// Whether coroutines wait in their own context.
    #[cfg(two_aio_contexts)]
    pub fn follows_coroutine(&self) -> bool {
        self.follows().load(Ordering::Relaxed)
    }

    /// Where coroutines wait from now on.
    #[cfg(two_aio_contexts)]
    pub fn set_follows_coroutine(&self, enabled: bool) {
        self.follows().store(enabled, Ordering::Relaxed);
    }

    /// Whether the channel's watches are the library's for this kind of channel.
    pub(super) fn watches_as(&self, kind: WatchKind) -> bool {
        let own = OWN_WATCHES[kind as usize].load(Ordering::Relaxed);
        !own.is_null() && ptr::eq(own, self.create_watch_id())
    }

    /// The descriptors behind the channel's watches. None if its class makes watches of its own.
    ///
    /// Told by the method, not by the type: a foreign subclass may have another one (W-7).
    pub fn polled(&self) -> Option<Polled> {
        let uses = |kind| self.watches_as(kind);
        // SAFETY: an aligned field of the live channel. C code and other threads may store to it
        // (R-CHAN-10).
        let load = |field| unsafe { AtomicI32::from_ptr(field) }.load(Ordering::Relaxed);
        if uses(WatchKind::Socket) {
            let socket = self.as_ptr().cast::<layout::QIOChannelSocket>();
            // SAFETY: the method is for sockets, so the channel is one.
            Some(Polled::One(load(unsafe { &raw mut (*socket).fd })))
        } else if uses(WatchKind::File) {
            let file = self.as_ptr().cast::<layout::QIOChannelFile>();
            // SAFETY: the method is for files, so the channel is one.
            Some(Polled::One(load(unsafe { &raw mut (*file).fd })))
        } else if uses(WatchKind::Command) {
            let command = self.as_ptr().cast::<layout::QIOChannelCommand>();
            Some(Polled::Pair {
                // SAFETY: the method is for commands, so the channel is one.
                read: load(unsafe { &raw mut (*command).readfd }),
                // SAFETY: as above.
                write: load(unsafe { &raw mut (*command).writefd }),
            })
        } else {
            None
        }
    }
}

/// The descriptors that a channel's watches poll; negative ones are closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Polled {
    /// One for both directions.
    One(c_int),
    /// One for each direction.
    Pair {
        /// What is read from.
        read: c_int,
        /// What is written to.
        write: c_int,
    },
}

/// The classes of the library whose watches poll a descriptor, their own or their master's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WatchKind {
    /// Socket channels.
    Socket,
    /// File channels.
    File,
    /// Command channels.
    Command,
    /// TLS channels.
    Tls,
}

/// The `io_create_watch` methods of those classes, by [`WatchKind`]. Two may be one function if
/// their code is the same: then either reads the same field.
static OWN_WATCHES: [AtomicPtr<c_void>; 4] = [const { AtomicPtr::new(ptr::null_mut()) }; 4];

impl WatchKind {
    /// Notes the method of the class, when the class is made.
    ///
    /// # Safety
    /// `method` is used by classes of this kind, and subclasses, only.
    pub unsafe fn note(self, method: CreateWatch) {
        OWN_WATCHES[self as usize].store(method as *mut c_void, Ordering::Relaxed);
    }
}
