//! Names to addresses and back, by the system's resolver. It blocks for as long as that does.

use core::ffi::{CStr, c_char, c_int};
use core::fmt;
use core::mem;
use core::ptr;
use core::sync::atomic::{AtomicBool, Ordering};
use std::ffi::CString;

use libc::{addrinfo, socklen_t};

use super::errno::{self, Errno};
use super::port;
use super::socket_name::SocketName;

/// An internet protocol family.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Family {
    /// Either.
    #[default]
    Any,
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    /// The number, as in `<sys/socket.h>`.
    pub const fn code(self) -> c_int {
        match self {
            Self::Any => libc::PF_UNSPEC,
            Self::V4 => libc::PF_INET,
            Self::V6 => libc::PF_INET6,
        }
    }

    /// The family of that number; `Any` for all that are not internet families.
    pub const fn from_code(code: c_int) -> Self {
        match code {
            libc::PF_INET => Self::V4,
            libc::PF_INET6 => Self::V6,
            _ => Self::Any,
        }
    }
}

/// How the resolved address is going to be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Usage {
    /// For a stream.
    #[default]
    Stream,
    /// For datagrams.
    Datagram,
}

impl Usage {
    /// The type of socket, as in `<sys/socket.h>`.
    pub(crate) const fn socket_type(self) -> c_int {
        match self {
            Self::Stream => libc::SOCK_STREAM,
            Self::Datagram => libc::SOCK_DGRAM,
        }
    }
}

/// What to look up.
#[derive(Clone, Copy, Debug, Default)]
pub struct Query<'a> {
    /// A name or a number; none for this machine.
    pub host: Option<&'a CStr>,
    /// A name or a number; none for no port.
    pub service: Option<&'a CStr>,
    /// What family the results may have.
    pub family: Family,
    /// What the results are for.
    pub usage: Usage,
    /// Without host the result is for binding, not for connecting.
    pub passive: bool,
    /// Host and service are numbers: nothing is looked up.
    pub numeric: bool,
    /// Leave out families of which this machine has no address.
    pub configured_only: bool,
    /// Answer for IPv6 with mapped IPv4 addresses if there are no others.
    pub mapped: bool,
    /// Ask for the host's official name.
    pub canonical: bool,
}

impl Query<'_> {
    fn flags(&self) -> c_int {
        [
            (self.passive, libc::AI_PASSIVE),
            (self.numeric, libc::AI_NUMERICHOST | libc::AI_NUMERICSERV),
            (self.configured_only, libc::AI_ADDRCONFIG),
            (self.mapped, libc::AI_V4MAPPED),
            (self.canonical, libc::AI_CANONNAME),
        ]
        .into_iter()
        .filter(|(wanted, _)| *wanted)
        .fold(0, |flags, (_, flag)| flags | flag)
    }
}

/// One answer.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The address.
    pub name: SocketName,
    /// The protocol for the socket.
    pub protocol: c_int,
}

/// Why there is no answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ResolveError {
    /// The service is neither a port nor the name of one.
    Port,
    /// The host stands in brackets, as in a text of host and port.
    Brackets,
    /// A system call of the resolver failed, as `EAI_SYSTEM` says.
    System(Errno),
    /// Another `EAI_` number.
    Resolver(c_int),
}

impl ResolveError {
    /// What a call that has just returned `code` says.
    fn from_code(code: c_int) -> Self {
        match code {
            libc::EAI_SYSTEM => Self::System(errno::last()),
            code => Self::Resolver(code),
        }
    }

    /// The flags of the query make no sense to this resolver.
    pub(crate) fn is_bad_flags(self) -> bool {
        self == Self::Resolver(libc::EAI_BADFLAGS)
    }

    /// The name is known, or not, and has no address of the family that was asked for.
    pub fn is_no_address(self) -> bool {
        // The last two aren't POSIX any more; `netdb.h` of glibc has them.
        const EAI_NODATA: c_int = -5;
        const EAI_ADDRFAMILY: c_int = -9;
        matches!(
            self,
            Self::Resolver(libc::EAI_NONAME | EAI_NODATA | EAI_ADDRFAMILY)
        )
    }

    /// The errno of the system call that failed, if it was one.
    pub fn errno(self) -> Errno {
        match self {
            Self::System(errno) => errno,
            Self::Port | Self::Brackets | Self::Resolver(_) => Errno::NONE,
        }
    }
}

