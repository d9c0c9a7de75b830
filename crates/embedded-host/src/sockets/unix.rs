//! Listening on and connecting to UNIX sockets.

use core::ffi::{CStr, c_int};
use std::borrow::Cow;
use std::ffi::CString;

use super::{failed, names};
use crate::error::with_hint;
use crate::error::{Error, Origin};
use abi::address::{Unix, check, shown};
use abi::origin;
use platform::os::fd::Descriptor;
use platform::os::socket;
use platform::os::socket_file;
use platform::os::socket_name::{SocketName, UNIX_PATH_MAX};
use platform::os::temporary;

/// What a UNIX socket is to be called.
#[derive(Clone, Copy)]
pub(crate) struct UnixAddress<'a> {
    path: Option<&'a CStr>,
    place: Place,
}

/// Where the name is known.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    FileSystem,
    /// Outside it; a tight name ends where its text does.
    Abstract {
        tight: bool,
    },
}

impl<'a> UnixAddress<'a> {
    /// A path in the file system.
    pub(crate) fn from_path(path: Option<&'a CStr>) -> Self {
        let place = Place::FileSystem;
        Self { path, place }
    }
}

impl<'a> From<Unix<'a>> for UnixAddress<'a> {
    fn from(unix: Unix<'a>) -> Self {
        let place = if unix.is_abstract() {
            let tight = unix.is_tight();
            Place::Abstract { tight }
        } else {
            Place::FileSystem
        };
        let path = unix.path();
        Self { path, place }
    }
}

/// The name for the kernel (R-SOCK-12).
fn name(path: &CStr, place: Place, origin: &Origin) -> Result<SocketName, Error> {
    let path_bytes = path.to_bytes();
    let name = match place {
        Place::FileSystem => SocketName::unix_padded(path_bytes),
        Place::Abstract { tight } => {
            let bytes = [b"\0", path_bytes].concat();
            if tight {
                SocketName::unix(&bytes)
            } else {
                SocketName::unix_padded(&bytes)
            }
        }
    };
    name.ok_or_else(|| {
        let path = shown(Some(path));
        let error = Error::new(format!("UNIX socket path '{path}' is too long"));
        with_hint(error, hint(place), origin)
    })
}

/// How long a name may be.
const fn hint(place: Place) -> &'static CStr {
    const { assert!(UNIX_PATH_MAX == 108) };
    match place {
        Place::FileSystem => c"A path may have up to 108 bytes.\n",
        Place::Abstract { .. } => c"An abstract name may have up to 107 bytes.\n",
    }
}

/// A socket that clients can connect to (R-SOCK-12).
pub(crate) fn listen(address: &UnixAddress<'_>, backlog: c_int) -> Result<Descriptor, Error> {
    let origin = origin!(c"unix_listen");
    let socket = create()?;
    let is_file = address.place == Place::FileSystem;
    let path = match address.path.unwrap_or_default() {
        path if path.is_empty() && is_file => Cow::Owned(fresh_path(&origin)?),
        path => {
            if is_file {
                check::path_to_listen_at(path)?;
            }
            Cow::Borrowed(path)
        }
    };
    let name = name(&path, address.place, &origin)?;
    if is_file {
        names::remove(path.to_bytes())?;
    }
    let shown_path = shown(Some(&path));
    socket::bind(socket.as_raw(), &name)
        .map_err(failed(format!("Failed to bind socket to {shown_path}")))?;
    if is_file {
        socket_file::register(socket.as_raw(), path.to_bytes());
    }
    if let Err(errno) = socket::listen(socket.as_raw(), backlog) {
        // What was bound must not stay behind. The first failure is the one to tell.
        let _: Result<(), Error> = names::cleanup_listening(socket.as_raw());
        let message = format!("Failed to listen on socket {shown_path}");
        return Err(Error::os(errno, message));
    }
    Ok(socket)
}

/// A connected socket (R-SOCK-16).
pub(crate) fn connect(address: &UnixAddress<'_>) -> Result<Descriptor, Error> {
    let origin = origin!(c"unix_connect");
    let is_file = address.place == Place::FileSystem;
    // The kernel would take an empty path for an abstract name.
    let path = address
        .path
        .filter(|path| !(path.is_empty() && is_file))
        .ok_or_else(|| Error::new("unix connect: no path specified"))?;
    let name = name(path, address.place, &origin)?;
    let socket = create()?;
    socket::connect(socket.as_raw(), &name).map_err(|errno| {
        let path = shown(Some(path));
        Error::os(errno, format!("Failed to connect to '{path}'"))
    })?;
    Ok(socket)
}

fn create() -> Result<Descriptor, Error> {
    socket::create(libc::AF_UNIX, libc::SOCK_STREAM, 0).map_err(failed("Failed to create a socket"))
}

