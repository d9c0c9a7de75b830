//! Visitors: what C code walks a QAPI value with.

use crate::host::address_copy::{self, Record};
use crate::layout::{self, SocketAddressList};
use crate::os::abort::misuse;

use super::lists;

/// What a visitor does to the values it is shown.
pub enum Visitor {
    /// Puts deep copies in their place.
    Clone,
}

impl Visitor {
    /// A visitor for C code, which ends it with `visit_free`.
    pub fn into_ptr(self) -> *mut layout::Visitor {
        Box::into_raw(Box::new(self)).cast::<layout::Visitor>()
    }

    /// Takes a visitor back. None for NULL.
    ///
    /// # Safety
    /// `ptr` is NULL or came from [`Self::into_ptr`] and isn't used any more.
    pub unsafe fn from_ptr_full(ptr: *mut layout::Visitor) -> Option<Box<Self>> {
        if ptr.is_null() {
            return None;
        }
        // SAFETY: as promised, it is a box that `into_ptr` gave away.
        Some(unsafe { Box::from_raw(ptr.cast::<Self>()) })
    }

    /// The visitor at `ptr`; NULL is a mistake of the program.
    ///
    /// # Safety
    /// `ptr` is NULL or a visitor that lives for `'a`.
    pub unsafe fn from_ptr<'a>(ptr: *mut layout::Visitor, function: &str) -> &'a Self {
        // SAFETY: as promised, it is NULL or a box that `into_ptr` gave away.
        let visitor = unsafe { ptr.cast::<Self>().as_ref() };
        visitor.unwrap_or_else(|| misuse(function, format_args!("@v is NULL")))
    }

    /// Shows a struct in memory of its own. NULL is left as it is.
    ///
    /// # Safety
    /// `slot` points to NULL or to a live struct.
    pub unsafe fn visit<T: Record>(&self, slot: *mut *mut T) -> bool {
        match self {
            Self::Clone => {
                // SAFETY: as promised.
                unsafe { *slot = address_copy::deep_copy(*slot) };
                true
            }
        }
    }

    /// Shows the members of a struct.
    ///
    /// # Safety
    /// `this` points to a struct, for cloning to the bytewise copy of one.
    pub unsafe fn visit_members<T: Record>(&self, this: *mut T) -> bool {
        match self {
            Self::Clone => {
                // SAFETY: as promised.
                unsafe { address_copy::own_texts(this) };
                true
            }
        }
    }

    /// Shows a list of addresses. NULL is the empty one.
    ///
    /// # Safety
    /// `slot` points to NULL or to a live list.
    pub unsafe fn visit_addresses(&self, slot: *mut *mut SocketAddressList) -> bool {
        match self {
            Self::Clone => {
                // SAFETY: as promised.
                unsafe { *slot = lists::copy_addresses(*slot) };
                true
            }
        }
    }
}
