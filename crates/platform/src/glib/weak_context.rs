//! Weak references on a main context: sources in it that don't keep it alive.
//!
//! GLib has no weak references on contexts: asking for a reference while another thread drops the
//! last one is asking for one on freed memory, and so is ending a source meanwhile. But a context
//! ends its sources before it goes. A [`WeakContext`] has one there, whose end waits until no
//! function of this file looks at the context; after it none does.

use core::ffi::c_void;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicPtr, AtomicU32};
use std::collections::HashMap;
use std::sync::Arc;

use glib_sys::{self as ffi, GMainContext, gboolean};

use super::source::{Callback, Hooks, Source};
use super::{MainContext, SourceOf};
use crate::os::thread;
use crate::sync::atomic::Ordering;
use crate::sync::fork::{self, PerProcess};
use crate::sync::{Condvar, Mutex, MutexGuard};

/// A context that may go at any time, and on any thread.
#[derive(Debug)]
pub struct WeakContext {
    gate: Arc<Gate>,
    /// Ended by its context and by nothing else: no other source makes the context wait for that.
    anchor: Source,
}

/// While a thread holds it and it has the context, the context's memory is there.
///
/// From 2.86 on `g_source_destroy` takes a reference on the context while it works. If others drop theirs
/// meanwhile, the context goes in there: on the thread that holds the gate, which then closes it.
#[derive(Debug)]
struct Gate {
    state: Mutex<GateState>,
    released: Condvar,
}

#[derive(Debug)]
struct GateState {
    context: Option<NonNull<GMainContext>>,
    /// The thread that holds the gate, and how many times.
    holder: Option<Holder>,
    waiting: usize,
}

#[derive(Debug, Clone, Copy)]
struct Holder {
    thread: u64,
    depth: usize,
}

// SAFETY: the address is used while the context is there only, which any thread may do.
unsafe impl Send for GateState {}

impl Gate {
    fn new(context: &MainContext) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(GateState {
                context: NonNull::new(context.as_ptr()),
                holder: None,
                waiting: 0,
            }),
            released: Condvar::new(),
        })
    }

    /// The state, once no other thread holds the gate.
    fn free(&self) -> MutexGuard<'_, GateState> {
        let mut state = self.state.lock();
        while state
            .holder
            .is_some_and(|holder| holder.thread != thread::current_id())
        {
            state.waiting += 1;
            state = self.released.wait(state);
            state.waiting -= 1;
        }
        state
    }

    /// Holds the gate, if there is a context.
    fn hold(&self) -> Option<Hold<'_>> {
        let mut state = self.free();
        let context = state.context?;
        state.holder = Some(Holder {
            thread: thread::current_id(),
            depth: state.holder.map_or(1, |holder| holder.depth + 1),
        });
        drop(state);
        Some(Hold {
            gate: self,
            context,
        })
    }

    /// The context goes, perhaps on the thread that holds the gate: what follows there is no longer
    /// under it, since nobody looks at the context any more.
    fn close(&self) {
        let mut state = self.free();
        state.context = None;
        self.set_holder(state, None);
    }

    /// Lets go of the gate, unless this thread has closed it meanwhile.
    fn release(&self) {
        let state = self.state.lock();
        if let Some(holder) = state.holder
            && state.context.is_some()
        {
            let depth = holder.depth - 1;
            self.set_holder(state, (depth > 0).then_some(Holder { depth, ..holder }));
        }
    }

    fn set_holder(&self, mut state: MutexGuard<'_, GateState>, holder: Option<Holder>) {
        state.holder = holder;
        let wakes = holder.is_none() && state.waiting > 0;
        drop(state);
        if wakes {
            self.released.notify_all();
        }
    }
}

/// A gate that is held.
struct Hold<'a> {
    gate: &'a Gate,
    context: NonNull<GMainContext>,
}

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        self.gate.release();
    }
}

