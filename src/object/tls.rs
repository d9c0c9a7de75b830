//! `QIOChannelTLS` as Rust sees it: safe access to the fields of a TLS channel.

use core::ptr;

use super::Finalizing;
use super::channel_class::Transfer;
use super::fields::{atomic_fields, instance};
use super::layered::Layered;
use abi::layout;
use host::error::Error;
use host::tls_session::{OwnedSession, Session, Transport};
use platform::glib::UserData;
use platform::os::fd_list::{PassedFds, ReceivedFds};
use platform::os::iov::{IoVec, IoVecMut};
use platform::sync::atomic::{AtomicBool, AtomicPtr, AtomicU8, AtomicU32, Ordering};

instance!(Tls = QIOChannelTLS: QIOChannel, c"qio-channel-tls", size_of::<Whole>());

atomic_fields!(Tls {
    session_field: session as AtomicPtr<layout::QCryptoTLSSession>;
    shutdown_field: shutdown as AtomicU32;
    master_pointer: master as AtomicPtr<layout::QIOChannel>;
    #[cfg(tls_hs_ioc_tag)]
    handshake_tag: hs_ioc_tag as AtomicU32;
    #[cfg(tls_bye)]
    bye_tag: bye_ioc_tag as AtomicU32;
});

/// The instance: what C code sees, and the rest behind it. Zeroed memory is one, as it is new.
#[repr(C)]
struct Whole {
    seen: layout::QIOChannelTLS,
    state: AtomicPtr<UserData>,
    /// A read would not need the master; see [`Tls::has_pending`].
    pending: AtomicBool,
    /// What reads of the master have come to since [`Tls::begin_read`].
    received: AtomicU8,
    /// A write of the session to the master has failed.
    write_failed: AtomicBool,
}

/// Bits of `received`.
const BYTES: u8 = 1;
const WOULD_BLOCK: u8 = 2;
const END: u8 = 4;

// SAFETY: fields of ours.
unsafe impl Layered for layout::QIOChannelTLS {
    fn master_field(channel: &Tls) -> &AtomicPtr<layout::QIOChannel> {
        channel.master_pointer()
    }

    fn state_field(channel: &Tls) -> &AtomicPtr<UserData> {
        // SAFETY: instances have `SIZE` bytes; all bits of the zeroed memory are valid.
        unsafe { &(*channel.whole()).state }
    }
}

const SHUTDOWN_READ: u32 = layout::QIOChannelShutdown::QIO_CHANNEL_SHUTDOWN_READ as u32;

impl Tls {
    fn whole(&self) -> *mut Whole {
        self.as_ptr().cast::<Whole>()
    }

    /// Stores the session, once. The channel is its transport, without a reference (R-TLS-4).
    pub fn set_session(&self, session: OwnedSession) {
        // SAFETY: only calls on the channel, which is live then, call the session; those of the
        // program end before it gives up its reference.
        let session = unsafe { session.into_ptr(ptr::from_ref(self).cast_mut()) };
        self.session_field().store(session, Ordering::Release);
    }

