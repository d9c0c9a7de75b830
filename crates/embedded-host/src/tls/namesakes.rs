//! Authorities of one name with different keys, as in a file to which the next one was added early.
//!
//! Where certificates have no key identifiers the name is all that tells who has issued them, and GnuTLS
//! tries one of the namesakes only. So others are tried here, one at a time.

use super::gnutls::Certificate;

/// More than any file of authorities needs.
const SELECTIONS_MAX: usize = 16;

/// For each authority that has namesakes, the list without these.
pub(super) fn selections(authorities: &[Certificate]) -> Vec<Vec<&Certificate>> {
    let names: Vec<_> = authorities
        .iter()
        .map(|authority| authority.distinguished_name().ok())
        .collect();
    let has_namesake = |at: usize| names.iter().filter(|name| **name == names[at]).count() > 1;
    (0..authorities.len())
        .filter(|&at| has_namesake(at))
        .take(SELECTIONS_MAX)
        .map(|chosen| {
            let all = authorities.iter().zip(&names).enumerate();
            all.filter(|(at, (_, name))| *at == chosen || **name != names[chosen])
                .map(|(_, (authority, _))| authority)
                .collect()
        })
        .collect()
}
