//! Messages of sockets: sendmsg and recvmsg, with the descriptors that travel along.
//!
//! Every call here is repeated when a signal interrupts it (R-CHAN-13).

use core::ffi::c_int;

use libc::msghdr;

use super::control::{self, Control};
use super::errno::Errno;
use super::fd::Descriptor;
use super::header::header;
use super::iov::{IoVec, IoVecMut};
use super::retry::transfer;

/// Descriptors that one message takes along at most (R-CHAN-71, R-CHAN-73).
pub const DESCRIPTORS_MAX: usize = 16;

/// Bytes of a control message with that many.
const DESCRIPTORS_SPACE: usize = control::space(DESCRIPTORS_MAX * size_of::<c_int>());

/// The control message with descriptors.
const RIGHTS: (c_int, c_int) = (libc::SOL_SOCKET, libc::SCM_RIGHTS);
/// `SCM_PIDFD` of `<linux/socket.h>`: the sender's process, as a descriptor.
const PIDFD: (c_int, c_int) = (libc::SOL_SOCKET, 4);

/// How to send.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SendMode {
    /// The bytes are copied; their memory is free again when the call returns.
    Copy,
    /// The kernel sends from the caller's memory, and puts a notice into the socket's error queue
    /// when it is done with it (see [`super::error_queue`]).
    ZeroCopy,
}

impl SendMode {
    fn flags(self) -> c_int {
        match self {
            // A broken peer is EPIPE, never a signal (R-CHAN-14).
            Self::Copy => libc::MSG_NOSIGNAL,
            Self::ZeroCopy => libc::MSG_NOSIGNAL | libc::MSG_ZEROCOPY,
        }
    }
}

/// How to receive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReceiveMode {
    /// What is received is gone from the socket.
    Consume,
    /// What is received stays, and is received again by the next call.
    Peek,
}

impl ReceiveMode {
    fn flags(self) -> c_int {
        match self {
            Self::Consume => 0,
            Self::Peek => libc::MSG_PEEK,
        }
    }
}

