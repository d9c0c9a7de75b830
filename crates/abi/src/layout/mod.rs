//! Every struct whose fields C code can see, for the ABI profile of this build.
//!
//! A field that not every profile has stands under the `cfg` of its switch (cbindgen turns it into
//! `#if` in the headers); `assert_layout!` under each struct holds it to the numbers measured in
//! `abi/*.json`.
//!
//! The structs are plain C data. Other threads and C code touch them at any time, so nothing here
//! is ever borrowed as `&mut`; each house above has its own accessors.

/// Asserts at compile time that a struct has the measured size and that its fields, all of
/// them, stand at the measured offsets.
macro_rules! assert_layout {
    ($t:ident, size = $size:expr, { $($(#[$cfg:meta])* $field:ident @ $offset:expr),* $(,)? }) => {
        const _: () = {
            assert!(size_of::<$t>() == $size, concat!("size of ", stringify!($t)));
            $($(#[$cfg])* assert!(
                core::mem::offset_of!($t, $field) == $offset,
                concat!("offset of ", stringify!($t), "::", stringify!($field)),
            );)*
            // Naming every field makes a forgotten one a compile error.
            #[expect(dead_code, reason = "exists for its exhaustive pattern only")]
            fn every_field_is_listed(value: &$t) {
                let $t { $($(#[$cfg])* $field: _),* } = value;
            }
        };
    };
}

/// The bytes that a struct has more in the profiles with a switch.
const fn more(switch: bool, bytes: usize) -> usize {
    if switch { bytes } else { 0 }
}

mod address;
mod authz;
mod buffer;
mod channel;
mod channel_buffer;
mod channel_command;
mod channel_file;
mod channel_null;
mod channel_socket;
mod channel_tls;
mod channel_websock;
mod co_mutex;
mod dns_resolver;
mod error;
mod net_listener;
mod object;
mod opaque;
mod property;
mod qapi;
mod thread;
mod tls_creds;
mod tls_session;

pub use address::*;
pub use authz::*;
pub use buffer::*;
pub use channel::*;
pub use channel_buffer::*;
pub use channel_command::*;
pub use channel_file::*;
pub use channel_null::*;
pub use channel_socket::*;
pub use channel_tls::*;
pub use channel_websock::*;
pub use co_mutex::*;
pub use dns_resolver::*;
pub use error::*;
pub use net_listener::*;
pub use object::*;
pub use opaque::*;
pub use property::*;
pub use qapi::*;
pub use thread::*;
pub use tls_creds::*;
pub use tls_session::*;
