//! `authz/base.h`, `authz/list.h` and `qapi/qapi-types-authz.h`.

use core::ffi::c_char;
use core::ptr;

use crate::authz;
use crate::authz::list as authz_list;
use crate::authz::rules::{self, Terms};
use crate::error;
use crate::qom::{cast, instance};
use abi::layout::{Error, Object, QAuthZ, QAuthZList, QAuthZListRule, QAuthZListRuleList};
use abi::layout::{QAUTHZ_LIST_FORMAT_GLOB, QAUTHZ_LIST_POLICY_ALLOW};
use abi::layout::{QAuthZListFormat, QAuthZListPolicy};
use abi::origin;
use platform::check_usage;

use crate::capi::arguments::{object, text};

/// Whether somebody may.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qauthz_is_allowed(
    authz: *mut QAuthZ,
    identity: *const c_char,
    errp: *mut *mut Error,
) -> bool {
    const FUNCTION: &str = "qauthz_is_allowed";
    // SAFETY: the caller's object.
    let obj = unsafe { object(authz.cast::<Object>(), FUNCTION) };
    // SAFETY: the caller's text.
    let identity = unsafe { text(identity, FUNCTION, "identity") };
    // SAFETY: the caller's object and `errp`.
    unsafe {
        answer(
            authz::is_allowed(obj, identity),
            errp,
            &origin!(c"qauthz_is_allowed"),
        )
    }
}

/// Whether somebody may, says the object of that name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qauthz_is_allowed_by_id(
    authzid: *const c_char,
    identity: *const c_char,
    errp: *mut *mut Error,
) -> bool {
    const FUNCTION: &str = "qauthz_is_allowed_by_id";
    // SAFETY: the caller's text.
    let id = unsafe { text(authzid, FUNCTION, "authzid") };
    // SAFETY: the caller's text.
    let identity = unsafe { text(identity, FUNCTION, "identity") };
    // SAFETY: the caller's `errp`.
    unsafe {
        answer(
            authz::is_allowed_by_id(id, identity),
            errp,
            &origin!(c"qauthz_is_allowed_by_id"),
        )
    }
}

/// Gives C code an answer and the error that may come with it.
///
/// # Safety
/// `errp` is the C caller's.
unsafe fn answer(
    (allowed, error): (bool, Option<error::Error>),
    errp: *mut *mut Error,
    origin: &error::Origin,
) -> bool {
    if let Some(error) = error {
        // SAFETY: as promised.
        unsafe { error.store(errp, origin) };
    }
    allowed
}

/// A new list.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qauthz_list_new(
    id: *const c_char,
    policy: QAuthZListPolicy,
    errp: *mut *mut Error,
) -> *mut QAuthZList {
    const FUNCTION: &str = "qauthz_list_new";
    // SAFETY: the caller's text.
    let id = unsafe { text(id, FUNCTION, "id") };
    check_policy(policy, FUNCTION);
    match authz_list::create(id, policy) {
        Ok(list) => list,
        Err(error) => {
            // SAFETY: the caller's `errp`.
            unsafe { error.store(errp, &origin!(c"qauthz_list_new")) };
            ptr::null_mut()
        }
    }
}

/// Adds a rule at the end.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qauthz_list_append_rule(
    auth: *mut QAuthZList,
    r#match: *const c_char,
    policy: QAuthZListPolicy,
    format: QAuthZListFormat,
    _errp: *mut *mut Error,
) -> isize {
    const FUNCTION: &str = "qauthz_list_append_rule";
    // SAFETY: the caller's list and text.
    unsafe { insert(auth, r#match, policy, format, usize::MAX, FUNCTION) }
}

/// Adds a rule in a place.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qauthz_list_insert_rule(
    auth: *mut QAuthZList,
    r#match: *const c_char,
    policy: QAuthZListPolicy,
    format: QAuthZListFormat,
    index: usize,
    _errp: *mut *mut Error,
) -> isize {
    const FUNCTION: &str = "qauthz_list_insert_rule";
    // SAFETY: the caller's list and text.
    unsafe { insert(auth, r#match, policy, format, index, FUNCTION) }
}

/// Removes a rule.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qauthz_list_delete_rule(
    auth: *mut QAuthZList,
    r#match: *const c_char,
) -> isize {
    const FUNCTION: &str = "qauthz_list_delete_rule";
    // SAFETY: the caller's list.
    let auth = unsafe { list(auth, FUNCTION) };
    // SAFETY: the caller's text.
    let wanted = unsafe { text(r#match, FUNCTION, "match") };
    // SAFETY: the list has rules of its own.
    let index = unsafe { rules::delete(&raw mut (*auth).rules, wanted) };
    index
        .and_then(|index| isize::try_from(index).ok())
        .unwrap_or(-1)
}

/// # Safety
/// `auth` is NULL or a live object; `wanted` is NULL or a C string.
unsafe fn insert(
    auth: *mut QAuthZList,
    wanted: *const c_char,
    policy: QAuthZListPolicy,
    format: QAuthZListFormat,
    index: usize,
    function: &str,
) -> isize {
    // SAFETY: as promised.
    let auth = unsafe { list(auth, function) };
    // SAFETY: as promised.
    let wanted = unsafe { text(wanted, function, "match") };
    check_policy(policy, function);
    check_usage!(
        format <= QAUTHZ_LIST_FORMAT_GLOB,
        function,
        "@format is {format}"
    );
    let terms = Terms {
        wanted,
        policy,
        format,
    };
    // SAFETY: the list has rules of its own.
    let index = unsafe { rules::insert(&raw mut (*auth).rules, index, &terms) };
    isize::try_from(index).unwrap_or(isize::MAX)
}

/// The list that a function needs.
///
/// # Safety
/// `auth` is NULL or a live object.
unsafe fn list(auth: *mut QAuthZList, function: &str) -> *mut QAuthZList {
    // SAFETY: as promised.
    let obj = unsafe { object(auth.cast::<Object>(), function) };
    // SAFETY: as promised.
    let is_list = cast::is_a(unsafe { instance::class_of(obj) }, authz_list::TYPE);
    check_usage!(is_list, function, "@auth is no 'authz-list'");
    auth
}

fn check_policy(policy: QAuthZListPolicy, function: &str) {
    check_usage!(
        policy <= QAUTHZ_LIST_POLICY_ALLOW,
        function,
        "@policy is {policy}"
    );
}

/// Frees a rule; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qapi_free_QAuthZListRule(obj: *mut QAuthZListRule) {
    // SAFETY: the caller gives its rule away.
    unsafe { rules::free(obj) }
}

/// Frees a list of rules; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qapi_free_QAuthZListRuleList(obj: *mut QAuthZListRuleList) {
    // SAFETY: the caller gives its list away.
    unsafe { rules::free_all(obj) }
}
