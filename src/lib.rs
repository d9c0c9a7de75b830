//! libqio: the I/O layer of QEMU-style C programs, as a Rust library with the same C ABI.
//!
//! # Layers
//!
//! Calls go down only. In this crate:
//!
//! | module | what |
//! |---|---|
//! | [`capi`] | the exported `qio_*` functions: check, convert in, call, convert out |
//! | [`types`] | the `qio-*` types and their registration |
//! | [`logic`] | all behaviour, in safe Rust, and what each class of channels is |
//! | [`object`] | the public C structs as Rust sees them: shared memory behind accessors, counted references, class methods |
//!
//! and below it, each a crate that knows only those after it:
//!
//! | crate | what |
//! |---|---|
//! | [`trace`] | the trace events, and the C functions that are called for them |
//! | [`host`] | safe handles on the symbols of the host |
//! | [`abi`] | the C structs of the ABI profile; errors and addresses, which both sides of the host's symbols make |
//! | [`platform`] | the event loop, the system calls, the hand-over between threads |
//!
//! # The host
//!
//! io/ needs an object model, errors, address types and a few socket helpers. It reaches them
//! through C symbols, declared once in `host::imports`. In a *hosted* build they are the program's.
//! In an *embedded* build (the default) the crate `embedded-host`, which io/ never sees, defines
//! them over [`abi`] and [`platform`]; the crate `archive` puts the two into one library.
//!
//! # unsafe
//!
//! `logic` forbids it. Elsewhere every block says which fact makes it sound.
//! A panic is a bug and ends the process; it never unwinds into C.

#[cfg(test)]
extern crate embedded_host as _;

pub mod capi;
pub mod logic;
pub mod object;
pub mod types;
