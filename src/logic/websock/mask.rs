//! Masking of payloads (RFC 6455 section 5.3).

/// Masks, or unmasks, a part of a frame's payload that begins `phase` bytes into it.
pub(super) fn apply(data: &mut [u8], mask: [u8; 4], phase: usize) {
    let turned: [u8; 4] = core::array::from_fn(|i| mask[(phase + i) % 4]);
    let key = u64::from(u32::from_ne_bytes(turned)) * 0x1_0000_0001;
    let (words, rest) = data.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ key).to_ne_bytes();
    }
    for (byte, mask) in rest.iter_mut().zip(key.to_ne_bytes()) {
        *byte ^= mask;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_part_is_masked_as_byte_by_byte() {
        let mask = [1, 2, 3, 250];
        for length in 0..70 {
            for phase in 0..9 {
                let plain: Vec<u8> = (0..length).collect();
                let mut data = plain.clone();
                apply(&mut data, mask, phase);
                for (i, byte) in data.iter().enumerate() {
                    assert_eq!(*byte, plain[i] ^ mask[(phase + i) % 4]);
                }
            }
        }
    }
}
