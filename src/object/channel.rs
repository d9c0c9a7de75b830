//! `QIOChannel` as Rust sees it: safe access to the fields that channels of any class have.

use core::ffi::{CStr, c_char, c_int, c_void};
use core::ptr;
use std::sync::OnceLock;

use glib_sys as ffi;

use super::channel_class::CreateWatch;
use super::fields::{atomic_fields, instance};
use super::socket::Socket;
use abi::layout;
use platform::glib::Source;
use platform::os::poll::{Until, Waited};
use platform::sync::Striped;
#[cfg(two_aio_contexts)]
use platform::sync::atomic::AtomicBool;
use platform::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

/// The locks of the `name` fields.
/// C code that uses the field directly serialises that with all other users (R-CHAN-11).
static NAMES: Striped = Striped::new();

instance!(Channel = QIOChannel: Object, c"qio-channel");

atomic_fields!(Channel {
    // The feature bits, for atomic access: set on worker threads while others look (R-CHAN-17).
    features: features as AtomicU32;
    // The name, which only users of its lock look behind (R-CHAN-11).
    name: name as AtomicPtr<c_char>;
    // Where coroutines wait: in their own context, or in the main loop (R-CHAN-44).
    #[cfg(two_aio_contexts)]
    follows: follow_coroutine_ctx as AtomicBool;
});

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
    /// Whether the channel can do this.
    #[inline]
    pub fn has_feature(&self, feature: Feature) -> bool {
        self.features().load(Ordering::Acquire) & feature.bit() != 0
    }

    /// From now on the channel can do this.
    pub fn set_feature(&self, feature: Feature) {
        self.features().fetch_or(feature.bit(), Ordering::Release);
    }

    /// Names the channel, or unnames it (R-CHAN-18). Watches that there are keep their names.
    pub fn set_name(&self, name: Option<&CStr>) {
        // As most end.
        if name.is_none() && self.name().load(Ordering::Relaxed).is_null() {
            return;
        }
        let label = name;
        let name: *const c_char = name.map_or(ptr::null(), CStr::as_ptr);
        // SAFETY: NULL or a C string; the copy is in GLib memory (R-CHAN-7).
        let copy = unsafe { ffi::g_strdup(name) };
        let guard = NAMES.lock(self.as_ptr());
        let old = self.name().swap(copy, Ordering::Relaxed);
        self.record().set_name(label);
        drop(guard);
        // SAFETY: NULL or GLib memory that the field owned, which only users of the lock have seen.
        unsafe { ffi::g_free(old.cast::<c_void>()) };
    }

    /// Gives a source the channel's name, if it has one (R-CHAN-53).
    pub fn name_source(&self, source: &Source) {
        // Most have none, and need no lock for that.
        if self.name().load(Ordering::Relaxed).is_null() {
            return;
        }
        let guard = NAMES.lock(self.as_ptr());
        let name = self.name().load(Ordering::Relaxed);
        if !name.is_null() {
            // SAFETY: a C string, not replaced while the lock is held; GLib copies it.
            source.set_name(unsafe { CStr::from_ptr(name) });
        }
        drop(guard);
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

    /// How to wait for the channel. None if its class makes watches of its own.
    ///
    /// Told by the method, not by the type: a foreign subclass may have another one (W-7).
    fn waiting(&self) -> Option<&'static Waiting> {
        let method = self.create_watch_id().addr();
        let registered = OWN.iter().map_while(OnceLock::get);
        let own = registered.filter(|(own, _)| *own == method);
        own.map(|(_, waiting)| waiting).next()
    }

    /// Whether the channel's watches are of a kind that the library knows nothing of.
    pub fn has_foreign_watches(&self) -> bool {
        self.waiting().is_none()
    }

    /// The descriptors behind the channel's watches, if those are all that there is to poll.
    pub fn polled(&self) -> Option<Polled> {
        // SAFETY: the channel is of the class that has registered this.
        self.waiting().and_then(|own| unsafe { (own.polled)(self) })
    }

    /// Takes what makes the descriptor raise ERR without anything being wrong. False if there is no
    /// such thing, or another thread is about it.
    pub fn take_notices(&self) -> bool {
        let take = self.waiting().and_then(|own| own.take_notices);
        // SAFETY: the channel is of the class that has registered this.
        take.is_some_and(|take| unsafe { take(self) })
    }

    /// The socket that the channel's bytes travel through, perhaps below other channels.
    pub fn socket(&self) -> Option<&Socket> {
        // SAFETY: the channel is of the class that has registered this.
        self.waiting().and_then(|own| unsafe { (own.socket)(self) })
    }

    /// Sets how long a handshake may take, in milliseconds. False if the channel has none.
    pub fn set_handshake_timeout(&self, milliseconds: u32) -> bool {
        let Some(set) = self.waiting().and_then(|own| own.set_handshake_timeout) else {
            return false;
        };
        // SAFETY: the channel is of the class that has registered this.
        unsafe { set(self, milliseconds) };
        true
    }

    /// Waits as the channel's class does. None if its watches are foreign.
    pub fn wait_as_class(&self, condition: u32, until: Until) -> Option<Waited> {
        // SAFETY: the channel is of the class that has registered this.
        self.waiting()
            .map(|own| unsafe { (own.wait)(self, condition, until) })
    }
}

/// How a class of the library waits: the same for which its watches are ready, without a main
/// context and without a new descriptor (C8).
#[derive(Clone, Copy)]
pub struct Waiting {
    /// The descriptors that the watches poll. None if there are none, or not only those.
    ///
    /// # Safety
    /// The channel is of the class.
    pub polled: unsafe fn(&Channel) -> Option<Polled>,
    /// Waits until a watch for the condition would fire.
    ///
    /// # Safety
    /// The channel is of the class.
    pub wait: unsafe fn(&Channel, condition: u32, until: Until) -> Waited,
    /// Takes what makes the descriptor raise ERR without anything being wrong; whether it could.
    ///
    /// # Safety
    /// The channel is of the class.
    pub take_notices: Option<unsafe fn(&Channel) -> bool>,
    /// The socket that the channel's bytes travel through, if there is one.
    ///
    /// # Safety
    /// The channel is of the class.
    pub socket: unsafe fn(&Channel) -> Option<&Socket>,
    /// Sets how long a handshake may take, in milliseconds.
    ///
    /// # Safety
    /// The channel is of the class.
    pub set_handshake_timeout: Option<unsafe fn(&Channel, milliseconds: u32)>,
}

/// The `io_create_watch` methods of the library's classes, and how those wait.
static OWN: [OnceLock<(usize, Waiting)>; 8] = [const { OnceLock::new() }; 8];

impl Waiting {
    /// Takes note of a class, when it is made.
    ///
    /// # Safety
    /// `method` is used by this class, and by subclasses, only.
    pub unsafe fn register(self, method: CreateWatch) {
        // Classes are made by one thread at a time.
        if let Some(free) = OWN.iter().find(|entry| entry.get().is_none()) {
            let _ = free.set(((method as *const c_void).addr(), self));
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
