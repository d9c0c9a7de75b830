//! Where sockets are.

use std::ffi::{CStr, CString};
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use abi::address::{self, Inet, InetFields, View, host_and_port};

/// Where a socket is, or is to be: an internet address or name, a UNIX socket, a virtio socket.
///
/// ```
/// # fn main() -> qio::Result<()> {
/// use qio::Address;
/// assert_eq!(Address::inet("example.org", "https")?.to_string(), "example.org:https");
/// let loopback = Address::from(std::net::SocketAddr::from(([127, 0, 0, 1], 80)));
/// assert_eq!(loopback.socket_addr().unwrap().port(), 80);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Address(pub(crate) address::Address);

impl Address {
    /// A host's name or number, and a service's. An empty host stands for all addresses of the machine, the
    /// port "0" for one that the kernel chooses.
    pub fn inet(host: &str, port: &str) -> Result<Self> {
        let (host, port) = (CString::new(host)?, CString::new(port)?);
        Ok(Self(address::Address::inet(&InetFields {
            host: &host,
            port: &port,
            ..InetFields::default()
        })))
    }

    /// A UNIX socket in the file system.
    pub fn unix(path: impl AsRef<Path>) -> Result<Self> {
        let path = CString::new(path.as_ref().as_os_str().as_bytes())?;
        Ok(Self(address::Address::unix(&path)))
    }

    /// A UNIX socket outside the file system, which is gone with its last user (Linux).
    pub fn unix_abstract(name: &str) -> Result<Self> {
        let name = CString::new(name)?;
        Ok(Self(address::Address::unix_abstract(&name, true)))
    }

    /// A virtio socket: a machine's number, and a port.
    #[must_use]
    pub fn vsock(machine: u32, port: u32) -> Self {
        let text = |number: u32| CString::new(number.to_string()).unwrap_or_default();
        Self(address::Address::vsock(&text(machine), &text(port)))
    }

    /// Address and port, if it is an internet address in numbers.
    #[must_use]
    pub fn socket_addr(&self) -> Option<SocketAddr> {
        let View::Inet(inet) = self.0.view() else {
            return None;
        };
        let host: IpAddr = inet.host()?.to_str().ok()?.parse().ok()?;
        Some(SocketAddr::new(host, port(inet)?))
    }

    /// The path, if it is a UNIX socket in the file system.
    #[must_use]
    pub fn path(&self) -> Option<PathBuf> {
        match self.0.view() {
            View::Unix(unix) if !unix.is_abstract() => {
                let path = unix.path().map(CStr::to_bytes).unwrap_or_default();
                Some(PathBuf::from(std::ffi::OsStr::from_bytes(path)))
            }
            _ => None,
        }
    }
}

fn shown(text: Option<&CStr>) -> std::borrow::Cow<'_, str> {
    text.map(CStr::to_string_lossy).unwrap_or_default()
}

fn port(inet: Inet<'_>) -> Option<u16> {
    inet.port()?.to_str().ok()?.parse().ok()
}

impl From<SocketAddr> for Address {
    fn from(addr: SocketAddr) -> Self {
        // Numbers have no NUL byte.
        let text = |text: String| CString::new(text).unwrap_or_default();
        let host = match addr {
            SocketAddr::V6(v6) if v6.scope_id() != 0 => format!("{}%{}", v6.ip(), v6.scope_id()),
            _ => addr.ip().to_string(),
        };
        Self(address::Address::inet(&InetFields {
            host: &text(host),
            port: &text(addr.port().to_string()),
            numeric: Some(true),
            ..InetFields::default()
        }))
    }
}

impl std::str::FromStr for Address {
    type Err = Error;

    /// What an address shows: `HOST:PORT`, an IPv6 address in brackets, `unix:PATH`, `unix:@NAME` or
    /// `vsock:MACHINE:PORT`.
    fn from_str(text: &str) -> Result<Self> {
        let refused =
            |problem: &str| Error::new(io::ErrorKind::InvalidInput, format!("'{text}' {problem}"));
        if let Some(path) = text.strip_prefix("unix:") {
            return match path.strip_prefix('@') {
                Some(name) => Self::unix_abstract(name),
                None => Self::unix(path),
            };
        }
        let unknown = || refused("is none of HOST:PORT, unix:PATH, unix:@NAME, vsock:MACHINE:PORT");
        let (host, port) = text.rsplit_once(':').ok_or_else(unknown)?;
        if let Some(machine) = host.strip_prefix("vsock:") {
            let (Ok(machine), Ok(port)) = (machine.parse(), port.parse()) else {
                return Err(refused("has no numbers for a machine and a port"));
            };
            return Ok(Self::vsock(machine, port));
        }
        let inner = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'));
        if inner.is_none() && host.contains(':') {
            return Err(refused("has an IPv6 address, which needs brackets"));
        }
        Self::inet(inner.unwrap_or(host), port)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.view() {
            View::Inet(inet) => f.write_str(&host_and_port(inet.host(), inet.port())),
            View::Unix(unix) if unix.is_abstract() => write!(f, "unix:@{}", shown(unix.path())),
            View::Unix(unix) => {
                let path = shown(unix.path());
                // A file whose name begins as that of an abstract one is shown.
                let here = if path.starts_with('@') { "./" } else { "" };
                write!(f, "unix:{here}{path}")
            }
            View::Vsock(vsock) => write!(f, "vsock:{}:{}", shown(vsock.cid()), shown(vsock.port())),
            View::Fd(fd) => write!(f, "fd:{}", shown(fd.name())),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}
