//! The name of a socket's end as the kernel writes it: `struct sockaddr` with its length.

use core::ffi::c_int;
use core::mem::{self, offset_of};
use core::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use core::ptr;

use libc::{
    sockaddr, sockaddr_in, sockaddr_in6, sockaddr_storage, sockaddr_un, sockaddr_vm, socklen_t,
};

/// Bytes before the path in a `sockaddr_un`.
const UNIX_HEADER: usize = offset_of!(sockaddr_un, sun_path);
/// Bytes that the path of a `sockaddr_un` may have.
pub const UNIX_PATH_MAX: usize = size_of::<sockaddr_un>() - UNIX_HEADER;

/// A socket name. Bytes beyond its length are zero.
#[derive(Clone)]
pub struct SocketName {
    storage: sockaddr_storage,
    len: socklen_t,
}

/// What a UNIX socket is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UnixName<'a> {
    /// Not bound.
    Unnamed,
    /// A file.
    Path(&'a [u8]),
    /// A name outside the file system, up to its first NUL.
    Abstract {
        /// Without the leading NUL.
        name: &'a [u8],
        /// The name ends before the struct does.
        tight: bool,
    },
}

impl SocketName {
    /// No name: what a system call is about to fill.
    pub fn empty() -> Self {
        Self {
            // SAFETY: all zeros are a valid `sockaddr_storage`, which is integers only.
            storage: unsafe { mem::zeroed() },
            len: 0,
        }
    }

    /// A copy of the name at `name`; of at most as many bytes as a name can have.
    ///
    /// # Safety
    /// `len` bytes are readable at `name`.
    pub unsafe fn from_ptr(name: *const sockaddr, len: socklen_t) -> Self {
        let mut copy = Self::empty();
        let bytes = (len as usize).min(size_of::<sockaddr_storage>());
        // SAFETY: `bytes` is at most `len`, which the caller promises, and fits the storage.
        unsafe {
            ptr::copy_nonoverlapping(
                name.cast::<u8>(),
                (&raw mut copy.storage).cast::<u8>(),
                bytes,
            );
        };
        copy.len = length(bytes);
        copy
    }

    /// A UNIX name of the whole length of the struct: a path of up to [`UNIX_PATH_MAX`] bytes, or,
    /// with a NUL in front, an abstract name padded with zeros. None if it is too long.
    pub fn unix_padded(path: &[u8]) -> Option<Self> {
        let mut name = Self::unix(path)?;
        name.len = length(size_of::<sockaddr_un>());
        Some(name)
    }

    /// A UNIX name that ends where the text does. None if it is too long.
    pub fn unix(path: &[u8]) -> Option<Self> {
        if path.len() > UNIX_PATH_MAX {
            return None;
        }
        let mut name = Self::empty();
        name.storage.ss_family = family_field(libc::AF_UNIX);
        // SAFETY: the storage has room for a `sockaddr_un`, whose path stands at UNIX_HEADER and
        // has room for UNIX_PATH_MAX bytes.
        unsafe {
            ptr::copy_nonoverlapping(
                path.as_ptr(),
                (&raw mut name.storage).cast::<u8>().add(UNIX_HEADER),
                path.len(),
            );
        };
        name.len = length(UNIX_HEADER + path.len());
        Some(name)
    }

    /// A virtio socket name.
    pub fn vsock(cid: u32, port: u32) -> Self {
        let mut name = Self::empty();
        // SAFETY: all zeros are a valid `sockaddr_vm`, which is integers only.
        let mut vm: sockaddr_vm = unsafe { mem::zeroed() };
        vm.svm_family = family_field(libc::AF_VSOCK);
        vm.svm_cid = cid;
        vm.svm_port = port;
        // SAFETY: the storage is larger than a `sockaddr_vm` and aligned for any socket name.
        unsafe { (&raw mut name.storage).cast::<sockaddr_vm>().write(vm) };
        name.len = length(size_of::<sockaddr_vm>());
        name
    }

    /// For system calls that read the name.
    pub fn as_ptr(&self) -> *const sockaddr {
        (&raw const self.storage).cast::<sockaddr>()
    }

    /// The bytes in use.
    pub fn len(&self) -> socklen_t {
        self.len
    }

    /// Whether there is no name at all.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The struct as C code keeps it.
    pub fn storage(&self) -> &sockaddr_storage {
        &self.storage
    }

    /// Has a system call fill the name: `call` gets a buffer and its size.
    pub(super) fn filled_by(call: impl FnOnce(*mut sockaddr, *mut socklen_t) -> c_int) -> Self {
        let mut name = Self::empty();
        let room = length(size_of::<sockaddr_storage>());
        let mut len = room;
        call((&raw mut name.storage).cast::<sockaddr>(), &raw mut len);
        // The kernel tells the length that the whole name would have.
        name.len = len.min(room);
        name
    }

