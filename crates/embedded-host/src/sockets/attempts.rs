//! Addresses that were tried in vain, and which of the failures to report (R-SOCK-27).

use core::fmt;

use crate::error::{Error, Origin, with_errno};
use platform::os::errno::Errno;
use platform::os::resolve;
use platform::os::socket_name::SocketName;

/// What came of each address that was tried.
#[derive(Default)]
pub(super) struct Attempts(Vec<Attempt>);

struct Attempt {
    address: String,
    errno: Errno,
    /// What failed.
    message: String,
}

impl Attempts {
    /// Adds the failure to use an address.
    pub(super) fn push(&mut self, name: &SocketName, errno: Errno, message: impl Into<String>) {
        self.0.push(Attempt {
            address: shown_name(name),
            errno,
            message: message.into(),
        });
    }

    /// The failure that says most; the last of several that say the same. If several addresses were
    /// tried all are named, each with its own. None if none was.
    pub(super) fn into_error(self, origin: &Origin) -> Option<Error> {
        // `max_by_key` takes the last of equals.
        let chosen = self.0.iter().max_by_key(|one| rank(one.errno))?;
        if let [one] = self.0.as_slice() {
            return Some(Error::os(one.errno, one.message.clone()));
        }
        let all: Vec<_> = self.0.iter().map(Attempt::to_string).collect();
        let text = format!(
            "{}: {} (tried {})",
            chosen.message,
            chosen.errno,
            all.join("; ")
        );
        Some(with_errno(text, chosen.errno, origin))
    }
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.address, self.errno)
    }
}

/// How much a failure says of the place that the user asked for, rather than of this machine's
/// having no way to such places.
fn rank(errno: Errno) -> u8 {
    match errno.code() {
        libc::EADDRNOTAVAIL
        | libc::EAFNOSUPPORT
        | libc::EPFNOSUPPORT
        | libc::EPROTONOSUPPORT
        | libc::ESOCKTNOSUPPORT
        | libc::EPROTOTYPE => 0,
        libc::ENETUNREACH | libc::ENETDOWN => 1,
        libc::EHOSTUNREACH | libc::EHOSTDOWN => 2,
        _ => 3,
    }
}

/// A socket name for a message.
pub(super) fn shown_name(name: &SocketName) -> String {
    match resolve::numeric_text(name) {
        Ok((host, port)) => abi::address::host_and_port(Some(&host), Some(&port)),
        Err(_) => format!("an address of family {}", name.family()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use abi::origin;
    use platform::os::resolve::Query;

    fn name(host: &core::ffi::CStr) -> SocketName {
        let query = Query {
            host: Some(host),
            service: Some(c"1"),
            numeric: true,
            ..Query::default()
        };
        resolve::look_up(&query).unwrap().swap_remove(0).name
    }

    fn error_of(attempts: &[(&core::ffi::CStr, i32)]) -> Error {
        let mut all = Attempts::default();
        for (host, code) in attempts {
            all.push(&name(host), Errno::new(*code), "Failed to connect to 'h:1'");
        }
        all.into_error(&origin!(c"socket_connect")).unwrap()
    }

    #[test]
    fn nothing_tried_is_no_failure() {
        assert!(Attempts::default().into_error(&origin!(c"f")).is_none());
    }

    #[test]
    fn one_address_fails_with_its_own_failure() {
        let error = error_of(&[(c"::1", libc::EADDRNOTAVAIL)]);
        assert_eq!(error.errno().code(), libc::EADDRNOTAVAIL);
        let text = "Failed to connect to 'h:1': Cannot assign requested address";
        assert_eq!(error.to_string(), text);
    }

    #[test]
    fn the_failure_to_act_on_is_told_first() {
        for order in [[0, 1], [1, 0]] {
            let both = [
                (c"127.0.0.1", libc::ECONNREFUSED),
                (c"::1", libc::EADDRNOTAVAIL),
            ];
            let error = error_of(&order.map(|at: usize| both[at]));
            assert_eq!(error.errno().code(), libc::ECONNREFUSED);
            let text = error.to_string();
            let beginning = "Failed to connect to 'h:1': Connection refused (tried ";
            assert!(text.starts_with(beginning), "{text}");
            for one in [
                "127.0.0.1:1: Connection refused",
                "[::1]:1: Cannot assign requested address",
            ] {
                assert!(text.contains(one), "{text}");
            }
        }
        let error = error_of(&[(c"::1", libc::EHOSTUNREACH), (c"::2", libc::ENETUNREACH)]);
        assert_eq!(error.errno().code(), libc::EHOSTUNREACH);
    }

    #[test]
    fn of_equal_failures_the_last_is_told() {
        let error = error_of(&[
            (c"127.0.0.1", libc::ECONNREFUSED),
            (c"::1", libc::ETIMEDOUT),
        ]);
        assert_eq!(error.errno().code(), libc::ETIMEDOUT);
    }
}
