//! The file of pre-shared keys: lines "NAME:KEY", the key hexadecimal (R-TLS-73).

use super::Endpoint;
use super::files::{Directory, File};
use super::gnutls::{PskClient, PskServer};
use super::identity::Identity;
use crate::error::Error;
use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;

const FILE: &str = "keys.psk";
/// Whose key a client has unless it is told.
const DEFAULT_NAME: &[u8] = b"qemu";

/// Loads what a role needs.
pub fn load(
    endpoint: Endpoint,
    directory: &Directory,
    username: Option<&[u8]>,
) -> Result<Identity, Error> {
    match endpoint {
        Endpoint::Server => load_server(directory, username),
        Endpoint::Client => load_client(directory, username.unwrap_or(DEFAULT_NAME)),
    }
}

fn load_server(directory: &Directory, username: Option<&[u8]>) -> Result<Identity, Error> {
    if username.is_some() {
        return Err(Error::new(
            "username should not be set when endpoint=server",
        ));
    }
    let cannot = |code| Error::new(format!("Cannot allocate credentials: {code}"));
    let mut credentials = PskServer::new().map_err(cannot)?;
    credentials
        .set_dh_parameters(directory.dh_parameters()?)
        .map_err(cannot)?;
    // GnuTLS looks into it at each handshake; that it can be read is asked for now.
    let file = directory.require(FILE)?;
    let path = CString::new(file.path.as_os_str().as_bytes()).unwrap_or_default();
    credentials
        .set_file(&path)
        .map_err(|code| file.error("Cannot use the keys in", code))?;
    Ok(Identity::PskServer(credentials))
}

fn load_client(directory: &Directory, username: &[u8]) -> Result<Identity, Error> {
    let cannot = |code| Error::new(format!("Cannot allocate credentials: {code}"));
    let mut credentials = PskClient::new().map_err(cannot)?;
    let file = directory.require(FILE)?;
    let key = find_key(&file, username)?;
    let name = CString::new(username).unwrap_or_default();
    credentials
        .set_key(&name, key)
        .map_err(|code| file.error("Cannot use the key in", code))?;
    Ok(Identity::PskClient(credentials))
}

fn find_key<'a>(file: &'a File, username: &[u8]) -> Result<&'a [u8], Error> {
    file.bytes
        .split(|&byte| byte == b'\n')
        .find_map(|line| line.strip_prefix(username)?.strip_prefix(b":"))
        .map(|key| key.strip_suffix(b"\r").unwrap_or(key))
        .ok_or_else(|| {
            let name = String::from_utf8_lossy(username);
            Error::new(format!(
                "Username {name} not found in {}",
                file.path.display()
            ))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> File {
        File {
            path: "keys.psk".into(),
            bytes: text.into(),
        }
    }

    #[test]
    fn the_first_line_of_the_name_has_the_key() {
        let keys = file("qem:1\nqemu2:2\nqemu:aa\r\nqemu:bb\n");
        assert_eq!(find_key(&keys, b"qemu").unwrap(), b"aa");
        assert_eq!(find_key(&keys, b"qemu2").unwrap(), b"2");
        let text = find_key(&keys, b"nobody").unwrap_err().to_string();
        assert!(
            text.contains("nobody") && text.contains("keys.psk"),
            "{text}"
        );
        assert!(find_key(&file(""), b"qemu").is_err());
        assert_eq!(find_key(&file("qemu:cc"), b"qemu").unwrap(), b"cc");
    }
}