/// Sends what it can of the bytes at `iov`; says how many went.
#[inline]
pub fn send(fd: c_int, iov: &[IoVec<'_>], mode: SendMode) -> Result<usize, Errno> {
    let message = header(iov);
    // SAFETY: the elements describe readable memory, with ZeroCopy until the notice has come,
    // as promised when they were made.
    transfer(|| unsafe { libc::sendmsg(fd, &raw const message, mode.flags()) })
}

/// As [`send`], with descriptors, which stay the caller's; at most [`DESCRIPTORS_MAX`] (EINVAL).
pub fn send_with_descriptors(
    fd: c_int,
    iov: &[IoVec<'_>],
    descriptors: &[c_int],
    mode: SendMode,
) -> Result<usize, Errno> {
    if descriptors.is_empty() {
        return send(fd, iov, mode);
    }
    if descriptors.len() > DESCRIPTORS_MAX {
        return Err(Errno::new(libc::EINVAL));
    }
    let mut control = Control::<DESCRIPTORS_SPACE>::new();
    let mut message = header(iov);
    control::attach(&mut message, &mut control, RIGHTS, descriptors);
    // SAFETY: as in `send`; the control memory outlives the call.
    transfer(|| unsafe { libc::sendmsg(fd, &raw const message, mode.flags()) })
}

/// Receives into the memory at `iov`; says how many bytes came, 0 is the end of a stream.
///
/// Descriptors that come along are closed by the kernel.
#[inline]
pub fn receive(fd: c_int, iov: &[IoVecMut<'_>], mode: ReceiveMode) -> Result<usize, Errno> {
    let mut message = header(iov);
    // SAFETY: the elements describe writable memory, as promised when they were made.
    transfer(|| unsafe { libc::recvmsg(fd, &raw mut message, mode.flags()) })
}

/// What came with [`receive_with_descriptors`].
#[derive(Debug)]
pub struct Received {
    /// Number of bytes; 0 is the end of a stream, unless descriptors came.
    pub bytes: usize,
    /// The descriptors, close-on-exec, in the order in which they were sent.
    pub descriptors: Descriptors,
    /// The kernel dropped control data: for lack of room, of free descriptors, or of permission.
    pub truncated: bool,
}

/// As [`receive`], with up to [`DESCRIPTORS_MAX`] descriptors.
pub fn receive_with_descriptors(
    fd: c_int,
    iov: &[IoVecMut<'_>],
    mode: ReceiveMode,
) -> Result<Received, Errno> {
    let mut control = Control::<DESCRIPTORS_SPACE>::new();
    let mut message = header(iov);
    message.msg_control = control.as_ptr();
    message.msg_controllen = DESCRIPTORS_SPACE;
    let flags = mode.flags() | libc::MSG_CMSG_CLOEXEC;
    // SAFETY: as in `receive`; the control memory outlives the call.
    let bytes = transfer(|| unsafe { libc::recvmsg(fd, &raw mut message, flags) })?;
    // SAFETY: the kernel just filled the control memory, and nobody else took what is in there.
    let descriptors = unsafe { Descriptors::take(&message) };
    Ok(Received {
        bytes,
        descriptors,
        truncated: message.msg_flags & libc::MSG_CTRUNC != 0,
    })
}

/// Descriptors that were received, closed when dropped.
#[derive(Default)]
pub struct Descriptors {
    numbers: [c_int; DESCRIPTORS_MAX],
    count: usize,
}

impl Descriptors {
    /// The numbers; the descriptors stay owned by this.
    pub fn as_raw(&self) -> &[c_int] {
        self.numbers.get(..self.count).unwrap_or_default()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Gives the descriptors to the caller, who has copied the numbers.
    pub fn leak(mut self) {
        self.count = 0;
    }

    /// Takes over the descriptors in the control data of a message; ignores other control data.
    ///
    /// # Safety
    /// The message was just received, and what is in it wasn't taken before.
    unsafe fn take(message: &msghdr) -> Self {
        let mut taken = Self::default();
        let take = |kind, data: &[u8]| {
            if kind != RIGHTS && kind != PIDFD {
                return;
            }
            for number in data.chunks_exact(size_of::<c_int>()) {
                let mut bytes = [0; size_of::<c_int>()];
                bytes.copy_from_slice(number);
                // SAFETY: the kernel opened it for us with this message.
                let descriptor = unsafe { Descriptor::from_raw(c_int::from_ne_bytes(bytes)) };
                // Not asked for (a pidfd), so it is closed again.
                if kind == RIGHTS {
                    taken.push(descriptor);
                }
            }
        };
        // SAFETY: the message was just received.
        unsafe { control::each(message, take) };
        taken
    }

    /// The control memory has room for as many as fit here; another one would be closed.
    fn push(&mut self, descriptor: Descriptor) {
        if let Some(slot) = self.numbers.get_mut(self.count) {
            *slot = descriptor.into_raw();
            self.count += 1;
        }
    }
}

impl Drop for Descriptors {
    fn drop(&mut self) {
        for &fd in self.as_raw() {
            // SAFETY: taken from a message, and not given away by `leak`.
            drop(unsafe { Descriptor::from_raw(fd) });
        }
    }
}

impl core::fmt::Debug for Descriptors {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_tuple("Descriptors").field(&self.as_raw()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::errno;
    use crate::os::{fd, socket};
    use core::mem;

    fn pair() -> (Descriptor, Descriptor) {
        socket::pair(libc::AF_UNIX, libc::SOCK_STREAM, 0).unwrap()
    }

    /// Sends `bytes` in one message with copies of `descriptor`.
    fn send_copies(to: &Descriptor, bytes: &[u8], descriptor: &Descriptor, count: usize) {
        let iov = [IoVec::from_slice(bytes)];
        let numbers = vec![descriptor.as_raw(); count];
        send_with_descriptors(to.as_raw(), &iov, &numbers, SendMode::Copy).unwrap();
    }

    fn receive_byte(from: &Descriptor) -> Received {
        let mut byte = [0];
        let iov = [IoVec::from_mut(&mut byte)];
        receive_with_descriptors(from.as_raw(), &iov, ReceiveMode::Consume).unwrap()
    }

    /// Whether both numbers are the same open file.
    fn same_file(a: c_int, b: c_int) -> bool {
        // SAFETY: all zeros are a valid `stat`, which is integers only.
        let (mut left, mut right): (libc::stat, libc::stat) = unsafe { mem::zeroed() };
        // SAFETY: `left` has room for the result.
        assert_eq!(unsafe { libc::fstat(a, &raw mut left) }, 0);
        // SAFETY: `right` has room for the result.
        assert_eq!(unsafe { libc::fstat(b, &raw mut right) }, 0);
        (left.st_dev, left.st_ino) == (right.st_dev, right.st_ino)
    }

    /// Whether the peer of `socket` is gone, that is, every copy of it closed.
    fn peer_is_closed(socket: &Descriptor) -> bool {
        fd::set_blocking(socket.as_raw(), false).unwrap();
        let mut byte = [0];
        let iov = [IoVec::from_mut(&mut byte)];
        receive(socket.as_raw(), &iov, ReceiveMode::Consume) == Ok(0)
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn bytes_go_through_in_order() {
        let (a, b) = pair();
        let iov = [
            IoVec::from_slice(b"abc"),
            IoVec::EMPTY,
            IoVec::from_slice(b"defgh"),
        ];
        assert_eq!(send(a.as_raw(), &iov, SendMode::Copy), Ok(8));
        let (mut first, mut second) = ([0; 6], [0; 6]);
        let iov = [IoVec::from_mut(&mut first), IoVec::from_mut(&mut second)];
        assert_eq!(receive(b.as_raw(), &iov, ReceiveMode::Peek), Ok(8));
        assert_eq!(receive(b.as_raw(), &iov, ReceiveMode::Consume), Ok(8));
        assert_eq!((&first, &second), (b"abcdef", b"gh\0\0\0\0"));
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn failures_are_errnos() {
        let (a, b) = pair();
        let mut byte = [0];
        let iov = [IoVec::from_mut(&mut byte)];
        fd::set_blocking(a.as_raw(), false).unwrap();
        let errno = |code| Err(Errno::new(code));
        let fd = a.as_raw();
        assert_eq!(receive(fd, &iov, ReceiveMode::Consume), errno(libc::EAGAIN));
        assert_eq!(receive(-1, &iov, ReceiveMode::Consume), errno(libc::EBADF));
        drop(b);
        // Without a signal.
        assert_eq!(
            send(fd, &iov.map(IoVec::filled), SendMode::Copy),
            errno(libc::EPIPE)
        );
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn descriptors_arrive_as_copies() {
        let (a, b) = pair();
        let (sent, _other) = pair();
        for count in [0, 1, 3, DESCRIPTORS_MAX] {
            send_copies(&a, &[1], &sent, count);
            let received = receive_byte(&b);
            assert_eq!(received.bytes, 1);
            assert!(!received.truncated);
            assert_eq!(received.descriptors.len(), count);
            assert_eq!(received.descriptors.is_empty(), count == 0);
            for &fd in received.descriptors.as_raw() {
                assert_ne!(fd, sent.as_raw());
                assert!(same_file(fd, sent.as_raw()));
                assert_eq!(fd::is_close_on_exec(fd), Ok(true));
            }
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn received_descriptors_are_closed_when_dropped() {
        let (a, b) = pair();
        let (sent, other) = pair();
        send_copies(&a, &[1], &sent, 2);
        drop(sent);
        let received = receive_byte(&b);
        assert!(!peer_is_closed(&other));
        errno::set(Errno::new(libc::EPIPE));
        drop(received);
        assert_eq!(errno::last(), Errno::new(libc::EPIPE));
        assert!(peer_is_closed(&other));
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn leaked_descriptors_stay_open() {
        let (a, b) = pair();
        let (sent, other) = pair();
        send_copies(&a, &[1], &sent, 1);
        drop(sent);
        let received = receive_byte(&b);
        let fd = received.descriptors.as_raw()[0];
        received.descriptors.leak();
        assert!(!peer_is_closed(&other));
        // SAFETY: leaked just now, so it is ours.
        drop(unsafe { Descriptor::from_raw(fd) });
        assert!(peer_is_closed(&other));
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn descriptors_nobody_asks_for_are_closed() {
        let (a, b) = pair();
        let (sent, other) = pair();
        send_copies(&a, &[1], &sent, 2);
        drop(sent);
        let mut byte = [0];
        let iov = [IoVec::from_mut(&mut byte)];
        assert_eq!(receive(b.as_raw(), &iov, ReceiveMode::Consume), Ok(1));
        assert!(peer_is_closed(&other));
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn surplus_descriptors_are_closed_and_told() {
        let (a, b) = pair();
        let (sent, other) = pair();
        let count = DESCRIPTORS_MAX + 4;
        // The kernel takes more in one message than this library sends.
        let mut byte = [1];
        let iov = [IoVec::from_mut(&mut byte)];
        let mut control = Control::<256>::new();
        let mut outgoing = header(&iov.map(IoVec::filled));
        let numbers = vec![sent.as_raw(); count];
        control::attach(&mut outgoing, &mut control, RIGHTS, &numbers);
        // SAFETY: the control memory is alive, the byte readable.
        let result = unsafe { libc::sendmsg(a.as_raw(), &raw const outgoing, 0) };
        assert_eq!(result, 1);
        drop(sent);
        let received = receive_with_descriptors(b.as_raw(), &iov, ReceiveMode::Consume).unwrap();
        assert!(received.truncated);
        assert_eq!(received.descriptors.len(), DESCRIPTORS_MAX);
        drop(received);
        assert!(peer_is_closed(&other));
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn too_many_descriptors_are_not_sent() {
        let (a, b) = pair();
        let mut byte = [1];
        let iov = [IoVec::from_mut(&mut byte)];
        let numbers = [a.as_raw(); DESCRIPTORS_MAX + 1];
        let result = send_with_descriptors(
            a.as_raw(),
            &iov.map(IoVec::filled),
            &numbers,
            SendMode::Copy,
        );
        assert_eq!(result, Err(Errno::new(libc::EINVAL)));
        fd::set_blocking(b.as_raw(), false).unwrap();
        let result = receive(b.as_raw(), &iov, ReceiveMode::Consume);
        assert_eq!(result, Err(Errno::new(libc::EAGAIN)));
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn descriptors_come_without_bytes() {
        let (a, b) = pair();
        let (sent, _other) = pair();
        send_copies(&a, &[7], &sent, 1);
        let received = receive_with_descriptors(b.as_raw(), &[], ReceiveMode::Consume).unwrap();
        assert_eq!((received.bytes, received.descriptors.len()), (0, 1));
        let mut byte = [0];
        let iov = [IoVec::from_mut(&mut byte)];
        assert_eq!(receive(b.as_raw(), &iov, ReceiveMode::Consume), Ok(1));
        assert_eq!(byte, [7]);
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn credentials_beside_descriptors_are_ignored() {
        let (a, b) = pair();
        let (sent, _other) = pair();
        socket::set_option(b.as_raw(), libc::SOL_SOCKET, libc::SO_PASSCRED, 1).unwrap();
        send_copies(&a, &[7], &sent, 2);
        let received = receive_byte(&b);
        assert_eq!(received.descriptors.len(), 2);
        assert!(!received.truncated);
    }
}
