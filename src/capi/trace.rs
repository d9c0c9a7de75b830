//! `qio/trace.h`.

use trace::Sink;

/// See `qio/trace.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qio_trace_register(sinks: *const Sink) -> usize {
    if sinks.is_null() {
        return 0;
    }
    // SAFETY: the caller's list ends, and its functions take what it says.
    unsafe { trace::register(sinks) }
}
