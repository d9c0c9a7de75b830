//! Masking of payloads (RFC 6455 section 5.3).

use platform::sync::fork;

/// Masks, or unmasks, a whole payload.
pub fn apply(data: &mut [u8], mask: [u8; 4]) {
    let mut words = data.chunks_exact_mut(4);
    for word in &mut words {
        for (byte, mask) in word.iter_mut().zip(mask) {
            *byte ^= mask;
        }
    }
    for (byte, mask) in words.into_remainder().iter_mut().zip(mask) {
        *byte ^= mask;
    }
}

/// Masking keys that nobody can predict, a new one for each frame (RFC 6455 sections 5.3 and 10.3).
pub struct Keys {
    /// Random bytes, fetched for many keys at once.
    random: [u8; 256],
    used: usize,
    /// The process that has fetched them: a forked child would send what its parent sends.
    generation: u32,
}

impl Default for Keys {
    fn default() -> Self {
        let random = [0; 256];
        Self {
            used: random.len(),
            random,
            generation: 0,
        }
    }
}

impl Keys {
    /// The next one; the kernel may have none.
    pub fn fresh(&mut self) -> Result<[u8; 4], getrandom::Error> {
        if self.used == self.random.len() || self.generation != fork::generation_now() {
            self.fetch()?;
        }
        let mut key = [0; 4];
        key.copy_from_slice(&self.random[self.used..self.used + 4]);
        self.used += key.len();
        Ok(key)
    }

    #[cold]
    fn fetch(&mut self) -> Result<(), getrandom::Error> {
        self.used = self.random.len();
        // From here on forks are counted.
        self.generation = fork::generation();
        getrandom::fill(&mut self.random)?;
        self.used = 0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6455 section 5.7: a single-frame masked text message, "Hello".
    #[test]
    fn the_example_of_the_rfc_is_unmasked() {
        let mut data = [0x7f, 0x9f, 0x4d, 0x51, 0x58];
        apply(&mut data, [0x37, 0xfa, 0x21, 0x3d]);
        assert_eq!(&data, b"Hello");
    }

    #[test]
    fn keys_are_not_used_again() {
        let mut keys = Keys::default();
        let fresh: Vec<_> = (0..200).filter_map(|_| keys.fresh().ok()).collect();
        assert_eq!(fresh.len(), 200);
        let distinct: std::collections::BTreeSet<_> = fresh.iter().collect();
        // Of 200 random ones two may be equal, once in 200,000 runs; three pairs never are.
        assert!(distinct.len() > 197, "{fresh:?}");
    }
}
