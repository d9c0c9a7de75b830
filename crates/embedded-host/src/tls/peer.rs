//! Whether the peer is who it should be (R-TLS-83).

use core::ffi::CStr;
use core::net::{Ipv4Addr, Ipv6Addr};
use std::ffi::CString;
use std::time::SystemTime;

use libc::time_t;

use super::gnutls::{Certificate, Code, Status};
use super::{Endpoint, purpose};
use crate::error::Error;

/// What is asked of the peer.
pub(crate) struct PeerPolicy<'a, F> {
    /// This end's role.
    pub endpoint: Endpoint,
    /// The host that the peer has to be.
    pub hostname: Option<&'a CStr>,
    /// Decides about the peer's name.
    pub allows: F,
}

/// Checks what the peer has shown.
///
/// `verified` is what GnuTLS says of the path from the peer's certificate to an authority; whatever
/// else the peer has shown doesn't matter. The name is given to `learn` once the certificate has it,
/// even if something is wrong afterwards (R-TLS-86).
pub(crate) fn check<F: Fn(&CStr) -> Result<bool, Error>>(
    verified: Result<Status, Code>,
    chain: Result<Vec<Certificate>, Code>,
    policy: &PeerPolicy<'_, F>,
    learn: impl FnOnce(&CStr),
) -> Result<(), Error> {
    let failed = |code: Code| Error::new(format!("Verify failed: {code}"));
    let status = verified.map_err(failed)?;
    let chain = chain.map_err(failed)?;
    let leaf = chain
        .first()
        .ok_or_else(|| failed(Code::NO_CERTIFICATE_FOUND))?;
    if status.is_for_another_purpose() {
        return Err(refuse_purpose(leaf, policy.endpoint.other()));
    }
    if let Some(objection) = status.objection() {
        return Err(Error::new(objection));
    }
    check_time(leaf, now())?;
    check_name(leaf, &policy.allows, learn)?;
    check_host(leaf, policy.endpoint, policy.hostname)
}

/// The peer's certificate, or an authority's on its path, is not for the peer's role.
fn refuse_purpose(leaf: &Certificate, role: Endpoint) -> Error {
    let usage = leaf.key_purposes().ok().flatten();
    let objection = usage.and_then(|usage| purpose::objection(&usage.value, role));
    let reason = objection.unwrap_or_else(|| purpose::authority_objection(role));
    let role = role.name();
    Error::new(format!("The certificate is not for a TLS {role}: {reason}"))
}

/// Seconds since 1970.
pub(crate) fn now() -> time_t {
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
        // Some comparisons would pass over them.
        Some(name) if has_control_characters(name) => {
            Err(Error::new("The hostname has control characters"))
        }
        Some(name) if !is_for_host(leaf, name) => Err(Error::new(format!(
            "Certificate does not match the hostname {}",
            name.to_string_lossy()
        ))),
        None if endpoint == Endpoint::Client => {
            Err(Error::new("No hostname for certificate validation"))
        }
        _ => Ok(()),
    }
}

fn has_control_characters(name: &CStr) -> bool {
    name.to_bytes().iter().any(u8::is_ascii_control)
}

fn is_for_host(leaf: &Certificate, name: &CStr) -> bool {
    leaf.is_for_host(name)
        || as_in_certificates(name.to_bytes())
            .and_then(|name| CString::new(name).ok())
            .is_some_and(|name| leaf.is_for_host(&name))
}

/// A name as certificates have it, if it has been written in another way: without the dot that
/// stands for the root, an IPv6 address without brackets and zone (R-TLS-85).
fn as_in_certificates(name: &[u8]) -> Option<&[u8]> {
    let text = str::from_utf8(name).ok()?;
    let unbracketed = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(text);
    let address = unbracketed
        .split_once('%')
        .map_or(unbracketed, |(address, _)| address);
    if address.parse::<Ipv6Addr>().is_ok() {
        return Some(address.as_bytes());
    }
    let host = text.strip_suffix('.')?;
    let is_none = host.is_empty() || host.ends_with('.') || host.parse::<Ipv4Addr>().is_ok();
    (!is_none).then_some(host.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::as_in_certificates;

    #[test]
    fn names_are_brought_into_the_form_of_certificates() {
        for (name, wanted) in [
            ("localhost.", Some("localhost")),
            ("www.qemu.org.", Some("www.qemu.org")),
            ("[::1]", Some("::1")),
            ("[fe80::1%eth0]", Some("fe80::1")),
            ("fe80::1%eth0", Some("fe80::1")),
            ("localhost", None),
            (".", None),
            ("", None),
            ("qemu.org..", None),
            ("127.0.0.1.", None),
            ("[127.0.0.1]", None),
            ("[localhost]", None),
            ("[::1", None),
        ] {
            let got = as_in_certificates(name.as_bytes());
            assert_eq!(got, wanted.map(str::as_bytes), "{name}");
        }
        assert_eq!(as_in_certificates(b"\xff."), None);
    }
}
