//! Socket addresses as C structs in GLib memory.

pub mod check;
pub mod copy;
pub mod family;
mod fields;
pub mod keep_alive;
mod view;

use core::ffi::CStr;
use core::mem::ManuallyDrop;
use core::ptr::{self, NonNull};
use std::ffi::CString;

use glib_sys::{g_free, g_malloc0, g_strdup};

use crate::layout::{
    self, FdSocketAddress, SOCKET_ADDRESS_TYPE_FD, SOCKET_ADDRESS_TYPE_INET,
    SOCKET_ADDRESS_TYPE_UNIX, SOCKET_ADDRESS_TYPE_VSOCK, SocketAddressBranch, SocketAddressType,
    UnixSocketAddress, VsockSocketAddress,
};
use crate::profile;

pub use fields::InetFields;
pub use view::{Fd, Inet, Unix, View, Vsock, host_and_port, resolution_failed, shown, shown_name};

/// An owned `SocketAddress`.
pub struct Address(NonNull<layout::SocketAddress>);

// SAFETY: plain data in GLib memory, owned by one holder.
unsafe impl Send for Address {}
// SAFETY: shared access only reads.
unsafe impl Sync for Address {}

impl Address {
    /// Takes over an address. None for NULL.
    ///
    /// # Safety
    /// `ptr` is NULL or an address in GLib memory without another owner.
    pub unsafe fn from_ptr_full(ptr: *mut layout::SocketAddress) -> Option<Self> {
        NonNull::new(ptr).map(Self)
    }

    /// A deep copy of somebody else's address (R-QAPI-4). None for NULL; a type that no address
    /// has aborts.
    ///
    /// # Safety
    /// `ptr` is NULL or points to a live address.
    pub unsafe fn deep_copy(ptr: *const layout::SocketAddress) -> Option<Self> {
        // SAFETY: as promised.
        let copy = unsafe { copy::deep_copy(ptr) };
        // SAFETY: the copy is new.
        unsafe { Self::from_ptr_full(copy) }
    }

