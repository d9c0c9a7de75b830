//! The host's socket helpers: they know the program's monitor, its policies and its traces.

use core::ffi::c_int;
use core::marker::PhantomData;

use super::error::{Error, catch};
use super::imports;
use abi::address::{Address, View, check};
use abi::layout;
use platform::os::fd::Descriptor;
use platform::os::socket;
use platform::os::socket_file;
use platform::os::socket_name::{SocketName, UnixName};

/// A `SocketAddress` that somebody else owns and that doesn't change for `'a`.
#[derive(Clone, Copy)]
pub struct AddressRef<'a>(*mut layout::SocketAddress, PhantomData<&'a ()>);

impl<'a> AddressRef<'a> {
    /// The address at `ptr`. None for NULL.
    ///
    /// # Safety
    /// `ptr` is NULL or points to an address that neither it nor its texts change for `'a`.
    pub unsafe fn from_ptr(ptr: *mut layout::SocketAddress) -> Option<Self> {
        (!ptr.is_null()).then_some(Self(ptr, PhantomData))
    }

    /// The address, for traces.
    pub fn as_ptr(self) -> *const layout::SocketAddress {
        self.0
    }

    /// For reading.
    fn view(self) -> View<'a> {
        // SAFETY: live and unchanged, as promised when `self` was made.
        match unsafe { View::from_ptr(self.0) } {
            Some(view) => view,
            // There is no view of NULL only, which `from_ptr` sorts out.
            None => unreachable!(),
        }
    }

    /// A deep copy (R-QAPI-4).
    pub fn deep_copy(self) -> Address {
        // SAFETY: live and unchanged, as promised when `self` was made.
        match unsafe { Address::deep_copy(self.0) } {
            Some(copy) => copy,
            // A copy is NULL for NULL only, which `from_ptr` sorts out.
            None => unreachable!(),
        }
    }
}

impl<'a> From<&'a Address> for AddressRef<'a> {
    fn from(address: &'a Address) -> Self {
        Self(address.as_ptr(), PhantomData)
    }
}

/// What a helper returned: a descriptor, or -1 with an error.
fn opened((fd, error): (c_int, Option<Error>)) -> Result<Descriptor, Error> {
    if fd < 0 {
        return Err(error.unwrap_or_else(silent));
    }
    // SAFETY: the helper gives the descriptor to its caller (R-SOCK-7, R-SOCK-14).
    Ok(unsafe { Descriptor::from_raw(fd) })
}

/// A helper that fails without telling why has still failed.
fn silent() -> Error {
    Error::new("The socket helper failed and left no error")
}

/// Resolves, connects and waits until it is done. The socket is blocking.
pub fn connect(address: AddressRef<'_>) -> Result<Descriptor, Error> {
    check::internet(address.view())?;
    // SAFETY: the address is live; the helper doesn't keep it.
    opened(catch(|errp| unsafe {
        imports::socket_connect(address.0, errp)
    }))
}

/// Resolves, binds and listens.
///
/// What it makes in the file system is known to [`clean_up_listening`].
pub fn listen(address: AddressRef<'_>, backlog: c_int) -> Result<Descriptor, Error> {
    let view = address.view();
    check::internet(view)?;
    let path = match view {
        View::Unix(unix) if !unix.is_abstract() => Some(unix.path().unwrap_or_default()),
        _ => None,
    };
    path.map_or(Ok(()), check::path_to_listen_at)?;
    // SAFETY: the address is live; the helper doesn't keep it.
    let descriptor = opened(catch(|errp| unsafe {
        imports::socket_listen(address.0, backlog, errp)
    }))?;
    match path {
        None => {}
        // The host has chosen one.
        Some(path) if path.is_empty() => register(&descriptor),
        Some(path) => socket_file::register(descriptor.as_raw(), path.to_bytes()),
    }
    Ok(descriptor)
}

/// Notes the file of a socket that tells its path itself.
fn register(descriptor: &Descriptor) {
    let name = socket::local_name(descriptor.as_raw());
    if let Ok(Some(UnixName::Path(path))) = name.as_ref().map(SocketName::unix_name) {
        socket_file::register(descriptor.as_raw(), path);
    }
}

/// Makes a datagram socket that is connected to `remote`, and bound to `local` if there is one.
pub fn datagram(
    remote: AddressRef<'_>,
    local: Option<AddressRef<'_>>,
) -> Result<Descriptor, Error> {
    check::internet(remote.view())?;
    local.map_or(Ok(()), |local| check::internet(local.view()))?;
    let local = local.map_or(core::ptr::null_mut(), |local| local.0);
    // SAFETY: the addresses are live or NULL; the helper doesn't keep them.
    opened(catch(|errp| unsafe {
        imports::socket_dgram(remote.0, local, errp)
    }))
}

/// Removes the file that [`listen`] made for the socket in this process, as long as it stands there
/// (R-SOCK-19). Nothing else gets to the host, which would remove whatever stands at the path: after
/// `chdir()` a relative one leads elsewhere.
pub fn clean_up_listening(fd: c_int) -> Result<(), Error> {
    let Some(file) = socket_file::made_for(fd) else {
        return Ok(());
    };
    let result = if file.is_at_name {
        // SAFETY: takes a number.
        let ((), error) = catch(|errp| unsafe { imports::socket_listen_cleanup(fd, errp) });
        error.map_or(Ok(()), Err)
    } else {
        socket_file::remove(&file.path).map_err(|errno| {
            let path = String::from_utf8_lossy(&file.path);
            Error::os(errno, format!("Failed to unlink socket {path}"))
        })
    };
    socket_file::forget(fd);
    result
}

/// The address that a socket's name stands for (R-SOCK-18).
pub fn address_of(name: &SocketName) -> Result<Address, Error> {
    let mut storage = *name.storage();
    let (address, error) = catch(|errp| {
        // SAFETY: the storage is live, and `len` bytes of it are the name.
        unsafe { imports::socket_sockaddr_to_address(&raw mut storage, name.len(), errp) }
    });
    // SAFETY: the address is new and given to the caller.
    let address = unsafe { Address::from_ptr_full(address) };
    address.ok_or_else(|| error.unwrap_or_else(silent))
}
