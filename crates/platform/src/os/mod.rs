//! System calls, each behind a safe function that says what it needs.

pub mod abort;
pub mod bounded;
pub mod clock;
pub mod code;
pub mod connection;
mod control;
pub mod document;
pub mod environment;
pub mod epoll;
pub mod errno;
pub mod error_queue;
pub mod event;
pub mod fd;
pub mod fd_list;
pub mod file;
mod header;
pub mod incarnation;
pub mod iov;
pub mod iov_rest;
pub mod loader;
pub mod mapping;
pub mod message;
pub mod poll;
pub mod port;
pub mod process;
pub mod queue;
pub mod resolve;
mod retry;
pub mod signal;
mod sigpipe;
pub mod socket;
pub mod socket_file;
pub mod socket_name;
pub mod stderr;
pub mod temporary;
pub mod thread;

#[cfg(test)]
mod tests {
    use core::ffi::CStr;

    use super::fd::Descriptor;
    use super::resolve::{self, Query};
    use super::socket;

    /// Both ends of a TCP connection over loopback.
    pub(super) fn tcp_connection(host: &CStr) -> (Descriptor, Descriptor) {
        let any_port = resolve::look_up(&Query {
            host: Some(host),
            service: Some(c"0"),
            numeric: true,
            ..Query::default()
        })
        .unwrap();
        let name = &any_port[0].name;
        let server = socket::create(name.family(), libc::SOCK_STREAM, 0).unwrap();
        socket::bind(server.as_raw(), name).unwrap();
        socket::listen(server.as_raw(), 1).unwrap();
        let client = socket::create(name.family(), libc::SOCK_STREAM, 0).unwrap();
        let name = socket::local_name(server.as_raw()).unwrap();
        socket::connect(client.as_raw(), &name).unwrap();
        let (accepted, _) = socket::accept(server.as_raw()).unwrap();
        (client, accepted)
    }
}
