//! The clock.

use core::mem::MaybeUninit;

/// Nanoseconds of `CLOCK_MONOTONIC`.
pub(crate) fn monotonic() -> u64 {
    now(libc::CLOCK_MONOTONIC)
}

/// The same, some milliseconds late and for a fraction of the cost.
pub fn coarse() -> u64 {
    now(libc::CLOCK_MONOTONIC_COARSE)
}

fn now(clock: libc::clockid_t) -> u64 {
    let mut now = MaybeUninit::<libc::timespec>::zeroed();
    // SAFETY: the call stores to a local variable.
    unsafe { libc::clock_gettime(clock, now.as_mut_ptr()) };
    // SAFETY: all of it was set to zero, and the call can only have stored a time.
    let now = unsafe { now.assume_init() };
    let nanoseconds = now.tv_sec.wrapping_mul(1_000_000_000) + now.tv_nsec;
    nanoseconds.cast_unsigned()
}

#[cfg(test)]
mod tests {
    #[test]
    fn time_goes_on() {
        let before = super::monotonic();
        assert!(before > 0);
        assert!(super::coarse() > 0);
        assert!(super::monotonic() >= before.max(super::coarse()));
    }
}
