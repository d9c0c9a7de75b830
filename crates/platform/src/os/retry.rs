//! Repeating system calls that a signal interrupts (EINTR).

use libc::ssize_t;

use super::errno::{self, Errno};

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

/// [`retry`] for a call that returns how many bytes it has moved, or -1.
#[inline]
pub(super) fn transfer(mut call: impl FnMut() -> ssize_t) -> Result<usize, Errno> {
    retry(|| usize::try_from(call()).map_err(|_| errno::last()))
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

    #[test]
    fn signals_are_not_seen() {
        let mut results = [
            Err(Errno::new(libc::EINTR)),
            Err(Errno::new(libc::EINTR)),
            Ok(3),
        ]
        .into_iter();
        let result = transfer(|| match results.next() {
            Some(Ok(bytes)) => bytes,
            Some(Err(errno)) => {
                errno::set(errno);
                -1
            }
            None => 0,
        });
        assert_eq!(result, Ok(3));
    }
}
