//! `QIOChannelSocket` as Rust sees it: safe access to the fields of a socket channel.

use libc::{sockaddr, sockaddr_storage, socklen_t};

use super::fields::{atomic_fields, instance};
use platform::os::fd::Descriptor;
use platform::os::incarnation;
use platform::os::socket_name::SocketName;
use platform::sync::Striped;
use platform::sync::atomic::{AtomicBool, AtomicI32, AtomicIsize, Ordering};

instance!(Socket = QIOChannelSocket: QIOChannel, c"qio-channel-socket");

atomic_fields!(Socket {
    fd_field: fd as AtomicI32;
    queued_field: zero_copy_queued as AtomicIsize;
    sent_field: zero_copy_sent as AtomicIsize;
    #[cfg(bool_set_blocking)]
    blocking_mode: blocking as AtomicBool;
    #[cfg(all(zero_copy_success, not(zero_copy_fallback)))]
    remembered: new_zero_copy_sent_success as AtomicBool;
    #[cfg(zero_copy_fallback)]
    remembered: zero_copy_fallback as AtomicBool;
});

impl From<&Socket> for trace::Id {
    fn from(socket: &Socket) -> Self {
        Self::from(socket.as_ptr())
    }
}

/// What the field holds when the channel is closed.
const CLOSED: i32 = -1;

/// The descriptor. C code and other threads read and store it, so each call looks anew (R-CHAN-10).
impl Socket {
    /// The descriptor, -1 if the channel is closed.
    #[inline]
    pub fn fd(&self) -> i32 {
        self.fd_field().load(Ordering::Acquire)
    }

    /// Whether the channel has a descriptor.
    pub fn is_open(&self) -> bool {
        self.fd() != CLOSED
    }

    /// Makes the memory of a new instance a closed channel.
    pub fn init(&self) {
        self.fd_field().store(CLOSED, Ordering::Relaxed);
    }

    /// Opens a closed channel: `fd` is there for all to see. False if the channel is open.
    pub fn open(&self, fd: i32) -> bool {
        self.fd_field()
            .compare_exchange(CLOSED, fd, Ordering::AcqRel, Ordering::Relaxed)
            .inspect(|_| {
                incarnation::begin(fd);
                self.upcast().record().set_descriptors(fd, fd);
            })
            .is_ok()
    }

    /// Takes `fd` back from a channel that was opened with it; it is the caller's again.
    pub fn unopen(&self, fd: i32) {
        incarnation::end(fd);
        self.upcast().record().set_descriptors(CLOSED, CLOSED);
        // Unless C code has put another one there.
        let _ = self
            .fd_field()
            .compare_exchange(fd, CLOSED, Ordering::AcqRel, Ordering::Relaxed);
    }

    /// Closes the channel for all to see, and returns what has to be closed now (W-14).
    pub fn take(&self) -> Option<Descriptor> {
        let fd = self.fd_field().swap(CLOSED, Ordering::AcqRel);
        incarnation::end(fd);
        self.upcast().record().set_descriptors(CLOSED, CLOSED);
        // SAFETY: the channel owned it, and gave it up just now.
        (fd != CLOSED).then(|| unsafe { Descriptor::from_raw(fd) })
    }
}

/// Which of the two addresses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// `localAddr`.
    Local,
    /// `remoteAddr`.
    Remote,
}

/// The locks of the address fields.
static ADDRESSES: Striped = Striped::new();

/// The addresses.
impl Socket {
    fn name_fields(&self, end: End) -> (*mut sockaddr_storage, *mut socklen_t) {
        let this = self.as_ptr();
        match end {
            End::Local => {
                // SAFETY: `self` is live; no reference is made.
                let storage = unsafe { &raw mut (*this).localAddr };
                // SAFETY: as above.
                (storage, unsafe { &raw mut (*this).localAddrLen })
            }
            End::Remote => {
                // SAFETY: as above.
                let storage = unsafe { &raw mut (*this).remoteAddr };
                // SAFETY: as above.
                (storage, unsafe { &raw mut (*this).remoteAddrLen })
            }
        }
    }

    /// The stored name of an end.
    pub fn name(&self, end: End) -> SocketName {
        let (storage, len) = self.name_fields(end);
        let guard = ADDRESSES.lock(self.as_ptr());
        // SAFETY: a field of `self`, used under the lock; C code may have stored any number.
        let len = unsafe { len.read() };
        // SAFETY: as above; the copy is cut to the size of the storage.
        let name = unsafe { SocketName::from_ptr(storage.cast::<sockaddr>(), len) };
        drop(guard);
        name
    }

