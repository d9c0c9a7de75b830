//! The files of UNIX sockets, and which of them this process made.
//!
//! A file goes with the socket that it was made for, in the process that made it. A listener may also
//! be inherited, or copied by a fork; and a successor may have put a socket of its own at the path.
//! None of those files is for this process to remove.

use core::ffi::c_int;
use core::mem::MaybeUninit;
use std::ffi::OsStr;
use std::io::ErrorKind;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use super::errno::Errno;
use super::fd::check;
use crate::sync::Mutex;
use crate::sync::fork::PerProcess;

/// What stands at a path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// Nothing, or nothing that can be looked at.
    Nothing,
    /// A socket, whether it is in use or not.
    Socket,
    /// A directory.
    Directory,
    /// Another kind of file: a symbolic link, too.
    Other,
}

/// Looks at a path.
pub fn standing(path: &[u8]) -> Standing {
    let Ok(metadata) = path_of(path).symlink_metadata() else {
        return Standing::Nothing;
    };
    let kind = metadata.file_type();
    if kind.is_socket() {
        Standing::Socket
    } else if kind.is_dir() {
        Standing::Directory
    } else {
        Standing::Other
    }
}

fn path_of(path: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(path))
}

/// Device and inode of something that is open or stands at a path.
type Identity = (u64, u64);

/// A file that this process made.
struct Made {
    /// Of the socket, whatever descriptors it has.
    socket: Identity,
    /// The one that it was made with.
    fd: c_int,
    file: Identity,
    /// From whatever directory, since a program that goes to the background changes it. No descriptor
    /// of the directory: there may be none left.
    path: Vec<u8>,
    /// As it was given, which is what the socket's name tells.
    given: Vec<u8>,
}

/// A file that this process made for a socket, and that stands there still.
#[derive(PartialEq, Eq, Debug)]
pub struct Own {
    /// From whatever directory.
    pub path: Vec<u8>,
    /// Whether the socket's name leads there from the directory that the process is in now.
    pub is_at_name: bool,
}

/// A forked child starts without any.
static MADE: PerProcess<Mutex<Vec<Made>>> = PerProcess::new();

/// Notes that the socket has just got the file at `path`.
pub fn register(fd: c_int, path: &[u8]) {
    let (Ok(socket), Some(file)) = (socket_identity(fd), file_identity(path)) else {
        return;
    };
    let given = path.to_vec();
    // A directory that is gone has no path: then nothing can be found from elsewhere.
    let path = std::path::absolute(path_of(path))
        .map_or_else(|_| given.clone(), |path| path.into_os_string().into_vec());
    let mut made = MADE.get().lock();
    // Whatever stood there before is gone.
    made.retain(|other| other.path != path && other.socket != socket);
    // A socket that could not be looked at when it was closed was not forgotten. Each newcomer looks at two
    // others, so such don't become more.
    for _ in 0..made.len().min(2) {
        let oldest = made.remove(0);
        if file_identity(&oldest.path) == Some(oldest.file) {
            made.push(oldest);
        }
    }
    made.push(Made {
        socket,
        fd,
        file,
        path,
        given,
    });
}

/// The file that this process made for the socket, as long as that very file stands there.
pub fn made_for(fd: c_int) -> Option<Own> {
    let Ok(socket) = socket_identity(fd) else {
        // It can't be told whose the file is: that stays, and would be kept in mind for ever.
        forget(fd);
        return None;
    };
    let made = MADE.get().lock();
    let (path, given, file) = made
        .iter()
        .find(|made| made.socket == socket)
        .map(|made| (made.path.clone(), made.given.clone(), made.file))?;
    drop(made);
    (file_identity(&path) == Some(file)).then(|| Own {
        path,
        is_at_name: file_identity(&given) == Some(file),
    })
}

/// Removes what stands at a path; nothing is fine.
pub fn remove(path: &[u8]) -> Result<(), Errno> {
    match std::fs::remove_file(path_of(path)) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(Errno::new(error.raw_os_error().unwrap_or(libc::EINVAL)))
        }
        _ => Ok(()),
    }
}

/// The socket has lost its file.
pub fn forget(fd: c_int) {
    let socket = socket_identity(fd);
    MADE.get()
        .lock()
        .retain(|made| socket.map_or(made.fd != fd, |socket| made.socket != socket));
}

fn file_identity(path: &[u8]) -> Option<Identity> {
    let metadata = path_of(path).symlink_metadata().ok()?;
    Some((metadata.dev(), metadata.ino()))
}

