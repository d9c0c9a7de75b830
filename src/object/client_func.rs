//! A listener's client callback, as C code gave it.

use core::ffi::c_void;
use core::ptr;

use glib_sys::{GDestroyNotify, GMainContext};

use super::listener::Listener;
use super::socket::Socket;
use crate::trace;
use abi::layout::{AioContext, QIONetListenerClientFunc};
use host::aio::Context;
use platform::glib::UserData;
use platform::sync::Mutex;
use platform::sync::atomic::{AtomicBool, Ordering};

/// A client callback with its data.
#[derive(Debug)]
pub struct ClientFunc {
    function: QIONetListenerClientFunc,
    data: *mut c_void,
    notify: GDestroyNotify,
    ended: AtomicBool,
    /// Ends the data.
    owner: Mutex<Option<UserData>>,
}

// SAFETY: the program gives function and data to the thread that runs the callback's context.
unsafe impl Send for ClientFunc {}
// SAFETY: as above; the data is never followed here.
unsafe impl Sync for ClientFunc {}

impl ClientFunc {
    /// A callback that C code gave; None unregisters.
    ///
    /// # Safety
    /// `function` may be called with any listener and client, and the data, on any thread.
    pub unsafe fn new(function: QIONetListenerClientFunc, data: UserData) -> Self {
        Self {
            function,
            data: data.as_ptr(),
            notify: data.destroy(),
            ended: AtomicBool::new(false),
            owner: Mutex::new(Some(data)),
        }
    }

    /// Whether there is a function to call.
    pub fn is_some(&self) -> bool {
        self.function.is_some()
    }

    /// Hands a client over. Nothing happens once the data has ended.
    pub fn call(&self, listener: &Listener, client: &Socket) {
        if self.ended.load(Ordering::Acquire) {
            return;
        }
        if let Some(function) = self.function {
            // SAFETY: promised when the callback was taken over; its data hasn't ended, and who
            // ends it waits for those who call.
            unsafe { function(listener.as_ptr(), client.as_ptr(), self.data) }
        }
    }

    /// Ends the data: runs the destroy notify, the first time. Nobody may be in [`Self::call`] but
    /// the calling thread.
    pub fn end(&self) {
        self.ended.store(true, Ordering::Release);
        let owner = self.owner.lock().take();
        drop(owner);
    }

    /// Forgets the data without ending it: somebody else has the same.
    pub fn forget(self) {
        let owner = self.owner.lock().take();
        if let Some(owner) = owner {
            owner.leak();
        }
    }

    /// Whether function, data and destroy notify are the same.
    pub fn is_same(&self, other: &Self) -> bool {
        let function = |f: &Self| f.function.map_or(0, |f| f as usize);
        let notify = |f: &Self| f.notify.map_or(0, |f| f as usize);
        function(self) == function(other)
            && self.data == other.data
            && notify(self) == notify(other)
    }

    /// The three fields of the C struct.
    pub(super) fn fields(&self) -> (QIONetListenerClientFunc, *mut c_void, GDestroyNotify) {
        (self.function, self.data, self.notify)
    }

    /// What traces call the function.
    pub fn id(&self) -> trace::Id {
        let address = self
            .function
            .map_or(core::ptr::null(), |f| f as *const c_void);
        trace::Id::from(address)
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
    pub fn of_aio(context: Option<Context>) -> Self {
        Self {
            main: ptr::null_mut(),
            aio: Context::into_ptr(context),
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

    /// What traces call the main context.
    pub fn id(self) -> trace::Id {
        trace::Id::from(self.main)
    }

    /// What traces call the AioContext.
    pub fn aio_id(self) -> trace::Id {
        trace::Id::from(self.aio)
    }
}

#[cfg(test)]
impl ClientFunc {
    /// A callback that does nothing, whose data counts its ends, for the tests of the layers above.
    pub fn counting_ends(ends: std::sync::Arc<platform::sync::atomic::AtomicUsize>) -> Self {
        use abi::layout::{QIOChannelSocket, QIONetListener};
        struct Counter(std::sync::Arc<platform::sync::atomic::AtomicUsize>);
        impl Drop for Counter {
            fn drop(&mut self) {
                self.0.fetch_add(1, Ordering::Relaxed);
            }
        }
        unsafe extern "C" fn call(
            _listener: *mut QIONetListener,
            _client: *mut QIOChannelSocket,
            _data: *mut c_void,
        ) {
        }
        // SAFETY: `call` takes anything.
        unsafe { Self::new(Some(call), UserData::boxed(Counter(ends))) }
    }
}
