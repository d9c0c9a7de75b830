//! The accept rate: a bucket of tokens, one for each client, that fills up with time.

/// Micro-tokens in a token: a rate of one a second adds one each microsecond.
const TOKEN: u64 = 1_000_000;

/// A token bucket. Times are microseconds of any clock that doesn't go back.
#[derive(Clone, Debug)]
pub struct TokenBucket {
    /// Tokens a second.
    rate: u64,
    /// Micro-tokens that it holds.
    capacity: u64,
    /// Micro-tokens in it.
    level: u64,
    /// When that was so.
    time: i64,
}

impl TokenBucket {
    /// A full bucket that gets `rate` tokens a second and holds `burst` of them; neither is less than one.
    pub fn new(rate: u32, burst: u32, now: i64) -> Self {
        let capacity = u64::from(burst.max(1)) * TOKEN;
        Self {
            rate: u64::from(rate.max(1)),
            capacity,
            level: capacity,
            time: now,
        }
    }

    fn fill(&mut self, now: i64) {
        let passed = u64::try_from(now.saturating_sub(self.time)).unwrap_or(0);
        let added = passed.saturating_mul(self.rate);
        self.level = self.level.saturating_add(added).min(self.capacity);
        self.time = self.time.max(now);
    }

    /// Takes a token, or tells in how many milliseconds there will be one: at least 1.
    pub fn take(&mut self, now: i64) -> Result<(), u32> {
        self.fill(now);
        if let Some(rest) = self.level.checked_sub(TOKEN) {
            self.level = rest;
            return Ok(());
        }
        let microseconds = (TOKEN - self.level).div_ceil(self.rate);
        Err(u32::try_from(microseconds.div_ceil(1_000)).unwrap_or(u32::MAX))
    }

    /// Puts back a token that no client was accepted for.
    pub fn put_back(&mut self) {
        self.level = (self.level + TOKEN).min(self.capacity);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;

    fn taken(bucket: &mut TokenBucket, now: i64) -> u32 {
        let mut taken = 0;
        while bucket.take(now).is_ok() {
            taken += 1;
        }
        taken
    }

    #[test]
    fn it_begins_full_and_gives_no_more_than_that_at_once() {
        let mut bucket = TokenBucket::new(10, 3, 0);
        assert_eq!(taken(&mut bucket, 0), 3);
        assert_eq!(taken(&mut bucket, 0), 0);
    }

    #[test]
    fn it_fills_by_its_rate_up_to_its_size() {
        let mut bucket = TokenBucket::new(10, 30, 0);
        assert_eq!(taken(&mut bucket, 0), 30);
        assert_eq!(taken(&mut bucket, SECOND), 10);
        assert_eq!(taken(&mut bucket, 100 * SECOND), 30);
    }

    #[test]
    fn the_wait_it_tells_is_enough_and_not_a_millisecond_more() {
        for rate in [1, 3, 7, 1_000, 1_000_000, u32::MAX] {
            let mut bucket = TokenBucket::new(rate, 1, 5);
            assert_eq!(bucket.take(5), Ok(()));
            let wait = bucket.take(5).unwrap_err();
            assert!(wait >= 1);
            let mut early = bucket.clone();
            assert!(wait == 1 || early.take(5 + i64::from(wait - 1) * 1_000).is_err());
            assert_eq!(bucket.take(5 + i64::from(wait) * 1_000), Ok(()));
        }
    }

    #[test]
    fn fractions_of_tokens_are_not_lost() {
        let mut bucket = TokenBucket::new(3, 1, 0);
        assert_eq!(bucket.take(0), Ok(()));
        let got = (1..=10_000).filter(|ms| bucket.take(ms * 1_000).is_ok());
        assert_eq!(got.count(), 29);
    }

    #[test]
    fn a_token_that_is_put_back_is_there_again() {
        let mut bucket = TokenBucket::new(1, 2, 0);
        bucket.put_back();
        assert_eq!(taken(&mut bucket, 0), 2);
        bucket.put_back();
        assert_eq!(taken(&mut bucket, 0), 1);
    }

    #[test]
    fn a_clock_that_goes_back_gives_nothing() {
        let mut bucket = TokenBucket::new(1, 1, 10 * SECOND);
        assert_eq!(bucket.take(10 * SECOND), Ok(()));
        assert_eq!(bucket.take(0), Err(1_000));
        assert_eq!(bucket.take(10 * SECOND), Err(1_000));
    }

    #[test]
    fn the_longest_time_is_no_overflow() {
        let mut bucket = TokenBucket::new(u32::MAX, u32::MAX, i64::MIN);
        assert_eq!(bucket.take(i64::MAX), Ok(()));
    }
}
