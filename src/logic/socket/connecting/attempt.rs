//! One attempt to connect to one internet address: a non-blocking socket and the source that waits for it.

use std::sync::Weak;

use super::Operation;
use super::eyeballs::Number;
use abi::address::{Inet, keep_alive};
use abi::profile;
use host::error::Error;
use platform::glib::condition::{ERR, HUP, OUT};
use platform::glib::{Callback, Hooks, MainContext, PollFd, Source};
use platform::os::errno::Errno;
use platform::os::fd::{self, Descriptor};
use platform::os::resolve::Resolved;
use platform::os::socket;
use platform::os::socket_name::SocketName;

/// An attempt that is under way. Dropped, its descriptor is closed.
pub(super) struct Attempt {
    pub(super) number: Number,
    pub(super) name: SocketName,
    descriptor: Descriptor,
    source: Source,
}

/// What came of a beginning.
pub(super) enum Begun {
    Waits(Attempt),
    Connected(Descriptor),
}

/// Why an attempt could not begin.
pub(super) struct NotBegun {
    pub(super) error: Error,
    /// The process or the system has no more of something that other attempts give back when they end.
    pub(super) is_shortage: bool,
}

impl Attempt {
    /// Begins to connect; `operation` is told in `context` when something comes of it (R-CONN-5).
    pub(super) fn begin(
        operation: &Weak<Operation>,
        context: &MainContext,
        inet: Inet<'_>,
        (number, resolved): (Number, &Resolved),
    ) -> Result<Begun, NotBegun> {
        let descriptor = create(inet, resolved)?;
        let done = socket::begin_connecting(descriptor.as_raw(), &resolved.name);
        if done.map_err(|errno| not_begun(errno, failed_to_connect(inet)))? {
            return Ok(Begun::Connected(descriptor));
        }
        let source = Source::new(Ready {
            operation: Weak::clone(operation),
            number,
            poll_fd: [PollFd::new(descriptor.as_raw(), OUT | ERR | HUP)],
        });
        source.set_name(c"QIOChannelSocket connect");
        source.attach(context);
        Ok(Begun::Waits(Self {
            number,
            name: resolved.name.clone(),
            descriptor,
            source,
        }))
    }

    /// How it went, now that the socket is ready (R-CONN-6).
    pub(super) fn outcome(&self) -> Result<(), Errno> {
        socket::pending_error(self.descriptor.as_raw())
    }

    /// The descriptor's number.
    pub(super) fn fd(&self) -> i32 {
        self.descriptor.as_raw()
    }

    /// Ends it, in its context. The socket is the caller's.
    pub(super) fn end(self) -> Descriptor {
        // Before somebody closes what it polls.
        self.source.destroy();
        self.descriptor
    }
}

/// The socket, as `qio_channel_socket_connect_sync` has it, but non-blocking (R-CONN-14).
fn create(inet: Inet<'_>, resolved: &Resolved) -> Result<Descriptor, NotBegun> {
    let (family, kind) = (
        resolved.name.family(),
        libc::SOCK_STREAM | libc::SOCK_NONBLOCK,
    );
    let socket = socket::create(family, kind, inet.protocol(resolved))
        .map_err(|errno| not_begun(errno, "Failed to create a socket".to_owned()))?;
    if profile::CONNECTING_REUSES_ADDRESS {
        socket::reuse_address(socket.as_raw())
            .map_err(|errno| not_begun(errno, "Failed to set SO_REUSEADDR".to_owned()))?;
    }
    keep_alive::apply(socket.as_raw(), inet).map_err(|refused| NotBegun {
        error: refused.into(),
        is_shortage: false,
    })?;
    Ok(socket)
}

fn not_begun(errno: Errno, message: String) -> NotBegun {
    NotBegun {
        error: Error::os(errno, message),
        is_shortage: matches!(
            errno.code(),
            libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM
        ),
    }
}

pub(super) fn failed_to_connect(inet: Inet<'_>) -> String {
    format!("Failed to connect to '{}'", inet.host_and_port())
}

/// A connected socket blocks.
pub(super) fn settle(descriptor: Descriptor) -> Result<Descriptor, Error> {
    fd::set_blocking(descriptor.as_raw(), true)
        .map_err(|errno| Error::os(errno, "Failed to make a connected socket blocking"))?;
    Ok(descriptor)
}

/// The source of an attempt.
struct Ready {
    operation: Weak<Operation>,
    number: Number,
    poll_fd: [PollFd; 1],
}

impl Hooks for Ready {
    type Func = ();
    const PREPARES: bool = false;

    fn poll_fds(&self) -> &[PollFd] {
        &self.poll_fd
    }

    fn check(&self) -> bool {
        self.poll_fd[0].revents() != 0
    }

    fn dispatch(&self, _: Callback<'_, ()>) -> bool {
        if let Some(operation) = self.operation.upgrade() {
            operation.ready(self.number);
        }
        // Who ends the attempt ends this source.
        true
    }
}
