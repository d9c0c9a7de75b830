//! The error queue of a socket: the kernel's notices about sends that it is done with.

use core::ffi::c_int;

use libc::{msghdr, sock_extended_err};

use super::control::{self, Control};
use super::errno::Errno;
use super::header::header;
use super::iov::Writable;
use super::poll::{self, Entry};
use super::retry::transfer;

/// A notice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Notice {
    /// What went wrong; [`Errno::NONE`] if nothing did.
    pub errno: Errno,
    /// What it is about.
    pub subject: Subject,
}

/// What a [`Notice`] is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Subject {
    /// The kernel is done with the memory of zero-copy sends.
    ZeroCopy {
        /// The first send, counted from 0 modulo 2^32.
        first: u32,
        /// The last one; less than `first` if the count began anew in between.
        last: u32,
        /// The bytes were copied after all.
        copied: bool,
    },
    /// Something else, of this origin (`SO_EE_ORIGIN_*`).
    Other(u8),
}

/// `SO_EE_ORIGIN_ZEROCOPY` of `<linux/errqueue.h>`.
const ORIGIN_ZEROCOPY: u8 = 5;
/// `SO_EE_CODE_ZEROCOPY_COPIED` of `<linux/errqueue.h>`.
const CODE_COPIED: u8 = 1;

/// Room for a notice, with the address of the host that caused it, and for a time stamp in front of it.
const SPACE: usize =
    control::space(size_of::<sock_extended_err>() + size_of::<libc::sockaddr_in6>())
        + control::space(3 * size_of::<libc::timespec>());

/// Takes the next notice off the queue, without waiting (EAGAIN).
///
/// None if what was there is no notice (W-15).
pub fn receive(fd: c_int) -> Result<Option<Notice>, Errno> {
    let mut control = Control::<SPACE>::new();
    let mut message = header::<Writable>(&[]);
    message.msg_control = control.as_ptr();
    message.msg_controllen = SPACE;
    let flags = libc::MSG_ERRQUEUE | libc::MSG_DONTWAIT;
    // An interrupted call leaves the header as it is.
    // SAFETY: no bytes are wanted; the control memory outlives the call.
    transfer(|| unsafe { libc::recvmsg(fd, &raw mut message, flags) })?;
    // SAFETY: the kernel just filled the control memory.
    Ok(unsafe { find(&message) })
}

/// Why [`wait`] returned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wake {
    /// The time is over.
    TimedOut,
    /// There may be a notice; or something else is up that [`receive`] or a transfer tells of.
    Raised {
        /// Both directions have ended.
        hung_up: bool,
    },
}

/// Waits until there may be a notice, for so many milliseconds at most, or without limit if that is
/// negative. A signal counts as the end of the time.
///
/// A socket that is hung up or broken is always ready: who finds the queue empty all the same has to
/// rest before the next try (W-8).
pub fn wait(fd: c_int, limit: c_int) -> Wake {
    let mut entries = [Entry::to_fail(fd)];
    match poll::wait(&mut entries, limit) {
        Ok(0) => Wake::TimedOut,
        // Of a failure the next look at the queue tells.
        _ => Wake::Raised {
            hung_up: entries[0].is_hung_up(),
        },
    }
}

/// The notice among the control data.
///
/// # Safety
/// The control memory is as recvmsg left it.
unsafe fn find(message: &msghdr) -> Option<Notice> {
    const V4: (c_int, c_int) = (libc::SOL_IP, libc::IP_RECVERR);
    const V6: (c_int, c_int) = (libc::SOL_IPV6, libc::IPV6_RECVERR);
    let mut notice = None;
    let look = |kind, data: &[u8]| {
        if (kind == V4 || kind == V6) && data.len() >= size_of::<sock_extended_err>() {
            // SAFETY: that many bytes are there, and the struct is integers only.
            let error = unsafe { data.as_ptr().cast::<sock_extended_err>().read_unaligned() };
            notice = Some(Notice::from(error));
        }
    };
    // SAFETY: as the caller promised.
    unsafe { control::each(message, look) };
    notice
}

