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
    /// its own (R-SOCK-27). None if none was tried.
    pub fn into_error(self, ties: Ties, origin: &Origin) -> Option<Error<O>> {
        self.into_error_with(&[], ties, origin)
    }

    /// As [`Attempts::into_error`], with notes on what else was tried, each `WHAT: REASON`.
    pub fn into_error_with(
        mut self,
        notes: &[String],
        ties: Ties,
        origin: &Origin,
    ) -> Option<Error<O>> {
        if self.0.len() < 2 && notes.is_empty() {
            return self.0.pop().map(|(_, error)| error);
        }
        let ranks = || self.0.iter().enumerate();
        let rank = |(_, (_, error)): &(usize, &(String, Error<O>))| rank(error);
        // `max_by_key` takes the last of equals.
        let (chosen, _) = match ties {
            Ties::First => ranks().rev().max_by_key(rank),
            Ties::Last => ranks().max_by_key(rank),
        }?;
        let all = self.all(notes);
        let (_, chosen) = self.0.swap_remove(chosen);
        Some(told(&chosen, &all, origin))
    }

    /// What ended it all, and after it, if anything was tried, all that was, each with its own failure.
    pub fn ended_by(self, end: Error<O>, notes: &[String], origin: &Origin) -> Error<O> {
        let all = self.all(notes);
        if all.is_empty() {
            return end;
        }
        told(&end, &all, origin)
    }

    fn all(&self, notes: &[String]) -> String {
        let shown = |(address, error): &(String, Error<O>)| format!("{address}: {}", reason(error));
        let tried = self.0.iter().map(shown);
        let all: Vec<_> = tried.chain(notes.iter().cloned()).collect();
        all.join("; ")
    }
}

fn told<O: ErrorObject>(chosen: &Error<O>, all: &str, origin: &Origin) -> Error<O> {
    let object = Error::new(format!("{chosen} (tried {all})")).into_object(origin);
    Error::object(object, chosen.errno())
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
