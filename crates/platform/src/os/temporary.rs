//! Making files with an unused name (mkstemp).

use core::ffi::CStr;
use std::ffi::CString;

use super::errno::Errno;
use super::fd::{Descriptor, check};
use super::retry::retry;

/// Makes an empty file after `template`, whose last six bytes, all `X`, are replaced. Returns it
/// with its path.
pub fn create_file(template: &CStr) -> Result<(Descriptor, CString), Errno> {
    let mut path = Vec::new();
    let fd = retry(|| {
        // A call that was interrupted has replaced the X's already.
        path = template.to_bytes_with_nul().to_vec();
        // SAFETY: `path` is a C string of ours, which keeps its length.
        check(unsafe { libc::mkostemp(path.as_mut_ptr().cast(), libc::O_CLOEXEC) })
    })?;
    // SAFETY: the file was just opened, for us alone.
    let file = unsafe { Descriptor::from_raw(fd) };
    let path = CString::from_vec_with_nul(path).map_err(|_| Errno::new(libc::EINVAL))?;
    Ok((file, path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::fd;

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn each_file_is_new() {
        let directory = std::env::temp_dir();
        let template = directory.join("qio-test-XXXXXX").into_os_string();
        let template = CString::new(template.into_encoded_bytes()).unwrap();
        let (first, first_path) = create_file(&template).unwrap();
        let (_second, second_path) = create_file(&template).unwrap();
        assert_ne!(first_path, second_path);
        assert_eq!(fd::is_close_on_exec(first.as_raw()), Ok(true));
        for path in [first_path, second_path] {
            std::fs::remove_file(path.to_str().unwrap()).unwrap();
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn failures_are_errnos() {
        let errno = |template| create_file(template).err().map(Errno::code);
        assert_eq!(errno(c"/nonexistent-directory/XXXXXX"), Some(libc::ENOENT));
        assert_eq!(errno(c"/tmp/no-template"), Some(libc::EINVAL));
    }
}
