//! Pre-shared keys (R-TLS-73).

use super::Endpoint;
use super::files::Directory;
use super::gnutls::{PskClient, PskServer};
use super::identity::Identity;
use super::psk_file;
use crate::error::Error;

const FILE: &str = "keys.psk";
/// Whose key a client has unless the property says so.
const DEFAULT_NAME: &[u8] = b"qemu";

/// Loads what a role needs. The file is read now and not again.
pub(crate) fn load(
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
    let keys = Box::new(psk_file::parse(&directory.require(FILE)?)?);
    let cannot = |code| Error::new(format!("Cannot allocate credentials: {code}"));
    let mut credentials = PskServer::new().map_err(cannot)?;
    credentials.look_up_keys();
    credentials
        .set_dh_parameters(directory.dh_parameters()?)
        .map_err(cannot)?;
    Ok(Identity::PskServer(credentials, keys))
}

fn load_client(directory: &Directory, username: &[u8]) -> Result<Identity, Error> {
    let file = directory.require(FILE)?;
    let keys = psk_file::parse(&file)?;
    let key = keys.find(username).ok_or_else(|| {
        let name = String::from_utf8_lossy(username);
        Error::new(format!(
            "Username {name} not found in {}",
            file.path.display()
        ))
    })?;
    let mut credentials = PskClient::new()
        .map_err(|code| Error::new(format!("Cannot allocate credentials: {code}")))?;
    credentials
        .set_key(username, key)
        .map_err(|code| file.error("Cannot use the key in", code))?;
    Ok(Identity::PskClient(credentials))
}
