//! Registration of module initialisers, run by the program's `module_call_init`.

use super::imports;

/// Records `f` to run when the program initialises QOM.
///
/// Callable from constructors, in any order (R-HOST-16). The number of the kind is the release's
/// (R-111-3).
pub fn register_qom_init(f: unsafe extern "C" fn()) {
    // SAFETY: the host only stores the function (R-HOST-16).
    unsafe { imports::register_module_init(Some(f), imports::MODULE_INIT_QOM) }
}
