//! The events as USDT probes: a nop each, and an ELF note that says where it is, of which provider
//! and name, and which registers have the arguments.
//!
//! Whoever attaches (a debugger, the kernel for perf or bpftrace) puts a breakpoint in the place of the nop. An
//! argument that would have to be made is made only while somebody is attached: these probes have a
//! semaphore, which is counted up by whoever attaches.

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
