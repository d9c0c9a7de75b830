//! The static library: io/ and, with `embedded`, the host below it.
//!
//! Nothing but the C symbols of the two leaves it.

#[cfg(feature = "embedded")]
extern crate embedded_host as _;
extern crate io as _;