/// A path in the temporary directory that is this process's own; a file stands there already.
fn fresh_path(origin: &Origin) -> Result<CString, Error> {
    let template = std::env::temp_dir().join("qemu-socket-XXXXXX");
    let template = CString::new(template.into_os_string().into_encoded_bytes())
        .map_err(|_| Error::new("The path of the temporary directory is not usable"))?;
    name(&template, Place::FileSystem, origin)?;
    let (_file, path) = temporary::create_file(&template).map_err(|errno| {
        let template = shown(Some(&template));
        Error::os(
            errno,
            format!("Failed to make a temporary socket name {template}"),
        )
    })?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use platform::os::socket_name::UnixName;

    /// A directory that goes with its user.
    struct Directory(std::path::PathBuf);

    impl Directory {
        fn new(test: &str) -> Self {
            let name = format!("qio-unix-{test}-{}", std::process::id());
            let path = std::env::temp_dir().join(name);
            std::fs::create_dir(&path).unwrap();
            Self(path)
        }

        /// A path in it, of `len` bytes if that is given.
        fn path(&self, name: &str, len: Option<usize>) -> CString {
            let mut path = self.0.join(name).into_os_string().into_encoded_bytes();
            if let Some(len) = len {
                path.resize(len, b'x');
            }
            CString::new(path).unwrap()
        }
    }

    impl Drop for Directory {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn file(path: &CStr) -> UnixAddress<'_> {
        UnixAddress::from_path(Some(path))
    }

    fn abstract_name(path: &CStr, tight: bool) -> UnixAddress<'_> {
        UnixAddress {
            path: Some(path),
            place: Place::Abstract { tight },
        }
    }

    #[test]
    fn clients_reach_a_path() {
        let directory = Directory::new("reach");
        let path = directory.path("socket", None);
        let _listener = listen(&file(&path), 1).unwrap();
        connect(&file(&path)).unwrap();
    }

    #[test]
    fn what_stood_at_the_path_gives_way() {
        let directory = Directory::new("replace");
        let path = directory.path("socket", None);
        drop(listen(&file(&path), 1).unwrap());
        drop(listen(&file(&path), 1).unwrap());
        // A directory doesn't.
        let own = directory.path("", None);
        let error = listen(&file(&own), 1).unwrap_err().to_string();
        assert!(error.starts_with("Failed to unlink socket "), "{error}");
    }

    #[test]
    fn a_file_that_is_no_socket_stays() {
        let directory = Directory::new("file");
        let path = directory.path("file", None);
        let text = path.to_str().unwrap();
        std::fs::write(text, "mine").unwrap();
        let error = listen(&file(&path), 1).unwrap_err();
        assert_eq!(error.errno().code(), libc::EEXIST);
        let message =
            format!("Failed to bind socket to {text}, which is not a socket: File exists");
        assert_eq!(error.to_string(), message);
        assert_eq!(std::fs::read_to_string(text).unwrap(), "mine");
    }

    #[test]
    fn a_path_may_have_108_bytes() {
        let directory = Directory::new("long");
        let path = directory.path("", Some(UNIX_PATH_MAX));
        let _listener = listen(&file(&path), 1).unwrap();
        connect(&file(&path)).unwrap();

        let path = directory.path("", Some(UNIX_PATH_MAX + 1));
        let message = format!("UNIX socket path '{}' is too long", shown(Some(&path)));
        assert_eq!(listen(&file(&path), 1).unwrap_err().to_string(), message);
        assert_eq!(connect(&file(&path)).unwrap_err().to_string(), message);
    }

    #[test]
    fn an_abstract_name_may_have_107_bytes() {
        let mut text = format!("qio-unix-{}-", std::process::id()).into_bytes();
        text.resize(UNIX_PATH_MAX - 1, b'x');
        let name = CString::new(text.clone()).unwrap();
        for tight in [false, true] {
            let _listener = listen(&abstract_name(&name, tight), 1).unwrap();
            connect(&abstract_name(&name, tight)).unwrap();
        }
        text.push(b'x');
        let name = CString::new(text).unwrap();
        for tight in [false, true] {
            assert!(listen(&abstract_name(&name, tight), 1).is_err());
            assert!(connect(&abstract_name(&name, tight)).is_err());
        }
    }

    #[test]
    fn tight_and_padded_names_are_different() {
        let name = CString::new(format!("qio-unix-tight-{}", std::process::id())).unwrap();
        let _listener = listen(&abstract_name(&name, true), 1).unwrap();
        let error = connect(&abstract_name(&name, false)).unwrap_err();
        assert_eq!(error.errno().code(), libc::ECONNREFUSED);
        connect(&abstract_name(&name, true)).unwrap();
    }

    #[test]
    fn without_path_a_new_one_is_made() {
        for path in [None, Some(c"")] {
            let listener = listen(&UnixAddress::from_path(path), 1).unwrap();
            let name = socket::local_name(listener.as_raw()).unwrap();
            let Some(UnixName::Path(path)) = name.unix_name() else {
                panic!("not in the file system: {name:?}")
            };
            let path = std::str::from_utf8(path).unwrap();
            assert!(path.contains("/qemu-socket-"), "{path}");
            std::fs::remove_file(path).unwrap();
        }
    }

    #[test]
    fn connecting_needs_a_path() {
        for path in [None, Some(c"")] {
            let error = connect(&UnixAddress::from_path(path)).unwrap_err();
            assert_eq!(error.to_string(), "unix connect: no path specified");
        }
        let error = connect(&file(c"/nonexistent-directory/socket")).unwrap_err();
        let text = "Failed to connect to '/nonexistent-directory/socket': ";
        assert!(error.to_string().starts_with(text));
        assert_eq!(error.errno().code(), libc::ENOENT);
    }

    #[test]
    fn a_path_that_cannot_be_is_an_error() {
        let error = listen(&file(c"/nonexistent-directory/socket"), 1).unwrap_err();
        let text = "Failed to bind socket to /nonexistent-directory/socket: ";
        assert!(error.to_string().starts_with(text));
    }
}
