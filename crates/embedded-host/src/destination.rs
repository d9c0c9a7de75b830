//! Where an error goes: what an `Error **` stands for.

use core::ptr;
use std::process;

use super::error_object::{LiveError, OwnedError};
use super::report::{self, Severity};
use abi::layout::Error;
use abi::profile;
use platform::os::abort::misuse;

// Programs pass these variables' addresses, and nobody writes to them. They are reached through
// the global offset table, so that a program's copy of them is the library's too (R-HDR-5).

/// Its address is the destination of errors that must not happen.
#[unsafe(export_name = "error_abort")]
pub(crate) static mut ERROR_ABORT: *mut Error = ptr::null_mut();

/// Its address is the destination of errors that end the program.
#[unsafe(export_name = "error_fatal")]
pub(crate) static mut ERROR_FATAL: *mut Error = ptr::null_mut();

/// Its address is the destination of errors that are worth a warning (R-ERR-5).
#[cfg_attr(error_warn, unsafe(export_name = "error_warn"))]
pub(crate) static mut ERROR_WARN: *mut Error = ptr::null_mut();

/// What becomes of an error.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Destination {
    /// It is dropped.
    Nowhere,
    /// It is printed with the place where it was made, and the process aborts (R-ERR-3).
    Abort,
    /// It is reported, and the process exits (R-ERR-4).
    Exit,
    /// It is reported as a warning (R-ERR-5).
    Warning,
    /// It is stored.
    Slot(*mut *mut Error),
}

impl Destination {
    /// What `errp` stands for.
    pub(crate) fn of(errp: *mut *mut Error) -> Self {
        if errp.is_null() {
            Self::Nowhere
        } else if errp == &raw mut ERROR_ABORT {
            Self::Abort
        } else if errp == &raw mut ERROR_FATAL {
            Self::Exit
        } else if profile::ERRORS_CAN_BE_WARNINGS && errp == &raw mut ERROR_WARN {
            Self::Warning
        } else {
            Self::Slot(errp)
        }
    }
}

/// Gives a new error to `errp`, which must not hold one (R-ERR-2).
///
/// # Safety
/// `errp` is NULL or points to an `Error *` that is NULL or a live error.
pub(crate) unsafe fn set(errp: *mut *mut Error, err: OwnedError) {
    // SAFETY: the caller's promise; an unwanted error has no slot to look at.
    if let Some(first) = unsafe { errp.as_ref().and_then(|slot| LiveError::from_ptr(*slot)) } {
        let (was, new) = (first.description(), err.description());
        misuse(
            "error_setg",
            format_args!("@errp holds an error already: {was}; now there is: {new}"),
        );
    }
    // SAFETY: as promised.
    unsafe { propagate(errp, err) };
}

/// Gives an error to `errp`; the first error that gets there stays (R-ERR-6).
///
/// # Safety
/// As [`set`].
pub(crate) unsafe fn propagate(errp: *mut *mut Error, err: OwnedError) {
    match Destination::of(errp) {
        Destination::Nowhere => {}
        Destination::Abort => {
            report::unexpected(&err);
            process::abort();
        }
        Destination::Exit => {
            report::error(Severity::Error, &err);
            drop(err);
            // SAFETY: the atexit handlers run in the state that the program called us in.
            unsafe { libc::exit(1) };
        }
        Destination::Warning => report::error(Severity::Warning, &err),
        Destination::Slot(slot) => {
            // SAFETY: the slot is readable by the caller's promise.
            let taken = !unsafe { slot.read() }.is_null();
            if !taken {
                // SAFETY: and writable.
                unsafe { slot.write(err.into_ptr()) };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error_object::tests::error;

    #[test]
    fn destinations_are_known_by_address() {
        let mut slot = ptr::null_mut();
        let slot = &raw mut slot;
        assert_eq!(Destination::of(ptr::null_mut()), Destination::Nowhere);
        assert_eq!(Destination::of(&raw mut ERROR_ABORT), Destination::Abort);
        assert_eq!(Destination::of(&raw mut ERROR_FATAL), Destination::Exit);
        assert_eq!(Destination::of(slot), Destination::Slot(slot));
    }

    #[test]
    fn error_warn_is_special_in_the_10_0_series_only() {
        let warn = &raw mut ERROR_WARN;
        let expected = if profile::ERRORS_CAN_BE_WARNINGS {
            Destination::Warning
        } else {
            Destination::Slot(warn)
        };
        assert_eq!(Destination::of(warn), expected);
    }

    #[test]
    fn the_first_error_stays() {
        let mut slot = ptr::null_mut();
        // SAFETY: a local slot, empty at first.
        unsafe { set(&raw mut slot, error(c"first")) };
        // SAFETY: a local slot with an error in it.
        unsafe { propagate(&raw mut slot, error(c"second")) };
        // SAFETY: the slot's error is the test's.
        let stored = unsafe { OwnedError::from_ptr_full(slot) }.unwrap();
        assert_eq!(stored.message(), b"first");
    }
}
