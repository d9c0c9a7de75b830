//! Which internet families an address allows, from its `ipv4` and `ipv6` flags.

use crate::error::Error;
use platform::os::resolve::Family;

/// Both families are switched off.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoFamily;

impl<O> From<NoFamily> for Error<O> {
    fn from(_: NoFamily) -> Self {
        Self::new("Cannot disable IPv4 and IPv6 at same time")
    }
}

/// The family to look up, where a flag that isn't given is None (R-SOCK-5).
///
/// Both on, for any address, is asked for as IPv6: one socket then serves both.
pub(crate) fn select(
    ipv4: Option<bool>,
    ipv6: Option<bool>,
    any_host: bool,
) -> Result<Family, NoFamily> {
    match (ipv4, ipv6) {
        (None, None) => Ok(Family::Any),
        (Some(false), Some(false)) => Err(NoFamily),
        (Some(true), Some(true)) if any_host => Ok(Family::V6),
        (Some(true), Some(true)) => Ok(Family::Any),
        (Some(true), _) | (None, Some(false)) => Ok(Family::V4),
        (Some(false), _) | (None, Some(true)) => Ok(Family::V6),
    }
}

/// Whether an IPv6 socket must leave IPv4 clients to others (R-SOCK-6).
pub fn is_v6_only(ipv4: Option<bool>, ipv6: Option<bool>) -> bool {
    !matches!((ipv4, ipv6), (None, None) | (Some(true), Some(true)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ON: Option<bool> = Some(true);
    const OFF: Option<bool> = Some(false);

    #[test]
    fn the_table_of_the_specification() {
        let rows = [
            (None, None, Family::Any),
            (None, OFF, Family::V4),
            (None, ON, Family::V6),
            (OFF, None, Family::V6),
            (OFF, ON, Family::V6),
            (ON, None, Family::V4),
            (ON, OFF, Family::V4),
        ];
        for (ipv4, ipv6, family) in rows {
            for any_host in [false, true] {
                let selected = select(ipv4, ipv6, any_host).unwrap();
                assert_eq!(selected, family, "{ipv4:?} {ipv6:?} {any_host}");
            }
        }
        assert_eq!(select(ON, ON, true).unwrap(), Family::V6);
        assert_eq!(select(ON, ON, false).unwrap(), Family::Any);
    }

    #[test]
    fn nothing_allowed_is_an_error() {
        for any_host in [false, true] {
            assert_eq!(select(OFF, OFF, any_host), Err(NoFamily));
        }
    }

    #[test]
    fn one_socket_for_both_unless_one_is_asked_for() {
        assert!(!is_v6_only(None, None));
        assert!(!is_v6_only(ON, ON));
        for (ipv4, ipv6) in [(None, ON), (OFF, None), (OFF, ON), (ON, None), (ON, OFF)] {
            assert!(is_v6_only(ipv4, ipv6), "{ipv4:?} {ipv6:?}");
        }
    }
}
