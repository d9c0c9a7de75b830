//! `authz/base.h`, `authz/list.h` and `qapi/qapi-types-authz.h`.

use core::ffi::c_char;
use core::ptr;

use crate::authz;
use crate::authz::list as authz_list;
use crate::authz::rules::{self, Terms};
use crate::capi::arguments::{object, text};
use crate::capi::exports::exports;
use crate::error;
use crate::qom::objects::instance;
use crate::qom::types::cast;
use abi::layout::{Error, Object, QAuthZ, QAuthZList, QAuthZListRule, QAuthZListRuleList};
use abi::layout::{QAUTHZ_LIST_FORMAT_GLOB, QAUTHZ_LIST_POLICY_ALLOW};
use abi::layout::{QAuthZListFormat, QAuthZListPolicy};
use abi::origin;
use platform::check_usage;

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

exports! { "authz/base.h";
    fn qauthz_is_allowed(
        authz: (*mut QAuthZ), identity: text, errp: (*mut *mut Error),
    ) -> bool {
        let obj = object(authz.cast::<Object>(), FUNCTION);
        answer(authz::is_allowed(obj, identity), errp, &origin!(c"qauthz_is_allowed"))
    }

    fn qauthz_is_allowed_by_id(
        authzid: text, identity: text, errp: (*mut *mut Error),
    ) -> bool {
        let allowed = authz::is_allowed_by_id(authzid, identity);
        answer(allowed, errp, &origin!(c"qauthz_is_allowed_by_id"))
    }
}

exports! { "authz/list.h";
    fn qauthz_list_new(
        id: text, policy: (QAuthZListPolicy),
    ) -> *mut QAuthZList, else (ptr::null_mut()) {
        check_policy(policy, FUNCTION);
        authz_list::create(id, policy)
    }

    fn qauthz_list_append_rule(
        auth: (*mut QAuthZList), r#match: (*const c_char), policy: (QAuthZListPolicy),
        format: (QAuthZListFormat), _errp: (*mut *mut Error),
    ) -> isize {
        insert(auth, r#match, policy, format, usize::MAX, FUNCTION)
    }

    fn qauthz_list_insert_rule(
        auth: (*mut QAuthZList), r#match: (*const c_char), policy: (QAuthZListPolicy),
        format: (QAuthZListFormat), index: (usize), _errp: (*mut *mut Error),
    ) -> isize {
        insert(auth, r#match, policy, format, index, FUNCTION)
    }

    fn qauthz_list_delete_rule(auth: (*mut QAuthZList), r#match: text) -> isize {
        let index = rules::delete(&raw mut (*list(auth, FUNCTION)).rules, r#match);
        index.and_then(|index| isize::try_from(index).ok()).unwrap_or(-1)
    }
}

exports! { "qapi/qapi-types-authz.h";
    fn qapi_free_QAuthZListRule(obj: (*mut QAuthZListRule)) -> () {
        rules::free(obj);
    }

    fn qapi_free_QAuthZListRuleList(obj: (*mut QAuthZListRuleList)) -> () {
        rules::free_all(obj);
    }
}