impl fmt::Display for ResolveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Port => f.write_str(port::EXPECTED),
            Self::Brackets => {
                f.write_str("the host stands in brackets, which only a text of host and port has")
            }
            Self::System(errno) => errno.fmt(f),
            Self::Resolver(code) => {
                // SAFETY: takes any number.
                let text = unsafe { libc::gai_strerror(code) };
                // SAFETY: the resolver's texts are C strings that stay.
                f.write_str(&unsafe { CStr::from_ptr(text) }.to_string_lossy())
            }
        }
    }
}

/// The result list of `getaddrinfo`, freed with it.
struct Answers(*mut addrinfo);

impl Answers {
    fn iter(&self) -> impl Iterator<Item = Resolved> {
        let mut next = self.0.cast_const();
        core::iter::from_fn(move || {
            // SAFETY: NULL, or an entry of the list, which lives as long as `self`.
            let entry = unsafe { next.as_ref() }?;
            next = entry.ai_next.cast_const();
            Some(Resolved {
                // SAFETY: an entry's address is readable for its length.
                name: unsafe { SocketName::from_ptr(entry.ai_addr, entry.ai_addrlen) },
                protocol: entry.ai_protocol,
            })
        })
    }
}

impl Drop for Answers {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: the list is the resolver's and not used any more.
            unsafe { libc::freeaddrinfo(self.0) }
        }
    }
}

/// Refuses what no resolver knows, where its words would say less: a host in brackets, and a service
/// that [`port::is_port`] refuses, which it would even cut.
pub fn check(host: Option<&CStr>, service: Option<&CStr>) -> Result<(), ResolveError> {
    if host.is_some_and(|text| text.to_bytes().starts_with(b"[")) {
        return Err(ResolveError::Brackets);
    }
    if service.is_some_and(|text| !port::is_port(text.to_bytes())) {
        return Err(ResolveError::Port);
    }
    Ok(())
}

/// All answers to `query`, in the resolver's order. At least one.
pub fn look_up(query: &Query<'_>) -> Result<Vec<Resolved>, ResolveError> {
    check(query.host, query.service)?;
    // SAFETY: all zeros are what `getaddrinfo` wants in the fields that aren't set.
    let mut hints: addrinfo = unsafe { mem::zeroed() };
    hints.ai_flags = query.flags();
    hints.ai_family = query.family.code();
    hints.ai_socktype = query.usage.socket_type();
    let text = |text: Option<&CStr>| text.map_or(ptr::null(), CStr::as_ptr);
    let mut answers = Answers(ptr::null_mut());
    let (host, service) = (text(query.host), text(query.service));
    // SAFETY: the texts are NULL or C strings, the hints are initialised, the result goes into our
    // own list.
    let code = unsafe { libc::getaddrinfo(host, service, &raw const hints, &raw mut answers.0) };
    if code != 0 {
        return Err(ResolveError::from_code(code));
    }
    let found: Vec<_> = answers.iter().collect();
    if found.is_empty() {
        return Err(ResolveError::Resolver(libc::EAI_NONAME));
    }
    Ok(found)
}

/// As [`look_up`], with mapped addresses as long as the resolver knows about them (R-SOCK-14).
pub fn look_up_mapped(mut query: Query<'_>) -> Result<Vec<Resolved>, ResolveError> {
    static UNKNOWN: AtomicBool = AtomicBool::new(false);

    query.mapped = !UNKNOWN.load(Ordering::Relaxed);
    match look_up(&query) {
        Err(reason) if query.mapped && reason.is_bad_flags() => {
            UNKNOWN.store(true, Ordering::Relaxed);
            query.mapped = false;
            look_up(&query)
        }
        result => result,
    }
}

/// Host, with its scope, and port of an internet address, as numbers.
pub fn numeric_text(name: &SocketName) -> Result<(CString, CString), ResolveError> {
    let mut host = [0u8; HOST_ROOM];
    let mut port = [0u8; PORT_ROOM];
    let flags = libc::NI_NUMERICHOST | libc::NI_NUMERICSERV;
    // SAFETY: `len` bytes are readable at the name; the buffers have the room that is said.
    let code = unsafe {
        libc::getnameinfo(
            name.as_ptr(),
            name.len(),
            host.as_mut_ptr().cast::<c_char>(),
            room(&host),
            port.as_mut_ptr().cast::<c_char>(),
            room(&port),
            flags,
        )
    };
    if code != 0 {
        return Err(ResolveError::from_code(code));
    }
    Ok((text(&host), text(&port)))
}

/// `NI_MAXHOST`: more than an address with its scope needs.
const HOST_ROOM: usize = 1025;
/// `NI_MAXSERV`.
const PORT_ROOM: usize = 32;

fn room(buffer: &[u8]) -> socklen_t {
    socklen_t::try_from(buffer.len()).unwrap_or(0)
}

