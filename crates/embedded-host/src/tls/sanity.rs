//! Whether the own certificates can be of use (R-TLS-76): better said when they are loaded than by
//! the peer, which doesn't give reasons.

use libc::time_t;

use super::Endpoint;
use super::files::File;
use super::gnutls::{Certificate, Code, Status, TrustList};
use super::{namesakes, peer, purpose};
use crate::error::Error;
use abi::profile;

/// The certificates of an own file, leaf first.
pub(crate) struct Chain<'a> {
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

/// Checks authorities, whether the own certificate needs them or not. One that is no good may stay
/// beside another one of the same name that is: it has been renewed, or is going to be.
pub(crate) fn check_authorities(authorities: &[Certificate], file: &File) -> Result<(), Error> {
    let now = peer::now();
    let checked = |authority: &Certificate| check(authority, Part::Authority, file, now);
    let is_superseded = |authority: &Certificate| {
        let name = authority.distinguished_name();
        authorities
            .iter()
            .any(|other| other.distinguished_name() == name && checked(other).is_ok())
    };
    authorities.iter().try_for_each(|authority| {
        checked(authority).or_else(|error| is_superseded(authority).then_some(()).ok_or(error))
    })
}

/// Checks an own certificate and what vouches for it.
pub(crate) fn check_chain(
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
        let path = |from| {
            let search = Search {
                authorities,
                file: authorities_file,
                now,
            };
            search.find_root(from, chain.file)
        };
        let mut below = leaf;
        for link in rest {
            // No path needs what follows.
            if path(below).is_ok() {
                break;
            }
            check(link, Part::Authority, chain.file, now)?;
            if !below.is_issued_by(link) {
                return Err(chain.file.error(
                    "Unable to use the certificates in",
                    "each has to be issued by the next one",
                ));
            }
            below = link;
        }
        path(below)?;
    }
    let own = in_order(leaf, rest);
    let what = format!(
        "Unable to verify {} certificate {} against CA certificate",
        endpoint.name(),
        chain.file.path.display()
    );
    let verify = |trusted: Vec<&Certificate>| {
        TrustList::new(trusted)
            .and_then(|trusted| trusted.verify(&own, purpose::of_role(endpoint)))
            .map_err(|code| authorities_file.error(&what, code))
    };
    let status = verify(authorities.iter().collect())?;
    let is_good = |fewer| verify(fewer).is_ok_and(Status::is_good);
    if status.is_good() || namesakes::selections(authorities).into_iter().any(is_good) {
        return Ok(());
    }
    if status.is_for_another_purpose() {
        let objection = purpose::authority_objection(endpoint);
        return Err(authorities_file.error(&what, objection));
    }
    status.objection().map_or(Ok(()), |objection| {
        Err(authorities_file.error(&what, objection))
    })
}

/// The certificates from a leaf on that have each been issued by the next one. GnuTLS would put them
/// in order; not every peer does.
fn in_order<'a>(leaf: &'a Certificate, rest: &'a [Certificate]) -> Vec<&'a Certificate> {
    let mut chain = vec![leaf];
    let mut below = leaf;
    for link in rest {
        if !below.is_issued_by(link) {
            break;
        }
        chain.push(link);
        below = link;
    }
    chain
}

/// The search for the authorities from the issuer of a certificate up to one that has issued itself.
struct Search<'a> {
    authorities: &'a [Certificate],
    file: &'a File,
    now: time_t,
}

impl Search<'_> {
    /// Finds a path on which all authorities are good. The error is that of the first one met that
    /// isn't, or says that an issuer is missing.
    fn find_root(&self, last: &Certificate, file: &File) -> Result<(), Error> {
        let mut refused = None;
        // Each authority is met at most once, or else they vouch for each other for ever.
        let mut left: Vec<&Certificate> = self.authorities.iter().collect();
        let mut reached = vec![last];
        while let Some(below) = reached.pop() {
            if below.is_issued_by(below) {
                return Ok(());
            }
            let (issuers, others) = left.into_iter().partition(|one| below.is_issued_by(one));
            left = others;
            let issuers: Vec<&Certificate> = issuers;
            for issuer in issuers {
                match check(issuer, Part::Authority, self.file, self.now) {
                    Ok(()) => reached.push(issuer),
                    Err(error) => refused = refused.or(Some(error)),
                }
            }
        }
        Err(refused.unwrap_or_else(|| {
            let what = format!(
                "The issuers of certificate {} don't lead to a root in",
                file.path.display()
            );
            self.file.error(&what, "an issuer is missing")
        }))
    }
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
    let usage = certificate.key_purposes().map_err(unreadable)?;
    let objection = usage.and_then(|usage| purpose::objection(&usage.value, endpoint));
    objection.map_or(Ok(()), |objection| refuse(&objection))
}

fn refused(part: Part, file: &File, reason: &str) -> Error {
    let what = format!("The {} certificate", part.name());
    file.error(&format!("{what} in"), reason)
}