/// What the anchor keeps: it closes the gate when the context goes, and then drops `kept`.
struct Closer<T> {
    gate: Arc<Gate>,
    /// In a forked child the parent's lock may be held for ever.
    generation: u32,
    _kept: T,
}

impl<T> Drop for Closer<T> {
    fn drop(&mut self) {
        if self.generation == fork::generation() {
            self.gate.close();
        }
    }
}

/// The weak contexts of this process, by the address of their context.
#[derive(Default)]
struct Registry(Mutex<HashMap<usize, Arc<WeakContext>>>);

fn registry() -> &'static Registry {
    static REGISTRY: PerProcess<Registry> = PerProcess::new();
    REGISTRY.get()
}

/// Takes a context out of the registry when it goes: another may soon have the address.
struct Unregister {
    context: usize,
    generation: u32,
}

impl Drop for Unregister {
    fn drop(&mut self) {
        if self.generation == fork::generation() {
            let registered = registry().0.lock().remove(&self.context);
            drop(registered);
        }
    }
}

/// A source that is never ready.
struct Anchor;

impl Hooks for Anchor {
    type Func = ();

    fn dispatch(&self, _callback: Callback<'_, ()>) -> bool {
        true
    }
}

/// Where GLib says that a source is: NULL once its context has begun to end its sources.
fn place(source: &Source) -> *mut GMainContext {
    // SAFETY: the source is live. `g_source_get_context` would complain of a destroyed one.
    let field = unsafe { &raw mut (*source.as_ptr()).context };
    // SAFETY: an aligned pointer, which GLib changes at once.
    unsafe { AtomicPtr::from_ptr(field) }.load(Ordering::Acquire)
}

/// Whether GLib has still to take the callback from the source, which it does where it ends one.
fn has_callback(source: &Source) -> bool {
    // SAFETY: the source is live.
    let field = unsafe { &raw mut (*source.as_ptr()).callback_data };
    // SAFETY: an aligned pointer.
    let data: &AtomicPtr<c_void> = unsafe { AtomicPtr::from_ptr(field) };
    !data.load(Ordering::Acquire).is_null()
}

/// Whether GLib takes references on the contexts of sources while it works on these.
fn takes_references() -> bool {
    // SAFETY: takes any numbers.
    unsafe { ffi::glib_check_version(2, 86, 0) }.is_null()
}

/// Has GLib see nothing of a source's context any more, which passes over the source where it goes. Its
/// memory stays for good, since the context's list still has it.
fn forget_place(source: &Source) {
    // SAFETY: the source is live.
    let field = unsafe { &raw mut (*source.as_ptr()).context };
    // SAFETY: an aligned pointer.
    unsafe { AtomicPtr::from_ptr(field) }.store(ptr::null_mut(), Ordering::Release);
}

/// Takes back that a source is destroyed.
fn revive(source: &Source) {
    // SAFETY: the source is live.
    let field = unsafe { &raw mut (*source.as_ptr()).flags };
    // SAFETY: an aligned number.
    let flags = unsafe { AtomicU32::from_ptr(field) };
    flags.fetch_or(ffi::G_HOOK_FLAG_ACTIVE, Ordering::AcqRel);
}

/// The callback of a source that needs none.
unsafe extern "C" fn nothing(_data: *mut c_void) -> gboolean {
    1
}

impl WeakContext {
    /// The context, as long as others keep it. One source stays in it for good.
    pub fn for_context(context: &MainContext) -> Arc<Self> {
        let address = context.as_ptr().addr();
        let mut registered = registry().0.lock();
        if let Some(weak) = registered.get(&address) {
            return Arc::clone(weak);
        }
        let anchor = SourceOf::new(Anchor);
        anchor.set_name(c"weak context");
        // The first to be ended with the context.
        anchor.set_priority(i32::MAX);
        let unregister = Unregister {
            context: address,
            generation: fork::generation(),
        };
        let weak = Arc::new(Self::anchored(context, anchor, unregister));
        registered.insert(address, Arc::clone(&weak));
        drop(registered);
        weak
    }

