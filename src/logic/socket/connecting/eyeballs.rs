//! Happy Eyeballs (RFC 8305) without sockets and clocks: which address to try when.
//!
//! Who owns a [`Race`] tells it what happens and when, and asks it for the next [`Step`] until that is to wait.
//! Times are microseconds of any clock that only goes forward.

use std::collections::VecDeque;

/// One of the two lists that addresses stand in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Family {
    /// IPv6.
    V6,
    /// IPv4.
    V4,
}

impl Family {
    /// The other one.
    pub const fn other(self) -> Self {
        match self {
            Self::V6 => Self::V4,
            Self::V4 => Self::V6,
        }
    }
}

/// One thing for each family.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Both<T> {
    v6: T,
    v4: T,
}

impl<T> Both<T> {
    fn of(&self, family: Family) -> &T {
        match family {
            Family::V6 => &self.v6,
            Family::V4 => &self.v4,
        }
    }

    fn of_mut(&mut self, family: Family) -> &mut T {
        match family {
            Family::V6 => &mut self.v6,
            Family::V4 => &mut self.v4,
        }
    }
}

/// What can be chosen; the names are the RFC's where it has one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Settings {
    /// How long to wait for the addresses of the first family when the other's are there (section 3).
    pub resolution_delay: i64,
    /// When the next attempt starts beside one that is under way (section 5).
    pub attempt_delay: i64,
    /// Whose addresses go first.
    pub first_family: Family,
    /// How many of them before the first of the other family (section 4).
    pub first_family_count: u32,
    /// How long one attempt may take.
    pub attempt_limit: Option<i64>,
    /// How long all may take, the look-ups included.
    pub limit: Option<i64>,
}

/// An attempt, by a number of its own.
pub type Number = u32;

/// What to do now.
#[derive(PartialEq, Eq, Debug)]
pub enum Step<A> {
    /// Connect to this address.
    Start(Number, A),
    /// This attempt has taken too long: end it. It has failed.
    GiveUp(Number),
    /// Nothing until then, or until something happens.
    Wait(Option<i64>),
    /// All has been tried and has failed.
    Exhausted,
    /// The time is up for all.
    TimedOut,
}

/// An attempt that is under way.
#[derive(Clone, Debug)]
struct Flight {
    number: Number,
    family: Family,
    started: i64,
    /// What was left of the first family's count before it.
    head: u32,
}

/// A look-up.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Answer {
    /// There is none to be waited for.
    #[default]
    Over,
    Awaited,
}

/// A connection in the making.
#[derive(Clone, Debug)]
pub struct Race<A> {
    settings: Settings,
    began: i64,
    answers: Both<Answer>,
    untried: Both<VecDeque<A>>,
    flights: Vec<Flight>,
    /// Until when the first attempt waits for the first family; None if nothing is to be tried yet.
    opens: Option<i64>,
    /// The latest attempt, and its family.
    latest: Option<(i64, Family)>,
    /// An attempt has failed since then: the next needs no delay.
    hurries: bool,
    /// What is left of the first family's count.
    head: u32,
    next_number: Number,
}

impl<A> Race<A> {
    /// Begins now, with the answers of so many look-ups to come.
    pub fn new(settings: Settings, now: i64, awaited: &[Family]) -> Self {
        let mut answers = Both::default();
        for family in awaited {
            *answers.of_mut(*family) = Answer::Awaited;
        }
        Self {
            settings,
            began: now,
            answers,
            untried: Both::default(),
            flights: Vec::new(),
            opens: None,
            latest: None,
            hurries: false,
            head: settings.first_family_count.max(1),
            next_number: 0,
        }
    }

    /// A look-up has ended, perhaps without an address. Those that come late join the untried ones (R-CONN-4).
    pub fn answered(&mut self, family: Family, now: i64, addresses: impl IntoIterator<Item = A>) {
        *self.answers.of_mut(family) = Answer::Over;
        self.untried.of_mut(family).extend(addresses);
        let first = self.settings.first_family;
        if *self.answers.of(first) == Answer::Over {
            self.opens = Some(now);
        } else if self.opens.is_none() && !self.untried.of(family).is_empty() {
            self.opens = Some(now.saturating_add(self.settings.resolution_delay));
        }
    }

    /// Whether a look-up has not ended.
    pub fn awaits(&self, family: Family) -> bool {
        *self.answers.of(family) == Answer::Awaited
    }

    /// An attempt has failed. The next one starts at once.
    pub fn failed(&mut self, number: Number) {
        self.flights.retain(|flight| flight.number != number);
        self.hurries = true;
    }

    /// An attempt can't start as long as others have what it needs (descriptors): its address is the next again, when
    /// one of them ends or after the delay. Without others it gets the address back: it has failed.
    pub fn held_back(&mut self, number: Number, address: A) -> Option<A> {
        let at = self
            .flights
            .iter()
            .position(|flight| flight.number == number);
        let Some(flight) = at.map(|at| self.flights.remove(at)) else {
            return Some(address);
        };
        if self.flights.is_empty() {
            self.hurries = true;
            return Some(address);
        }
        self.untried.of_mut(flight.family).push_front(address);
        // Whose turn it was it is again.
        self.head = flight.head;
        self.latest = Some((flight.started, flight.family.other()));
        None
    }

