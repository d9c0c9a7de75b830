//! One error of all that has failed on the way to a connection (R-CONN-10).

use super::attempt::{Attempt, failed_to_connect};
use super::eyeballs::{Family, Race};
use abi::address::{View, resolution_failed, shown, shown_name};
use abi::attempts::{Attempts, Ties};
use abi::origin;
use host::error::{Error, HostError, Origin};
use platform::os::errno::Errno;
use platform::os::resolve::{ResolveError, Resolved};
use platform::os::socket_name::SocketName;

/// What has failed so far.
#[derive(Default)]
pub(super) struct Failures {
    attempts: Attempts<HostError>,
    look_ups: Vec<(Family, ResolveError)>,
}

const fn name_of(family: Family) -> &'static str {
    match family {
        Family::V6 => "IPv6",
        Family::V4 => "IPv4",
    }
}

const ORIGIN: Origin = origin!(c"qio_channel_socket_connect_full_async");

impl Failures {
    /// An attempt has failed.
    pub(super) fn attempt(&mut self, name: &SocketName, error: Error) {
        self.attempts.push(shown_name(name), error);
    }

    /// So has a look-up. They are told in the same order, whichever was sooner.
    pub(super) fn look_up(&mut self, family: Family, reason: ResolveError) {
        self.look_ups.push((family, reason));
        self.look_ups
            .sort_by_key(|(family, _)| *family == Family::V4);
    }

    /// There is nothing more to be tried.
    pub(super) fn into_error(mut self, address: View<'_>) -> Error {
        // That a name has no address of a family is no failure as long as it has one of the other.
        let told = |(_, reason): &&(Family, ResolveError)| !reason.is_no_address();
        let notes: Vec<_> = self.look_ups.iter().filter(told).map(note).collect();
        let attempts = core::mem::take(&mut self.attempts);
        let error = attempts.into_error_with(&notes, Ties::Last, &ORIGIN);
        error.unwrap_or_else(|| self.unresolved(address))
    }

    /// No look-up has found anything.
    fn unresolved(self, address: View<'_>) -> Error {
        let told = |(_, reason): &&(Family, ResolveError)| !reason.is_no_address();
        let chosen = self.look_ups.iter().find(told).or(self.look_ups.first());
        let Some((_, chosen)) = chosen else {
            return Error::new(base(address));
        };
        let (host, port) = match address {
            View::Inet(inet) => (inet.host(), inet.port()),
            _ => (None, None),
        };
        let error = resolution_failed(host, port, *chosen);
        if self.look_ups.iter().all(|(_, reason)| reason == chosen) {
            return error;
        }
        let notes: Vec<_> = self.look_ups.iter().map(note).collect();
        Attempts::default().ended_by(error, &notes, &ORIGIN)
    }

    /// It was ended, by a deadline or by the program, with `errno` (R-CONN-8).
    pub(super) fn ended(
        mut self,
        errno: Errno,
        address: View<'_>,
        race: &Race<Resolved>,
        under_way: &[Attempt],
    ) -> Error {
        for attempt in under_way {
            self.attempt(&attempt.name, Error::new("no answer"));
        }
        let mut notes: Vec<_> = self.look_ups.iter().map(note).collect();
        if matches!(address, View::Inet(_)) {
            let awaited = [Family::V6, Family::V4].into_iter();
            let awaited = awaited.filter(|family| race.awaits(*family));
            notes.extend(awaited.map(|family| format!("{} look-up: no answer", name_of(family))));
        }
        let end = Error::os(errno, base(address));
        self.attempts.ended_by(end, &notes, &ORIGIN)
    }
}

fn note((family, reason): &(Family, ResolveError)) -> String {
    format!("{} look-up: {reason}", name_of(*family))
}

/// What didn't succeed.
fn base(address: View<'_>) -> String {
    let target = match address {
        View::Inet(inet) => return failed_to_connect(inet),
        View::Unix(unix) if unix.is_abstract() => format!("@{}", shown(unix.path())),
        View::Unix(unix) => shown(unix.path()),
        View::Vsock(vsock) => format!("vsock:{}:{}", shown(vsock.cid()), shown(vsock.port())),
        View::Fd(fd) => format!("fd:{}", shown(fd.name())),
    };
    format!("Failed to connect to '{target}'")
}
