//! A listener's client callback, as C code gave it.

use core::ffi::c_void;
use core::ptr;
use std::sync::Arc;

use glib_sys::{GDestroyNotify, GMainContext};

use super::listener::Listener;
use super::socket::Socket;
use abi::layout::{self, AioContext, QIONetListenerClientFunc};
use host::aio::Context;
use platform::glib::UserData;
use platform::glib::callback_data::{CallbackData, Inside};

/// A client callback with its data.
#[derive(Debug)]
pub struct ClientFunc {
    function: QIONetListenerClientFunc,
    data: CallbackData,
}

impl ClientFunc {
    /// A callback that C code gave; None unregisters.
    ///
    /// # Safety
    /// `function` may be called with any listener and client, and the data, on any thread.
    pub unsafe fn new(function: QIONetListenerClientFunc, data: UserData) -> Self {
        Self {
            function,
            data: CallbackData::new(data),
        }
    }

    /// A function of the library. It lives until it returns, though it may unregister itself.
    pub fn native<F: Fn(&Listener, &Socket) + Send + Sync + 'static>(function: F) -> Self {
        unsafe extern "C" fn call<F: Fn(&Listener, &Socket)>(
            listener: *mut layout::QIONetListener,
            client: *mut layout::QIOChannelSocket,
            data: *mut c_void,
        ) {
            // SAFETY: the data is the boxed function below, which lives as long as the callback.
            let function = Arc::clone(unsafe { &*data.cast::<Arc<F>>() });
            // SAFETY: listener and client are live for the call.
            let parts = unsafe { (Listener::from_ptr(listener), Socket::from_ptr(client)) };
            if let (Some(listener), Some(client)) = parts {
                function(listener, client);
            }
        }
        Self {
            function: Some(call::<F>),
            data: CallbackData::new(UserData::boxed(Arc::new(function))),
        }
    }

    /// Whether there is a function to call.
    pub fn is_some(&self) -> bool {
        self.function.is_some()
    }

    /// Asks to call the callback. None once it was retired.
    ///
    /// Asked before a client is accepted, so that none is taken that isn't wanted (R-LSN-34, L13).
    pub fn enter(&self) -> Option<Permission<'_>> {
        let function = self.function;
        self.data
            .enter()
            .map(|inside| Permission { function, inside })
    }

    /// Ends the registration. The destroy notify runs now, or, if other threads are inside the
    /// callback, when the last thread leaves it (W-LSN-11).
    pub fn retire(&self) {
        self.data.retire();
    }

    /// Forgets the data without freeing it: another registration has the same.
    pub fn forget(self) {
        self.data.forget();
    }

    /// Whether function, data and destroy notify are the same.
    pub fn is_same(&self, other: &Self) -> bool {
        let addresses = |f: &Self| {
            let (function, data, notify) = f.fields();
            let function = function.map_or(0, |f| f as usize);
            (function, data, notify.map_or(0, |f| f as usize))
        };
        addresses(self) == addresses(other)
    }

    /// The three fields of the C struct.
    pub(super) fn fields(&self) -> (QIONetListenerClientFunc, *mut c_void, GDestroyNotify) {
        (self.function, self.data.as_ptr(), self.data.notify())
    }

    /// The function's address.
    pub fn function(&self) -> *const c_void {
        self.function
            .map_or(core::ptr::null(), |f| f as *const c_void)
    }

    /// What traces call the function.
    pub fn id(&self) -> trace::Id {
        trace::Id::from(self.function())
    }
}

/// The permission to call a callback, of the thread that asked for it.
pub struct Permission<'a> {
    function: QIONetListenerClientFunc,
    inside: Inside<'a>,
}

impl Permission<'_> {
    /// Hands a client over. Nothing happens once the data is freed, which only this thread can have
    /// done.
    pub fn call(&self, listener: &Listener, client: &Socket) {
        if let (Some(function), Some(data)) = (self.function, self.inside.data()) {
            // SAFETY: promised when the callback was taken over. Its data is there: other threads
            // leave it alone while this one is inside, and this one is here.
            unsafe { function(listener.as_ptr(), client.as_ptr(), data) }
        }
    }
}

/// A context as the program named it: a main context, where NULL stands for the global default one,
/// or an AioContext. It is compared and shown, never followed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ContextName {
    main: *mut GMainContext,
    aio: *mut AioContext,
}

// SAFETY: an address that is never followed.
unsafe impl Send for ContextName {}
// SAFETY: as above.
unsafe impl Sync for ContextName {}

impl ContextName {
    /// The name that the program used.
    pub fn new(context: *mut GMainContext) -> Self {
        Self {
            main: context,
            aio: ptr::null_mut(),
        }
    }

    /// The name of an AioContext.
    pub fn for_aio(context: Context) -> Self {
        Self {
            main: ptr::null_mut(),
            aio: Context::into_ptr(Some(context)),
        }
    }

    /// The main context, for the C struct.
    pub fn as_ptr(self) -> *mut GMainContext {
        self.main
    }

    /// The AioContext, for the C struct.
    pub fn as_aio_ptr(self) -> *mut AioContext {
        self.aio
    }

    /// The address of the one or the other; NULL for the global default context.
    pub fn place(self) -> *const c_void {
        if self.aio.is_null() {
            self.main.cast_const().cast()
        } else {
            self.aio.cast_const().cast()
        }
    }

    /// What traces call the main context.
    pub fn id(self) -> trace::Id {
        trace::Id::from(self.main)
    }

    /// What traces call the AioContext.
    #[cfg(listener_source)]
    pub fn aio_id(self) -> trace::Id {
        trace::Id::from(self.aio)
    }
}