    /// Stores the name of an end.
    pub fn set_name_of(&self, end: End, name: &SocketName) {
        let (storage, len) = self.name_fields(end);
        let guard = ADDRESSES.lock(self.as_ptr());
        // SAFETY: a field of `self`, used under the lock.
        unsafe { storage.write(*name.storage()) };
        // SAFETY: as above.
        unsafe { len.write(name.len()) };
        drop(guard);
    }

    /// Stores that an end has no name: zeros, of the whole length (R-CHAN-62).
    pub fn set_unnamed(&self, end: End) {
        let (storage, len) = self.name_fields(end);
        let guard = ADDRESSES.lock(self.as_ptr());
        // SAFETY: a field of `self`, used under the lock, for which zeros are valid.
        unsafe { storage.write_bytes(0, 1) };
        #[expect(clippy::cast_possible_truncation, reason = "it is 128")]
        // SAFETY: as above.
        unsafe {
            len.write(size_of::<sockaddr_storage>() as socklen_t);
        };
        drop(guard);
    }

    /// The address family of this end.
    fn local_family(&self) -> i32 {
        let (storage, _) = self.name_fields(End::Local);
        let guard = ADDRESSES.lock(self.as_ptr());
        // SAFETY: a field of `self`, used under the lock.
        let family = unsafe { (*storage).ss_family };
        drop(guard);
        i32::from(family)
    }

    /// Whether this end is a UNIX socket.
    pub fn is_unix(&self) -> bool {
        self.local_family() == libc::AF_UNIX
    }

    /// Whether this end is of a family that has no TCP.
    pub fn is_never_tcp(&self) -> bool {
        matches!(self.local_family(), libc::AF_UNIX | libc::AF_VSOCK)
    }
}

/// The zero-copy sends. The writer counts them; who takes the notices, one thread at a time, counts
/// those that are done.
impl Socket {
    /// Forgets the sends of a socket that is gone: the system counts those of the next one anew.
    pub fn reset_zero_copy(&self) {
        self.queued_field().store(0, Ordering::Relaxed);
        self.sent_field().store(0, Ordering::Relaxed);
        self.take_seen();
        drop(self.take_failure());
    }

    /// How many sends wait for their notice.
    pub fn zero_copy_outstanding(&self) -> u64 {
        let queued = self.queued_field().load(Ordering::Relaxed);
        let sent = self.sent_field().load(Ordering::Relaxed);
        u64::try_from(queued.saturating_sub(sent)).unwrap_or(0)
    }

    /// Counts a zero-copy send.
    pub fn count_zero_copy_queued(&self) {
        let queued = self.queued_field().load(Ordering::Relaxed);
        self.queued_field()
            .store(queued.wrapping_add(1), Ordering::Relaxed);
    }

    /// Counts sends that the kernel is done with.
    pub fn count_zero_copy_sent(&self, sends: u64) {
        let sends = isize::try_from(sends).unwrap_or(isize::MAX);
        self.sent_field().fetch_add(sends, Ordering::Relaxed);
    }
}

/// Fields that only the `qemu-10.2` profile has.
impl Socket {
    /// The mode that was last asked for.
    #[cfg(bool_set_blocking)]
    fn blocking_field(&self) -> Option<&AtomicBool> {
        Some(self.blocking_mode())
    }

    #[cfg(not(bool_set_blocking))]
    #[expect(clippy::unused_self, reason = "the struct has no such field")]
    fn blocking_field(&self) -> Option<&AtomicBool> {
        None
    }

    /// What the next flush has to know of earlier notices.
    #[cfg(zero_copy_success)]
    pub(super) fn success_field(&self) -> Option<&AtomicBool> {
        Some(self.remembered())
    }

    #[cfg(not(zero_copy_success))]
    #[expect(clippy::unused_self, reason = "the struct has no such field")]
    pub(super) fn success_field(&self) -> Option<&AtomicBool> {
        None
    }

    /// Records which mode was asked for, where the struct has room for it (R-CHAN-76).
    pub fn record_blocking(&self, enabled: bool) {
        if let Some(field) = self.blocking_field() {
            field.store(enabled, Ordering::Relaxed);
        }
    }
}
