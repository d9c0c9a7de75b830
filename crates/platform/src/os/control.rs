//! Control messages: what travels beside the bytes of a socket message.

use core::ffi::{c_int, c_void};
use core::mem::MaybeUninit;
use core::ptr;

use libc::{cmsghdr, msghdr, size_t};

/// Memory for control messages, aligned for their headers.
///
/// It starts out uninitialised: the kernel says how much of it counts (W-6).
#[repr(C)]
pub(super) union Control<const SIZE: usize> {
    bytes: MaybeUninit<[u8; SIZE]>,
    _aligned: MaybeUninit<cmsghdr>,
}

impl<const SIZE: usize> Control<SIZE> {
    pub(super) fn new() -> Self {
        Self {
            bytes: MaybeUninit::uninit(),
        }
    }

    pub(super) fn as_ptr(&mut self) -> *mut c_void {
        ptr::from_mut(self).cast::<c_void>()
    }
}

/// Bytes that a control message with so much data takes.
pub(super) const fn space(data: usize) -> usize {
    // SAFETY: arithmetic only.
    (unsafe { libc::CMSG_SPACE(narrow(data)) }) as usize
}

/// The `cmsg_len` of a control message with so much data.
pub(super) const fn length(data: usize) -> size_t {
    // SAFETY: arithmetic only.
    (unsafe { libc::CMSG_LEN(narrow(data)) }) as size_t
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "control messages are small"
)]
const fn narrow(data: usize) -> u32 {
    data as u32
}

/// Puts one control message with numbers as its data into `message`.
///
/// # Panics
/// The control memory must have room.
pub(super) fn attach<const SIZE: usize>(
    message: &mut msghdr,
    control: &mut Control<SIZE>,
    (level, kind): (c_int, c_int),
    numbers: &[c_int],
) {
    let size = size_of_val(numbers);
    assert!(space(size) <= SIZE, "no room for the control message");
    // Once, as asking again would end what the first pointer may be used for.
    let memory = control.as_ptr();
    let header = memory.cast::<cmsghdr>();
    // Not padded at the end: the kernel would read bytes that were never written.
    message.msg_control = memory;
    message.msg_controllen = length(size);
    // SAFETY: the memory is aligned for a header, and has room as just checked.
    unsafe {
        header.write(cmsghdr {
            cmsg_len: length(size),
            cmsg_level: level,
            cmsg_type: kind,
        });
    };
    // SAFETY: the data begin behind the header.
    let data = unsafe { libc::CMSG_DATA(header) };
    // SAFETY: there is room for `size` bytes, which have no alignment.
    unsafe { ptr::copy_nonoverlapping(numbers.as_ptr().cast::<u8>(), data, size) };
}

/// Calls `each` with the level and type, and the data, of every control message, in order.
///
/// # Safety
/// `msg_controllen` bytes at `msg_control` are as recvmsg left them.
pub(super) unsafe fn each(message: &msghdr, mut each: impl FnMut((c_int, c_int), &[u8])) {
    // SAFETY: looks at the two fields that the caller vouches for.
    let mut header = unsafe { libc::CMSG_FIRSTHDR(message) };
    // SAFETY: NULL, or a whole header inside the control memory.
    while let Some(control) = unsafe { header.as_ref() } {
        let size = control.cmsg_len.saturating_sub(length(0));
        // SAFETY: the data begin behind the header.
        let start = unsafe { libc::CMSG_DATA(header) };
        // SAFETY: the kernel wrote `size` bytes of data there.
        let data = unsafe { core::slice::from_raw_parts(start, size) };
        each((control.cmsg_level, control.cmsg_type), data);
        // SAFETY: `header` is one of the message's headers.
        header = unsafe { libc::CMSG_NXTHDR(message, header) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::header::header;

    fn collect(message: &msghdr) -> Vec<((c_int, c_int), Vec<u8>)> {
        let mut found = Vec::new();
        // SAFETY: the tests built the message as the kernel does.
        unsafe { each(message, |kind, data| found.push((kind, data.to_vec()))) };
        found
    }

    #[test]
    fn what_is_attached_is_found() {
        let mut control = Control::<64>::new();
        let mut message = header::<crate::os::iov::Writable>(&[]);
        assert_eq!(collect(&message), []);
        attach(&mut message, &mut control, (1, 2), &[5, 6, 7]);
        let data: Vec<u8> = [5i32, 6, 7].iter().flat_map(|n| n.to_ne_bytes()).collect();
        assert_eq!(collect(&message), [((1, 2), data)]);
    }

    #[test]
    fn a_message_without_data_is_a_message() {
        let mut control = Control::<32>::new();
        let mut message = header::<crate::os::iov::Writable>(&[]);
        attach(&mut message, &mut control, (3, 4), &[]);
        assert_eq!(collect(&message), [((3, 4), Vec::new())]);
    }

    #[test]
    fn memory_too_short_for_a_header_is_no_message() {
        let mut control = Control::<32>::new();
        let mut message = header::<crate::os::iov::Writable>(&[]);
        attach(&mut message, &mut control, (3, 4), &[]);
        message.msg_controllen = length(0) - 1;
        assert_eq!(collect(&message), []);
    }
}
