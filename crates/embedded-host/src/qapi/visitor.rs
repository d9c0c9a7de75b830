//! Visitors: what C code walks a QAPI value with.

use core::ffi::{CStr, c_char, c_int};
use core::ptr;

use glib_sys::g_strdup;

use crate::error::Error;
use abi::address::copy::{self, Record};
use abi::layout::{self, QEnumLookup, SocketAddressList};
use platform::os::abort::misuse;

use super::scalar::{IntegerType, Shown, Sink, Source};
use super::{lists, names};

/// What a visitor does to the values it is shown.
pub(crate) enum Visitor<'a> {
    /// Puts deep copies in their place.
    Clone,
    /// Puts a given value in their place. Only for plain values.
    Input(Source<'a>),
    /// Notes them down. Only for plain values.
    Output(&'a Sink),
}

impl Visitor<'static> {
    /// A visitor for C code, which ends it with `visit_free`.
    pub(crate) fn into_ptr(self) -> *mut layout::Visitor {
        Box::into_raw(Box::new(self)).cast::<layout::Visitor>()
    }

    /// Takes a visitor back. None for NULL.
    ///
    /// # Safety
    /// `ptr` is NULL or came from [`Self::into_ptr`] and isn't used any more.
    pub(crate) unsafe fn from_ptr_full(ptr: *mut layout::Visitor) -> Option<Box<Self>> {
        if ptr.is_null() {
            return None;
        }
        // SAFETY: as promised, it is a box that `into_ptr` gave away.
        Some(unsafe { Box::from_raw(ptr.cast::<Self>()) })
    }
}

impl Visitor<'_> {
    /// The visitor as C code gets it while it lives.
    pub(crate) fn as_ptr(&self) -> *mut layout::Visitor {
        ptr::from_ref(self).cast_mut().cast::<layout::Visitor>()
    }

    /// The visitor at `ptr`; NULL is a mistake of the program.
    ///
    /// # Safety
    /// `ptr` is NULL or a visitor that lives for `'a`.
    pub(crate) unsafe fn from_ptr<'v>(ptr: *mut layout::Visitor, function: &str) -> &'v Self {
        // SAFETY: as promised, it is NULL or came from `into_ptr` or `as_ptr`.
        let visitor = unsafe { ptr.cast::<Self>().as_ref() };
        visitor.unwrap_or_else(|| misuse(function, format_args!("@v is NULL")))
    }

    /// Shows a struct in memory of its own. NULL is left as it is.
    ///
    /// # Safety
    /// `slot` points to NULL or to a live struct.
    pub(crate) unsafe fn visit<T: Record>(&self, slot: *mut *mut T) -> Result<(), Error> {
        match self {
            Self::Clone => {
                // SAFETY: as promised.
                unsafe { *slot = copy::deep_copy(*slot) };
                Ok(())
            }
            Self::Input(_) | Self::Output(_) => Err(not_plain()),
        }
    }

    /// Shows the members of a struct.
    ///
    /// # Safety
    /// `this` points to a struct, for cloning to the bytewise copy of one.
    pub(crate) unsafe fn visit_members<T: Record>(&self, this: *mut T) -> Result<(), Error> {
        match self {
            Self::Clone => {
                // SAFETY: as promised.
                unsafe { copy::own_texts(this) };
                Ok(())
            }
            Self::Input(_) | Self::Output(_) => Err(not_plain()),
        }
    }

    /// Shows a list of addresses. NULL is the empty one.
    ///
    /// # Safety
    /// `slot` points to NULL or to a live list.
    pub(crate) unsafe fn visit_addresses(
        &self,
        slot: *mut *mut SocketAddressList,
    ) -> Result<(), Error> {
        match self {
            Self::Clone => {
                // SAFETY: as promised.
                unsafe { *slot = lists::copy_addresses(*slot) };
                Ok(())
            }
            Self::Input(_) | Self::Output(_) => Err(not_plain()),
        }
    }

    /// Shows a text. An input visitor leaves one in GLib memory there, NULL on failure.
    ///
    /// # Safety
    /// `slot` points to NULL or a C string; for an input visitor it may hold anything.
    pub(crate) unsafe fn visit_text(
        &self,
        name: &str,
        slot: *mut *mut c_char,
    ) -> Result<(), Error> {
        match self {
            Self::Clone => {
                // SAFETY: as promised.
                let text = unsafe { slot.read() };
                // SAFETY: as promised; a missing text becomes an empty one (R-QAPI-4).
                let copy = unsafe { g_strdup(or_empty(text).as_ptr()) };
                // SAFETY: as promised.
                unsafe { slot.write(copy) };
            }
            Self::Input(source) => {
                // SAFETY: as promised.
                unsafe { slot.write(ptr::null_mut()) };
                let text = source.text(name)?;
                // SAFETY: a C string.
                let copy = unsafe { g_strdup(text.as_ptr()) };
                // SAFETY: as promised.
                unsafe { slot.write(copy) };
            }
            Self::Output(sink) => {
                // SAFETY: as promised.
                let text = unsafe { or_empty(slot.read()) };
                sink.put(Shown::Text(text.to_owned()));
            }
        }
        Ok(())
    }

    /// Shows yes or no; returns what it is then. An input visitor doesn't ask what it is before.
    pub(crate) fn visit_truth(
        &self,
        name: &str,
        value: impl FnOnce() -> bool,
    ) -> Result<bool, Error> {
        match self {
            Self::Clone => Ok(value()),
            Self::Input(source) => source.truth(name),
            Self::Output(sink) => {
                let value = value();
                sink.put(Shown::Truth(value));
                Ok(value)
            }
        }
    }

    /// Shows a number; returns what it is then. An input visitor doesn't ask what it is before.
    pub(crate) fn visit_number(
        &self,
        name: &str,
        value: impl FnOnce() -> i128,
        ty: &IntegerType,
    ) -> Result<i128, Error> {
        match self {
            Self::Clone => Ok(value()),
            Self::Input(source) => source.number(name, ty),
            Self::Output(sink) => {
                let value = value();
                sink.put(Shown::Number(value));
                Ok(value)
            }
        }
    }

    /// Shows a value of an enum; returns what it is then. An input visitor doesn't ask what it is
    /// before.
    ///
    /// # Safety
    /// `lookup` points to the enum's live table.
    pub(crate) unsafe fn visit_choice(
        &self,
        name: &str,
        value: impl FnOnce() -> c_int,
        lookup: *const QEnumLookup,
    ) -> Result<c_int, Error> {
        match self {
            Self::Clone => Ok(value()),
            // SAFETY: as promised.
            Self::Input(source) => source.choice(name, unsafe { names::of(lookup) }),
            Self::Output(sink) => {
                let value = value();
                // SAFETY: as promised.
                let text = unsafe { names::of_value(lookup, value, "visit_type_enum") };
                sink.put(Shown::Choice(value, text.to_owned()));
                Ok(value)
            }
        }
    }
}

/// # Safety
/// `text` is NULL or a C string that lives for `'a`.
unsafe fn or_empty<'a>(text: *const c_char) -> &'a CStr {
    if text.is_null() {
        return c"";
    }
    // SAFETY: not NULL, so a C string.
    unsafe { CStr::from_ptr(text) }
}

/// Properties have no structs (R-STOP-2).
fn not_plain() -> Error {
    Error::new("only plain values can be read and written as properties")
}
