//! Whether the peer is who it should be (R-TLS-83).

use core::ffi::CStr;
use std::ffi::CString;
use std::time::SystemTime;

use libc::time_t;

use super::Endpoint;
use super::gnutls::{Certificate, Code, Status};
use crate::error::Error;

/// What is asked of the peer.
pub struct Demands<'a, F> {
    /// This end's role.
    pub endpoint: Endpoint,
    /// The host that the peer has to be.
    pub hostname: Option<&'a CStr>,
    /// Decides about the peer's name.
    pub allows: F,
}

/// Checks what the peer has shown.
///
/// `verified` is what GnuTLS says of the chain. The name is given to `learn` once the certificate
/// has it, even if something is wrong afterwards (R-TLS-86).
pub fn check<F: Fn(&CStr) -> Result<bool, Error>>(
    verified: Result<Status, Code>,
    chain: Result<Vec<Certificate>, Code>,
    demands: &Demands<'_, F>,
    learn: impl FnOnce(&CStr),
) -> Result<(), Error> {
    let failed = |code: Code| Error::new(format!("Verify failed: {code}"));
    if let Some(objection) = verified.map_err(failed)?.objection() {
        return Err(Error::new(objection));
    }
    let chain = chain.map_err(failed)?;
    let now = now();
    let (leaf, others) = chain
        .split_first()
        .ok_or_else(|| failed(Code::NO_CERTIFICATE_FOUND))?;
    check_time(leaf, now)?;
    check_name(leaf, &demands.allows, learn)?;
    check_host(leaf, demands.endpoint, demands.hostname)?;
    others.iter().try_for_each(|other| check_time(other, now))
}

/// Seconds since 1970.
pub fn now() -> time_t {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .ok()
        .and_then(|passed| time_t::try_from(passed.as_secs()).ok())
        .unwrap_or(0)
}

fn check_time(certificate: &Certificate, now: time_t) -> Result<(), Error> {
    let (Some(begin), Some(end)) = (certificate.activation(), certificate.expiration()) else {
        return Err(Error::new("The certificate doesn't say when it is valid"));
    };
    if now > end {
        return Err(Error::new("The certificate has expired"));
    }
    if now < begin {
        return Err(Error::new("The certificate is not yet activated"));
    }
    Ok(())
}

fn check_name(
    leaf: &Certificate,
    allows: impl Fn(&CStr) -> Result<bool, Error>,
    learn: impl FnOnce(&CStr),
) -> Result<(), Error> {
    let name: CString = leaf.distinguished_name().map_err(|code| {
        Error::new(format!(
            "Cannot get the distinguished name of the certificate: {code}"
        ))
    })?;
    learn(&name);
    if allows(&name)? {
        return Ok(());
    }
    let name = name.to_string_lossy();
    Err(Error::new(format!(
        "TLS x509 authz check for {name} is denied"
    )))
}

fn check_host(
    leaf: &Certificate,
    endpoint: Endpoint,
    hostname: Option<&CStr>,
) -> Result<(), Error> {
    match hostname {
        Some(name) if !leaf.is_for_host(name) => Err(Error::new(format!(
            "Certificate does not match the hostname {}",
            name.to_string_lossy()
        ))),
        None if endpoint == Endpoint::Client => {
            Err(Error::new("No hostname for certificate validation"))
        }
        _ => Ok(()),
    }
}