    /// What encrypts the records.
    #[inline]
    pub fn session(&self) -> Option<Session<'_>> {
        // SAFETY: the field's session lives as long as `self`.
        unsafe { Session::from_ptr(self.session_field().load(Ordering::Acquire)) }
    }

    /// The address of the session, for C, which doesn't own it (R-TLS-50).
    pub fn session_ptr(&self) -> *mut layout::QCryptoTLSSession {
        self.session_field().load(Ordering::Acquire)
    }

    /// Notes that these directions are being shut down (R-TLS-44).
    pub fn add_shutdown(&self, how: u32) {
        self.shutdown_field().fetch_or(how, Ordering::Release);
    }

    /// Whether the read direction was shut down.
    #[inline]
    pub fn is_shut_for_reading(&self) -> bool {
        self.shutdown_field().load(Ordering::Acquire) & SHUTDOWN_READ != 0
    }

    fn pending_field(&self) -> &AtomicBool {
        // SAFETY: lives with `self`; all bits of the zeroed memory are valid.
        unsafe { &(*self.whole()).pending }
    }

    /// Notes whether a read would not need the master. For the reader.
    #[inline]
    pub fn set_pending(&self, pending: bool) {
        self.pending_field().store(pending, Ordering::Release);
    }

    /// Whether a read would not need the master. For any thread; only the reader may ask the session
    /// (R-TLS-62).
    #[inline]
    pub fn has_pending(&self) -> bool {
        self.pending_field().load(Ordering::Acquire)
    }

    fn received_field(&self) -> &AtomicU8 {
        // SAFETY: lives with `self`; all bits of the zeroed memory are valid.
        unsafe { &(*self.whole()).received }
    }

    /// Before a read of the session: the next two functions tell about that one. All for the reader.
    #[inline]
    pub fn begin_read(&self) {
        self.received_field().store(0, Ordering::Relaxed);
    }

    /// Whether the session has met the end of file of the master.
    #[inline]
    pub fn has_met_eof(&self) -> bool {
        self.received_field().load(Ordering::Relaxed) & END != 0
    }

    /// Whether the session got bytes, and never had to wait for them: what it wants to wait for may
    /// be there.
    #[inline]
    pub fn received_without_blocking(&self) -> bool {
        self.received_field().load(Ordering::Relaxed) & (BYTES | WOULD_BLOCK) == BYTES
    }

    fn write_failed_field(&self) -> &AtomicBool {
        // SAFETY: lives with `self`; all bits of the zeroed memory are valid.
        unsafe { &(*self.whole()).write_failed }
    }

    /// Whether the master has failed when the session wrote, and this was not asked since.
    pub fn take_write_failure(&self) -> bool {
        self.write_failed_field().swap(false, Ordering::Relaxed)
    }

    /// Stores the id of the source that the handshake waits with, 0 if none (R-TLS-15).
    #[cfg(tls_hs_ioc_tag)]
    pub fn set_handshake_tag(&self, tag: u32) {
        self.handshake_tag().store(tag, Ordering::Relaxed);
    }

    /// The profile has no such field.
    #[cfg(not(tls_hs_ioc_tag))]
    pub fn set_handshake_tag(&self, _tag: u32) {}

    /// Stores the id of the source that close_notify waits with, 0 if none (R-TLS-25).
    #[cfg(tls_bye)]
    pub fn set_bye_tag(&self, tag: u32) {
        self.bye_tag().store(tag, Ordering::Relaxed);
    }

    /// The 7.2 profiles have no such field.
    #[cfg(not(tls_bye))]
    pub fn set_bye_tag(&self, _tag: u32) {}
}

/// What a transfer of the master has come to, for a session.
fn moved(transfer: Transfer) -> Option<usize> {
    match transfer {
        Transfer::Done(bytes) => Some(bytes),
        Transfer::WouldBlock => None,
    }
}

impl Finalizing<'_, layout::QIOChannelTLS> {
    /// Frees the state and the session, and drops the reference on the master. Nothing is outstanding: that would
    /// hold a reference (R-TLS-50).
    pub fn release(self) {
        self.release_state();
        let session = self.session_field().swap(ptr::null_mut(), Ordering::AcqRel);
        // SAFETY: NULL, or what `set_session` stored.
        drop(unsafe { OwnedSession::from_ptr_full(session) });
        self.release_master();
    }
}

impl Transport for Tls {
    fn send(&self, bytes: IoVec<'_>) -> Result<Option<usize>, Error> {
        let Some(master) = self.master() else {
            return Ok(Some(0));
        };
        let result = master.io_writev(&[bytes], PassedFds::NONE, 0).map(moved);
        if result.is_err() {
            self.write_failed_field().store(true, Ordering::Relaxed);
        }
        result
    }

    // No more than the session asks for: nothing is read ahead (R-TLS-57).
    fn receive(&self, space: IoVecMut<'_>) -> Result<Option<usize>, Error> {
        let Some(master) = self.master() else {
            return Ok(Some(0));
        };
        let result = master.io_readv(&[space], ReceivedFds::NONE, 0).map(moved);
        let bit = match result {
            Ok(Some(0)) => END,
            Ok(Some(_)) => BYTES,
            Ok(None) => WOULD_BLOCK,
            Err(_) => 0,
        };
        self.received_field().fetch_or(bit, Ordering::Relaxed);
        result
    }
}
