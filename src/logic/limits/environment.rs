//! `QIO_LIMITS`: limits for a program that nobody can change.

use super::Limits;

/// What a list says, and what is wrong with it.
#[derive(PartialEq, Eq, Debug)]
pub struct Reading {
    /// What could be read.
    pub limits: Limits,
    /// A sentence about the first thing that couldn't.
    pub complaint: Option<String>,
}

const NAMES: &str = "max-clients, max-clients-per-peer, peer-ipv4-prefix, peer-ipv6-prefix, \
                     accept-rate, accept-burst, handshake-timeout, idle-timeout";

/// Reads `NAME=NUMBER,…`. What is wrong is left out, and complained about (R-LIMIT-3).
pub fn read(list: &str) -> Reading {
    let mut reading = Reading {
        limits: Limits::NONE,
        complaint: None,
    };
    for entry in list
        .split(',')
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
    {
        if let Err(complaint) = set(&mut reading.limits, entry) {
            reading.complaint.get_or_insert(complaint);
        }
    }
    reading
}

fn set(limits: &mut Limits, entry: &str) -> Result<(), String> {
    let (name, value) = entry
        .split_once('=')
        .ok_or_else(|| format!("{entry} is no NAME=NUMBER"))?;
    // Numbers of these are seconds.
    const SECONDS_MAX: u32 = (u32::MAX - 1) / 1_000;
    let (place, most) = match name {
        "handshake-timeout" => (&mut limits.handshake_timeout, SECONDS_MAX),
        "idle-timeout" => (&mut limits.idle_timeout, SECONDS_MAX),
        "max-clients" => (&mut limits.max_clients, u32::MAX),
        "max-clients-per-peer" => (&mut limits.max_clients_per_peer, u32::MAX),
        "peer-ipv4-prefix" => (&mut limits.peer_ipv4_prefix, 32),
        "peer-ipv6-prefix" => (&mut limits.peer_ipv6_prefix, 128),
        "accept-rate" => (&mut limits.accept_rate, u32::MAX),
        "accept-burst" => (&mut limits.accept_burst, u32::MAX),
        _ => return Err(format!("there is no limit {name}, but there are {NAMES}")),
    };
    // No sign, no space.
    let number = match value.bytes().all(|byte| byte.is_ascii_digit()) {
        true => value.parse().ok().filter(|number| *number <= most),
        false => None,
    };
    let number =
        number.ok_or_else(|| format!("{name} is a number up to {most}, not \"{value}\""))?;
    *place = match name.ends_with("-timeout") {
        true => number * 1_000,
        false => number,
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_limits_are_read() {
        let list = "max-clients=1000,max-clients-per-peer=16, peer-ipv4-prefix=24,peer-ipv6-prefix=64,\
                    accept-rate=100,accept-burst=0200,\
                    handshake-timeout=10,idle-timeout=4294967,";
        let expected = Limits {
            max_clients: 1000,
            max_clients_per_peer: 16,
            peer_ipv4_prefix: 24,
            peer_ipv6_prefix: 64,
            accept_rate: 100,
            accept_burst: 200,
            handshake_timeout: 10_000,
            idle_timeout: 4_294_967_000,
        };
        let reading = read(list);
        assert_eq!(reading.complaint, None);
        assert_eq!(reading.limits, expected);
    }

    #[test]
    fn nothing_is_no_limit() {
        let reading = read("");
        assert_eq!(reading.limits, Limits::NONE);
        assert_eq!(reading.complaint, None);
    }

    #[test]
    fn what_is_wrong_is_left_out_and_the_first_is_told() {
        let reading = read("max-clients=7,accept-rate=-1,max-clients-per-peer=many");
        let complaint = "accept-rate is a number up to 4294967295, not \"-1\"";
        assert_eq!(reading.complaint.as_deref(), Some(complaint));
        assert_eq!(reading.limits.max_clients, 7);
        assert_eq!(reading.limits.max_clients_per_peer, 0);
    }

    #[test]
    fn each_kind_of_fault_has_its_words() {
        let complaint = |list: &str| read(list).complaint.unwrap();
        assert_eq!(complaint("max-clients"), "max-clients is no NAME=NUMBER");
        assert!(
            complaint("clients=1").starts_with("there is no limit clients, but there are max-")
        );
        for value in ["", " 1", "+1", "4294967296", "1s"] {
            let list = format!("max-clients={value}");
            let text = complaint(&list);
            assert!(text.ends_with(&format!("not \"{value}\"")), "{text}");
        }
        assert!(complaint("idle-timeout=4294968").contains("up to 4294967,"));
        assert!(complaint("peer-ipv4-prefix=33").contains("up to 32"));
        assert!(complaint("peer-ipv6-prefix=129").contains("up to 128"));
    }
}
