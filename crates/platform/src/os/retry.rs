//! System calls that a signal interrupts.

use super::errno::Errno;

/// Makes the call again for as long as signals interrupt it (R-CHAN-13).
#[inline]
pub(super) fn retry<T>(mut call: impl FnMut() -> Result<T, Errno>) -> Result<T, Errno> {
    loop {
        match call() {
            Err(Errno::EINTR) => {}
            result => return result,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_interrupted_call_is_made_again() {
        let mut results = [Err(Errno::EINTR), Err(Errno::EINTR), Ok(7), Ok(8)].into_iter();
        assert_eq!(retry(|| results.next().unwrap()), Ok(7));
        let mut results = [Err(Errno::new(libc::EIO)), Ok(1)].into_iter();
        assert_eq!(
            retry(|| results.next().unwrap()),
            Err(Errno::new(libc::EIO))
        );
    }
}
