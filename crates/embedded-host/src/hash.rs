//! Hashes: SHA-1, which the WebSocket opening handshake needs (R-HASH-1).

use core::ffi::c_uint;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

use crate::error::Error;

/// `QCryptoHashAlgo`: the number of SHA-1, in every profile.
const SHA1: c_uint = 1;

/// The names of the numbers, some of which not every profile has.
const NAMES: [&str; 8] = [
    "md5",
    "sha1",
    "sha224",
    "sha256",
    "sha384",
    "sha512",
    "ripemd160",
    "sm3",
];

/// Whether that one can be had.
pub(crate) fn supports(algorithm: c_uint) -> bool {
    algorithm == SHA1
}

/// The hash of `data`, in base64 with padding.
pub(crate) fn base64(algorithm: c_uint, data: &[u8]) -> Result<String, Error> {
    if supports(algorithm) {
        return Ok(STANDARD.encode(Sha1::digest(data)));
    }
    let index = usize::try_from(algorithm).ok();
    let name = index.and_then(|index| NAMES.get(index));
    Err(Error::new(match name {
        Some(name) => format!("Hash algorithm {name} is not supported"),
        None => format!("Unknown hash algorithm {algorithm}"),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sha1_is_there() {
        assert_eq!(base64(SHA1, b"").unwrap(), "2jmj7l5rSw0yVb/vlWAYkK/YBwk=");
        assert_eq!(
            base64(SHA1, b"abc").unwrap(),
            "qZk+NkcGgWq6PiVxeFDCbJzQ2J0="
        );
    }

    #[test]
    fn others_are_named() {
        let refusal = |n| base64(n, b"").err().unwrap().to_string();
        assert_eq!(refusal(3), "Hash algorithm sha256 is not supported");
        assert_eq!(refusal(99), "Unknown hash algorithm 99");
    }
}
