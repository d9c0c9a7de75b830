//! Probing of idle connections (R-SOCK-15).

use core::ffi::c_int;

use super::Inet;
use crate::error::Error;
use platform::os::errno::Errno;
use platform::os::socket;

/// The system has refused an option.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Refused {
    option: &'static str,
    errno: Errno,
}

impl<O> From<Refused> for Error<O> {
    fn from(refused: Refused) -> Self {
        Self::os(refused.errno, format!("Unable to set {}", refused.option))
    }
}

/// Sets what the address asks for.
pub fn apply(fd: c_int, inet: Inet<'_>) -> Result<(), Refused> {
    if !inet.keep_alive() {
        return Ok(());
    }
    set(fd, libc::SOL_SOCKET, libc::SO_KEEPALIVE, 1, "SO_KEEPALIVE")?;
    let tuning = inet.keep_alive_tuning();
    let options = [
        (tuning.count, libc::TCP_KEEPCNT, "TCP_KEEPCNT"),
        (tuning.idle, libc::TCP_KEEPIDLE, "TCP_KEEPIDLE"),
        (tuning.interval, libc::TCP_KEEPINTVL, "TCP_KEEPINTVL"),
    ];
    for (value, option, name) in options {
        if let Some(value) = value.filter(|value| *value != 0) {
            set(fd, libc::IPPROTO_TCP, option, value, name)?;
        }
    }
    Ok(())
}

fn set(
    fd: c_int,
    level: c_int,
    option: c_int,
    value: u32,
    name: &'static str,
) -> Result<(), Refused> {
    // More than an int holds is more than the kernel takes: it refuses both.
    let value = c_int::try_from(value).unwrap_or(c_int::MAX);
    socket::set_option(fd, level, option, value).map_err(|errno| Refused {
        option: name,
        errno,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::{Address, InetFields, View};
    use crate::layout::KeepAliveTuning;

    fn with_applied(fields: &InetFields<'_>, check: impl FnOnce(c_int, Result<(), Refused>)) {
        let address = Address::inet(fields);
        let View::Inet(inet) = address.view() else {
            panic!("not an internet address")
        };
        let socket = socket::create(libc::AF_INET, libc::SOCK_STREAM, 0).unwrap();
        let result = apply(socket.as_raw(), inet);
        check(socket.as_raw(), result);
    }

    fn keeps_alive(fd: c_int) -> bool {
        socket::option(fd, libc::SOL_SOCKET, libc::SO_KEEPALIVE) == Ok(1)
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn nothing_happens_unasked() {
        for keep_alive in [None, Some(false)] {
            let fields = InetFields {
                keep_alive,
                ..InetFields::default()
            };
            with_applied(&fields, |fd, result| {
                result.unwrap();
                assert!(!keeps_alive(fd));
            });
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn the_options_that_are_given_are_set() {
        let fields = InetFields {
            keep_alive: Some(true),
            keep_alive_tuning: KeepAliveTuning {
                count: Some(3),
                idle: Some(0),
                interval: Some(7),
            },
            ..InetFields::default()
        };
        with_applied(&fields, |fd, result| {
            result.unwrap();
            assert!(keeps_alive(fd));
            let tuned = cfg!(keep_alive_tuning);
            let option = |name| socket::option(fd, libc::IPPROTO_TCP, name).unwrap();
            assert_eq!(option(libc::TCP_KEEPCNT) == 3, tuned);
            assert_eq!(option(libc::TCP_KEEPINTVL) == 7, tuned);
            assert_ne!(option(libc::TCP_KEEPIDLE), 0);
        });
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn a_refused_option_is_named() {
        let refused = set(-1, libc::SOL_SOCKET, libc::SO_KEEPALIVE, 1, "SO_KEEPALIVE");
        let expected = Refused {
            option: "SO_KEEPALIVE",
            errno: Errno::new(libc::EBADF),
        };
        assert_eq!(refused, Err(expected));
        let tcp = socket::create(libc::AF_INET, libc::SOCK_STREAM, 0).unwrap();
        let too_much = set(
            tcp.as_raw(),
            libc::IPPROTO_TCP,
            libc::TCP_KEEPCNT,
            u32::MAX,
            "N",
        );
        assert!(too_much.is_err());
    }
}
