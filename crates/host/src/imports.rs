//! The symbols of the host: the only place that declares them, with those of TLS sessions in [`tls`].
//!
//! A hosted build imports these and nothing else of the program (`abi/*.json`, `imports`); it has no `properties`.

#![expect(missing_docs, reason = "the host documents its functions")]

use core::ffi::{c_char, c_int, c_void};

use libc::{sockaddr_storage, socklen_t};

use abi::layout::{AioContext, Coroutine, Error, IOHandler, Object, SocketAddress, Type, TypeInfo};
use abi::profile;

#[cfg(feature = "properties")]
pub mod properties;
#[cfg(feature = "tls")]
pub mod tls;

/// `module_init_type` of QOM types.
pub const MODULE_INIT_QOM: c_int = if profile::TARGETS_ARE_A_MODULE_KIND {
    4
} else {
    3
};

/// Asks for events without a descriptor; io/ has no such function (R-HOST-13).
pub type AioPollFn = Option<unsafe extern "C" fn(opaque: *mut c_void) -> bool>;

unsafe extern "C" {
    // QOM
    pub fn type_register_static(info: *const TypeInfo) -> Type;
    pub fn object_new(typename: *const c_char) -> *mut Object;
    pub fn object_ref(obj: *mut c_void) -> *mut Object;
    pub fn object_unref(obj: *mut c_void);
    pub fn register_module_init(f: Option<unsafe extern "C" fn()>, kind: c_int);

    // Errors
    pub fn error_setg_internal(
        errp: *mut *mut Error,
        src: *const c_char,
        line: c_int,
        func: *const c_char,
        fmt: *const c_char,
        ...
    );
    pub fn error_setg_errno_internal(
        errp: *mut *mut Error,
        src: *const c_char,
        line: c_int,
        func: *const c_char,
        os_errno: c_int,
        fmt: *const c_char,
        ...
    );
    pub fn error_propagate(dst_errp: *mut *mut Error, local_err: *mut Error);
    pub fn error_copy(err: *const Error) -> *mut Error;
    pub fn error_free(err: *mut Error);
    pub fn error_get_pretty(err: *const Error) -> *const c_char;
    pub fn error_report_err(err: *mut Error);

    // Addresses
    pub fn qapi_free_SocketAddress(obj: *mut SocketAddress);

    // Sockets
    pub fn socket_connect(addr: *mut SocketAddress, errp: *mut *mut Error) -> c_int;
    pub fn socket_listen(addr: *mut SocketAddress, num: c_int, errp: *mut *mut Error) -> c_int;
    pub fn socket_dgram(
        remote: *mut SocketAddress,
        local: *mut SocketAddress,
        errp: *mut *mut Error,
    ) -> c_int;
    pub fn socket_listen_cleanup(fd: c_int, errp: *mut *mut Error);
    pub fn socket_sockaddr_to_address(
        sa: *mut sockaddr_storage,
        salen: socklen_t,
        errp: *mut *mut Error,
    ) -> *mut SocketAddress;

    // Locks in public structs
    #[cfg(listener_lock)]
    pub fn qemu_mutex_init(mutex: *mut abi::layout::QemuMutex);
    #[cfg(listener_lock)]
    pub fn qemu_mutex_destroy(mutex: *mut abi::layout::QemuMutex);

    // Files; they keep the host's descriptor sets working
    pub fn qemu_close(fd: c_int) -> c_int;
    #[cfg(not(open_errp))]
    pub fn qemu_open_old(name: *const c_char, flags: c_int, ...) -> c_int;
    #[cfg(open_errp)]
    pub fn qemu_open(name: *const c_char, flags: c_int, errp: *mut *mut Error) -> c_int;
    #[cfg(open_errp)]
    pub fn qemu_create(
        name: *const c_char,
        flags: c_int,
        mode: libc::mode_t,
        errp: *mut *mut Error,
    ) -> c_int;

    // Event loop contexts
    pub fn iohandler_get_aio_context() -> *mut AioContext;
    pub fn qemu_get_current_aio_context() -> *mut AioContext;
    #[cfg(wake_read)]
    pub fn qemu_get_aio_context() -> *mut AioContext;
    #[cfg(bql_names)]
    pub fn bql_locked() -> bool;
    #[cfg(all(wake_read, not(bql_names)))]
    pub fn qemu_mutex_iothread_locked() -> bool;
    #[cfg(listener_source)]
    pub fn qemu_in_main_thread() -> bool;
    #[cfg(aio_is_external)]
    pub fn aio_set_fd_handler(
        ctx: *mut AioContext,
        fd: c_int,
        is_external: bool,
        io_read: IOHandler,
        io_write: IOHandler,
        io_poll: AioPollFn,
        io_poll_ready: IOHandler,
        opaque: *mut c_void,
    );
    #[cfg(not(aio_is_external))]
    pub fn aio_set_fd_handler(
        ctx: *mut AioContext,
        fd: c_int,
        io_read: IOHandler,
        io_write: IOHandler,
        io_poll: AioPollFn,
        io_poll_ready: IOHandler,
        opaque: *mut c_void,
    );

    // Coroutines
    pub fn aio_co_wake(co: *mut Coroutine);
    pub fn qemu_in_coroutine() -> bool;
    pub fn qemu_coroutine_self() -> *mut Coroutine;
    pub fn qemu_coroutine_get_aio_context(co: *mut Coroutine) -> *mut AioContext;
    pub fn qemu_coroutine_yield();
}