    /// What to do now.
    pub fn next(&mut self, now: i64) -> Step<A> {
        if self.ends().is_some_and(|end| end <= now) {
            return Step::TimedOut;
        }
        if let Some(number) = self.overdue(now) {
            self.failed(number);
            return Step::GiveUp(number);
        }
        let head = self.head;
        if self.start_time().is_some_and(|time| time <= now)
            && let Some((family, address)) = self.take()
        {
            let number = self.next_number;
            self.next_number = number.wrapping_add(1);
            self.flights.push(Flight {
                number,
                family,
                started: now,
                head,
            });
            self.latest = Some((now, family));
            self.hurries = false;
            return Step::Start(number, address);
        }
        let awaits = self.awaits(Family::V6) || self.awaits(Family::V4);
        if self.flights.is_empty() && !self.has_untried() && !awaits {
            return Step::Exhausted;
        }
        Step::Wait(self.wakes())
    }

    /// When all of it ends (R-CONN-8).
    fn ends(&self) -> Option<i64> {
        let limit = self.settings.limit?;
        Some(self.began.saturating_add(limit))
    }

    /// When an attempt ends.
    fn gives_up(&self, flight: &Flight) -> Option<i64> {
        let limit = self.settings.attempt_limit?;
        Some(flight.started.saturating_add(limit))
    }

    fn overdue(&self, now: i64) -> Option<Number> {
        let is_over = |flight: &&Flight| self.gives_up(flight).is_some_and(|end| end <= now);
        self.flights
            .iter()
            .find(is_over)
            .map(|flight| flight.number)
    }

    fn has_untried(&self) -> bool {
        !self.untried.v6.is_empty() || !self.untried.v4.is_empty()
    }

    /// When the next attempt may start, if there is an address for it.
    fn start_time(&self) -> Option<i64> {
        if !self.has_untried() {
            return None;
        }
        match self.latest {
            None => self.opens,
            Some((time, _)) if self.hurries || self.flights.is_empty() => Some(time),
            Some((time, _)) => Some(time.saturating_add(self.settings.attempt_delay)),
        }
    }

    /// When to look again, whatever happens until then.
    fn wakes(&self) -> Option<i64> {
        let attempts = self
            .flights
            .iter()
            .filter_map(|flight| self.gives_up(flight));
        let others = self.ends().into_iter().chain(self.start_time());
        attempts.chain(others).min()
    }

    /// The next address: so many of the first family, then the families in turn as long as there are both (R-CONN-5).
    fn take(&mut self) -> Option<(Family, A)> {
        let first = self.settings.first_family;
        let wanted = match self.latest {
            _ if self.head > 0 => first,
            Some((_, family)) => family.other(),
            None => first,
        };
        for family in [wanted, wanted.other()] {
            if let Some(address) = self.untried.of_mut(family).pop_front() {
                // Late ones of the first family get no head start.
                self.head = if family == first {
                    self.head.saturating_sub(1)
                } else {
                    0
                };
                return Some((family, address));
            }
        }
        None
    }
}

#[cfg(test)]
mod world;

#[cfg(test)]
mod tests {
    use super::*;
    use Family::{V4, V6};

    const MS: i64 = 1_000;

    fn settings() -> Settings {
        Settings {
            resolution_delay: 50 * MS,
            attempt_delay: 250 * MS,
            first_family: V6,
            first_family_count: 1,
            attempt_limit: None,
            limit: None,
        }
    }

    fn started<A: Clone>(step: &Step<A>) -> (Number, A) {
        match step {
            Step::Start(number, address) => (*number, address.clone()),
            _ => panic!("no attempt starts"),
        }
    }

