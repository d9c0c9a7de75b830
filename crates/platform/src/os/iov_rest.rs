//! What of a request is still to be transferred.

use crate::os::iov::{Access, IoVec};

/// Elements that are kept without allocating.
const SMALL: usize = 32;

/// The part of a caller's elements that is left, without empty ones (R-CHAN-25).
///
/// The caller's array is used as it is, and never changed (R-CHAN-15), while the rest begins with a
/// whole element and has no empty one. Otherwise the rest is copied, all of it: where one call is
/// one message, a rest in two pieces would not fit it (W-3).
pub struct Remainder<'i, 'a, A: Access> {
    elements: Elements<'i, 'a, A>,
    /// Elements that are done with.
    done: usize,
}

#[expect(
    clippy::large_enum_variant,
    reason = "on the stack, for the call: that is what it is for"
)]
enum Elements<'i, 'a, A: Access> {
    Callers(&'i [IoVec<'a, A>]),
    Small([IoVec<'a, A>; SMALL], usize),
    Large(Vec<IoVec<'a, A>>),
}

impl<'i, 'a, A: Access> Remainder<'i, 'a, A> {
    /// All of `iov`.
    pub fn new(iov: &'i [IoVec<'a, A>]) -> Self {
        let mut rest = Self {
            elements: Elements::Callers(iov),
            done: 0,
        };
        if iov.iter().any(IoVec::is_empty) {
            rest.copy(0);
        }
        rest
    }

    /// What is left; none of it is empty.
    pub fn elements(&self) -> &[IoVec<'a, A>] {
        let all = match &self.elements {
            Elements::Callers(iov) => iov,
            Elements::Small(array, len) => array.get(..*len).unwrap_or_default(),
            Elements::Large(vector) => vector.as_slice(),
        };
        all.get(self.done..).unwrap_or_default()
    }

    /// Takes the first `bytes` away. More than there are end it.
    pub fn advance(&mut self, mut bytes: usize) {
        let mut whole = 0;
        for element in self.elements() {
            if bytes < element.len() {
                break;
            }
            bytes -= element.len();
            whole += 1;
        }
        self.done += whole;
        if bytes == 0 || self.elements().is_empty() {
            return;
        }
        match &mut self.elements {
            Elements::Callers(_) => self.copy(bytes),
            Elements::Small(array, _) => shorten(array.get_mut(self.done), bytes),
            Elements::Large(vector) => shorten(vector.get_mut(self.done), bytes),
        }
    }

    /// Copies what is left, without the first `bytes`, which are part of its first element.
    #[cold]
    fn copy(&mut self, mut bytes: usize) {
        let left = self.elements();
        let elements = left.iter().filter(|element| !element.is_empty());
        let elements = elements.map(|element| element.skip(core::mem::take(&mut bytes)));
        let copied = if left.len() <= SMALL {
            let mut array = [IoVec::EMPTY; SMALL];
            let mut len = 0;
            for (place, element) in array.iter_mut().zip(elements) {
                *place = element;
                len += 1;
            }
            Elements::Small(array, len)
        } else {
            Elements::Large(elements.collect())
        };
        self.elements = copied;
        self.done = 0;
    }
}

fn shorten<A: Access>(element: Option<&mut IoVec<'_, A>>, bytes: usize) {
    if let Some(element) = element {
        *element = element.skip(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::iov::{IoVecMut, Writable};

    /// The addresses and lengths of what is left.
    fn left(rest: &Remainder<'_, '_, Writable>) -> Vec<(usize, usize)> {
        let elements = rest.elements().iter();
        elements.map(|e| (e.addr(), e.len())).collect()
    }

    /// Transfers `step` bytes at a time, and checks that each byte comes once, in order.
    fn walk(lengths: &[usize], step: usize) {
        let mut buffers: Vec<Vec<u8>> = lengths.iter().map(|&len| vec![0; len]).collect();
        let iov: Vec<IoVecMut<'_>> = buffers.iter_mut().map(|b| IoVec::from_mut(b)).collect();
        let bytes = |elements: &[(usize, usize)]| -> Vec<usize> {
            let addresses = elements.iter().flat_map(|&(base, len)| base..base + len);
            addresses.collect()
        };
        let mut rest = Remainder::new(&iov);
        let all = bytes(&left(&rest));
        assert_eq!(all.len(), lengths.iter().sum::<usize>());
        let mut done = 0;
        while !rest.elements().is_empty() {
            assert!(rest.elements().iter().all(|element| !element.is_empty()));
            assert_eq!(bytes(&left(&rest)), all[done..], "after {done} bytes");
            rest.advance(step);
            done += step;
        }
        assert!(done >= all.len());
    }

    #[test]
    fn every_byte_comes_once_and_in_order() {
        // More than there is room for on the stack; what is compared grows with the square, and Miri takes its time.
        let count = if cfg!(miri) { SMALL + 8 } else { 100 };
        let many: Vec<usize> = (0..count).map(|n| n % 4).collect();
        for step in [1, 2, 3, 5, 16, 1000] {
            walk(&[], step);
            walk(&[7], step);
            walk(&[1, 2, 3, 4], step);
            walk(&[0, 3, 0, 0, 2, 0], step);
            if step > 3 || !cfg!(miri) {
                walk(&many, step);
                walk(&vec![3; count], step);
            }
        }
    }

    #[test]
    fn the_callers_array_is_used_while_it_can_be() {
        let mut bytes = [0; 6];
        let (first, second) = bytes.split_at_mut(2);
        let iov = [IoVec::from_mut(first), IoVec::from_mut(second)];
        let mut rest = Remainder::new(&iov);
        assert!(core::ptr::eq(rest.elements(), &iov[..]));
        rest.advance(2);
        assert!(core::ptr::eq(rest.elements(), &iov[1..]));
        rest.advance(1);
        assert_eq!(rest.elements().len(), 1);
        assert_eq!(rest.elements()[0].len(), 3);
        assert_eq!(iov[1].len(), 4);
        rest.advance(usize::MAX);
        assert!(rest.elements().is_empty());
    }
}
