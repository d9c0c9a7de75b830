//! The `qio-*` types and their registration.

use crate::object::class::{channel_type, object_type};
use abi::layout::{self, TypeInfo};
use host::{imports, module};

/// The types of this build, parents first. All that registers them is this table.
static TYPES: &[Registration] = &[
    Registration(TypeInfo {
        r#abstract: true,
        class_size: size_of::<layout::QIOChannelClass>(),
        ..object_type::<layout::QIOChannel, layout::Object>()
    }),
    Registration(channel_type::<layout::QIOChannelBuffer>()),
    Registration(channel_type::<layout::QIOChannelCommand>()),
    Registration(channel_type::<layout::QIOChannelFile>()),
    Registration(channel_type::<layout::QIOChannelNull>()),
    Registration(channel_type::<layout::QIOChannelSocket>()),
    #[cfg(feature = "tls")]
    Registration(channel_type::<layout::QIOChannelTLS>()),
    Registration(channel_type::<layout::QIOChannelWebsock>()),
    Registration(object_type::<layout::QIODNSResolver, layout::Object>()),
    Registration(object_type::<layout::QIONetListener, layout::Object>()),
];

/// A type for the host, which may keep the address.
struct Registration(TypeInfo);

// SAFETY: names and functions only, and nobody changes it.
unsafe impl Sync for Registration {}

/// Registers the types, when the program initialises QOM (R-CHAN-1).
unsafe extern "C" fn register_types() {
    for Registration(info) in TYPES {
        // SAFETY: the description and its strings live as long as the process.
        unsafe { imports::type_register_static(info) };
    }
}

/// Makes the types known to unit tests.
#[cfg(test)]
pub(crate) fn initialise() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let kind = imports::MODULE_INIT_QOM.unsigned_abs();
        // SAFETY: only calls what constructors registered, and no other test does.
        unsafe { embedded_host::capi::extras::module::module_call_init(kind) }
    });
}

/// Runs when the library is loaded, before `main`.
extern "C" fn constructor() {
    module::register_qom_init(register_types);
}

#[used]
#[unsafe(link_section = ".init_array")]
static CONSTRUCTOR: extern "C" fn() = constructor;
