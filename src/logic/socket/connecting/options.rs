//! What a program chooses, and what stands for what it doesn't (R-CONN-3).

use super::eyeballs::{Family, Settings};

/// Times are in milliseconds; 0 is what is recommended, or no limit.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// All of it.
    pub timeout: u32,
    /// One attempt.
    pub attempt_timeout: u32,
    /// The `Connection Attempt Delay` of RFC 8305.
    pub attempt_delay: u32,
    /// Its `Resolution Delay`.
    pub resolution_delay: u32,
    /// Its `First Address Family Count`.
    pub first_family_count: u32,
    /// Its preferred family.
    pub first_family: Family,
}

/// Section 8 of RFC 8305.
const RESOLUTION_DELAY: u32 = 50;
const ATTEMPT_DELAY: u32 = 250;
/// "MUST NOT be set to a value less than 10 milliseconds".
const SHORTEST_ATTEMPT_DELAY: u32 = 10;
/// "the recommended maximum value is 2 seconds".
const LONGEST_ATTEMPT_DELAY: u32 = 2_000;

impl Options {
    /// For a race, in microseconds.
    pub fn settings(self) -> Settings {
        let microseconds = |milliseconds: u32| i64::from(milliseconds) * 1_000;
        let or = |value: u32, other| if value == 0 { other } else { value };
        let limit = |value: u32| (value != 0).then(|| microseconds(value));
        let attempt_delay = or(self.attempt_delay, ATTEMPT_DELAY)
            .clamp(SHORTEST_ATTEMPT_DELAY, LONGEST_ATTEMPT_DELAY);
        Settings {
            resolution_delay: microseconds(or(self.resolution_delay, RESOLUTION_DELAY)),
            attempt_delay: microseconds(attempt_delay),
            first_family: self.first_family,
            first_family_count: or(self.first_family_count, 1),
            attempt_limit: limit(self.attempt_timeout),
            limit: limit(self.timeout),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Options = Options {
        timeout: 0,
        attempt_timeout: 0,
        attempt_delay: 0,
        resolution_delay: 0,
        first_family_count: 0,
        first_family: Family::V6,
    };

    #[test]
    fn what_is_not_chosen_is_what_the_rfc_recommends() {
        let expected = Settings {
            resolution_delay: 50_000,
            attempt_delay: 250_000,
            first_family: Family::V6,
            first_family_count: 1,
            attempt_limit: None,
            limit: None,
        };
        assert_eq!(NOTHING.settings(), expected);
    }

    #[test]
    fn attempts_are_neither_too_close_nor_too_far_apart() {
        let delay = |attempt_delay| {
            let options = Options {
                attempt_delay,
                ..NOTHING
            };
            options.settings().attempt_delay
        };
        let delays = [1, 9, 10, 300, 2_000, 2_001, u32::MAX].map(delay);
        let expected = [10, 10, 10, 300, 2_000, 2_000, 2_000].map(|time| time * 1_000);
        assert_eq!(delays, expected);
    }

    #[test]
    fn limits_are_what_was_chosen() {
        let options = Options {
            timeout: u32::MAX,
            attempt_timeout: 1,
            ..NOTHING
        };
        let settings = options.settings();
        let longest = i64::from(u32::MAX) * 1_000;
        assert_eq!(
            (settings.limit, settings.attempt_limit),
            (Some(longest), Some(1_000))
        );
    }
}
