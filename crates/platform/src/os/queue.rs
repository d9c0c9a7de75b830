//! What waits in the kernel, on either side of a socket.

use core::ffi::c_int;

/// Bytes that have come and were not read.
pub fn unread(fd: c_int) -> Option<u32> {
    let mut bytes: c_int = 0;
    // SAFETY: the call stores an int.
    let result = unsafe { libc::ioctl(fd, libc::FIONREAD, &raw mut bytes) };
    u32::try_from(bytes).ok().filter(|_| result == 0)
}

/// Bytes that were written, and that the peer has not confirmed (TCP) or not read (UNIX).
pub fn unsent(fd: c_int) -> Option<u32> {
    let mut bytes: c_int = 0;
    // SAFETY: the call stores an int. For sockets the number is that of SIOCOUTQ.
    let result = unsafe { libc::ioctl(fd, libc::TIOCOUTQ, &raw mut bytes) };
    u32::try_from(bytes).ok().filter(|_| result == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::socket;

    #[test]
    fn both_sides_are_told() {
        let (client, accepted) = crate::os::tests::tcp_connection(c"127.0.0.1");
        socket::send_all(client.as_raw(), b"abc").1.unwrap();
        crate::os::poll::wait(
            &mut [crate::os::poll::Entry::to_read(accepted.as_raw())],
            -1,
        )
        .unwrap();
        assert_eq!(unread(accepted.as_raw()), Some(3));
        assert_eq!(unread(client.as_raw()), Some(0));
        assert!(unsent(client.as_raw()).is_some());
        assert_eq!((unread(-1), unsent(-1)), (None, None));
    }
}
