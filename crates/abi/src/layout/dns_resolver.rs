//! `io/dns-resolver.h`.

use super::object::Object;

/// The process-wide resolver; it carries no state.
#[repr(C)]
pub struct QIODNSResolver {
    /// The parent.
    pub parent: Object,
}

assert_layout!(QIODNSResolver, size = 40, { parent @ 0 });
