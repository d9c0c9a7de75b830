//! What each child is called by its parent, so that it is found without a look at all its siblings.
//!
//! What stands here is checked before it is believed, and what doesn't is looked for: a name may be missing
//! or outdated, as after a fork beside a thread that had the lock.

use core::ffi::CStr;
use std::collections::HashMap;
use std::ffi::CString;
use std::sync::LazyLock;

use abi::layout::Object;
use platform::sync::Mutex;

/// By the child's address.
static NAMES: LazyLock<Mutex<HashMap<usize, CString>>> = LazyLock::new(Mutex::default);

/// Notes the name of a child.
pub(in crate::qom) fn set(child: *mut Object, name: &CStr) {
    if let Some(mut names) = NAMES.try_lock() {
        names.insert(child.addr(), name.to_owned());
    }
}

/// The name that was noted.
pub(in crate::qom) fn get(child: *mut Object) -> Option<CString> {
    NAMES.try_lock()?.get(&child.addr()).cloned()
}

/// Forgets the name, unless the child has got another one since.
pub(super) fn forget(child: *mut Object, name: &CStr) {
    if let Some(mut names) = NAMES.try_lock()
        && names
            .get(&child.addr())
            .is_some_and(|noted| **noted == *name)
    {
        names.remove(&child.addr());
    }
}