    /// The address family; `AF_UNSPEC` if there is no name.
    pub fn family(&self) -> c_int {
        c_int::from(self.storage.ss_family)
    }

    /// The address and port of an IPv4 or IPv6 name.
    pub fn internet(&self) -> Option<SocketAddr> {
        match self.family() {
            libc::AF_INET => {
                // SAFETY: the family says so, and the storage has room for it.
                let name = unsafe { &*(&raw const self.storage).cast::<libc::sockaddr_in>() };
                let address = Ipv4Addr::from(u32::from_be(name.sin_addr.s_addr));
                Some(SocketAddr::new(address.into(), u16::from_be(name.sin_port)))
            }
            libc::AF_INET6 => {
                // SAFETY: as above.
                let name = unsafe { &*(&raw const self.storage).cast::<libc::sockaddr_in6>() };
                let (address, port) = (name.sin6_addr.s6_addr, u16::from_be(name.sin6_port));
                Some(SocketAddrV6::new(address.into(), port, 0, name.sin6_scope_id).into())
            }
            _ => None,
        }
    }

    /// The port of an internet address.
    pub fn port(&self) -> Option<u16> {
        let port = match self.family() {
            // SAFETY: the storage is larger than these structs and aligned for any socket name;
            // they are integers only.
            libc::AF_INET => unsafe { (*self.as_ptr().cast::<sockaddr_in>()).sin_port },
            // SAFETY: as above.
            libc::AF_INET6 => unsafe { (*self.as_ptr().cast::<sockaddr_in6>()).sin6_port },
            _ => return None,
        };
        Some(u16::from_be(port))
    }

    /// The same internet address with another port; other names stay what they are.
    #[must_use]
    pub fn with_port(&self, port: u16) -> Self {
        let mut name = self.clone();
        let storage = &raw mut name.storage;
        match self.family() {
            // SAFETY: the storage is larger than these structs and aligned for any socket name.
            libc::AF_INET => unsafe {
                (*storage.cast::<sockaddr_in>()).sin_port = port.to_be();
            },
            // SAFETY: as above.
            libc::AF_INET6 => unsafe {
                (*storage.cast::<sockaddr_in6>()).sin6_port = port.to_be();
            },
            _ => {}
        }
        name
    }

    /// What the UNIX socket is called; None for other families.
    pub fn unix_name(&self) -> Option<UnixName<'_>> {
        if self.family() != libc::AF_UNIX {
            return None;
        }
        let used = (self.len as usize).min(size_of::<sockaddr_un>());
        if used <= UNIX_HEADER {
            return Some(UnixName::Unnamed);
        }
        // SAFETY: the bytes lie inside the storage, since a `sockaddr_un` does.
        let path = unsafe {
            let start = self.as_ptr().cast::<u8>().add(UNIX_HEADER);
            core::slice::from_raw_parts(start, used - UNIX_HEADER)
        };
        Some(match path.split_first() {
            Some((0, name)) => UnixName::Abstract {
                name: until_nul(name),
                tight: used < size_of::<sockaddr_un>(),
            },
            _ => UnixName::Path(until_nul(path)),
        })
    }

    /// Context id and port of a virtio socket; None for other families.
    pub fn vsock_name(&self) -> Option<(u32, u32)> {
        if self.family() != libc::AF_VSOCK {
            return None;
        }
        // SAFETY: the storage is larger than a `sockaddr_vm`, aligned for any socket name, and
        // integers only.
        let vm = unsafe { self.as_ptr().cast::<sockaddr_vm>().read() };
        Some((vm.svm_cid, vm.svm_port))
    }
}

/// An address and a port, or a path; an abstract name after `@` (R-TRACE-10).
impl core::fmt::Display for SocketName {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self.unix_name() {
            Some(UnixName::Unnamed) => return f.write_str("unnamed"),
            Some(UnixName::Path(path)) => return f.write_str(&String::from_utf8_lossy(path)),
            Some(UnixName::Abstract { name, .. }) => {
                return write!(f, "@{}", String::from_utf8_lossy(name));
            }
            None => {}
        }
        if let Some((cid, port)) = self.vsock_name() {
            return write!(f, "vsock:{cid}:{port}");
        }
        let port = self.port().unwrap_or(0);
        match self.family() {
            libc::AF_INET => {
                // SAFETY: the storage is larger than the struct and aligned for any socket name; it is
                // integers only.
                let address = unsafe { (*self.as_ptr().cast::<sockaddr_in>()).sin_addr.s_addr };
                let address = Ipv4Addr::from(address.to_ne_bytes());
                write!(f, "{address}:{port}")
            }
            libc::AF_INET6 => {
                // SAFETY: as above.
                let address = unsafe { (*self.as_ptr().cast::<sockaddr_in6>()).sin6_addr.s6_addr };
                write!(f, "[{}]:{port}", Ipv6Addr::from(address))
            }
            family => write!(f, "family {family}"),
        }
    }
}

