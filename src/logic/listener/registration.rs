//! One registration of a client callback: who is inside it, and when its data ends.

use crate::object::client_func::{ClientFunc, ContextName};
use crate::object::listener::Listener;
use crate::object::socket::Socket;
use platform::os::thread;
use platform::sync::Mutex;

/// A registered client callback. Watches keep the one they were made for, so that function and
/// data always belong together (L5).
pub struct Registration {
    func: ClientFunc,
    /// Where the program wants it called.
    context: ContextName,
    gate: Mutex<Gate>,
}

/// Never locked while the program is called.
#[derive(Default)]
struct Gate {
    /// Nobody enters any more.
    retired: bool,
    /// Whoever leaves last ends the data.
    end_is_due: bool,
    /// The threads between entering and leaving; one that runs a nested loop in the callback may
    /// be there more than once.
    inside: Vec<u64>,
}

impl Registration {
    /// A registration in force.
    pub fn new(func: ClientFunc, context: ContextName) -> Self {
        Self {
            func,
            context,
            gate: Mutex::default(),
        }
    }

    /// What was registered.
    pub fn func(&self) -> &ClientFunc {
        &self.func
    }

    /// Where the program wants it called.
    pub fn context(&self) -> ContextName {
        self.context
    }

    /// Asks to call the callback. None once the registration was retired.
    ///
    /// The data lives until the permission is dropped. Ask before a client is accepted, so that
    /// none is taken that nobody wants (R-LSN-34, L13).
    pub fn enter(&self) -> Option<Permission<'_>> {
        let mut gate = self.gate.lock();
        if gate.retired {
            return None;
        }
        gate.inside.push(thread::current_id());
        drop(gate);
        Some(Permission(self))
    }

    /// Ends the registration. Its destroy notify runs now, or, if other threads are inside the
    /// callback, when the last of them leaves it (W-LSN-11).
    pub fn retire(&self) {
        let this_thread = thread::current_id();
        let mut gate = self.gate.lock();
        gate.retired = true;
        gate.end_is_due = gate.inside.iter().any(|&other| other != this_thread);
        let is_free = !gate.end_is_due;
        drop(gate);
        if is_free {
            self.func.end();
        }
    }

    fn leave(&self) {
        let this_thread = thread::current_id();
        let mut gate = self.gate.lock();
        if let Some(place) = gate.inside.iter().rposition(|&id| id == this_thread) {
            gate.inside.swap_remove(place);
        }
        let is_last = gate.end_is_due && gate.inside.is_empty();
        if is_last {
            gate.end_is_due = false;
        }
        drop(gate);
        if is_last {
            self.func.end();
        }
    }
}

/// The permission to call a registration's callback.
pub struct Permission<'a>(&'a Registration);

impl Permission<'_> {
    /// Hands a client over.
    pub fn call(&self, listener: &Listener, client: &Socket) {
        self.0.func.call(listener, client);
    }
}

impl Drop for Permission<'_> {
    fn drop(&mut self) {
        self.0.leave();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use platform::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::Arc;

    /// A registration, and how often its data was ended.
    fn registration() -> (Arc<Registration>, Arc<AtomicUsize>) {
        let ends = Arc::new(AtomicUsize::new(0));
        let func = ClientFunc::counting_ends(Arc::clone(&ends));
        let context = ContextName::new(core::ptr::null_mut());
        (Arc::new(Registration::new(func, context)), ends)
    }

    #[test]
    fn the_data_ends_at_once_when_nobody_is_inside() {
        let (registration, ends) = registration();
        drop(registration.enter().unwrap());
        assert_eq!(ends.load(Ordering::Relaxed), 0);
        registration.retire();
        assert_eq!(ends.load(Ordering::Relaxed), 1);
        assert!(registration.enter().is_none());
        registration.retire();
        drop(registration);
        assert_eq!(ends.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn the_data_ends_at_once_when_retired_from_inside() {
        let (registration, ends) = registration();
        let outer = registration.enter().unwrap();
        let nested = registration.enter().unwrap();
        registration.retire();
        assert_eq!(ends.load(Ordering::Relaxed), 1);
        drop(nested);
        drop(outer);
        assert_eq!(ends.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn the_data_outlives_another_thread_that_is_inside() {
        let (registration, ends) = registration();
        let permission = registration.enter().unwrap();
        let other = Arc::clone(&registration);
        std::thread::spawn(move || other.retire()).join().unwrap();
        assert_eq!(ends.load(Ordering::Relaxed), 0);
        assert!(registration.enter().is_none());
        drop(permission);
        assert_eq!(ends.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn who_retires_from_inside_leaves_the_end_to_the_last_one_out() {
        let (registration, ends) = registration();
        let here = registration.enter().unwrap();
        let (entered, is_entered) = std::sync::mpsc::channel();
        let (leave, may_leave) = std::sync::mpsc::channel::<()>();
        let other = Arc::clone(&registration);
        let thread = std::thread::spawn(move || {
            let permission = other.enter().unwrap();
            entered.send(()).unwrap();
            may_leave.recv().unwrap();
            drop(permission);
        });
        is_entered.recv().unwrap();
        registration.retire();
        drop(here);
        assert_eq!(ends.load(Ordering::Relaxed), 0);
        leave.send(()).unwrap();
        thread.join().unwrap();
        assert_eq!(ends.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn data_that_was_never_retired_ends_with_the_registration() {
        let (registration, ends) = registration();
        drop(registration);
        assert_eq!(ends.load(Ordering::Relaxed), 1);
    }
}
