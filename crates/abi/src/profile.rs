//! What behaves differently in the ABI profile of this build: its switches as constants.
//!
//! Code asks a constant where both branches can be compiled, which are then type-checked in every
//! profile, and `cfg(SWITCH)` where symbols, signatures or fields differ. `profiles.toml` says
//! which profile has which switch; nothing else does.

use core::ffi::CStr;

/// `qio_task_complete` frees the task; where it does not, `qio_task_free` is public (R-TASK-21).
pub const COMPLETING_FREES_THE_TASK: bool = !cfg!(task_free);

/// Sockets added to a named listener are called `NAME-listen`, not `NAME` (R-LSN-3).
pub const LISTENER_NAME_HAS_SUFFIX: bool = cfg!(listener_name_suffix);

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
pub const LISTENER_TRACES: ListenerTraces = if cfg!(listener_source) {
    ListenerTraces::WithFunc
} else if cfg!(listener_lock) {
    ListenerTraces::Always
} else {
    ListenerTraces::Never
};

/// Registering what is registered already does nothing (R-LSN-13).
pub const SAME_REGISTRATION_IS_SILENT: bool = cfg!(listener_source);

/// The DNS resolver hands the keep-alive options on (R-DNS-10).
pub(crate) const RESOLVER_KEEPS_KEEP_ALIVE: bool = cfg!(keep_alive_tuning);

/// TLS sessions can tell whether decrypted bytes wait in them (R-TLS-33).
pub const TLS_SESSIONS_TELL_PENDING: bool = cfg!(tls_check_pending);

/// A TLS handshake that a close ends is traced (section 1.12 of the TLS channel).
pub const CANCELLED_TLS_HANDSHAKES_ARE_TRACED: bool = cfg!(tls_cancel_trace);

/// `&error_warn` is a destination of errors, reported as warnings (R-ERR-5).
pub const ERRORS_CAN_BE_WARNINGS: bool = cfg!(error_warn);

/// Flush answers for everything since the previous flush, not for what it read itself (R-CHAN-75).
pub const FLUSH_REMEMBERS_COPIES: bool = cfg!(zero_copy_success);

/// Flush tells whether any send was copied, not whether all were (R-111-12).
pub const FLUSH_TELLS_OF_COPIES: bool = cfg!(zero_copy_fallback);

/// `module_init_type` has a kind before that of QOM types (R-111-3).
pub const TARGETS_ARE_A_MODULE_KIND: bool = cfg!(module_init_target_info);

/// The types `object` and `interface` are there before `module_call_init` (R-111-29).
pub const ROOT_TYPES_ARE_ALWAYS_THERE: bool = cfg!(early_root_types);

/// Names of QOM types have to begin and consist of certain characters (R-QOM-2).
pub const TYPE_NAMES_ARE_CHECKED: bool = cfg!(type_name_rules);

/// The id of an object that is made of properties has to begin and consist of certain characters
/// (R-111-25).
pub const IDS_ARE_CHECKED: bool = cfg!(id_rules);

/// Threads always have their names; elsewhere the program says whether (R-THR-4, R-111-30).
pub const THREADS_HAVE_NAMES: bool = cfg!(thread_names);

/// A type without an instance alignment of its own has its ancestor's (R-QOM-4).
pub const INSTANCE_ALIGN_IS_INHERITED: bool = cfg!(instance_align_inheritance);

/// Making an object of an unknown type is reported and exits; elsewhere it aborts (R-QOM-9).
pub const UNKNOWN_TYPE_EXITS: bool = cfg!(unknown_type_exit);

/// `instance_post_init` runs root first; elsewhere leaf first (R-QOM-8).
pub const POST_INIT_IS_ROOT_FIRST: bool = cfg!(post_init_root_first);

/// The containers that the root of the composition tree has from the start; elsewhere they are made
/// when they are asked for (R-QOM-20).
pub const ROOT_CONTAINERS: &[&CStr] = if cfg!(audiodevs_container) {
    &[c"chardevs", c"objects", c"backend", c"audiodevs"]
} else if cfg!(root_containers) {
    &[c"chardevs", c"objects", c"backend"]
} else {
    &[]
};

/// An offset beyond the end of a vector ends the process instead of giving 0 (R-IOV-3).
pub const OFFSET_BEYOND_VECTOR_ABORTS: bool = cfg!(iov_offset_assert);

/// A channel must not be finalised while a coroutine waits for it (R-CHAN-2).
pub const WAITED_FOR_CHANNEL_MUST_LIVE: bool = cfg!(two_aio_contexts);

/// Waking a coroutine empties its slot at once. Elsewhere the slot is emptied when the coroutine goes
/// on, or by a detach, after which its handlers are not the coroutine's any more (R-CHAN-46,
/// R-CHAN-49).
pub const WAKING_EMPTIES_THE_SLOT: bool = cfg!(wake_read);

/// Channels can be read and written at a position, and say so (R-CHAN-83).
pub const POSITIONED_TRANSFERS: bool = cfg!(positional_io);

/// Listening sockets may probe idle connections; elsewhere that is an error (R-SOCK-10).
pub const LISTENING_KEEPS_ALIVE: bool = cfg!(listening_keep_alive);

/// A connecting socket may reuse its local address (R-SOCK-14).
pub const CONNECTING_REUSES_ADDRESS: bool = cfg!(connect_reuses_address);

/// The options of an address in a text are key and value pairs; elsewhere a handful of words is
/// looked for (R-SOCK-25, R-SOCK-26).
pub const ADDRESS_OPTIONS_ARE_PAIRS: bool = cfg!(address_option_pairs);

/// Reads can peek (R-CHAN-19).
pub const READS_CAN_PEEK: bool = cfg!(readv_flags);

/// A received descriptor that can't be switched to blocking mode fails the read, and the caller can
/// ask for it to be left alone (R-CHAN-72).
pub const RECEIVED_DESCRIPTORS_MUST_BLOCK: bool = cfg!(fd_preserve_blocking);

/// Credentials have numbered certificates beside the plain one, half a pair is a mistake, and the
/// own chain is looked at instead of all authorities (R-TLS-74, R-TLS-76).
pub const CERTIFICATES_COME_NUMBERED: bool = cfg!(numbered_certificates);

/// A file of Diffie-Hellman parameters is warned of (R-TLS-71).
pub const DH_FILES_ARE_DEPRECATED: bool = cfg!(dh_file_warning);

/// Credentials have a property that tells whether they are loaded.
pub const CREDENTIALS_TELL_IF_LOADED: bool = cfg!(creds_loaded);
