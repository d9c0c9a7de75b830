//! `QIODNSResolver` as Rust sees it: its type, and the one instance of it.

use core::ffi::CStr;

use super::class::ObjectImpl;
use super::{Instance, IsA, Shared};
use abi::layout;

/// The object.
pub type Resolver = Shared<layout::QIODNSResolver>;

// SAFETY: the struct begins with its parent's, down to `Object`.
unsafe impl Instance for layout::QIODNSResolver {
    const TYPE: &'static CStr = c"qio-dns-resolver";
}

// SAFETY: the first member is the parent.
unsafe impl IsA<layout::Object> for layout::QIODNSResolver {}

/// Nothing but a name.
impl ObjectImpl for layout::QIODNSResolver {}
