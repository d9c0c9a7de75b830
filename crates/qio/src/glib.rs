//! Contexts from and to gtk-rs.

use glib::ffi::GMainContext;
use glib::translate::{ToGlibPtr, from_glib_none};

use crate::context::Context;
use platform::glib::MainContext;

impl From<&glib::MainContext> for Context {
    /// ```
    /// # fn main() {
    /// use qio::{Context, Task};
    /// let main = glib::MainContext::new();
    /// let context = Context::from(&main);
    /// let main_loop = glib::MainLoop::new(Some(&main), false);
    /// let own = main_loop.clone();
    /// let sum = std::rc::Rc::new(std::cell::Cell::new(0));
    /// let shared = sum.clone();
    /// main.spawn_local(async move {
    ///     shared.set(Task::run(&context, || 1 + 2).await);
    ///     own.quit();
    /// });
    /// main_loop.run();
    /// assert_eq!(sum.get(), 3);
    /// # }
    /// ```
    #[expect(unsafe_code, reason = "the two crates share C's type only")]
    fn from(context: &glib::MainContext) -> Self {
        let pointer: *mut GMainContext = context.to_glib_none().0;
        // SAFETY: the context is live.
        Self(unsafe { MainContext::from_ptr_none(pointer.cast()) })
    }
}

impl From<&Context> for glib::MainContext {
    #[expect(unsafe_code, reason = "the two crates share C's type only")]
    fn from(context: &Context) -> Self {
        // SAFETY: the context is live.
        unsafe { from_glib_none(context.0.as_ptr().cast::<GMainContext>()) }
    }
}
