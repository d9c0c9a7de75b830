//! Coroutines with stacks of their own.
//!
//! A coroutine belongs to the thread that enters it, one at a time, and may be entered by another thread
//! each time: what is thread-local is read by functions that are not inlined, and nothing read
//! before a switch is used after it.

use core::cell::{Cell, UnsafeCell};
use core::ffi::c_void;
use core::ptr;
use core::sync::atomic::{AtomicBool, AtomicPtr, Ordering};
use std::collections::VecDeque;

use corosensei::{Coroutine as CoroutineOn, CoroutineResult, Yielder};

use super::aio::bottom_half::BottomHalf;
use super::aio::{Context, current};
use super::main_loop;
use super::stack::{NoStack, PooledStack};
use abi::layout::{self, AioContext};
use platform::check_usage;
use platform::os::abort::misuse;
use registry::coroutine::Record;

/// A coroutine on its stack.
type Stackful = CoroutineOn<(), (), (), PooledStack>;

/// `CoroutineEntry`.
pub(crate) type Entry = unsafe extern "C" fn(opaque: *mut c_void);

/// A coroutine, or the stand-in of a thread that is in none.
pub(crate) struct Coroutine {
    /// What runs; None in a stand-in. Touched by the thread that has entered it only.
    stackful: UnsafeCell<Option<Stackful>>,
    /// The way out of it, once it has begun.
    yielder: Cell<*const Yielder<(), ()>>,
    /// Where it was entered latest (R-COR-3).
    context: AtomicPtr<AioContext>,
    is_entered: AtomicBool,
    /// A bottom half is going to enter it.
    is_scheduled: AtomicBool,
    /// The coroutines to enter once it has yielded or ended (R-COR-4). Touched by itself, and by the thread that
    /// has entered it while it doesn't run.
    woken: UnsafeCell<VecDeque<*const Coroutine>>,
    /// What dumps show; None in a stand-in.
    record: Option<Record>,
}

thread_local! {
    static CURRENT: Cell<*const Coroutine> = const { Cell::new(ptr::null()) };
    /// What a thread that is in no coroutine says that it is in (R-COR-1).
    static STAND_IN: Coroutine = const { Coroutine::empty(None) };
}

#[inline(never)]
fn running() -> *const Coroutine {
    CURRENT.get()
}

#[inline(never)]
fn set_running(coroutine: *const Coroutine) -> *const Coroutine {
    CURRENT.replace(coroutine)
}

/// Whether the caller is in a coroutine.
pub(crate) fn is_inside() -> bool {
    !running().is_null()
}

/// The coroutine that the caller is in, or else the thread's stand-in.
#[inline(never)]
pub(crate) fn this() -> *mut layout::Coroutine {
    let inside = running();
    let this = if inside.is_null() {
        STAND_IN.with(ptr::from_ref)
    } else {
        inside
    };
    this.cast_mut().cast()
}

impl Coroutine {
    const fn empty(record: Option<Record>) -> Self {
        Self {
            record,
            stackful: UnsafeCell::new(None),
            yielder: Cell::new(ptr::null()),
            context: AtomicPtr::new(ptr::null_mut()),
            is_entered: AtomicBool::new(false),
            is_scheduled: AtomicBool::new(false),
            woken: UnsafeCell::new(VecDeque::new()),
        }
    }

    /// A coroutine that has not begun. It ends itself when its function returns.
    ///
    /// # Safety
    /// `entry` takes `opaque`, in whatever threads enter the coroutine.
    pub(crate) unsafe fn create(entry: Entry, opaque: *mut c_void) -> *mut layout::Coroutine {
        let stack = PooledStack::take().unwrap_or_else(|NoStack { errno, existing }| {
            misuse(
                "qemu_coroutine_create",
                format_args!(
                    "no stack beside those of {existing} coroutines: {errno} (the limits are the \
                     address space and vm.max_map_count)"
                ),
            )
        });
        let this = Box::into_raw(Box::<Self>::new_uninit()).cast::<Self>();
        let record = Record::new(this.cast_const().cast(), entry as *const c_void);
        // SAFETY: memory for one, just allocated.
        unsafe { this.write(Self::empty(Some(record))) };
        let address = this.expose_provenance();
        let body = move |yielder: &Yielder<(), ()>, ()| {
            let this = ptr::with_exposed_provenance::<Self>(address);
            // SAFETY: the coroutine lives until this function has returned.
            unsafe { (*this).yielder.set(yielder) };
            // SAFETY: the program's function and its data.
            unsafe { entry(opaque) };
        };
        // SAFETY: just made, and known to nothing else.
        unsafe { *(*this).stackful.get() = Some(Stackful::with_stack(stack, body)) };
        this.cast()
    }

    /// The coroutine behind the argument of `function`.
    ///
    /// # Safety
    /// `co` is NULL, or a coroutine or stand-in that lives for `'a`.
    pub(crate) unsafe fn borrow<'a>(function: &str, co: *mut layout::Coroutine) -> &'a Self {
        check_usage!(!co.is_null(), function, "@co is NULL");
        // SAFETY: not NULL, and as promised.
        unsafe { &*co.cast::<Self>() }
    }

    /// Where it was entered latest.
    pub(crate) fn context(&self) -> *mut AioContext {
        if self.is_stand_in() {
            return current::get();
        }
        self.context.load(Ordering::Acquire)
    }

