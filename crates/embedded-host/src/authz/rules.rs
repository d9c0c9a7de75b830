//! Rules of authorization in GLib memory.

use core::ffi::{CStr, c_char, c_void};

use glib_sys::{g_free, g_malloc, g_strdup};

use abi::layout::{
    QAUTHZ_LIST_FORMAT_GLOB, QAuthZListFormat, QAuthZListPolicy, QAuthZListRule, QAuthZListRuleList,
};

use super::glob;

/// Frees a rule; nothing for NULL.
///
/// # Safety
/// `rule` is NULL or a rule in GLib memory that nobody uses any more.
pub(crate) unsafe fn free(rule: *mut QAuthZListRule) {
    if rule.is_null() {
        return;
    }
    // SAFETY: the text is the rule's own.
    unsafe { g_free((*rule).r#match.cast::<c_void>()) };
    // SAFETY: as promised.
    unsafe { g_free(rule.cast::<c_void>()) };
}

/// Frees a list with its rules; nothing for NULL.
///
/// # Safety
/// `list` is NULL or a list in GLib memory that nobody uses any more.
pub(crate) unsafe fn free_all(mut list: *mut QAuthZListRuleList) {
    while !list.is_null() {
        // SAFETY: an element of the list.
        let next = unsafe { (*list).next };
        // SAFETY: as above; nobody uses it any more.
        unsafe { free_element(list) };
        list = next;
    }
}

/// # Safety
/// `element` is one in GLib memory that nobody uses any more.
unsafe fn free_element(element: *mut QAuthZListRuleList) {
    // SAFETY: the rule goes with its element.
    unsafe { free((*element).value) };
    // SAFETY: as promised.
    unsafe { g_free(element.cast::<c_void>()) };
}

/// What a rule says of those whom it applies to.
pub(crate) struct Terms<'a> {
    /// A name or a pattern.
    pub(crate) wanted: &'a CStr,
    /// What becomes of them.
    pub(crate) policy: QAuthZListPolicy,
    /// Which of them it is.
    pub(crate) format: QAuthZListFormat,
}

/// Puts a rule at `index`, or at the end if the list is shorter; returns where it is.
///
/// # Safety
/// `head` points to NULL or a live list.
pub(crate) unsafe fn insert(
    head: *mut *mut QAuthZListRuleList,
    index: usize,
    terms: &Terms<'_>,
) -> usize {
    let mut slot = head;
    let mut at = 0;
    // SAFETY: `slot` is `head` or the end of a live element.
    while at < index && !unsafe { slot.read() }.is_null() {
        // SAFETY: as above.
        slot = unsafe { &raw mut (**slot).next };
        at += 1;
    }
    let rule = memory_for::<QAuthZListRule>();
    // SAFETY: new memory of that size, so below.
    unsafe {
        rule.write(QAuthZListRule {
            r#match: g_strdup(terms.wanted.as_ptr()),
            policy: terms.policy,
            has_format: true,
            format: terms.format,
        });
    }
    let element = memory_for::<QAuthZListRuleList>();
    // SAFETY: as above; `slot` is a live place.
    unsafe {
        element.write(QAuthZListRuleList {
            next: slot.read(),
            value: rule,
        });
    }
    // SAFETY: as above.
    unsafe { slot.write(element) };
    at
}

/// Removes the first rule with that very name or pattern; returns where it was.
///
/// # Safety
/// `head` points to NULL or a live list.
pub(crate) unsafe fn delete(head: *mut *mut QAuthZListRuleList, wanted: &CStr) -> Option<usize> {
    let mut slot = head;
    let mut at = 0;
    loop {
        // SAFETY: `slot` is `head` or the end of a live element.
        let element = unsafe { slot.read() };
        if element.is_null() {
            return None;
        }
        // SAFETY: a live element with a live rule.
        let (next, text) = unsafe { ((*element).next, (*(*element).value).r#match) };
        // SAFETY: as above.
        if unsafe { text_of(text) } == wanted {
            // SAFETY: as above.
            unsafe { slot.write(next) };
            // SAFETY: nothing leads to it any more.
            unsafe { free_element(element) };
            return Some(at);
        }
        // SAFETY: as above.
        slot = unsafe { &raw mut (*element).next };
        at += 1;
    }
}

/// What the first rule that applies to `identity` says (R-TLS-90).
///
/// # Safety
/// `list` is NULL or a live list.
pub(crate) unsafe fn decide(
    mut list: *const QAuthZListRuleList,
    identity: &CStr,
) -> Option<QAuthZListPolicy> {
    // SAFETY: as promised.
    while let Some(element) = unsafe { list.as_ref() } {
        // SAFETY: an element has a rule.
        let rule = unsafe { &*element.value };
        // SAFETY: the rule's text.
        let text = unsafe { text_of(rule.r#match) };
        let applies = if rule.has_format && rule.format == QAUTHZ_LIST_FORMAT_GLOB {
            glob::matches(text.to_bytes(), identity.to_bytes())
        } else {
            text == identity
        };
        if applies {
            return Some(rule.policy);
        }
        list = element.next;
    }
    None
}

/// # Safety
/// `text` is NULL or a C string that lives for `'a`.
unsafe fn text_of<'a>(text: *const c_char) -> &'a CStr {
    if text.is_null() {
        return c"";
    }
    // SAFETY: not NULL, so a C string.
    unsafe { CStr::from_ptr(text) }
}

/// New GLib memory for a `T`.
fn memory_for<T>() -> *mut T {
    // SAFETY: any size may be asked for; GLib ends the process rather than return NULL.
    unsafe { g_malloc(size_of::<T>()) }.cast::<T>()
}
