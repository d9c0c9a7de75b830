//! Names to addresses: one query in, a list of addresses that need no look-up out.

use std::ffi::CStr;

use once_cell::sync::OnceCell;

use crate::logic::task::{Task, Worker};
use crate::object::Ref;
use crate::object::resolver::Resolver;
use crate::object::task::Completion;
use abi::address::{Address, Inet, View, resolution_failed};
use abi::layout::QIODNSResolver;
use abi::origin;
use host::error::Error;
use platform::glib::{MainContext, UserData};
use platform::os::resolve::{self, Query, Usage};

/// The one resolver of the process (R-DNS-1).
pub fn instance() -> &'static Resolver {
    static INSTANCE: OnceCell<Ref<QIODNSResolver>> = OnceCell::new();
    INSTANCE.get_or_init(Ref::create)
}

/// All addresses that `query` stands for, in the resolver's order. At least one (R-DNS-3).
///
/// Nothing is kept from one look-up to the next, and each has its caller's thread for as long as the system
/// takes (R-DNS-2, R-DNS-11). Only internet addresses are looked up; of the others one copy is returned (R-DNS-5).
pub fn look_up(query: View<'_>) -> Result<Vec<Address>, Error> {
    match query {
        View::Inet(query) => look_up_inet(query),
        View::Unix(_) | View::Vsock(_) | View::Fd(_) => Ok(vec![Address::copy_of(query)]),
    }
}

fn look_up_inet(query: Inet<'_>) -> Result<Vec<Address>, Error> {
    // In the order of R-DNS-6.
    let family = query.family()?;
    let Some(host) = query.host() else {
        return Err(Error::new("host not specified"));
    };
    let given = |text: &&CStr| !text.is_empty();
    // Any address can be listened on too; an empty text is none (R-DNS-7).
    let answers = resolve::look_up(&Query {
        host: Some(host).filter(given),
        service: query.port().filter(given),
        family,
        usage: Usage::Stream,
        passive: true,
        numeric: query.is_numeric(),
        ..Query::default()
    });
    let failed = |reason| resolution_failed(Some(host), query.port(), reason);
    let mut unreadable = None;
    let mut addresses = Vec::new();
    for answer in answers.map_err(failed)? {
        // An answer without numeric form is left out (W-DNS-2).
        match resolve::numeric_text(&answer.name) {
            Ok((host, port)) => addresses.push(Address::resolved(query, &host, &port)),
            Err(reason) => unreadable = Some(reason),
        }
    }
    match unreadable {
        Some(reason) if addresses.is_empty() => Err(failed(reason)),
        _ => Ok(addresses),
    }
}

/// Looks `query` up on a worker thread and completes in the default context, for any kind of
/// address (R-DNS-12). The task's result is what [`result`] reads.
///
/// The task's own reference on the resolver is the only one that is taken (R-DNS-15, R-DNS-13).
pub fn look_up_in_thread(resolver: &Resolver, query: Address, completion: Completion) {
    let task = Task::new(Some(resolver.to_ref().into_object()), completion);
    let origin = origin!(c"qio_dns_resolver_lookup_sync");
    let worker = move |task: &Task| match look_up(query.view()) {
        Ok(addresses) => task.set_result(UserData::boxed(addresses)),
        Err(error) => {
            if let Some(error) = error.into_object(&origin) {
                task.set_error(error);
            }
        }
    };
    let worker = Worker::Native(origin.function, Box::new(worker));
    let context = MainContext::global_default();
    registry::task::note_default_context(context.as_ptr().cast_const().cast());
    task.run_in_thread(worker, context);
}

/// Copies of the addresses that a task of [`look_up_in_thread`] found; None if it failed or is another's (R-DNS-14).
pub fn result(task: &Task) -> Option<Vec<Address>> {
    task.result_value::<Vec<Address>>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use abi::address::InetFields;
    use std::ffi::CString;
    use std::sync::Arc;

    fn numbers(host: &CStr, port: &CStr) -> Address {
        Address::inet(&InetFields {
            host,
            port,
            numeric: Some(true),
            ..InetFields::default()
        })
    }

    fn texts(addresses: &[Address]) -> Vec<(CString, CString)> {
        let texts = addresses.iter().map(|address| match address.view() {
            View::Inet(inet) if inet.is_numeric() => (
                inet.host().unwrap().to_owned(),
                inet.port().unwrap().to_owned(),
            ),
            _ => panic!("not a numeric internet address"),
        });
        texts.collect()
    }

    fn failure(query: &Address) -> String {
        match look_up(query.view()) {
            Ok(_) => panic!("found something"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn numbers_are_found_as_they_are_and_a_missing_port_is_zero() {
        for (host, port, found) in [
            (c"127.0.0.1", c"4711", c"4711"),
            (c"::1", c"4711", c"4711"),
            (c"127.0.0.1", c"", c"0"),
            (c"127.0.0.1", c"0000000000000000000000000000000080", c"80"),
            (c"127.0.0.1", c"65535", c"65535"),
        ] {
            let addresses = look_up(numbers(host, port).view()).unwrap();
            assert_eq!(texts(&addresses), [(host.to_owned(), found.to_owned())]);
        }
    }

    #[test]
    fn an_empty_host_is_any_address() {
        let query = Address::inet(&InetFields {
            port: c"9",
            ipv4: Some(true),
            ipv6: Some(false),
            ..InetFields::default()
        });
        let found = look_up(query.view()).unwrap();
        assert_eq!(texts(&found), [(c"0.0.0.0".to_owned(), c"9".to_owned())]);
    }

    #[test]
    fn failures_say_what_was_looked_up_and_why() {
        let unknown = "Name or service not known";
        let bracketed = "the host stands in brackets, which only a text of host and port has";
        let out_of_range = "a port is a number from 0 to 65535";
        for (host, port, shown, why) in [
            (c"no number", c"9", "no number:9", unknown),
            (c"", c"", ":", unknown),
            (c"::1", c"65616", "[::1]:65616", out_of_range),
            (c"[::1]", c"80", "[::1]:80", bracketed),
        ] {
            let expected = format!("address resolution failed for {shown}: {why}");
            assert_eq!(failure(&numbers(host, port)), expected);
        }
        let junk = c"00000000000000000000000000000080junk";
        assert!(failure(&numbers(c"127.0.0.1", junk)).contains("junk: "));
    }

    #[test]
    fn a_query_that_allows_no_family_fails_before_the_resolver() {
        let query = Address::inet(&InetFields {
            ipv4: Some(false),
            ipv6: Some(false),
            ..InetFields::default()
        });
        assert_eq!(failure(&query), "Cannot disable IPv4 and IPv6 at same time");
    }

    #[test]
    fn other_kinds_are_copied() {
        let found = look_up(Address::unix(c"/run/x").view()).unwrap();
        let [address] = found.as_slice() else {
            panic!()
        };
        let View::Unix(unix) = address.view() else {
            panic!()
        };
        assert_eq!(unix.path(), Some(c"/run/x"));
    }

    #[test]
    fn a_result_is_copied_for_each_reader() {
        let task = Task::new(None, Completion::from_fn(|| {}));
        assert!(result(&task).is_none());
        task.set_result(UserData::boxed(vec![Address::fd(c"7")]));
        let (first, second) = (result(&task).unwrap(), result(&task).unwrap());
        assert_ne!(first[0].as_ptr(), second[0].as_ptr());
        task.release();
        assert_eq!(Arc::strong_count(&task), 1);
        assert!(matches!(first[0].view(), View::Fd(fd) if fd.name() == Some(c"7")));
    }
}
