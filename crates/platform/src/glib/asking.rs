//! Whether GLib asks a source, after each poll, if it is ready.
//!
//! GLib asks by a function of the source's table, for which it lets go of the context's lock and takes it again: among
//! thousands of idle sources that is most of what each of them costs. Where somebody else knows when a source is ready, its
//! table is one without that function until then.

use core::marker::PhantomData;
use core::ptr::NonNull;

use glib_sys::{GMainContext, GSource, GSourceFuncs};

use super::Source;
use crate::sync::atomic::{AtomicPtr, Ordering};

/// What GLib knows of a kind of source: as long as it is asked, and as long as it isn't.
pub(super) type Tables = [GSourceFuncs; 2];

/// A source is being asked: the thread that has this iterates its context, and nobody else does meanwhile.
pub struct Turn<'s> {
    source: &'s Source,
    /// Of this thread alone.
    thread: PhantomData<*const ()>,
}

impl<'s> Turn<'s> {
    /// For GLib's call of the source's `check`.
    pub(super) fn of(source: &'s Source) -> Self {
        Self {
            source,
            thread: PhantomData,
        }
    }

    /// Who is asked.
    pub fn source(&self) -> &'s Source {
        self.source
    }
}

/// The context of a source, or NULL.
///
/// # Safety
/// The source is live.
unsafe fn context(source: NonNull<GSource>) -> *mut GMainContext {
    // SAFETY: the caller's promise.
    let field = unsafe { &raw mut (*source.as_ptr()).context };
    // SAFETY: the field lives as long as the source; a context that ends writes NULL to it, which is aligned.
    unsafe { AtomicPtr::from_ptr(field) }.load(Ordering::Relaxed)
}

/// Gives the source the table by which it is asked, or isn't, if it is of the context whose turn it is.
///
/// # Safety
/// The source is live, and of [`Source::new`].
pub(super) unsafe fn set_asked(source: NonNull<GSource>, turn: &Turn<'_>, is_asked: bool) {
    // SAFETY: both are live.
    let is_of_turn = unsafe { context(source) == context(turn.source.0) };
    if !is_of_turn {
        return;
    }
    // SAFETY: the caller's promise.
    let field = unsafe { &raw mut (*source.as_ptr()).source_funcs };
    // SAFETY: the field lives as long as the source. GLib reads it where it walks the sources of a context, which is this
    // thread's turn; and where it finalises one, for which both tables have the same function.
    let field = unsafe { AtomicPtr::from_ptr(field.cast::<*mut GSourceFuncs>()) };
    let table = field.load(Ordering::Relaxed);
    // SAFETY: one of the two tables, which live for ever.
    let was_asked = unsafe { (*table).check.is_some() };
    if was_asked == is_asked {
        return;
    }
    // SAFETY: the pointer was made of both; the one with the function is the first.
    field.store(
        unsafe { if is_asked { table.sub(1) } else { table.add(1) } },
        Ordering::Relaxed,
    );
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::{Callback, Eye, Hooks, MainContext, SourceOf};
    use super::*;
    use crate::sync::atomic::{AtomicBool, AtomicUsize};

    /// Counts how often it is asked and dispatched; ready when it is asked.
    #[derive(Default)]
    struct Counts {
        asked: AtomicUsize,
        dispatched: AtomicUsize,
    }

    impl Counts {
        fn now(&self) -> (usize, usize) {
            let now = |count: &AtomicUsize| count.load(Ordering::Relaxed);
            (now(&self.asked), now(&self.dispatched))
        }
    }

    struct Counting(Arc<Counts>);

    impl Hooks for Counting {
        type Func = ();
        const PREPARES: bool = false;

        fn check(&self) -> bool {
            self.0.asked.fetch_add(1, Ordering::Relaxed);
            true
        }

        fn dispatch(&self, _callback: Callback<'_, ()>) -> bool {
            self.0.dispatched.fetch_add(1, Ordering::Relaxed);
            true
        }
    }

    /// Goes first, and has the other asked or not.
    struct Teller {
        eye: Arc<Eye>,
        is_asked: Arc<AtomicBool>,
    }

    impl Hooks for Teller {
        type Func = ();

        fn check_in(&self, turn: &Turn<'_>) -> bool {
            self.eye
                .set_asked(turn, self.is_asked.load(Ordering::Relaxed));
            false
        }

        fn dispatch(&self, _callback: Callback<'_, ()>) -> bool {
            true
        }
    }

    fn attach_teller(context: &MainContext, eye: Arc<Eye>, is_asked: &Arc<AtomicBool>) {
        let is_asked = Arc::clone(is_asked);
        let teller = SourceOf::new(Teller { eye, is_asked });
        teller.set_priority(i32::MIN);
        teller.attach(context);
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn who_is_not_asked_is_not_ready() {
        let context = MainContext::create();
        let counts = Arc::<Counts>::default();
        let source = SourceOf::new(Counting(Arc::clone(&counts)));
        source.attach(&context);
        let is_asked = Arc::new(AtomicBool::new(true));
        attach_teller(&context, source.eye(), &is_asked);
        context.iteration(false);
        assert_eq!(counts.now(), (1, 1));
        is_asked.store(false, Ordering::Relaxed);
        context.iteration(false);
        context.iteration(false);
        assert_eq!(counts.now(), (1, 1));
        source.set_ready_time(0);
        context.iteration(false);
        assert_eq!(counts.now(), (1, 2), "its ready time is looked at");
        source.set_ready_time(-1);
        is_asked.store(true, Ordering::Relaxed);
        context.iteration(false);
        assert_eq!(counts.now(), (2, 3));
        source.destroy();
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn nobody_has_a_source_of_another_context_asked_or_not() {
        let (one, other) = (MainContext::create(), MainContext::create());
        let counts = Arc::<Counts>::default();
        let source = SourceOf::new(Counting(Arc::clone(&counts)));
        source.attach(&other);
        attach_teller(&one, source.eye(), &Arc::new(AtomicBool::new(false)));
        one.iteration(false);
        other.iteration(false);
        assert_eq!(counts.now(), (1, 1));
        let eye = source.eye();
        drop(source);
        drop(other);
        attach_teller(&one, eye, &Arc::new(AtomicBool::new(true)));
        one.iteration(false);
        assert_eq!(counts.now(), (1, 1), "nor one that is gone");
    }
}
