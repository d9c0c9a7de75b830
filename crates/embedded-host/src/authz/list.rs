//! Authorization by a list of rules.

use core::ffi::{CStr, c_char, c_int};

use crate::error::Error;
use crate::qapi::tables::QAuthZListPolicy_lookup;
use crate::qom::objects::accessors::Accessors;
use crate::qom::objects::property;
use crate::qom::tree;
use crate::qom::types::class::Class;
use crate::qom::types::{self, Parent, TypeDescription};
use crate::qom::values::user_creatable;
use abi::layout::{self, ClassData, Object, ObjectClass, QAuthZ, QAuthZClass, QAuthZList};
use abi::layout::{QAUTHZ_LIST_POLICY_ALLOW, QAuthZListPolicy};

use super::rules;

/// The type.
pub(crate) const TYPE: &CStr = c"authz-list";

pub(super) fn register_type() {
    let ty = TypeDescription {
        instance_size: size_of::<QAuthZList>(),
        instance_finalize: Some(finalize),
        class_init: Some(class_init),
        interfaces: vec![user_creatable::TYPE.to_owned()],
        ..TypeDescription::new(TYPE.to_owned(), Parent::Named(super::TYPE.to_owned()))
    };
    // SAFETY: the hooks are for a `QAuthZList` and its class.
    unsafe { types::register(ty) };
}

unsafe extern "C" fn class_init(class: *mut ObjectClass, _data: ClassData) {
    // SAFETY: the type descends from `authz`, so that its class is a `QAuthZClass`.
    unsafe { (*class.cast::<QAuthZClass>()).is_allowed = Some(is_allowed) };
    let policy = Accessors::Choice {
        lookup: &raw const QAuthZListPolicy_lookup,
        get: Some(get_policy),
        set: Some(set_policy),
    };
    // SAFETY: the class that is being made.
    if let Some(class) = unsafe { Class::from_ptr(class) } {
        // SAFETY: its hooks run; the functions are for this type's instances.
        unsafe { property::add_to_class(class, c"policy", c"QAuthZListPolicy", policy) };
    }
}

unsafe extern "C" fn finalize(obj: *mut Object) {
    // SAFETY: an instance of this type, the rules of which are its own.
    unsafe { rules::free_all((*obj.cast::<QAuthZList>()).rules) };
}

unsafe extern "C" fn get_policy(obj: *mut Object, _errp: *mut *mut layout::Error) -> c_int {
    // SAFETY: an instance of this type.
    let policy = unsafe { (*obj.cast::<QAuthZList>()).policy };
    c_int::try_from(policy).unwrap_or(-1)
}

unsafe extern "C" fn set_policy(obj: *mut Object, value: c_int, _errp: *mut *mut layout::Error) {
    // SAFETY: an instance of this type. The value is one of the table's.
    unsafe { (*obj.cast::<QAuthZList>()).policy = value.cast_unsigned() };
}

/// The first rule that applies decides, without one the list's policy (R-TLS-90).
unsafe extern "C" fn is_allowed(
    authz: *mut QAuthZ,
    identity: *const c_char,
    _errp: *mut *mut layout::Error,
) -> bool {
    let list = authz.cast::<QAuthZList>();
    // SAFETY: the caller's text.
    let identity = unsafe { CStr::from_ptr(identity) };
    // SAFETY: an instance of this type, with rules of its own.
    let decision = unsafe { rules::decide((*list).rules, identity) };
    // SAFETY: as above.
    decision.unwrap_or_else(|| unsafe { (*list).policy }) == QAUTHZ_LIST_POLICY_ALLOW
}

/// A list without rules, which `/objects` owns (R-TLS-91).
///
/// # Safety
/// No other thread changes the tree (R-QOM-24).
pub(crate) unsafe fn create(id: &CStr, policy: QAuthZListPolicy) -> Result<*mut QAuthZList, Error> {
    let word = if policy == QAUTHZ_LIST_POLICY_ALLOW {
        c"allow"
    } else {
        c"deny"
    };
    // SAFETY: as promised; the container stays.
    let obj = unsafe { user_creatable::create(TYPE, tree::objects(), id, &[(c"policy", word)]) }?;
    Ok(obj.cast::<QAuthZList>())
}
