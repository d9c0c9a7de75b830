//! What sources wait for and report, as poll() does: the bits of `GIOCondition`.

/// Input can be read.
pub const IN: u32 = glib_sys::G_IO_IN;
/// Urgent input can be read.
pub const PRI: u32 = glib_sys::G_IO_PRI;
/// Output can be written.
pub const OUT: u32 = glib_sys::G_IO_OUT;
/// An error is pending.
pub const ERR: u32 = glib_sys::G_IO_ERR;
/// The other side has hung up.
pub const HUP: u32 = glib_sys::G_IO_HUP;
/// The descriptor isn't open.
pub const NVAL: u32 = glib_sys::G_IO_NVAL;
