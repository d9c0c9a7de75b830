//! One registration of a client callback.

use crate::object::client_func::{ClientFunc, ContextName};

/// A registered client callback. Watches keep the one they were made for, so that function and
/// data always belong together (L5).
pub struct Registration {
    /// What is called.
    pub func: ClientFunc,
    /// Where the program wants it called.
    pub context: ContextName,
}
