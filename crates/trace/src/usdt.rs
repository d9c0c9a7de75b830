//! The events as USDT probes: a nop each, and an ELF note that says where it is, of which provider
//! and name, and which registers have the arguments.
//!
//! Whoever attaches (a debugger, the kernel for perf or bpftrace) puts a breakpoint in the place of the nop. An
//! argument that would have to be made is made only while somebody is attached: these probes have a
//! semaphore, which is counted up by whoever attaches.
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

/// The probe of an event: its name and the arguments with their types, those of a switch with the switch.
macro_rules! usdt {
    ($name:ident($($arguments:tt)*)) => {
        usdt!(@ $name [] $($arguments)*)
    };
    (@ $name:ident [$($done:tt)*] #[cfg($only:ident)] $argument:ident: $type:ty, $($rest:tt)*) => {
        #[cfg($only)]
        usdt!(@ $name [$($done)* ($argument $type)] $($rest)*);
        #[cfg(not($only))]
        usdt!(@ $name [$($done)*] $($rest)*);
    };
    (@ $name:ident [$($done:tt)*] $argument:ident: $type:ty, $($rest:tt)*) => {
        usdt!(@ $name [$($done)* ($argument $type)] $($rest)*)
    };
    (@ $name:ident [$(($argument:ident $type:ty))*]) => {
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
        if const { false $(|| <$type as Argument>::IS_MADE)* } {
            probe::probe_lazy!(qio, $name, $(
                Word::word(<$type as Argument>::c(&<$type as Argument>::hold($argument)))
            ),*);
        } else {
            probe::probe!(qio, $name, $(
                Word::word(<$type as Argument>::c(&<$type as Argument>::hold($argument)))
            ),*);
        }
    };
}

pub(super) use usdt;
