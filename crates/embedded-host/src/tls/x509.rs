//! Loading certificates, keys and authorities (R-TLS-74).

use core::iter;

use super::Endpoint;
use super::files::{Directory, File};
use super::gnutls::{Certificate, Certificates};
use super::identity::Identity;
use super::{namesakes, sanity};
use crate::error::Error;
use abi::profile;

/// How many numbered identities there may be.
const NUMBERED_MAX: usize = 4;

/// A certificate, or a chain of them, with its key.
struct Pair {
    certificate: File,
    key: File,
}

/// Loads what a role needs.
pub(crate) fn load(
    endpoint: Endpoint,
    directory: &Directory,
    checks_sanity: bool,
) -> Result<Identity, Error> {
    let mut credentials = Certificates::new()
        .map_err(|code| Error::new(format!("Cannot allocate credentials: {code}")))?;
    let authorities = directory.require("ca-cert.pem")?;
    let pairs = find_pairs(endpoint, directory)?;
    if checks_sanity {
        check_sanity(endpoint, &authorities, &pairs)?;
    }
    let cannot_trust = |code| authorities.error("Cannot load CA certificate", code);
    credentials
        .trust(&authorities.bytes)
        .map_err(cannot_trust)?;
    let issuers = Certificate::list_from_pem(&authorities.bytes).map_err(cannot_trust)?;
    let mut fewer = Vec::new();
    for selection in namesakes::selections(&issuers) {
        let mut credentials = Certificates::new().map_err(cannot_trust)?;
        credentials.trust_these(&selection).map_err(cannot_trust)?;
        fewer.push(credentials);
    }
    for pair in &pairs {
        credentials
            .add_identity(&pair.certificate.bytes, &pair.key.bytes)
            .map_err(|code| {
                let what = format!(
                    "Cannot load certificate {} & key",
                    pair.certificate.path.display()
                );
                pair.key.error(&what, code)
            })?;
    }
    if endpoint == Endpoint::Server {
        if let Some(revoked) = directory.find("ca-crl.pem")? {
            for credentials in iter::once(&mut credentials).chain(&mut fewer) {
                credentials
                    .revoke(&revoked.bytes)
                    .map_err(|code| revoked.error("Cannot load CRL", code))?;
            }
        }
        credentials
            .set_dh_parameters(directory.dh_parameters()?)
            .map_err(|code| Error::new(format!("Cannot set DH parameters: {code}")))?;
    }
    Ok(Identity::Certificates(credentials, fewer))
}

/// The own certificates with their keys.
fn find_pairs(endpoint: Endpoint, directory: &Directory) -> Result<Vec<Pair>, Error> {
    let role = endpoint.name();
    let (certificate, key) = (format!("{role}-cert.pem"), format!("{role}-key.pem"));
    if !profile::CERTIFICATES_COME_NUMBERED {
        if endpoint == Endpoint::Server {
            let certificate = directory.require(&certificate)?;
            let key = directory.require(&key)?;
            return Ok(vec![Pair { certificate, key }]);
        }
        // Half a pair counts as none.
        let found = (directory.find(&certificate)?, directory.find(&key)?);
        let (Some(certificate), Some(key)) = found else {
            return Ok(Vec::new());
        };
        return Ok(vec![Pair { certificate, key }]);
    }
    let mut pairs = Vec::new();
    pairs.extend(find_pair(directory, &certificate, &key)?);
    for number in 0..NUMBERED_MAX {
        let certificate = format!("{role}-cert-{number}.pem");
        let key = format!("{role}-key-{number}.pem");
        let Some(pair) = find_pair(directory, &certificate, &key)? else {
            break;
        };
        pairs.push(pair);
    }
    if pairs.is_empty() && endpoint == Endpoint::Server {
        return Err(Error::new(format!(
            "No {role} certificate found: neither {} nor a numbered one is there",
            directory.path(&certificate)?.display()
        )));
    }
    Ok(pairs)
}

/// A pair, of which both files or none have to be there.
fn find_pair(directory: &Directory, certificate: &str, key: &str) -> Result<Option<Pair>, Error> {
    let missing = |absent: &str, present: &File| {
        let absent = directory.path(absent)?;
        Err(Error::new(format!(
            "{} is there without {}",
            present.path.display(),
            absent.display()
        )))
    };
    match (directory.find(certificate)?, directory.find(key)?) {
        (Some(certificate), Some(key)) => Ok(Some(Pair { certificate, key })),
        (None, None) => Ok(None),
        (Some(there), None) => missing(key, &there),
        (None, Some(there)) => missing(certificate, &there),
    }
}

fn check_sanity(endpoint: Endpoint, authorities: &File, pairs: &[Pair]) -> Result<(), Error> {
    let read = |file: &File, what: &str| {
        Certificate::list_from_pem(&file.bytes)
            .map_err(|code| file.error(&format!("Unable to import {what} certificate"), code))
    };
    let issuers = read(authorities, "CA")?;
    if !profile::CERTIFICATES_COME_NUMBERED {
        sanity::check_authorities(&issuers, authorities)?;
    }
    pairs.iter().try_for_each(|pair| {
        let chain = read(&pair.certificate, endpoint.name())?;
        let own = sanity::Chain {
            certificates: &chain,
            file: &pair.certificate,
        };
        sanity::check_chain(endpoint, &own, &issuers, authorities)
    })
}
