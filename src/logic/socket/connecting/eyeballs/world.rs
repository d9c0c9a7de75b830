//! Races in worlds of chance: whatever look-ups and attempts do, the rules of RFC 8305 hold.

use super::Family::{self, V4, V6};
use super::{Number, Race, Settings, Step};

const MS: i64 = 1_000;

/// Numbers that are the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    fn time(&mut self, limit: i64) -> i64 {
        i64::try_from(self.below(limit.unsigned_abs())).unwrap()
    }
}

/// What the network will do, chosen beforehand.
struct World {
    settings: Settings,
    /// When each family's look-up ends, and how many addresses it has.
    answers: [(Family, i64, u32); 2],
    /// How long the attempt to each address takes to fail; None if it never ends.
    failures: [Vec<Option<i64>>; 2],
}

impl World {
    fn new(numbers: &mut Numbers) -> Self {
        let counts = [0; 2].map(|_| u32::try_from(numbers.below(5)).unwrap());
        let failures = counts.map(|count| {
            let mut failure = || (numbers.below(3) > 0).then(|| numbers.time(600 * MS));
            (0..count).map(|_| failure()).collect()
        });
        let mut time = |is_there: u64| (numbers.below(3) < is_there).then_some(0);
        let (attempt_limit, limit) = (time(1), time(1));
        let settings = Settings {
            first_family: if numbers.below(2) == 0 { V6 } else { V4 },
            first_family_count: u32::try_from(numbers.below(4)).unwrap(),
            attempt_limit: attempt_limit.map(|_| numbers.time(800 * MS)),
            limit: limit.map(|_| numbers.time(2_000 * MS)),
            resolution_delay: 50 * MS,
            attempt_delay: 250 * MS,
        };
        let mut answer = |family, at: usize| (family, numbers.time(120 * MS), counts[at]);
        Self {
            settings,
            answers: [answer(V6, 0), answer(V4, 1)],
            failures,
        }
    }

    fn failure(&self, (family, at): (Family, u32)) -> Option<i64> {
        self.failures[usize::from(family == V4)][at as usize]
    }
}

/// What was done, and when.
#[derive(Default, Debug)]
struct Record {
    starts: Vec<(i64, (Family, u32))>,
    failures: Vec<i64>,
    end: Option<(i64, bool)>,
}

/// Runs a race in a world of which it sees only what has happened.
fn run(world: &World, numbers: &mut Numbers) -> Record {
    let mut race = Race::new(world.settings, 0, &[V6, V4]);
    let mut events: Vec<(i64, Option<Number>, usize)> = Vec::new();
    for (at, (_, time, _)) in world.answers.iter().enumerate() {
        events.push((*time, None, at));
    }
    let (mut now, mut record) = (0, Record::default());
    for _ in 0..1_000 {
        match race.next(now) {
            Step::Start(number, address) => {
                record.starts.push((now, address));
                if let Some(time) = world.failure(address) {
                    events.push((now + time, Some(number), 0));
                }
            }
            Step::GiveUp(number) => {
                events.retain(|event| event.1 != Some(number));
                record.failures.push(now);
            }
            Step::Exhausted => {
                record.end = Some((now, false));
                return record;
            }
            Step::TimedOut => {
                record.end = Some((now, true));
                return record;
            }
            Step::Wait(until) => {
                assert!(until.is_none_or(|time| time > now), "a wait for the past");
                events.sort_by_key(|event| event.0);
                let event = events.first().copied();
                let due = event.filter(|(time, ..)| until.is_none_or(|until| *time <= until));
                let Some((time, number, at)) = due else {
                    let Some(until) = until else { return record };
                    // Who waits is woken late, and now and then for nothing.
                    now = until + numbers.time(3 * MS);
                    continue;
                };
                events.remove(0);
                now = now.max(time);
                match number {
                    Some(number) => {
                        race.failed(number);
                        record.failures.push(now);
                    }
                    None => {
                        let (family, _, count) = world.answers[at];
                        race.answered(family, now, (0..count).map(|at| (family, at)));
                    }
                }
            }
        }
    }
    panic!("it turns and turns")
}

fn check(world: &World, record: &Record) {
    let settings = world.settings;
    let first = settings.first_family;
    let answered = |wanted| {
        world
            .answers
            .iter()
            .find(|answer| answer.0 == wanted)
            .unwrap()
    };
    let (_, known, _) = *answered(first);
    for (at, (time, address)) in record.starts.iter().enumerate() {
        let tried = &record.starts[..at];
        assert!(
            !tried.iter().any(|(_, other)| other == address),
            "tried twice"
        );
        // Within a family in the resolver's order.
        let of_family = tried.iter().filter(|(_, other)| other.0 == address.0);
        assert_eq!(of_family.count(), address.1 as usize);
        assert!(*time >= answered(address.0).1, "tried before it was known");
        match tried.last() {
            None => {
                let is_early = *time < known;
                let other = answered(first.other()).1;
                assert!(!is_early || *time >= other + settings.resolution_delay);
            }
            Some((latest, _)) => {
                let was_failure = record
                    .failures
                    .iter()
                    .any(|failed| (latest..=time).contains(&failed));
                assert!(was_failure || *time >= latest + settings.attempt_delay);
            }
        }
    }
    if let Some((time, timed_out)) = record.end {
        let is_over = settings.limit.is_some_and(|limit| limit <= time);
        assert_eq!(timed_out, is_over);
        if !timed_out {
            let all: u32 = world.answers.iter().map(|(_, _, count)| count).sum();
            assert_eq!(record.starts.len(), all as usize);
            assert_eq!(record.failures.len(), all as usize);
        }
    } else {
        // Attempts are under way that never end, and nothing ends them.
        assert_eq!((settings.limit, settings.attempt_limit), (None, None));
    }
}

#[test]
fn whatever_the_network_does_the_rules_hold() {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let mut ends = [0; 3];
    for _ in 0..20_000 {
        let world = World::new(&mut numbers);
        let record = run(&world, &mut numbers);
        check(&world, &record);
        ends[record
            .end
            .map_or(0, |(_, timed_out)| 1 + usize::from(timed_out))] += 1;
    }
    // None of the three is rare.
    assert!(ends.iter().all(|count| *count > 1_000), "{ends:?}");
}
