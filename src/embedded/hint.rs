//! Errors with a hint for humans, which the host of a hosted build has no import for.

use core::ffi::CStr;

use super::error::LiveError;
use crate::host::error::{Error, HostError, Origin};

/// The error with a hint, which ends with a newline by convention (R-ERR-7).
pub fn with_hint(error: Error, hint: &CStr, origin: &Origin) -> Error {
    let errno = error.errno();
    let Some(object) = error.into_host(origin) else {
        return Error::host(None, errno);
    };
    let object = object.into_ptr();
    // SAFETY: the object is of this host and ours alone.
    if let Some(live) = unsafe { LiveError::from_ptr(object) } {
        live.append_hint(hint);
    }
    // SAFETY: as above, and nobody else has it.
    Error::host(unsafe { HostError::from_ptr_full(object) }, errno)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin;
    use crate::os::errno::Errno;

    #[test]
    fn message_and_errno_stay() {
        let error = Error::os(Errno::new(libc::EPERM), "no entry");
        let text = error.to_string();
        let hinted = with_hint(error, c"Ask for the key.\n", &origin!(c"qio_test"));
        assert_eq!(hinted.errno(), Errno::new(libc::EPERM));
        assert_eq!(hinted.to_string(), text);

        let object = hinted.into_host(&origin!(c"qio_test")).unwrap().into_ptr();
        // SAFETY: the object is of this host and the test's own.
        let hint = unsafe { LiveError::from_ptr(object) }.unwrap().hint();
        assert_eq!(hint, b"Ask for the key.\n");
        // SAFETY: as above.
        drop(unsafe { HostError::from_ptr_full(object) });
    }
}
