//! The events as USDT probes: a nop each, and an ELF note that says where it is, of which provider
//! and name, which registers have the arguments, and where its semaphore is.
//!
//! Whoever attaches (a debugger, the kernel for perf or bpftrace) counts the semaphore up, and puts a breakpoint in
//! the place of the nop. The semaphore is in the event's [`Gate`](super::listeners::Gate): who doesn't trace passes
//! neither the nop nor what makes the arguments.
//!
//! Linkers that collect sections don't see that the notes refer to code, since they aren't loaded: some drop the code and leave
//! the note without an address (lld), or refuse (gold). So each probe also has a small note that is loaded, of the
//! owner qio, which every linker keeps with what it refers to.

use core::ffi::{c_char, c_int, c_void};

/// What a register has of an argument.
pub(super) trait Word {
    /// Numbers keep their value; a pointer is one that somebody follows.
    fn word(self) -> isize;
}

/// Numbers that a register has room for.
macro_rules! numbers {
    ($($type:ty)*) => {
        $(impl Word for $type {
            #[inline]
            fn word(self) -> isize {
                self as isize
            }
        })*
    };
}

numbers! { c_int u32 usize u8 }

impl Word for *mut c_void {
    #[inline]
    fn word(self) -> isize {
        self.expose_provenance().cast_signed()
    }
}

impl Word for *const c_char {
    #[inline]
    fn word(self) -> isize {
        self.expose_provenance().cast_signed()
    }
}

/// The probe of an event: its gate and name, and the arguments that are held, with their types; those of a switch
/// with the switch.
macro_rules! usdt {
    ($gate:ident $name:ident($($arguments:tt)*)) => {
        usdt!(@ $gate $name [] $($arguments)*)
    };
    (@ $gate:ident $name:ident [$($done:tt)*] #[cfg($only:ident)] $argument:ident: $type:ty, $($rest:tt)*) => {
        #[cfg($only)]
        usdt!(@ $gate $name [$($done)* ($argument $type)] $($rest)*);
        #[cfg(not($only))]
        usdt!(@ $gate $name [$($done)*] $($rest)*);
    };
    (@ $gate:ident $name:ident [$($done:tt)*] $argument:ident: $type:ty, $($rest:tt)*) => {
        usdt!(@ $gate $name [$($done)* ($argument $type)] $($rest)*)
    };
    (@ $gate:ident $name:ident [$(($argument:ident $type:ty))*]) => {
        // SAFETY: no instruction is added.
        unsafe {
            core::arch::asm!(
                "90:",
                ".pushsection .note.qio,\"a\",\"note\"",
                ".balign 4",
                ".4byte 4, 4, 1",
                ".asciz \"qio\"",
                ".4byte 90b - .",
                ".popsection",
                options(nomem, nostack, preserves_flags)
            );
        }
        // What `probe_lazy!` makes, with a semaphore that is there already.
        probe::sdt!([sym "{}" $gate], qio, $name, $(
            Word::word(<$type as Argument>::c(&$argument)),
        )*);
    };
}

pub(super) use usdt;
