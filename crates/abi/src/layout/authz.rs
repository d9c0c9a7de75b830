//! Authorization objects.

use core::ffi::{c_char, c_uint};

use super::object::{Object, ObjectClass};
use super::opaque::Error;

/// An object that tells who may do something.
#[repr(C)]
pub struct QAuthZ {
    /// The parent.
    pub parent_obj: Object,
}

assert_layout!(QAuthZ, size = 40, { parent_obj @ 0 });

/// The class of [`QAuthZ`].
#[repr(C)]
pub struct QAuthZClass {
    /// The parent.
    pub parent_class: ObjectClass,
    /// Tells whether somebody may.
    pub is_allowed: Option<
        unsafe extern "C" fn(
            authz: *mut QAuthZ,
            identity: *const c_char,
            errp: *mut *mut Error,
        ) -> bool,
    >,
}

assert_layout!(QAuthZClass, size = 104, { parent_class @ 0, is_allowed @ 96 });

/// `QAuthZListPolicy`: what becomes of those to whom a rule applies.
pub type QAuthZListPolicy = c_uint;
/// They may not.
pub const QAUTHZ_LIST_POLICY_DENY: QAuthZListPolicy = 0;
/// They may.
pub const QAUTHZ_LIST_POLICY_ALLOW: QAuthZListPolicy = 1;

/// `QAuthZListFormat`: how a rule names those to whom it applies.
pub type QAuthZListFormat = c_uint;
/// By their name.
pub const QAUTHZ_LIST_FORMAT_EXACT: QAuthZListFormat = 0;
/// By a pattern with `*` and `?`.
pub const QAUTHZ_LIST_FORMAT_GLOB: QAuthZListFormat = 1;

/// A rule.
#[repr(C)]
pub struct QAuthZListRule {
    /// To whom it applies; GLib memory.
    pub r#match: *mut c_char,
    /// What becomes of them.
    pub policy: QAuthZListPolicy,
    /// Whether `format` counts.
    pub has_format: bool,
    /// How to read `match`; exact without `has_format`.
    pub format: QAuthZListFormat,
}

assert_layout!(QAuthZListRule, size = 24, {
    r#match @ 0, policy @ 8, has_format @ 12, format @ 16,
});

/// A list of rules.
#[repr(C)]
pub struct QAuthZListRuleList {
    /// The rest of the list.
    pub next: *mut QAuthZListRuleList,
    /// The rule.
    pub value: *mut QAuthZListRule,
}

assert_layout!(QAuthZListRuleList, size = 16, { next @ 0, value @ 8 });

/// An authorization object with rules.
#[repr(C)]
pub struct QAuthZList {
    /// The parent.
    pub parent_obj: QAuthZ,
    /// What becomes of those to whom no rule applies.
    pub policy: QAuthZListPolicy,
    /// The rules; the first that applies counts.
    pub rules: *mut QAuthZListRuleList,
}

assert_layout!(QAuthZList, size = 56, { parent_obj @ 0, policy @ 40, rules @ 48 });