    /// Whether it runs, or has entered another that does.
    pub(crate) fn is_entered(&self) -> bool {
        self.is_entered.load(Ordering::Acquire)
    }

    fn is_stand_in(&self) -> bool {
        // SAFETY: a stand-in's is never set, another's is set before anybody else knows it and
        // stays so.
        unsafe { (*self.stackful.get()).is_none() }
    }

    /// Runs it for a context until it yields or ends, and then those it has woken (R-COR-2).
    ///
    /// `function` is what messages name.
    ///
    /// # Safety
    /// It is live; if it ends it must not be used afterwards.
    pub(crate) unsafe fn enter(this: *const Self, context: *mut AioContext, function: &str) {
        let mut pending = VecDeque::new();
        let mut turn = Some(this);
        while let Some(next) = turn {
            // SAFETY: live, as the caller or the coroutine that has woken it promised.
            let coroutine = unsafe { &*next };
            check_usage!(!coroutine.is_stand_in(), function, "@co is not a coroutine");
            check_usage!(
                !coroutine.is_scheduled.load(Ordering::Acquire),
                function,
                "the coroutine is scheduled to be entered elsewhere"
            );
            check_usage!(
                !coroutine.is_entered.swap(true, Ordering::AcqRel),
                function,
                "the coroutine is entered already"
            );
            coroutine.context.store(context, Ordering::Release);
            if let Some(record) = &coroutine.record {
                record.enter(context.cast_const().cast());
            }
            let outer = set_running(next);
            // SAFETY: `is_entered` makes this the only thread that touches the stack.
            let result =
                unsafe { (*coroutine.stackful.get()).as_mut() }.map(|stackful| stackful.resume(()));
            set_running(outer);
            // SAFETY: it does not run, and only this thread has it.
            pending.append(unsafe { &mut *coroutine.woken.get() });
            turn = pending.pop_front();
            if matches!(result, Some(CoroutineResult::Yield(()))) {
                if let Some(record) = &coroutine.record {
                    record.leave();
                }
                // From here on another thread may enter it.
                coroutine.is_entered.store(false, Ordering::Release);
            } else {
                // SAFETY: made by `create`, ended, and by the contract not used any more.
                drop(unsafe { Box::from_raw(next.cast_mut()) });
            }
        }
    }

    /// Makes it be entered: now, or after the caller's coroutine, or by another thread (R-COR-4).
    ///
    /// # Safety
    /// As for [`Coroutine::enter`]; the context is live.
    pub(crate) unsafe fn wake(this: *const Self, context: *mut AioContext) {
        const NAME: &str = "aio_co_enter";
        if context != current::get() {
            // SAFETY: as promised.
            unsafe { Self::schedule(this, context) };
            return;
        }
        let caller = running();
        if caller.is_null() {
            // SAFETY: as promised.
            unsafe { Self::enter(this, context, NAME) };
        } else {
            check_usage!(caller != this, NAME, "the coroutine is the caller");
            // SAFETY: this thread is in the coroutine, so it is live and its list the caller's.
            unsafe { (*(*caller).woken.get()).push_back(this) };
        }
    }

    /// Makes it be entered by a bottom half.
    ///
    /// # Safety
    /// As for [`Coroutine::wake`].
    pub(crate) unsafe fn schedule(this: *const Self, context: *mut AioContext) {
        unsafe extern "C" fn enter(opaque: *mut c_void) {
            let this = opaque.cast_const().cast::<Coroutine>();
            // SAFETY: live until it is entered.
            let coroutine = unsafe { &*this };
            let context = coroutine.context.load(Ordering::Acquire);
            coroutine.is_scheduled.store(false, Ordering::Release);
            // SAFETY: as its scheduler promised.
            unsafe { Coroutine::enter(this, context, NAME) };
        }
        const NAME: &str = "aio_co_schedule";
        // Most likely it was to be qemu_get_aio_context().
        let is_early = main_loop::main_context().is_null();
        check_usage!(
            !(context.is_null() && is_early),
            NAME,
            "the coroutine has no AioContext: there is no main one before qemu_init_main_loop()"
        );
        check_usage!(!context.is_null(), NAME, "the coroutine has no AioContext");
        // SAFETY: live, as promised.
        let coroutine = unsafe { &*this };
        check_usage!(
            !coroutine.is_scheduled.swap(true, Ordering::AcqRel),
            NAME,
            "the coroutine is scheduled already"
        );
        coroutine.context.store(context, Ordering::Release);
        // SAFETY: live, as promised.
        let context = unsafe { Context::from_ptr_none(context) };
        // SAFETY: the function takes a coroutine; this one is entered by nobody else until then.
        let bottom_half = unsafe { BottomHalf::new(context, enter, this.cast_mut().cast()) };
        bottom_half.context().clone().schedule(bottom_half);
    }
}

/// Returns to where the coroutine was entered, until it is entered again.
pub(crate) fn suspend() {
    let this = running();
    check_usage!(
        !this.is_null(),
        "qemu_coroutine_yield",
        "the caller is not in a coroutine"
    );
    // SAFETY: the running coroutine is live.
    let yielder = unsafe { (*this).yielder.get() };
    // SAFETY: set when the coroutine began; it lives on this stack as long as that.
    unsafe { (*yielder).suspend(()) };
}
