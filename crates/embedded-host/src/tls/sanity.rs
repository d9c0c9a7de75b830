//! Whether the own certificates can be of use (R-TLS-76): better said when they are loaded than by
//! the peer, who doesn't give reasons.

use libc::time_t;

use super::Endpoint;
use super::files::File;
use super::gnutls::{Certificate, Code};
use super::peer;
use crate::error::Error;
use abi::profile;

const SERVER_PURPOSE: &[u8] = b"1.3.6.1.5.5.7.3.1";
const CLIENT_PURPOSE: &[u8] = b"1.3.6.1.5.5.7.3.2";
const ANY_PURPOSE: &[u8] = b"2.5.29.37.0";

/// The certificates of an own file, leaf first.
pub struct Chain<'a> {
    /// What is in the file.
    pub certificates: &'a [Certificate],
    /// The file, for messages.
    pub file: &'a File,
}

/// What a certificate is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Leaf(Endpoint),
    Authority,
}

impl Part {
    fn name(self) -> &'static str {
        match self {
            Self::Leaf(endpoint) => endpoint.name(),
            Self::Authority => "CA",
        }
    }
}

/// Checks authorities, whether the own certificate needs them or not.
pub fn check_authorities(authorities: &[Certificate], file: &File) -> Result<(), Error> {
    let now = peer::now();
    authorities
        .iter()
        .try_for_each(|authority| check(authority, Part::Authority, file, now))
}

/// Checks an own certificate and what vouches for it.
pub fn check_chain(
    endpoint: Endpoint,
    chain: &Chain<'_>,
    authorities: &[Certificate],
    authorities_file: &File,
) -> Result<(), Error> {
    let now = peer::now();
    let (leaf, rest) = chain.certificates.split_first().ok_or_else(|| {
        chain
            .file
            .error("Unable to use", Code::NO_CERTIFICATE_FOUND)
    })?;
    check(leaf, Part::Leaf(endpoint), chain.file, now)?;
    if profile::CERTIFICATES_COME_NUMBERED {
        let mut below = leaf;
        for link in rest {
            check(link, Part::Authority, chain.file, now)?;
            if !below.is_issued_by(link) {
                return Err(chain.file.error(
                    "Unable to use the certificates in",
                    "each has to be issued by the next one",
                ));
            }
            below = link;
        }
        check_path(below, chain.file, authorities, authorities_file, now)?;
    }
    let own: Vec<_> = chain.certificates.iter().collect();
    let trusted: Vec<_> = authorities.iter().collect();
    let what = format!(
        "Unable to verify {} certificate {} against CA certificate",
        endpoint.name(),
        chain.file.path.display()
    );
    let status =
        Certificate::verify(&own, &trusted).map_err(|code| authorities_file.error(&what, code))?;
    status.objection().map_or(Ok(()), |objection| {
        Err(authorities_file.error(&what, objection))
    })
}

/// Checks the authorities from the issuer of `last` up to one that has issued itself.
fn check_path(
    last: &Certificate,
    file: &File,
    authorities: &[Certificate],
    authorities_file: &File,
    now: time_t,
) -> Result<(), Error> {
    let mut below = last;
    // Each authority is met at most once, or else they vouch for each other for ever.
    let mut left: Vec<&Certificate> = authorities.iter().collect();
    while !below.is_issued_by(below) {
        let Some(at) = left.iter().position(|issuer| below.is_issued_by(issuer)) else {
            let what = format!(
                "The issuers of certificate {} don't lead to a root in",
                file.path.display()
            );
            return Err(authorities_file.error(&what, "an issuer is missing"));
        };
        below = left.swap_remove(at);
        check(below, Part::Authority, authorities_file, now)?;
    }
    Ok(())
}

fn check(certificate: &Certificate, part: Part, file: &File, now: time_t) -> Result<(), Error> {
    let refuse = |reason: &str| Err(refused(part, file, reason));
    let unreadable = |code: Code| refused(part, file, &code.to_string());
    match (certificate.activation(), certificate.expiration()) {
        (Some(begin), _) if now < begin => return refuse("it is not yet active"),
        (_, Some(end)) if now > end => return refuse("it has expired"),
        (Some(_), Some(_)) => {}
        _ => return refuse("it doesn't say when it is valid"),
    }
    match (part, certificate.is_authority().map_err(unreadable)?) {
        (Part::Authority, Some(false)) => {
            return refuse("basic constraints say that it is not a CA");
        }
        (Part::Authority, None) => return refuse("basic constraints that say CA are missing"),
        (Part::Leaf(_), Some(true)) => return refuse("basic constraints say that it is a CA"),
        _ => {}
    }
    let usage = certificate.key_usage().map_err(unreadable)?;
    if let Some(usage) = usage.filter(|usage| usage.critical) {
        match part {
            Part::Leaf(_) if !usage.value.signs() => {
                return refuse("its key usage doesn't permit digital signatures");
            }
            Part::Authority if !usage.value.signs_certificates() => {
                return refuse("its key usage doesn't permit certificate signing");
            }
            _ => {}
        }
    }
    let Part::Leaf(endpoint) = part else {
        return Ok(());
    };
    let purposes = certificate.key_purposes().map_err(unreadable)?;
    let wanted = match endpoint {
        Endpoint::Server => SERVER_PURPOSE,
        Endpoint::Client => CLIENT_PURPOSE,
    };
    match purposes.filter(|purposes| purposes.critical) {
        Some(purposes)
            if !purposes
                .value
                .iter()
                .any(|purpose| [wanted, ANY_PURPOSE].contains(&purpose.to_bytes())) =>
        {
            refuse("its key purpose doesn't permit this role")
        }
        _ => Ok(()),
    }
}

fn refused(part: Part, file: &File, reason: &str) -> Error {
    let what = format!("The {} certificate", part.name());
    file.error(&format!("{what} in"), reason)
}