    /// Memory of an address of the type, all else 0.
    fn zeroed(r#type: SocketAddressType) -> NonNull<layout::SocketAddress> {
        // SAFETY: `g_malloc0` ends the process rather than return NULL.
        let address: NonNull<layout::SocketAddress> =
            unsafe { NonNull::new_unchecked(g_malloc0(size_of::<layout::SocketAddress>()).cast()) };
        // SAFETY: the memory is new, and large and aligned enough for any C struct.
        unsafe { (*address.as_ptr()).r#type = r#type };
        address
    }

    /// A new address with the given branch, whose texts it takes over.
    fn new(r#type: SocketAddressType, u: SocketAddressBranch) -> Self {
        let address = Self::zeroed(r#type);
        // SAFETY: the memory is live and new.
        unsafe { (&raw mut (*address.as_ptr()).u).write(u) };
        Self(address)
    }

    /// An internet address.
    pub fn inet(fields: &InetFields<'_>) -> Self {
        let inet = ManuallyDrop::new(fields.to_layout());
        Self::new(SOCKET_ADDRESS_TYPE_INET, SocketAddressBranch { inet })
    }

    /// A UNIX socket in the file system.
    pub fn unix(path: &CStr) -> Self {
        let q_unix = ManuallyDrop::new(UnixSocketAddress {
            // SAFETY: `path` is a C string.
            path: unsafe { g_strdup(path.as_ptr()) },
            has_abstract: false,
            r#abstract: false,
            has_tight: false,
            tight: false,
        });
        Self::new(SOCKET_ADDRESS_TYPE_UNIX, SocketAddressBranch { q_unix })
    }

    /// A UNIX socket outside the file system.
    pub fn unix_abstract(name: &CStr, tight: bool) -> Self {
        let q_unix = ManuallyDrop::new(UnixSocketAddress {
            // SAFETY: `name` is a C string.
            path: unsafe { g_strdup(name.as_ptr()) },
            has_abstract: true,
            r#abstract: true,
            has_tight: true,
            tight,
        });
        Self::new(SOCKET_ADDRESS_TYPE_UNIX, SocketAddressBranch { q_unix })
    }

    /// A virtio socket, both numbers as decimal texts.
    pub fn vsock(cid: &CStr, port: &CStr) -> Self {
        let vsock = ManuallyDrop::new(VsockSocketAddress {
            // SAFETY: `cid` is a C string.
            cid: unsafe { g_strdup(cid.as_ptr()) },
            // SAFETY: `port` is a C string.
            port: unsafe { g_strdup(port.as_ptr()) },
        });
        Self::new(SOCKET_ADDRESS_TYPE_VSOCK, SocketAddressBranch { vsock })
    }

    /// A descriptor, by number or by its name in the monitor.
    pub fn fd(name: &CStr) -> Self {
        let fd = ManuallyDrop::new(FdSocketAddress {
            // SAFETY: `name` is a C string.
            str: unsafe { g_strdup(name.as_ptr()) },
        });
        Self::new(SOCKET_ADDRESS_TYPE_FD, SocketAddressBranch { fd })
    }

    /// One answer of a look-up: numeric host and port, and the options of what was looked up
    /// (R-DNS-9, R-DNS-10).
    pub fn resolved(query: Inet<'_>, host: &CStr, port: &CStr) -> Self {
        let address = Self::inet(&InetFields {
            host,
            port,
            ..InetFields::default()
        });
        // SAFETY: the address was just made with this branch in force.
        let inet = unsafe { (&raw mut (*address.as_ptr()).u).cast::<layout::InetSocketAddress>() };
        // SAFETY: `inet` is the live branch, whose texts are read before the copy and put back
        // after it, so that they stay its own. The rest goes bytewise: options without their
        // `has_` flag may be anything.
        unsafe {
            let (host, port) = ((*inet).host, (*inet).port);
            ptr::copy_nonoverlapping(query.as_ptr(), inet, 1);
            (*inet).host = host;
            (*inet).port = port;
            (*inet).has_numeric = true;
            (*inet).numeric = true;
        }
        if !profile::RESOLVER_KEEPS_KEEP_ALIVE {
            // A profile that drops it has no tuning.
            // SAFETY: the branch is live and ours alone.
            unsafe {
                (*inet).has_keep_alive = false;
                (*inet).keep_alive = false;
            }
        }
        address
    }

    /// A copy of an internet address with that port and no range; of any other, a copy.
    #[must_use]
    pub fn with_port(&self, port: u16) -> Self {
        let copy = self.clone();
        if let View::Inet(_) = copy.view() {
            let text = CString::new(port.to_string()).unwrap_or_default();
            // SAFETY: the type says that this branch is in force.
            let inet = unsafe { (&raw mut (*copy.as_ptr()).u).cast::<layout::InetSocketAddress>() };
            // SAFETY: the branch is live and the copy's own, and so is its text.
            unsafe {
                g_free((*inet).port.cast());
                (*inet).port = g_strdup(text.as_ptr());
                (*inet).has_to = false;
                (*inet).to = 0;
            }
        }
        copy
    }

    /// A deep copy of an address that somebody else owns, as [`Address::deep_copy`].
    pub fn copy_of(view: View<'_>) -> Self {
        let (r#type, branch, size) = view.branch();
        let address = Self::zeroed(r#type);
        // SAFETY: the branch has `size` bytes, and the union room for the largest. They go bytewise:
        // options without their `has_` flag may be anything.
        unsafe {
            let room = (&raw mut (*address.as_ptr()).u).cast::<u8>();
            ptr::copy_nonoverlapping(branch, room, size);
        }
        // SAFETY: a bytewise copy of a live address.
        unsafe { copy::own_texts(address.as_ptr()) };
        Self(address)
    }

    /// For reading.
    pub fn view(&self) -> View<'_> {
        // SAFETY: the address is ours and doesn't change while it is borrowed.
        let view = unsafe { View::from_ptr(self.0.as_ptr()) };
        // SAFETY: an owned address is not NULL.
        unsafe { view.unwrap_unchecked() }
    }

    /// The address for a host function, which doesn't keep it.
    pub fn as_ptr(&self) -> *mut layout::SocketAddress {
        self.0.as_ptr()
    }

    /// Gives the address to C code, which frees it with `qapi_free_SocketAddress`.
    pub fn into_ptr(self) -> *mut layout::SocketAddress {
        let ptr = self.0.as_ptr();
        let _ = ManuallyDrop::new(self);
        ptr
    }
}

impl Clone for Address {
    fn clone(&self) -> Self {
        // SAFETY: the address is live, so the copy is not NULL.
        Self(unsafe { NonNull::new_unchecked(copy::deep_copy(self.0.as_ptr())) })
    }
}

impl Drop for Address {
    fn drop(&mut self) {
        // SAFETY: the address is ours and goes with `self`.
        unsafe { copy::free(self.0.as_ptr()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::KeepAliveTuning;
    use platform::os::resolve::Family;

    fn inet(address: &Address) -> Inet<'_> {
        match address.view() {
            View::Inet(inet) => inet,
            _ => panic!("not an internet address"),
        }
    }

    #[test]
    fn null_copies_to_nothing() {
        // SAFETY: NULL is allowed.
        assert!(unsafe { Address::deep_copy(ptr::null()) }.is_none());
    }

    #[test]
    fn a_copy_has_texts_of_its_own() {
        let address = Address::inet(&InetFields {
            host: c"host",
            port: c"80",
            to: Some(90),
            ipv6: Some(false),
            ..InetFields::default()
        });
        let copy = address.clone();
        let (a, b) = (inet(&address), inet(&copy));
        assert_eq!((b.host(), b.port()), (Some(c"host"), Some(c"80")));
        assert_ne!(a.host().map(CStr::as_ptr), b.host().map(CStr::as_ptr));
        assert_ne!(a.port().map(CStr::as_ptr), b.port().map(CStr::as_ptr));
        assert_eq!(
            (b.last_port(), b.ipv4(), b.ipv6()),
            (Some(90), None, Some(false))
        );
        drop(address);
        assert_eq!(inet(&copy).host(), Some(c"host"));
    }

    #[test]
    fn a_missing_text_becomes_an_empty_one_in_the_copy() {
        let kinds = [
            SOCKET_ADDRESS_TYPE_INET,
            SOCKET_ADDRESS_TYPE_UNIX,
            SOCKET_ADDRESS_TYPE_VSOCK,
            SOCKET_ADDRESS_TYPE_FD,
        ];
        for kind in kinds {
            // SAFETY: all zeros are a valid address of any kind.
            let mut address: layout::SocketAddress = unsafe { core::mem::zeroed() };
            address.r#type = kind;
            // SAFETY: `address` is live.
            let copy = unsafe { Address::deep_copy(&raw const address) }.unwrap();
            let empty = Some(c"");
            match copy.view() {
                View::Inet(inet) => assert_eq!((inet.host(), inet.port()), (empty, empty)),
                View::Unix(unix) => assert_eq!(unix.path(), empty),
                View::Vsock(vsock) => assert_eq!((vsock.cid(), vsock.port()), (empty, empty)),
                View::Fd(fd) => assert_eq!(fd.name(), empty),
            }
        }
    }

    #[test]
    fn another_port_ends_the_range() {
        let address = Address::inet(&InetFields {
            host: c"host",
            port: c"80",
            to: Some(90),
            ipv6: Some(true),
            ..InetFields::default()
        });
        let copy = address.with_port(65535);
        let view = inet(&copy);
        assert_eq!((view.host(), view.port()), (Some(c"host"), Some(c"65535")));
        assert_eq!((view.last_port(), view.ipv6()), (None, Some(true)));
        assert_eq!(inet(&address).port(), Some(c"80"));
        assert!(matches!(
            Address::unix(c"/x").with_port(1).view(),
            View::Unix(_)
        ));
    }

    #[test]
    fn a_view_copies_as_what_it_shows() {
        let unix = Address::unix_abstract(c"name", false);
        let copy = Address::copy_of(unix.view());
        drop(unix);
        let View::Unix(view) = copy.view() else {
            panic!()
        };
        assert_eq!(
            (view.path(), view.is_abstract(), view.is_tight()),
            (Some(c"name"), true, false)
        );
        let query = Address::inet(&InetFields {
            host: c"h",
            port: c"p",
            to: Some(3),
            ..InetFields::default()
        });
        let copy = Address::copy_of(query.view());
        drop(query);
        let view = inet(&copy);
        assert_eq!(
            (view.host_and_port(), view.last_port()),
            ("h:p".into(), Some(3))
        );
        for address in [Address::vsock(c"1", c"2"), Address::fd(c"7")] {
            let copy = Address::copy_of(address.view());
            drop(address);
            match copy.view() {
                View::Vsock(v) => assert_eq!((v.cid(), v.port()), (Some(c"1"), Some(c"2"))),
                View::Fd(fd) => assert_eq!(fd.name(), Some(c"7")),
                _ => panic!(),
            }
        }
    }

    #[test]
    fn options_are_copied_even_without_their_flag() {
        let address = Address::inet(&InetFields::default());
        // SAFETY: the address is ours and has the inet branch.
        unsafe {
            let inet = (&raw mut (*address.as_ptr()).u).cast::<layout::InetSocketAddress>();
            (*inet).to = 77;
            (*inet).mptcp = true;
        }
        let copy = address.clone();
        // SAFETY: as above.
        let inet = unsafe { &(*copy.as_ptr()).u.inet };
        assert_eq!((inet.has_to, inet.to), (false, 77));
        assert_eq!((inet.has_mptcp, inet.mptcp), (false, true));
    }

    #[test]
    fn every_kind_reads_back() {
        let unix = Address::unix(c"/run/x");
        let View::Unix(view) = unix.view() else {
            panic!()
        };
        assert_eq!(
            (view.path(), view.is_abstract(), view.is_tight()),
            (Some(c"/run/x"), false, true)
        );

        for tight in [false, true] {
            let unix = Address::unix_abstract(c"name", tight);
            let View::Unix(view) = unix.view() else {
                panic!()
            };
            assert_eq!(
                (view.path(), view.is_abstract(), view.is_tight()),
                (Some(c"name"), true, tight)
            );
        }

        let vsock = Address::vsock(c"3", c"1024");
        let View::Vsock(view) = vsock.view() else {
            panic!()
        };
        assert_eq!((view.cid(), view.port()), (Some(c"3"), Some(c"1024")));

        let fd = Address::fd(c"nine");
        let View::Fd(view) = fd.view() else { panic!() };
        assert_eq!(view.name(), Some(c"nine"));
    }

    #[test]
    fn flags_count_only_when_given() {
        let bare = Address::inet(&InetFields {
            host: c"h",
            port: c"1",
            ..InetFields::default()
        });
        let view = inet(&bare);
        assert!(!view.is_numeric() && !view.is_multipath() && !view.keep_alive());
        assert_eq!(
            (view.last_port(), view.ipv4(), view.ipv6()),
            (None, None, None)
        );
        assert_eq!(view.family().unwrap(), Family::Any);
        assert!(!view.is_v6_only());
        assert_eq!(view.host_and_port(), "h:1");

        let full = Address::inet(&InetFields {
            numeric: Some(true),
            ipv4: Some(true),
            ipv6: Some(true),
            keep_alive: Some(true),
            mptcp: Some(true),
            ..InetFields::default()
        });
        let view = inet(&full);
        assert!(view.is_numeric() && view.is_multipath() && view.keep_alive());
        // No host means any.
        assert_eq!(view.family().unwrap(), Family::V6);
    }

    #[test]
    fn an_answer_has_numbers_and_the_options_of_the_question() {
        let query = Address::inet(&InetFields {
            host: c"localhost",
            port: c"http",
            to: Some(99),
            ipv4: Some(true),
            ipv6: Some(false),
            mptcp: Some(true),
            keep_alive: Some(true),
            keep_alive_tuning: KeepAliveTuning {
                count: Some(1),
                idle: Some(2),
                interval: Some(3),
            },
            ..InetFields::default()
        });
        let answer = Address::resolved(inet(&query), c"127.0.0.1", c"80");
        let view = inet(&answer);
        assert_eq!(
            (view.host(), view.port()),
            (Some(c"127.0.0.1"), Some(c"80"))
        );
        assert!(view.is_numeric() && view.is_multipath());
        assert_eq!(
            (view.last_port(), view.ipv4(), view.ipv6()),
            (Some(99), Some(true), Some(false))
        );
        let kept = profile::RESOLVER_KEEPS_KEEP_ALIVE;
        assert_eq!(view.keep_alive(), kept);
        assert_eq!(view.keep_alive_tuning().idle, kept.then_some(2));
        assert_eq!(inet(&query).host(), Some(c"localhost"));
    }
}