impl From<sock_extended_err> for Notice {
    fn from(error: sock_extended_err) -> Self {
        let subject = if error.ee_origin == ORIGIN_ZEROCOPY {
            Subject::ZeroCopy {
                first: error.ee_info,
                last: error.ee_data,
                copied: error.ee_code & CODE_COPIED != 0,
            }
        } else {
            Subject::Other(error.ee_origin)
        };
        Self {
            errno: Errno::new(i32::try_from(error.ee_errno).unwrap_or(libc::EIO)),
            subject,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::connection;
    use crate::os::iov::IoVec;
    use crate::os::message::{ReceiveMode, SendMode, receive as receive_bytes, send};
    use crate::os::tests::tcp_connection;

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn an_empty_queue_doesn_t_wait() {
        let (client, _accepted) = tcp_connection(c"127.0.0.1");
        let empty = Err(Errno::new(libc::EAGAIN));
        assert_eq!(receive(client.as_raw()), empty);
        assert_eq!(receive(-1), Err(Errno::new(libc::EBADF)));
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn zero_copy_sends_are_counted() {
        for host in [c"127.0.0.1", c"::1"] {
            let (client, accepted) = tcp_connection(host);
            let fd = client.as_raw();
            connection::allow_zero_copy(fd).unwrap();
            let bytes = vec![1; 10_000];
            for expected in 0..3 {
                let iov = [IoVec::from_slice(&bytes)];
                let sent = send(fd, &iov, SendMode::ZeroCopy).unwrap();
                let mut received = vec![0; sent];
                let iov = [IoVec::from_mut(&mut received)];
                receive_bytes(accepted.as_raw(), &iov, ReceiveMode::Consume).unwrap();
                assert_eq!(wait(fd, 60_000), Wake::Raised { hung_up: false });
                let notice = receive(fd).unwrap().unwrap();
                assert_eq!(notice.errno, Errno::NONE);
                let Subject::ZeroCopy {
                    first,
                    last,
                    copied,
                } = notice.subject
                else {
                    panic!("{notice:?}")
                };
                assert_eq!((first, last), (expected, expected));
                // Loopback always copies.
                assert!(copied);
            }
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn waiting_ends_with_its_time_and_with_the_connection() {
        let (client, _accepted) = tcp_connection(c"127.0.0.1");
        assert_eq!(wait(client.as_raw(), 1), Wake::TimedOut);
        connection::shutdown(client.as_raw(), connection::Direction::Both).unwrap();
        assert_eq!(wait(client.as_raw(), -1), Wake::Raised { hung_up: true });
    }

    #[test]
    fn what_is_no_notice_is_none() {
        let mut control = Control::<128>::new();
        let mut message = header::<Writable>(&[]);
        let v4 = (libc::SOL_IP, libc::IP_RECVERR);
        // SAFETY: there is no control memory.
        assert_eq!(unsafe { find(&message) }, None);
        let error = [libc::EPERM, 0x0105_0000, 3, 4];
        control::attach(&mut message, &mut control, (libc::SOL_IP, 7), &error);
        // SAFETY: as `attach` made it.
        assert_eq!(unsafe { find(&message) }, None);
        control::attach(
            &mut message,
            &mut control,
            (libc::SOL_SOCKET, libc::IP_RECVERR),
            &error,
        );
        // SAFETY: as above.
        assert_eq!(unsafe { find(&message) }, None);
        // Too short for the struct.
        control::attach(&mut message, &mut control, v4, &error[..3]);
        // SAFETY: as above.
        assert_eq!(unsafe { find(&message) }, None);
    }

    #[test]
    fn every_field_of_a_notice_is_told() {
        let error = sock_extended_err {
            ee_errno: 0,
            ee_origin: ORIGIN_ZEROCOPY,
            ee_type: 0,
            ee_code: 0,
            ee_pad: 0,
            ee_info: u32::MAX,
            ee_data: 1,
        };
        let zero_copy = Subject::ZeroCopy {
            first: u32::MAX,
            last: 1,
            copied: false,
        };
        let notice = Notice::from(error);
        assert_eq!((notice.errno, notice.subject), (Errno::NONE, zero_copy));
        let other = sock_extended_err {
            ee_errno: libc::ECONNREFUSED.unsigned_abs(),
            ee_origin: 2,
            ..error
        };
        let notice = Notice::from(other);
        assert_eq!(notice.errno, Errno::new(libc::ECONNREFUSED));
        assert_eq!(notice.subject, Subject::Other(2));
    }
}