fn text(buffer: &[u8]) -> CString {
    CStr::from_bytes_until_nul(buffer)
        .map(CStr::to_owned)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers<'a>(host: &'a CStr, service: &'a CStr) -> Query<'a> {
        Query {
            host: Some(host),
            service: Some(service),
            numeric: true,
            ..Query::default()
        }
    }

    fn round_trip(host: &CStr, service: &CStr) -> (CString, CString) {
        let found = look_up(&numbers(host, service)).unwrap();
        numeric_text(&found[0].name).unwrap()
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn numbers_come_back_as_they_went() {
        for host in [c"127.0.0.1", c"::1", c"2001:db8::7"] {
            let (text, port) = round_trip(host, c"4711");
            assert_eq!((text.as_c_str(), port.as_c_str()), (host, c"4711"));
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn the_family_decides() {
        let mut query = numbers(c"::1", c"1");
        query.family = Family::V6;
        assert_eq!(look_up(&query).unwrap()[0].name.family(), libc::AF_INET6);
        query.family = Family::V4;
        assert!(look_up(&query).is_err());
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn without_host_the_passive_answer_is_for_any_address() {
        let mut query = Query {
            service: Some(c"9"),
            passive: true,
            family: Family::V4,
            ..Query::default()
        };
        let any = look_up(&query).unwrap();
        assert_eq!(numeric_text(&any[0].name).unwrap().0.as_c_str(), c"0.0.0.0");
        query.passive = false;
        let this = look_up(&query).unwrap();
        assert_eq!(
            numeric_text(&this[0].name).unwrap().0.as_c_str(),
            c"127.0.0.1"
        );
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn datagrams_have_their_own_protocol() {
        let mut query = numbers(c"127.0.0.1", c"9");
        assert_eq!(look_up(&query).unwrap()[0].protocol, libc::IPPROTO_TCP);
        query.usage = Usage::Datagram;
        assert_eq!(look_up(&query).unwrap()[0].protocol, libc::IPPROTO_UDP);
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn a_name_where_a_number_is_asked_for_fails_with_a_reason() {
        let error = look_up(&numbers(c"localhost", c"9")).unwrap_err();
        assert_eq!(error, ResolveError::Resolver(libc::EAI_NONAME));
        assert!(!error.is_bad_flags());
        assert!(error.is_no_address());
        assert_eq!(error.to_string(), "Name or service not known");
        let nothing = Query::default();
        assert_eq!(
            look_up(&nothing).unwrap_err(),
            ResolveError::Resolver(libc::EAI_NONAME)
        );
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn the_resolver_sees_no_port_that_it_would_cut() {
        for service in [c"65616", c"+80", c" 80", c"-1", c"0x50", c""] {
            let error = look_up(&numbers(c"127.0.0.1", service)).unwrap_err();
            assert_eq!(error, ResolveError::Port, "{service:?}");
            assert_eq!(error.errno(), Errno::NONE);
            assert_eq!(error.to_string(), "a port is a number from 0 to 65535");
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn a_host_in_brackets_is_told_so() {
        for (host, service) in [(c"[::1]", c"80"), (c"[", c"-1"), (c"[localhost]", c"80")] {
            let error = look_up(&numbers(host, service)).unwrap_err();
            assert_eq!(error, ResolveError::Brackets, "{host:?}");
            assert_eq!(error.errno(), Errno::NONE);
            assert!(error.to_string().starts_with("the host stands in brackets"));
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn a_failed_system_call_is_told_by_its_errno() {
        errno::set(Errno::new(libc::EMFILE));
        let error = ResolveError::from_code(libc::EAI_SYSTEM);
        errno::set(Errno::NONE);
        assert_eq!(error.errno(), Errno::new(libc::EMFILE));
        assert_eq!(error.to_string(), "Too many open files");
        let error = ResolveError::from_code(libc::EAI_AGAIN);
        assert!(!error.is_no_address());
        assert_eq!(error.errno(), Errno::NONE);
        assert_eq!(error.to_string(), "Temporary failure in name resolution");
    }

    #[test]
    fn only_internet_addresses_have_numbers() {
        assert!(numeric_text(&SocketName::vsock(1, 2)).is_err());
        assert!(numeric_text(&SocketName::empty()).is_err());
    }

    #[test]
    fn families_have_their_numbers() {
        for family in [Family::Any, Family::V4, Family::V6] {
            assert_eq!(Family::from_code(family.code()), family);
        }
        assert_eq!(Family::from_code(libc::AF_UNIX), Family::Any);
    }
}
