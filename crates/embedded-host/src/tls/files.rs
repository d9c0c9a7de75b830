//! The files in a directory of credentials (R-TLS-68, R-TLS-69).

use std::ffi::OsString;
use std::fs;
use std::io::{self, Read};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use super::gnutls::DhParameters;
use crate::error::Error;
use crate::report::{self, Severity};
use abi::profile;
use platform::os::errno::Errno;

/// More bytes than any list of authorities or revoked certificates has.
const SIZE_MAX: u64 = 64 << 20;

/// A file that has been read.
#[derive(Debug)]
pub(crate) struct File {
    /// Where it is, for messages.
    pub path: PathBuf,
    /// What is in it.
    pub bytes: Vec<u8>,
}

impl File {
    /// Why what is in it is no good.
    pub(crate) fn error(&self, what: &str, reason: impl core::fmt::Display) -> Error {
        Error::new(format!("{what} {}: {reason}", self.path.display()))
    }
}

/// A directory, if one is set.
#[derive(Clone, Debug)]
pub(crate) struct Directory(Option<PathBuf>);

impl Directory {
    /// The directory of that name.
    pub(crate) fn new(name: Option<&[u8]>) -> Self {
        Self(name.map(|name| OsString::from_vec(name.to_vec()).into()))
    }

    /// The path of a file in it.
    pub(crate) fn path(&self, name: &str) -> Result<PathBuf, Error> {
        match &self.0 {
            Some(directory) => Ok(directory.join(name)),
            None => Err(Error::new("Missing 'dir' property value")),
        }
    }

    /// Reads a file that has to be there.
    pub(crate) fn require(&self, name: &str) -> Result<File, Error> {
        let path = self.path(name)?;
        match read(&path) {
            Ok(bytes) => Ok(File { path, bytes }),
            Err(error) => Err(unusable(&path, &error)),
        }
    }

    /// Reads a file that need not be there.
    pub(crate) fn find(&self, name: &str) -> Result<Option<File>, Error> {
        let Some(directory) = &self.0 else {
            return Ok(None);
        };
        let path = directory.join(name);
        match read(&path) {
            Ok(bytes) => Ok(Some(File { path, bytes })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unusable(&path, &error)),
        }
    }

    /// The Diffie-Hellman parameters of a server, if it has a file of its own.
    pub(crate) fn dh_parameters(&self) -> Result<Option<DhParameters>, Error> {
        let Some(file) = self.find("dh-params.pem")? else {
            return Ok(None);
        };
        if profile::DH_FILES_ARE_DEPRECATED {
            warn_of_dh_file(&file);
        }
        DhParameters::from_pem(&file.bytes)
            .map(Some)
            .map_err(|code| file.error("Unable to load DH parameters from", code))
    }
}

/// What is in a file. Nothing that might not end is read, nor anything that is to be waited for.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let refused = |errno| Err(io::Error::from_raw_os_error(errno));
    // Opening a FIFO waits for a writer otherwise.
    let file = fs::OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK)
        .open(path)?;
    let kind = file.metadata()?;
    if kind.is_dir() {
        return refused(libc::EISDIR);
    }
    if !kind.is_file() {
        return refused(libc::EINVAL);
    }
    let mut bytes = Vec::new();
    if kind.len() <= SIZE_MAX {
        // It may have grown meanwhile.
        file.take(SIZE_MAX + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 <= SIZE_MAX {
            return Ok(bytes);
        }
    }
    refused(libc::EFBIG)
}

fn unusable(path: &Path, error: &io::Error) -> Error {
    let errno = Errno::new(error.raw_os_error().unwrap_or(libc::EIO));
    Error::os(
        errno,
        format!("Unable to access credentials {}", path.display()),
    )
}

/// Once is enough.
fn warn_of_dh_file(file: &File) {
    static WARNED: AtomicBool = AtomicBool::new(false);
    if !WARNED.swap(true, Ordering::Relaxed) {
        let text = format!(
            "{}: files of Diffie-Hellman parameters are deprecated; without one GnuTLS uses the \
             groups of RFC 7919",
            file.path.display()
        );
        report::line(Severity::Warning, text.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::CString;
    use std::os::unix::ffi::OsStrExt;

    use super::*;

    /// A directory that goes with it.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("qio-{}-{name}", std::process::id()));
            fs::create_dir(&path).unwrap();
            Self(path)
        }

        fn directory(&self) -> Directory {
            Directory::new(Some(self.0.as_os_str().as_bytes()))
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            drop(fs::remove_dir_all(&self.0));
        }
    }

    fn make_fifo(path: &Path) {
        let path = CString::new(path.as_os_str().as_bytes()).unwrap();
        // SAFETY: a C string.
        assert_eq!(unsafe { libc::mkfifo(path.as_ptr(), 0o600) }, 0);
    }

    #[test]
    fn a_file_is_read() {
        let scratch = Scratch::new("file");
        fs::write(scratch.0.join("f"), b"text").unwrap();
        assert_eq!(scratch.directory().require("f").unwrap().bytes, b"text");
        assert_eq!(
            scratch.directory().find("f").unwrap().unwrap().bytes,
            b"text"
        );
        assert!(scratch.directory().find("g").unwrap().is_none());
        assert!(scratch.directory().require("g").is_err());
    }

    #[test]
    fn what_is_no_file_is_refused_at_once() {
        let scratch = Scratch::new("odd");
        make_fifo(&scratch.0.join("fifo"));
        fs::create_dir(scratch.0.join("dir")).unwrap();
        std::os::unix::fs::symlink("/dev/zero", scratch.0.join("zero")).unwrap();
        for (name, reason) in [
            ("fifo", "Invalid argument"),
            ("dir", "Is a directory"),
            ("zero", "Invalid argument"),
        ] {
            let text = scratch.directory().require(name).unwrap_err().to_string();
            assert!(text.contains(name) && text.ends_with(reason), "{text}");
            assert!(scratch.directory().find(name).is_err());
        }
    }

    #[test]
    fn a_file_beyond_all_measure_is_refused() {
        let scratch = Scratch::new("large");
        let file = fs::File::create(scratch.0.join("large")).unwrap();
        file.set_len(1 << 40).unwrap();
        let text = scratch.directory().require("large").unwrap_err();
        assert!(text.to_string().ends_with("File too large"), "{text}");
    }
}
