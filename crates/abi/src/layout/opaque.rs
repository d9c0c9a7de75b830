//! Types that C code sees by name only.

macro_rules! opaque_types {
    ($($(#[$doc:meta])* $name:ident;)*) => { $(
        $(#[$doc])*
        #[repr(C)]
        pub struct $name {
            _private: [u8; 0],
            _address_only: core::marker::PhantomData<(*mut u8, core::marker::PhantomPinned)>,
        }
    )* };
}

opaque_types! {
    /// A QEMU event loop context; the host owns its layout.
    AioContext;
    /// A stackful coroutine of the host.
    Coroutine;
    /// A coroutine that waits for a lock; the host owns its layout.
    CoWaitRecord;
    /// An error object of the host; see `qapi/error.h`.
    Error;
    /// A guard against re-entrant devices; there are none.
    MemReentrancyGuard;
    /// A QMP or HMP monitor of the host.
    Monitor;
    /// What a TLS peer shows and asks for; the host owns its layout.
    QCryptoTLSCreds;
    /// A TLS session; the host owns its layout.
    QCryptoTLSSession;
    /// A registered QOM type; `Type` in C is a pointer to it.
    TypeImpl;
    /// A bottom half: a call that an event loop makes once; the host owns its layout.
    QEMUBH;
    /// A value of a schema; there are none.
    QObject;
    /// An object that implements the interface `user-creatable`.
    UserCreatable;
    /// A QAPI visitor of the host.
    Visitor;
    /// What C code sees of a task.
    QIOTask;
    /// What C code sees of one listening socket of a listener (profile `qemu-10.2`).
    QIONetListenerSource;
}

/// The handle that `type_register_static` returns.
pub type Type = *mut TypeImpl;

/// A descriptor handler of an [`AioContext`].
pub type IOHandler = Option<unsafe extern "C" fn(opaque: *mut core::ffi::c_void)>;
