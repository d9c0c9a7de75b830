//! Channels, listeners and tasks that complete on a GLib main context: the I/O layer of
//! libqio for Rust programs.
//!
//! libqio gives C programs the `qio_*` functions of QEMU. This crate is the other face of the same logic: it lies
//! over what the C functions lie over, not over them. Nothing in it asks a program for `unsafe`.
//!
//! | | |
//! |---|---|
//! | [`Task`] | a blocking function in a worker thread, and a future of its result |
//! | [`SocketChannel`] [`FileChannel`] [`CommandChannel`] [`BufferChannel`] | bytes, by [`std::io::Read`] and [`std::io::Write`] |
//! | [`TlsChannel`] [`WebsockChannel`] | the same over any other channel, either end |
//! | [`Channel`] | any of these |
//! | [`Listener`] | listening sockets, and their clients |
//! | [`Context`] | the `GMainContext` in which futures complete |
//!
//! # Futures
//!
//! A future is completed by whoever iterates the [`Context`] that it was made for: a GLib or GTK main loop,
//! [`Context::block_on`], or a thread that [`Context::start`] starts. It may be awaited in any thread, by any
//! executor, and dropped at any time.
//!
//! With the feature `glib`, a `glib::MainContext` of gtk-rs is a [`Context`]. With the feature `tokio`, a channel is
//! an `AsyncRead` and `AsyncWrite` of tokio's reactor ([`tokio::Stream`]).
//!
#![cfg_attr(
    not(feature = "tokio"),
    doc = "[`tokio::Stream`]: https://docs.rs/tokio"
)]
#![cfg_attr(not(feature = "tls"), doc = "[`TlsChannel`]: #cargo-features")]
//! # Threads
//!
//! All types are `Send`, and all but futures `Sync`: one thread may read from a channel while another one writes.
//!
//! ```
//! fn shared<T: Send + Sync>() {}
//! shared::<qio::Channel>();
//! shared::<qio::SocketChannel>();
//! shared::<qio::Listener>();
//! shared::<qio::Context>();
//! ```
//!
//! Panics never cross C: one in a task's function resumes where the task is awaited; one in a waker, which the
//! context calls, ends the process.
//!
//! # Cargo features
//!
//! | feature | |
//! |---|---|
//! | `tls` (default) | TLS channels, by the system's GnuTLS |
//! | `glib` | conversions of contexts |
//! | `tokio` | channels for tokio |
//!
//! GLib 2.74 or later and its headers, GnuTLS's, and a C compiler are needed for building, on Linux.
#![deny(unsafe_code)]

/// The examples of the page about the crate.
#[cfg(all(doctest, feature = "glib", feature = "tls", feature = "tokio"))]
#[doc = include_str!("../README.md")]
struct Page;

// Its symbols are what the rest is linked with, whether anything here names it or not.
extern crate embedded_host as _;

mod address;
mod channel;
mod context;
mod error;
#[cfg(feature = "glib")]
mod glib;
mod handshake;
mod kinds;
mod listener;
mod ready;
mod socket;
mod task;
#[cfg(feature = "tls")]
mod tls;
#[cfg(feature = "tokio")]
pub mod tokio;
mod websock;

pub use address::Address;
pub use channel::Channel;
pub use context::{Context, Running};
pub use error::{Error, Result};
pub use handshake::Handshake;
pub use kinds::{Access, BufferChannel, CommandChannel, FileChannel};
pub use listener::{Accept, Listener};
pub use ready::{Interest, On, Ready};
pub use socket::SocketChannel;
pub use task::Task;
#[cfg(feature = "tls")]
pub use tls::{Endpoint, TlsChannel, TlsCredentials};
pub use websock::{WebsockChannel, WebsockRequest};