    /// All addresses in the order in which they are tried, if none answers.
    fn order(settings: Settings, v6: &[&'static str], v4: &[&'static str]) -> Vec<&'static str> {
        let mut race = Race::new(settings, 0, &[V6, V4]);
        race.answered(V6, 0, v6.iter().copied());
        race.answered(V4, 0, v4.iter().copied());
        let (mut now, mut tried) = (0, Vec::new());
        loop {
            match race.next(now) {
                Step::Start(_, address) => tried.push(address),
                Step::Wait(Some(time)) => now = time,
                Step::Wait(None) => return tried,
                step => panic!("{step:?}"),
            }
        }
    }

    #[test]
    fn families_take_turns_and_the_first_has_its_head_start() {
        let (v6, v4) = (["a6", "b6", "c6"], ["a4", "b4"]);
        assert_eq!(order(settings(), &v6, &v4), ["a6", "a4", "b6", "b4", "c6"]);
        let with = |first_family, first_family_count| Settings {
            first_family,
            first_family_count,
            ..settings()
        };
        assert_eq!(order(with(V6, 2), &v6, &v4), ["a6", "b6", "a4", "c6", "b4"]);
        assert_eq!(order(with(V4, 1), &v6, &v4), ["a4", "a6", "b4", "b6", "c6"]);
        assert_eq!(order(with(V6, 9), &v6, &v4), ["a6", "b6", "c6", "a4", "b4"]);
        assert_eq!(order(settings(), &[], &v4), v4);
        assert_eq!(order(settings(), &v6, &[]), v6);
    }

    #[test]
    fn the_first_family_is_tried_as_soon_as_it_is_known() {
        let mut race = Race::new(settings(), 0, &[V6, V4]);
        assert_eq!(race.next(0), Step::Wait(None));
        race.answered(V6, 10, ["a6"]);
        assert_eq!(race.next(10), Step::Start(0, "a6"));
        assert_eq!(race.next(10), Step::Wait(None));
        race.answered(V4, 20, ["a4"]);
        assert_eq!(race.next(20), Step::Wait(Some(10 + 250 * MS)));
        assert_eq!(race.next(10 + 250 * MS), Step::Start(1, "a4"));
    }

    #[test]
    fn the_other_family_waits_for_the_first() {
        let mut race = Race::new(settings(), 0, &[V6, V4]);
        race.answered(V4, 10, ["a4", "b4"]);
        assert_eq!(race.next(10), Step::Wait(Some(10 + 50 * MS)));
        let mut without = race.clone();
        without.answered(V6, 20, []);
        assert_eq!(without.next(20), Step::Start(0, "a4"));
        let mut with = race.clone();
        with.answered(V6, 20, ["a6"]);
        assert_eq!(with.next(20), Step::Start(0, "a6"));
        // Not for ever; and what comes late is next.
        assert_eq!(race.next(10 + 50 * MS), Step::Start(0, "a4"));
        race.answered(V6, 70 * MS, ["a6"]);
        race.failed(0);
        assert_eq!(race.next(70 * MS), Step::Start(1, "a6"));
    }

    #[test]
    fn after_a_failure_the_next_goes_at_once() {
        let mut race = Race::new(settings(), 0, &[V6]);
        race.answered(V6, 0, ["a", "b", "c"]);
        let (first, _) = started(&race.next(0));
        let (second, _) = started(&race.next(250 * MS));
        race.failed(first);
        let (third, _) = started(&race.next(251 * MS));
        assert_eq!(race.next(251 * MS), Step::Wait(None));
        race.failed(third);
        race.failed(second);
        assert_eq!(race.next(252 * MS), Step::Exhausted);
    }

    #[test]
    fn an_attempt_and_all_of_them_have_their_time() {
        let limited = Settings {
            attempt_limit: Some(100 * MS),
            limit: Some(150 * MS),
            ..settings()
        };
        let mut race = Race::new(limited, 0, &[V6, V4]);
        race.answered(V6, 0, ["a", "b"]);
        assert_eq!(race.next(0), Step::Start(0, "a"));
        assert_eq!(race.next(0), Step::Wait(Some(100 * MS)));
        assert_eq!(race.next(100 * MS), Step::GiveUp(0));
        assert_eq!(race.next(100 * MS), Step::Start(1, "b"));
        assert_eq!(race.next(100 * MS), Step::Wait(Some(150 * MS)));
        assert_eq!(race.next(150 * MS), Step::TimedOut);
        assert!(race.awaits(V4));
        assert!(!race.awaits(V6));
    }

    #[test]
    fn without_descriptors_an_address_waits_for_those_under_way() {
        let mut race = Race::new(settings(), 0, &[V6, V4]);
        race.answered(V6, 0, ["a6", "b6"]);
        race.answered(V4, 0, ["a4"]);
        let (first, address) = started(&race.next(0));
        // Nothing is under way that could free one.
        assert_eq!(race.held_back(first, address), Some("a6"));
        let (second, address) = started(&race.next(0));
        assert_eq!(address, "a4");
        let (third, address) = started(&race.next(250 * MS));
        assert_eq!(race.held_back(third, address), None);
        assert_eq!(race.next(250 * MS), Step::Wait(Some(500 * MS)));
        race.failed(second);
        assert_eq!(started(&race.next(260 * MS)).1, "b6");
    }

    #[test]
    fn what_is_held_back_keeps_its_place() {
        let two = Settings {
            first_family_count: 2,
            ..settings()
        };
        let mut race = Race::new(two, 0, &[V6, V4]);
        race.answered(V6, 0, ["a6", "b6", "c6"]);
        race.answered(V4, 0, ["a4"]);
        started(&race.next(0));
        let (number, address) = started(&race.next(250 * MS));
        assert_eq!(race.held_back(number, address), None);
        let times = [500, 750, 1_000].map(|time| started(&race.next(time * MS)).1);
        assert_eq!(times, ["b6", "a4", "c6"]);
    }
}