    /// As [`WeakContext::for_context`], with a source of the caller's, not attached and without
    /// callback, that nothing but the context ends. `kept` is dropped when the context goes, on the
    /// thread that drops the last reference on it.
    pub fn anchored<H: Hooks<Func = ()>, T: Send + Sync + 'static>(
        context: &MainContext,
        anchor: SourceOf<H>,
        kept: T,
    ) -> Self {
        let gate = Gate::new(context);
        anchor.keep(Closer {
            gate: Arc::clone(&gate),
            generation: fork::generation(),
            _kept: kept,
        });
        anchor.attach(context);
        Self {
            gate,
            anchor: anchor.into(),
        }
    }

    /// Whether the context has begun to end its sources.
    fn is_ending(&self) -> bool {
        place(&self.anchor).is_null()
    }

    /// Whether the context was there a moment ago.
    pub fn is_live(&self) -> bool {
        self.gate.state.lock().context.is_some() && !self.is_ending()
    }

    /// Starts a source in the context; None if that is going. `rejected` is called before such a
    /// source is dropped, which happens under the lock that the context's end waits for.
    pub fn attach<H: Hooks>(
        &self,
        source: SourceOf<H>,
        rejected: impl FnOnce(&H),
    ) -> Option<SourceOf<H>> {
        if !has_callback(&source) {
            // `end` tells by it what GLib has done.
            // SAFETY: the source is live; the function needs no data.
            unsafe {
                ffi::g_source_set_callback(source.as_ptr(), Some(nothing), ptr::null_mut(), None);
            }
        }
        let hold = self.gate.hold();
        let attached = hold
            .as_ref()
            .filter(|_| !self.is_ending())
            .is_some_and(|hold| {
                // SAFETY: both are there: the gate has the context.
                unsafe { ffi::g_source_attach(source.as_ptr(), hold.context.as_ptr()) };
                // GLib takes stock of what it has to end once, under its lock. What came before has
                // no place any more; what came after has no owner.
                !self.is_ending() || place(&source).is_null()
            });
        let result = if attached {
            Some(source)
        } else {
            rejected(source.hooks());
            if hold.is_some() && !place(&source).is_null() && takes_references() {
                // GLib would take a reference on what has none, and end the context twice.
                forget_place(&source);
            }
            source.destroy();
            drop(source);
            None
        };
        drop(hold);
        result
    }

    /// As [`WeakContext::attach`], for a source that nobody ends: no reference on it stays outside of the context.
    pub fn hand_over<H: Hooks>(&self, source: SourceOf<H>) {
        let hold = self.gate.hold();
        let attached = self.attach(source, |_| {});
        // Here, as GLib looks at the context for it.
        drop(attached);
        drop(hold);
    }

    /// Ends a source of the context, wherever that stands. The last reference belongs here: GLib
    /// looks at the context also when that goes. The context may go in here, so no lock may be held that
    /// what it ends or what it keeps would take.
    pub fn end(&self, source: Source) {
        let hold = self.gate.hold();
        // Without a place the context ends it.
        if hold.is_some() && !place(&source).is_null() {
            source.destroy();
            // It may have lost its place in between. Before 2.86 GLib then marks it only, and its
            // context, which waits for the gate, would pass over what is marked.
            if place(&source).is_null() && has_callback(&source) {
                revive(&source);
            }
        }
        // Here, as GLib looks at the context for it.
        drop(source);
        drop(hold);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn sources_run_as_long_as_others_keep_the_context() {
        let context = MainContext::create();
        let weak = WeakContext::for_context(&context);
        assert!(weak.is_live());
        assert!(!context.is_pending());
        let source = weak.attach(SourceOf::new(Anchor), |_| {}).unwrap();
        source.set_ready_time(0);
        assert!(context.is_pending());
        weak.end((*source).clone());
        assert!(source.is_destroyed());
        assert!(!context.is_pending());
        weak.end((*source).clone());
        drop(context);
        assert!(!weak.is_live());
        drop(source);
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn a_source_that_was_handed_over_is_its_contexts() {
        let context = MainContext::create();
        let weak = WeakContext::for_context(&context);
        let kept = Arc::new(());
        for _ in 0..2 {
            let source = SourceOf::new(Anchor);
            source.keep(Arc::clone(&kept));
            weak.hand_over(source);
        }
        assert_eq!(Arc::strong_count(&kept), 3);
        assert!(weak.gate.state.lock().holder.is_none());
        drop(context);
        assert_eq!(Arc::strong_count(&kept), 1);
        let source = SourceOf::new(Anchor);
        source.keep(Arc::clone(&kept));
        weak.hand_over(source);
        assert_eq!(Arc::strong_count(&kept), 1);
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn nothing_starts_in_a_context_that_has_gone() {
        let context = MainContext::create();
        let kept = Arc::new(());
        let anchor = SourceOf::new(Anchor);
        let weak = WeakContext::anchored(&context, anchor, Arc::clone(&kept));
        let source = weak.attach(SourceOf::new(Anchor), |_| {}).unwrap();
        assert_eq!(Arc::strong_count(&kept), 2);
        drop(context);
        assert_eq!(Arc::strong_count(&kept), 1);
        assert!(source.is_destroyed());
        let mut rejections = 0;
        let source = SourceOf::new(Anchor);
        assert!(weak.attach(source, |_| rejections += 1).is_none());
        assert_eq!(rejections, 1);
    }

    /// As where `g_source_destroy` drops the last reference.
    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn a_context_may_go_on_the_thread_that_holds_its_gate() {
        struct Ends(Arc<WeakContext>, Mutex<Option<Source>>);
        impl Drop for Ends {
            fn drop(&mut self) {
                let source = self.1.lock().take();
                self.0.end(source.unwrap());
            }
        }

        let context = MainContext::create();
        let weak = WeakContext::for_context(&context);
        let source = weak.attach(SourceOf::new(Anchor), |_| {}).unwrap();
        let other = weak.attach(SourceOf::new(Anchor), |_| {}).unwrap();
        other.keep(Ends(Arc::clone(&weak), Mutex::new(Some((*source).clone()))));
        let hold = weak.gate.hold();
        drop(weak.gate.hold());
        assert!(hold.is_some());
        drop(context);
        assert!(!weak.is_live());
        assert!(weak.gate.hold().is_none());
        std::thread::scope(|scope| scope.spawn(|| weak.end((*other).clone())).join()).unwrap();
        drop(hold);
        weak.end((*source).clone());
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn a_context_has_one_anchor_for_all() {
        let context = MainContext::create();
        let weak = WeakContext::for_context(&context);
        assert!(Arc::ptr_eq(&weak, &WeakContext::for_context(&context)));
        assert!(!context.iteration(false));
        drop(context);
        assert_eq!(Arc::strong_count(&weak), 1);
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn a_context_may_go_while_its_sources_come_and_go() {
        for round in 0..2_000 {
            let context = MainContext::create();
            let weak = WeakContext::for_context(&context);
            // Not a copy of the reference: GLib looks at the context where any reference is dropped.
            let start = || weak.attach(SourceOf::new(Anchor), |_| {}).map(Source::from);
            let sources: Vec<_> = (0..3).filter_map(|_| start()).collect();
            let dropping = std::thread::spawn(move || drop(context));
            if round % 2 == 0 {
                std::thread::yield_now();
            }
            for source in sources {
                weak.end(source);
                if let Some(source) = start() {
                    weak.end(source);
                }
            }
            dropping.join().unwrap();
            assert!(!weak.is_live());
        }
    }
}
