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
use crate::sync::Mutex;
use crate::sync::atomic::Ordering;
use crate::sync::fork::{self, PerProcess};

/// A context that may go at any time, and on any thread.
#[derive(Debug)]
pub struct WeakContext {
    gate: Arc<Gate>,
    /// Ended by its context and by nothing else: no other source makes the context wait for that.
    anchor: Source,
}

/// While it is locked and has the context, the context's memory is there.
#[derive(Debug)]
struct Gate(Mutex<Option<NonNull<GMainContext>>>);

// SAFETY: the address is used while the context is there only, which any thread may do.
unsafe impl Send for Gate {}
// SAFETY: as above.
unsafe impl Sync for Gate {}

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
            *self.gate.0.lock() = None;
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
        let gate = Arc::new(Gate(Mutex::new(NonNull::new(context.as_ptr()))));
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
        let context = self.gate.0.lock();
        context.is_some() && !self.is_ending()
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
        let context = self.gate.0.lock();
        let attached = context
            .filter(|_| !self.is_ending())
            .is_some_and(|context| {
                // SAFETY: both are there: the gate has the context.
                unsafe { ffi::g_source_attach(source.as_ptr(), context.as_ptr()) };
                // GLib takes stock of what it has to end once, under its lock. What came before has
                // no place any more; what came after has no owner.
                !self.is_ending() || place(&source).is_null()
            });
        let result = if attached {
            Some(source)
        } else {
            rejected(source.hooks());
            source.destroy();
            drop(source);
            None
        };
        drop(context);
        result
    }

    /// Ends a source of the context, wherever that stands. The last reference belongs here: GLib
    /// looks at the context also when that goes.
    pub fn end(&self, source: Source) {
        let context = self.gate.0.lock();
        // Without a place the context ends it.
        if context.is_some() && !place(&source).is_null() {
            source.destroy();
            // It may have lost its place in between. Before 2.86 GLib then marks it only, and its
            // context, which waits for the gate, would pass over what is marked.
            if place(&source).is_null() && has_callback(&source) {
                revive(&source);
            }
        }
        // Here, as GLib looks at the context for it.
        drop(source);
        drop(context);
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
            let start = || {
                let source = weak.attach(SourceOf::new(Anchor), |_| {})?;
                Some((*source).clone())
            };
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
