//! The files in a directory of credentials (R-TLS-68, R-TLS-69).

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use super::gnutls::DhParameters;
use crate::embedded::report::{self, Severity};
use crate::host::error::Error;
use crate::os::errno::Errno;
use crate::profile;

/// A file that has been read.
#[derive(Debug)]
pub struct File {
    /// Where it is, for messages.
    pub path: PathBuf,
    /// What is in it.
    pub bytes: Vec<u8>,
}

impl File {
    /// Why what is in it is no good.
    pub fn error(&self, what: &str, reason: impl core::fmt::Display) -> Error {
        Error::new(format!("{what} {}: {reason}", self.path.display()))
    }
}

/// A directory, if one is set.
#[derive(Clone, Debug)]
pub struct Directory(Option<PathBuf>);

impl Directory {
    /// The directory of that name.
    pub fn new(name: Option<&[u8]>) -> Self {
        Self(name.map(|name| OsString::from_vec(name.to_vec()).into()))
    }

    /// The path of a file in it.
    pub fn path(&self, name: &str) -> Result<PathBuf, Error> {
        match &self.0 {
            Some(directory) => Ok(directory.join(name)),
            None => Err(Error::new("Missing 'dir' property value")),
        }
    }

    /// Reads a file that has to be there.
    pub fn require(&self, name: &str) -> Result<File, Error> {
        let path = self.path(name)?;
        match fs::read(&path) {
            Ok(bytes) => Ok(File { path, bytes }),
            Err(error) => Err(unusable(&path, &error)),
        }
    }

    /// Reads a file that need not be there.
    pub fn find(&self, name: &str) -> Result<Option<File>, Error> {
        let Some(directory) = &self.0 else {
            return Ok(None);
        };
        let path = directory.join(name);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(File { path, bytes })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unusable(&path, &error)),
        }
    }

    /// The Diffie-Hellman parameters of a server, if it has a file of its own.
    pub fn dh_parameters(&self) -> Result<Option<DhParameters>, Error> {
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

fn unusable(path: &std::path::Path, error: &io::Error) -> Error {
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
