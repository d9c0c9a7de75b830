//! The main loop: which thread is the main one, how it turns GLib's default main context, and the
//! two event loop contexts in that.

use core::ptr;

use glib_sys::{GFALSE, GTRUE};
use once_cell::sync::OnceCell;

use super::aio::{Context, current};
use abi::layout::AioContext;
use platform::glib::MainContext;
use platform::os::abort::misuse;
use platform::os::errno::Errno;

/// The main context, once there is a main thread.
static MAIN: OnceCell<Context> = OnceCell::new();

/// Where the handlers of the main loop proper are, apart from those of the main context.
static IOHANDLER: OnceCell<Context> = OnceCell::new();

/// Makes the calling thread the main one, unless there is one (R-LOOP-1).
pub(crate) fn init() -> Result<(), Errno> {
    MAIN.get_or_try_init(|| {
        let context = Context::create()?;
        let iohandler = IOHANDLER.get_or_init(Context::create_anyhow);
        let default = MainContext::try_default()?;
        if !current::set(context.as_ptr()) {
            misuse(
                "qemu_init_main_loop",
                format_args!("the thread has an AioContext"),
            );
        }
        context.source().attach(&default);
        iohandler.source().attach(&default);
        Ok(context)
    })
    .map(|_| ())
}

/// The main context; NULL before there is a main thread.
pub(crate) fn main_context() -> *mut AioContext {
    MAIN.get().map_or(ptr::null_mut(), Context::as_ptr)
}

/// The context of the main loop's handlers, made on first use (R-LOOP-2), which may come at the
/// limit of descriptors (C8).
pub(crate) fn iohandler_context() -> &'static Context {
    IOHANDLER.get_or_init(Context::create_anyhow)
}

/// Whether this is the main thread; before there is one, every thread counts as it (R-LOOP-2,
/// R-LOOP-4).
pub(crate) fn in_main_thread() -> bool {
    // The main context does not end with its thread, and a child after fork has the same.
    current::get() == main_context()
}

/// One iteration of the default main context (R-LOOP-8).
pub(crate) fn iterate(may_block: bool) {
    let may_block = if may_block { GTRUE } else { GFALSE };
    // SAFETY: NULL is the default context, which always exists.
    unsafe { glib_sys::g_main_context_iteration(ptr::null_mut(), may_block) };
}

/// Makes the iteration that is blocked, or else the next one, return (R-LOOP-8).
pub(crate) fn notify() {
    if MAIN.get().is_some() {
        // SAFETY: NULL is the default context, which always exists.
        unsafe { glib_sys::g_main_context_wakeup(ptr::null_mut()) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_thread_to_ask_becomes_main() {
        assert!(in_main_thread());
        assert!(std::thread::spawn(in_main_thread).join().unwrap());
        init().unwrap();
        assert!(in_main_thread());
        let other = std::thread::spawn(|| {
            init().unwrap();
            in_main_thread()
        });
        assert!(!other.join().unwrap());
        assert!(in_main_thread());
    }
}
