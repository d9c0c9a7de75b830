//! libqio: the I/O layer of QEMU-style C programs, as a Rust library with the same C ABI.
//!
//! # Layers
//!
//! Calls go down only:
//!
//! | module | what |
//! |---|---|
//! | [`capi`] | the exported `qio_*` functions, one file per C header: check, convert in, call, convert out |
//! | [`qom`] | the `qio-*` types: registration, class methods, instance hooks |
//! | [`logic`] | all behaviour, in safe Rust |
//! | [`object`] | the public C structs as Rust sees them: shared memory behind accessors, counted references |
//! | [`host`] | what lies below io/, one safe face on the symbols of the host |
//! | [`glib`], [`os`], [`sync`] | the event loop, the system calls, the hand-over between threads |
//!
//! [`layout`] holds every struct whose fields C can see and [`profile`] the ABI profile; both may
//! be read from anywhere.
//!
//! # The host
//!
//! The layers above need an object model, errors, address types and a few socket helpers. They
//! reach them through C symbols, declared once in `host::imports`. In a *hosted* build
//! these symbols are the program's. In an *embedded* build (the default) the `embedded` module
//! defines them, so that a C program needs libqio and GLib only. Nothing above `host` can tell.
//!
//! # unsafe
//!
//! `logic` forbids it. Elsewhere every block says which fact makes it sound.
//! A panic is a bug and ends the process; it never unwinds into C.

#[cfg(feature = "embedded")]
pub mod embedded;
pub mod glib;
pub mod host;
pub mod layout;
pub mod logic;
pub mod object;
pub mod os;
pub mod profile;
pub mod sync;
pub mod trace;

pub mod capi;
pub mod qom;
