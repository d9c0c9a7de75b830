//! What the library stands on: system calls, GLib, and the hand-over of work between threads.
//!
//! Nothing here knows what it is used for.

pub mod glib;
pub mod os;
pub mod sync;