impl core::fmt::Debug for SocketName {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let bytes = self.as_ptr().cast::<u8>();
        // SAFETY: `len` never exceeds the storage.
        let bytes = unsafe { core::slice::from_raw_parts(bytes, self.len as usize) };
        f.debug_tuple("SocketName").field(&bytes).finish()
    }
}

fn until_nul(bytes: &[u8]) -> &[u8] {
    bytes.split(|&b| b == 0).next().unwrap_or_default()
}

/// A length below that of `sockaddr_storage`, 128.
fn length(bytes: usize) -> socklen_t {
    socklen_t::try_from(bytes).unwrap_or(0)
}

/// An address family as the struct holds it; families are small numbers.
fn family_field(family: c_int) -> libc::sa_family_t {
    libc::sa_family_t::try_from(family).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_fills_the_struct() {
        let name = SocketName::unix_padded(b"/tmp/x").unwrap();
        assert_eq!(name.len() as usize, size_of::<sockaddr_un>());
        assert_eq!(name.unix_name(), Some(UnixName::Path(b"/tmp/x")));
        assert_eq!(name.family(), libc::AF_UNIX);
        assert_eq!(name.port(), None);
        assert_eq!(name.vsock_name(), None);
    }

    #[test]
    fn a_path_may_use_every_byte() {
        let path = [b'p'; UNIX_PATH_MAX];
        let name = SocketName::unix_padded(&path).unwrap();
        assert_eq!(name.unix_name(), Some(UnixName::Path(&path)));
        assert!(SocketName::unix_padded(&[b'p'; UNIX_PATH_MAX + 1]).is_none());
        assert!(SocketName::unix(&[b'p'; UNIX_PATH_MAX + 1]).is_none());
    }

    #[test]
    fn abstract_names_know_whether_they_are_tight() {
        let tight = SocketName::unix(b"\0name").unwrap();
        assert_eq!(tight.len() as usize, UNIX_HEADER + 5);
        let expected = UnixName::Abstract {
            name: b"name",
            tight: true,
        };
        assert_eq!(tight.unix_name(), Some(expected));

        let padded = SocketName::unix_padded(b"\0name").unwrap();
        let expected = UnixName::Abstract {
            name: b"name",
            tight: false,
        };
        assert_eq!(padded.unix_name(), Some(expected));
    }

    #[test]
    fn a_name_without_path_is_unnamed() {
        let name = SocketName::unix(b"").unwrap();
        assert_eq!(name.unix_name(), Some(UnixName::Unnamed));
        assert_eq!(SocketName::empty().unix_name(), None);
        assert!(SocketName::empty().is_empty());
    }

    #[test]
    fn a_path_ends_with_its_length_or_its_nul() {
        let long = SocketName::unix_padded(b"abcdef").unwrap();
        // SAFETY: the storage has the three bytes.
        let short = unsafe { SocketName::from_ptr(long.as_ptr(), 2 + 3) };
        assert_eq!(short.unix_name(), Some(UnixName::Path(b"abc")));
        let whole = length(size_of::<sockaddr_storage>());
        // SAFETY: the storage is that long.
        let over = unsafe { SocketName::from_ptr(long.as_ptr(), whole) };
        assert_eq!(over.unix_name(), Some(UnixName::Path(b"abcdef")));
    }

    #[test]
    fn ports_are_read_and_replaced() {
        for family in [libc::AF_INET, libc::AF_INET6] {
            let mut name = SocketName::empty();
            name.storage.ss_family = family_field(family);
            assert_eq!(name.port(), Some(0));
            assert_eq!(name.with_port(0x1234).port(), Some(0x1234));
        }
        assert_eq!(
            SocketName::vsock(1, 2).with_port(9).vsock_name(),
            Some((1, 2))
        );
    }

    /// R-TRACE-10
    #[test]
    fn names_are_written_as_people_write_them() {
        let mut name = SocketName::empty();
        assert_eq!(name.to_string(), "family 0");
        name.storage.ss_family = family_field(libc::AF_INET);
        assert_eq!(name.with_port(80).to_string(), "0.0.0.0:80");
        name.storage.ss_family = family_field(libc::AF_INET6);
        assert_eq!(name.with_port(80).to_string(), "[::]:80");
        assert_eq!(SocketName::vsock(2, 7).to_string(), "vsock:2:7");
        let unix = |path| SocketName::unix(path).unwrap().to_string();
        assert_eq!(unix(b"/tmp/x"), "/tmp/x");
        assert_eq!(unix(b"\0x"), "@x");
        assert_eq!(unix(b""), "unnamed");
    }

    #[test]
    fn vsock_names_hold_both_numbers() {
        let name = SocketName::vsock(u32::MAX, 7);
        assert_eq!(name.family(), libc::AF_VSOCK);
        assert_eq!(name.vsock_name(), Some((u32::MAX, 7)));
        assert_eq!(name.unix_name(), None);
    }
}
