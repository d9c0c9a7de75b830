//! The `qio-*` types: their registration, class methods and instance hooks.

mod aio;
mod channel;
mod channel_buffer;
mod channel_command;
mod channel_file;
mod channel_null;
mod channel_socket;
#[cfg(feature = "tls")]
mod channel_tls;
mod channel_websock;
mod dns_resolver;
mod net_listener;

use crate::object::{Instance, IsA};
use abi::layout::{ClassHook, InstanceHook, TypeInfo};
use host::{imports, module};

/// The types of this build, parents first. All that registers them is this table.
static TYPES: &[Registration] = &[
    Registration(channel::TYPE),
    Registration(channel_buffer::TYPE),
    Registration(channel_command::TYPE),
    Registration(channel_file::TYPE),
    Registration(channel_null::TYPE),
    Registration(channel_socket::TYPE),
    #[cfg(feature = "tls")]
    Registration(channel_tls::TYPE),
    Registration(channel_websock::TYPE),
    Registration(dns_resolver::TYPE),
    Registration(net_listener::TYPE),
];

/// A type for the host, which may keep the address.
struct Registration(TypeInfo);

// SAFETY: names and functions only, and nobody changes it.
unsafe impl Sync for Registration {}

/// What a type does at the turns of its instances' lives.
struct Hooks {
    /// Fills in the methods, once.
    class: ClassHook,
    /// Prepares the zeroed memory of a new instance.
    init: InstanceHook,
    /// Gives back what the instance holds.
    finalize: InstanceHook,
}

/// The type of `T`, whose instances may be made. It inherits the class struct of `P`.
const fn concrete<T: IsA<P>, P: Instance>(hooks: &Hooks) -> TypeInfo {
    TypeInfo {
        name: T::TYPE.as_ptr(),
        parent: P::TYPE.as_ptr(),
        instance_size: size_of::<T>(),
        instance_align: 0,
        instance_init: hooks.init,
        instance_post_init: None,
        instance_finalize: hooks.finalize,
        r#abstract: false,
        class_size: 0,
        class_init: hooks.class,
        class_base_init: None,
        class_data: core::ptr::null_mut(),
        interfaces: core::ptr::null_mut(),
    }
}

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
