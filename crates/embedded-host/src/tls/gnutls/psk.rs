//! The keys that a server shares with its clients, and how GnuTLS asks for one.

use core::ffi::{c_int, c_uchar, c_void};
use core::{ptr, slice};

use super::{Code, sys};

/// Bytes of the key of an unknown name.
const UNKNOWN_KEY: usize = 32;

/// A name and its key.
pub(crate) struct Entry {
    /// What the client shows.
    pub name: Vec<u8>,
    /// What both have.
    pub key: Vec<u8>,
}

/// Names and their keys.
pub(crate) struct Keys(pub Vec<Entry>);

impl Keys {
    /// The key of a name, the first one if it has several.
    pub(crate) fn find(&self, name: &[u8]) -> Option<&[u8]> {
        let entry = self.0.iter().find(|entry| entry.name == name)?;
        Some(&entry.key)
    }
}

/// Tells GnuTLS the key of the name that a client has shown. An unknown name gets a random
/// one, so its client is refused as one with a wrong key is.
pub(super) unsafe extern "C" fn find_key(
    session: *mut sys::Session,
    name: *const sys::Datum,
    key: *mut sys::Datum,
) -> c_int {
    // SAFETY: a live session, whose pointer `Handle::use_psk_server` has set.
    let keys = unsafe { &*sys::gnutls_session_get_ptr(session).cast::<Keys>() };
    // SAFETY: GnuTLS gives the name.
    let name = unsafe { &*name };
    let name = if name.data.is_null() {
        &[]
    } else {
        // SAFETY: that many bytes are readable.
        unsafe { slice::from_raw_parts(name.data, name.size as usize) }
    };
    let found = match keys.find(name) {
        Some(found) => Ok(copy(found)),
        None => random(),
    };
    match found {
        Ok(found) if !found.data.is_null() => {
            // SAFETY: the place is GnuTLS's.
            unsafe { key.write(found) };
            0
        }
        _ => -1,
    }
}

/// A copy that GnuTLS frees; NULL if there is no memory.
fn copy(bytes: &[u8]) -> sys::Datum {
    // SAFETY: takes a number.
    let data = unsafe { (sys::gnutls_malloc)(bytes.len()) }.cast::<c_uchar>();
    if !data.is_null() {
        // SAFETY: fresh memory of that size.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), data, bytes.len()) };
    }
    sys::Datum {
        data,
        ..super::credentials::datum(bytes)
    }
}

fn random() -> Result<sys::Datum, Code> {
    let mut bytes = [0_u8; UNKNOWN_KEY];
    let room = bytes.as_mut_ptr().cast::<c_void>();
    // SAFETY: that many bytes are writable.
    Code::check(unsafe { sys::gnutls_rnd(sys::RND_KEY, room, bytes.len()) })?;
    Ok(copy(&bytes))
}
