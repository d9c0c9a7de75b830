//! `qio-dns-resolver`.

use abi::layout::{Object, QIODNSResolver, TypeInfo};

/// The type: nothing but a name.
pub(super) const TYPE: TypeInfo = super::concrete::<QIODNSResolver, Object>(&super::Hooks {
    class: None,
    init: None,
    finalize: None,
});
