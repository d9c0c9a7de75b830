//! A listener's client callback, as C code gave it.

use core::ffi::c_void;
use core::marker::PhantomData;
use core::ptr;

use glib_sys::{GDestroyNotify, GMainContext};

use super::listener::Listener;
use super::socket::Socket;
use crate::trace;
use abi::layout::{AioContext, QIONetListenerClientFunc};
use host::aio::Context;
use platform::glib::UserData;
use platform::os::thread;
use platform::sync::Mutex;

/// A client callback with its data, which is freed once: never while another thread is inside the
/// callback.
#[derive(Debug)]
pub struct ClientFunc {
    function: QIONetListenerClientFunc,
    data: *mut c_void,
    notify: GDestroyNotify,
    gate: Mutex<Gate>,
}

/// Never locked while the program is called.
#[derive(Debug)]
struct Gate {
    /// Frees the data when it is dropped; None once that is done.
    owner: Option<UserData>,
    /// The callback isn't called any more.
    is_retired: bool,
    /// The threads between entering and leaving; one that runs a nested loop in the callback may
    /// be there more than once.
    inside: Vec<u64>,
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
            gate: Mutex::new(Gate {
                owner: Some(data),
                is_retired: false,
                inside: Vec::new(),
            }),
        }
    }

    /// Whether there is a function to call.
    pub fn is_some(&self) -> bool {
        self.function.is_some()
    }

    /// Asks to call the callback. None once it was retired.
    ///
    /// The data lives until the permission is dropped, unless this thread retires the callback.
    /// Asked before a client is accepted, so that none is taken that isn't wanted (R-LSN-34, L13).
    pub fn enter(&self) -> Option<Permission<'_>> {
        let mut gate = self.gate.lock();
        if gate.is_retired {
            return None;
        }
        gate.inside.push(thread::current_id());
        drop(gate);
        Some(Permission {
            func: self,
            of_this_thread: PhantomData,
        })
    }

    /// Ends the registration. The destroy notify runs now, or, if other threads are inside the
    /// callback, when the last thread leaves it (W-LSN-11).
    pub fn retire(&self) {
        let this_thread = thread::current_id();
        let mut gate = self.gate.lock();
        gate.is_retired = true;
        let is_free = gate.inside.iter().all(|&inside| inside == this_thread);
        let owner = if is_free { gate.owner.take() } else { None };
        drop(gate);
        drop(owner);
    }

    fn leave(&self) {
        let this_thread = thread::current_id();
        let mut gate = self.gate.lock();
        if let Some(place) = gate.inside.iter().rposition(|&id| id == this_thread) {
            gate.inside.swap_remove(place);
        }
        let is_last = gate.is_retired && gate.inside.is_empty();
        let owner = if is_last { gate.owner.take() } else { None };
        drop(gate);
        drop(owner);
    }

    /// Forgets the data without freeing it: another registration has the same.
    pub fn forget(self) {
        let owner = self.gate.lock().owner.take();
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

/// The permission to call a callback, of the thread that asked for it.
pub struct Permission<'a> {
    func: &'a ClientFunc,
    of_this_thread: PhantomData<*const ()>,
}

impl Permission<'_> {
    /// Hands a client over. Nothing happens once the data is freed, which only this thread can have
    /// done.
    pub fn call(&self, listener: &Listener, client: &Socket) {
        let is_there = self.func.gate.lock().owner.is_some();
        if let Some(function) = self.func.function
            && is_there
        {
            // SAFETY: promised when the callback was taken over. Its data is there: other threads
            // leave it alone while this one is inside, and this one is here.
            unsafe { function(listener.as_ptr(), client.as_ptr(), self.func.data) }
        }
    }
}

impl Drop for Permission<'_> {
    fn drop(&mut self) {
        self.func.leave();
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

#[cfg(test)]
mod tests {
    use super::*;
    use abi::layout::{QIOChannelSocket, QIONetListener};
    use platform::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::Arc;

    struct Counter(Arc<AtomicUsize>);

    impl Drop for Counter {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    unsafe extern "C" fn ignore(
        _listener: *mut QIONetListener,
        _client: *mut QIOChannelSocket,
        _data: *mut c_void,
    ) {
    }

    /// A callback, and how often its data was freed.
    fn func() -> (Arc<ClientFunc>, Arc<AtomicUsize>) {
        let freed = Arc::new(AtomicUsize::new(0));
        let data = UserData::boxed(Counter(Arc::clone(&freed)));
        // SAFETY: `ignore` takes anything.
        let func = unsafe { ClientFunc::new(Some(ignore), data) };
        (Arc::new(func), freed)
    }

    fn count(freed: &AtomicUsize) -> usize {
        freed.load(Ordering::Relaxed)
    }

    #[test]
    fn the_data_is_freed_at_once_when_no_thread_is_inside() {
        let (func, freed) = func();
        drop(func.enter().unwrap());
        assert_eq!(count(&freed), 0);
        func.retire();
        assert_eq!(count(&freed), 1);
        assert!(func.enter().is_none());
        func.retire();
        drop(func);
        assert_eq!(count(&freed), 1);
    }

    #[test]
    fn the_data_is_freed_at_once_when_retired_from_inside() {
        let (func, freed) = func();
        let outer = func.enter().unwrap();
        let nested = func.enter().unwrap();
        func.retire();
        assert_eq!(count(&freed), 1);
        drop(nested);
        drop(outer);
        assert_eq!(count(&freed), 1);
    }

    #[test]
    fn the_data_outlives_another_thread_that_is_inside() {
        let (func, freed) = func();
        let permission = func.enter().unwrap();
        let other = Arc::clone(&func);
        std::thread::spawn(move || other.retire()).join().unwrap();
        assert_eq!(count(&freed), 0);
        assert!(func.enter().is_none());
        drop(permission);
        assert_eq!(count(&freed), 1);
    }

    #[test]
    fn retired_from_inside_the_data_is_freed_by_the_last_thread_out() {
        let (func, freed) = func();
        let here = func.enter().unwrap();
        let (entered, is_entered) = std::sync::mpsc::channel();
        let (leave, may_leave) = std::sync::mpsc::channel::<()>();
        let other = Arc::clone(&func);
        let thread = std::thread::spawn(move || {
            let permission = other.enter().unwrap();
            entered.send(()).unwrap();
            may_leave.recv().unwrap();
            drop(permission);
        });
        is_entered.recv().unwrap();
        func.retire();
        drop(here);
        assert_eq!(count(&freed), 0);
        leave.send(()).unwrap();
        thread.join().unwrap();
        assert_eq!(count(&freed), 1);
    }

    #[test]
    fn data_that_was_never_retired_is_freed_with_the_callback() {
        let (func, freed) = func();
        drop(func);
        assert_eq!(count(&freed), 1);
    }
}
