//! `QIODNSResolver` as Rust sees it: its type, and the one instance of it.

use super::class::ObjectImpl;
use super::fields::instance;
use abi::layout;

instance!(Resolver = QIODNSResolver: Object, c"qio-dns-resolver");

/// Nothing but a name.
impl ObjectImpl for layout::QIODNSResolver {}