fn socket_identity(fd: c_int) -> Result<Identity, Errno> {
    let mut status = MaybeUninit::<libc::stat>::uninit();
    // SAFETY: `status` has room for what the call stores.
    check(unsafe { libc::fstat(fd, status.as_mut_ptr()) })?;
    // SAFETY: the call has succeeded, and so has filled it.
    let status = unsafe { status.assume_init() };
    Ok((status.st_dev, status.st_ino))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::fd::{Descriptor, duplicate};
    use crate::os::socket;
    use crate::os::socket_name::SocketName;

    /// A directory that goes with its user.
    struct Directory(std::path::PathBuf);

    impl Directory {
        fn new(test: &str) -> Self {
            let name = format!("qio-file-{test}-{}", std::process::id());
            let path = std::env::temp_dir().join(name);
            std::fs::create_dir(&path).unwrap();
            Self(path)
        }

        fn path(&self, name: &str) -> Vec<u8> {
            self.0.join(name).into_os_string().into_encoded_bytes()
        }
    }

    impl Drop for Directory {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn bound(path: &[u8]) -> Descriptor {
        let socket = socket::create(libc::AF_UNIX, libc::SOCK_STREAM, 0).unwrap();
        let name = SocketName::unix_padded(path).unwrap();
        socket::bind(socket.as_raw(), &name).unwrap();
        socket
    }

    /// Made at an absolute path.
    #[expect(
        clippy::unnecessary_wraps,
        reason = "it is compared with what may be none"
    )]
    fn own(path: Vec<u8>) -> Option<Own> {
        Some(Own {
            path,
            is_at_name: true,
        })
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn files_that_are_gone_are_not_kept_in_mind() {
        let name = format!("/tmp/qio-gone-{}", std::process::id());
        for number in 0..20 {
            let path = format!("{name}-{number}");
            let path = path.as_bytes();
            let socket = bound(path);
            register(socket.as_raw(), path);
            // Closed without a word.
            drop(socket);
            remove(path).unwrap();
        }
        let mut made = MADE.get().lock();
        let before = made.len();
        made.retain(|made| !made.path.starts_with(name.as_bytes()));
        let kept = before - made.len();
        drop(made);
        assert!(kept < 5, "{kept}");
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn removing_nothing_is_fine() {
        let directory = Directory::new("remove");
        let path = directory.path("socket");
        let _socket = bound(&path);
        assert_eq!(remove(&path), Ok(()));
        assert_eq!(standing(&path), Standing::Nothing);
        assert_eq!(remove(&path), Ok(()));
        assert!(remove(&directory.path("")).is_err());
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn kinds_are_told_apart() {
        let directory = Directory::new("kinds");
        let (path, file, link) = (
            directory.path("socket"),
            directory.path("file"),
            directory.path("link"),
        );
        assert_eq!(standing(&path), Standing::Nothing);
        let _socket = bound(&path);
        std::fs::write(path_of(&file), "mine").unwrap();
        std::os::unix::fs::symlink(path_of(&path), path_of(&link)).unwrap();
        assert_eq!(standing(&path), Standing::Socket);
        assert_eq!(standing(&file), Standing::Other);
        assert_eq!(standing(&link), Standing::Other);
        assert_eq!(standing(&directory.path("")), Standing::Directory);
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn only_what_was_registered_is_ours() {
        let directory = Directory::new("ours");
        let path = directory.path("socket");
        let socket = bound(&path);
        assert_eq!(made_for(socket.as_raw()), None);
        register(socket.as_raw(), &path);
        let copy = duplicate(socket.as_raw()).unwrap();
        assert_eq!(made_for(copy.as_raw()), own(path));
        forget(copy.as_raw());
        assert_eq!(made_for(socket.as_raw()), None);
        assert_eq!(made_for(-1), None);
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn a_socket_that_can_not_be_looked_at_is_forgotten() {
        let directory = Directory::new("unseen");
        let path = directory.path("socket");
        let socket = bound(&path);
        // A number that no other test gets meanwhile.
        // SAFETY: takes numbers only.
        let fd = unsafe { libc::fcntl(socket.as_raw(), libc::F_DUPFD_CLOEXEC, 700) };
        register(fd, &path);
        // SAFETY: nothing else has the number.
        unsafe { libc::close(fd) };
        assert_eq!(made_for(fd), None);
        assert_eq!(made_for(socket.as_raw()), None);
        assert_eq!(standing(&path), Standing::Socket);
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn a_successor_at_the_path_has_its_own_file() {
        let directory = Directory::new("successor");
        let path = directory.path("socket");
        let first = bound(&path);
        register(first.as_raw(), &path);
        std::fs::remove_file(path_of(&path)).unwrap();
        assert_eq!(made_for(first.as_raw()), None);
        let _stranger = bound(&path);
        assert_eq!(made_for(first.as_raw()), None);
        std::fs::remove_file(path_of(&path)).unwrap();
        let second = bound(&path);
        register(second.as_raw(), &path);
        assert_eq!(made_for(first.as_raw()), None);
        assert_eq!(made_for(second.as_raw()), own(path));
    }
}
