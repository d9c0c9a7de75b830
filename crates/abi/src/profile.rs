//! The ABI profile of this build: exactly one, and what behaves differently in it.
//!
//! The rest of the code asks the constants here and never a feature, so that both branches of
//! every difference are compiled and type-checked in every profile. Struct shapes are in
//! [`crate::layout`].

use core::ffi::CStr;

const CHOSEN: usize = cfg!(profile = "qemu-7.2") as usize
    + cfg!(profile = "qemu-7.2.22") as usize
    + cfg!(profile = "qemu-10.0") as usize
    + cfg!(profile = "qemu-10.0.13") as usize
    + cfg!(profile = "qemu-10.2") as usize;

const _: () = assert!(
    CHOSEN == 1,
    "choose exactly one ABI profile: qemu-7.2, qemu-7.2.22, qemu-10.0, qemu-10.0.13 or qemu-10.2"
);

const SERIES_7_2: bool = cfg!(any(profile = "qemu-7.2", profile = "qemu-7.2.22"));
const SERIES_10_0: bool = cfg!(any(profile = "qemu-10.0", profile = "qemu-10.0.13"));
const SERIES_10_2: bool = cfg!(profile = "qemu-10.2");

/// `qio_task_complete` frees the task; where it does not, `qio_task_free` is public (R-TASK-21).
pub const COMPLETING_FREES_THE_TASK: bool =
    !cfg!(any(profile = "qemu-10.0.13", profile = "qemu-10.2"));

/// Sockets added to a named listener are called `NAME-listen`, not `NAME` (R-LSN-3).
pub const LISTENER_NAME_HAS_SUFFIX: bool = SERIES_7_2;

/// When traces are told that a listener watches its sockets, or no longer (R-TRACE-2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ListenerTraces {
    /// Never.
    Never,
    /// Always, also without a callback.
    Always,
    /// With a callback.
    WithFunc,
}

/// Which of them it is.
pub const LISTENER_TRACES: ListenerTraces = if SERIES_10_2 {
    ListenerTraces::WithFunc
} else if cfg!(any(profile = "qemu-7.2.22", profile = "qemu-10.0.13")) {
    ListenerTraces::Always
} else {
    ListenerTraces::Never
};

/// Registering what is registered already does nothing (R-LSN-13).
pub const SAME_REGISTRATION_IS_SILENT: bool = SERIES_10_2;

/// The DNS resolver hands the keep-alive options on (R-DNS-10).
pub const RESOLVER_KEEPS_KEEP_ALIVE: bool = SERIES_10_2;

/// TLS sessions can tell whether decrypted bytes wait in them (R-TLS-33).
pub const TLS_SESSIONS_TELL_PENDING: bool = !SERIES_7_2;

/// A TLS handshake that a close ends is traced (section 1.12 of the TLS channel).
pub const CANCELLED_TLS_HANDSHAKES_ARE_TRACED: bool = !cfg!(profile = "qemu-7.2");

/// `&error_warn` is a destination of errors, reported as warnings (R-ERR-5).
pub const ERRORS_CAN_BE_WARNINGS: bool = SERIES_10_0;

/// Flush answers for everything since the previous flush, not for what it read itself (R-CHAN-75).
pub const FLUSH_REMEMBERS_COPIES: bool = SERIES_10_2;

/// Names of QOM types have to begin and consist of certain characters (R-QOM-2).
pub const TYPE_NAMES_ARE_CHECKED: bool = !SERIES_7_2;

/// A type without an instance alignment of its own has its ancestor's (R-QOM-4).
pub const INSTANCE_ALIGN_IS_INHERITED: bool = !SERIES_7_2;

/// Making an object of an unknown type is reported and exits; elsewhere it aborts (R-QOM-9).
pub const UNKNOWN_TYPE_EXITS: bool = !SERIES_7_2;

/// `instance_post_init` runs root first; elsewhere leaf first (R-QOM-8).
pub const POST_INIT_IS_ROOT_FIRST: bool = SERIES_10_2;

/// The containers that the root of the composition tree has from the start; elsewhere they are made
/// when they are asked for (R-QOM-20).
pub const ROOT_CONTAINERS: &[&CStr] = if SERIES_7_2 {
    &[]
} else if SERIES_10_0 {
    &[c"chardevs", c"objects", c"backend"]
} else {
    &[c"chardevs", c"objects", c"backend", c"audiodevs"]
};

/// An offset beyond the end of a vector ends the process instead of giving 0 (R-IOV-3).
pub const OFFSET_BEYOND_VECTOR_ABORTS: bool = SERIES_7_2;

/// A channel must not be finalised while a coroutine waits for it (R-CHAN-2).
pub const WAITED_FOR_CHANNEL_MUST_LIVE: bool = !SERIES_7_2;

/// Waking a coroutine empties its slot at once. Elsewhere the slot is emptied when the coroutine goes
/// on, or by a detach, after which its handlers are not the coroutine's any more (R-CHAN-46,
/// R-CHAN-49).
pub const WAKING_EMPTIES_THE_SLOT: bool = !SERIES_7_2;

/// Channels can be read and written at a position, and say so (R-CHAN-83).
pub const POSITIONED_TRANSFERS: bool = !SERIES_7_2;

/// Listening sockets may probe idle connections; elsewhere that is an error (R-SOCK-10).
pub const LISTENING_KEEPS_ALIVE: bool = SERIES_10_2;

/// A connecting socket may reuse its local address (R-SOCK-14).
pub const CONNECTING_REUSES_ADDRESS: bool = SERIES_7_2;

/// The options of an address in a text are key and value pairs; elsewhere a handful of words is
/// looked for (R-SOCK-25, R-SOCK-26).
pub const ADDRESS_OPTIONS_ARE_PAIRS: bool = SERIES_10_2;

/// Reads can peek (R-CHAN-19).
pub const READS_CAN_PEEK: bool = !SERIES_7_2;

/// A received descriptor that can't be switched to blocking mode fails the read, and the caller can
/// ask for it to be left alone (R-CHAN-72).
pub const RECEIVED_DESCRIPTORS_MUST_BLOCK: bool = SERIES_10_2;

/// Credentials have numbered certificates beside the plain one, half a pair is a mistake, and the
/// own chain is looked at instead of all authorities (R-TLS-74, R-TLS-76).
pub const CERTIFICATES_COME_NUMBERED: bool = SERIES_10_2;

/// A file of Diffie-Hellman parameters is warned of (R-TLS-71).
pub const DH_FILES_ARE_DEPRECATED: bool = SERIES_10_2;

/// Credentials have a property that tells whether they are loaded.
pub const CREDENTIALS_TELL_IF_LOADED: bool = SERIES_7_2;
