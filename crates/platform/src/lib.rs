//! What the library stands on: system calls, GLib, the hand-over of work between threads, a journal.
//!
//! Nothing here knows what it is used for.

pub mod glib;
pub mod journal;
pub mod os;
pub mod sync;
