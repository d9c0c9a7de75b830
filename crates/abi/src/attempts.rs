//! Addresses that could not be used, and which of the failures to report (R-SOCK-27).

use crate::error::{Error, ErrorObject, Origin};
use platform::os::errno::Errno;

/// What came of each address that was tried.
#[derive(Debug)]
pub struct Attempts<O>(Vec<(String, Error<O>)>);

/// Which of several failures that say as much is the one to report.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ties {
    /// The first.
    First,
    /// The last.
    Last,
}

impl<O> Default for Attempts<O> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<O: ErrorObject> Attempts<O> {
    /// Adds the failure to use an address.
    pub fn push(&mut self, address: String, error: Error<O>) {
        self.0.push((address, error));
    }

    /// The failure that says most. If several addresses were tried all are named after it, each with
    /// its own. None if none was tried.
    pub fn into_error(mut self, ties: Ties, origin: &Origin) -> Option<Error<O>> {
        if self.0.len() < 2 {
            return self.0.pop().map(|(_, error)| error);
        }
        let ranks = || self.0.iter().enumerate();
        let rank = |(_, (_, error)): &(usize, &(String, Error<O>))| rank(error);
        // `max_by_key` takes the last of equals.
        let (chosen, _) = match ties {
            Ties::First => ranks().rev().max_by_key(rank),
            Ties::Last => ranks().max_by_key(rank),
        }?;
        let all: Vec<_> = self
            .0
            .iter()
            .map(|(address, error)| format!("{address}: {}", reason(error)))
            .collect();
        let (_, chosen) = self.0.swap_remove(chosen);
        let text = format!("{chosen} (tried {})", all.join("; "));
        let object = Error::new(text).into_object(origin);
        Some(Error::object(object, chosen.errno()))
    }
}

/// The errno that an error tells of at its end, as those do that come from a system call.
fn told_errno<O: ErrorObject>(error: &Error<O>) -> Option<Errno> {
    let errno = error.errno();
    let is_told = errno != Errno::NONE && error.to_string().ends_with(&errno.to_string());
    is_told.then_some(errno)
}

/// An error in short.
fn reason<O: ErrorObject>(error: &Error<O>) -> String {
    told_errno(error).map_or_else(|| error.to_string(), |errno| errno.to_string())
}

/// How much a failure says of the place that the user asked for, rather than of this machine's
/// having no way to such places.
fn rank<O: ErrorObject>(error: &Error<O>) -> u8 {
    match told_errno(error).map(Errno::code) {
        Some(
            libc::EADDRNOTAVAIL
            | libc::EAFNOSUPPORT
            | libc::EPFNOSUPPORT
            | libc::EPROTONOSUPPORT
            | libc::ESOCKTNOSUPPORT
            | libc::EPROTOTYPE,
        ) => 0,
        Some(libc::ENETUNREACH | libc::ENETDOWN) => 1,
        Some(libc::EHOSTUNREACH | libc::EHOSTDOWN) => 2,
        _ => 3,
    }
}
