//! Which events are meant: `qio_task_*,-qio_channel_*`.

use core::ffi::CStr;

use super::events::EVENTS;
use super::lines;
use super::listeners::{self, LINES};
use host::error::Error;

/// A set of events, by number.
type Set = [bool; EVENTS.len()];

/// What a list of patterns comes to.
pub(super) struct Selection {
    /// The events.
    pub chosen: Set,
    /// The patterns that are no event's.
    pub wrong: Vec<String>,
}

/// Goes through a list: each pattern adds the events whose names it matches, or takes them away after `-`.
/// `*` stands for any characters, `?` for any one.
pub(super) fn select(list: &str) -> Selection {
    let mut selection = Selection {
        chosen: [false; EVENTS.len()],
        wrong: Vec::new(),
    };
    for pattern in list.split(',').map(str::trim) {
        let (choose, name) = match pattern.strip_prefix('-') {
            Some(name) => (false, name),
            None => (true, pattern),
        };
        let mut any = false;
        for (event, chosen) in EVENTS.iter().zip(&mut selection.chosen) {
            if event.known && matches(name.as_bytes(), event.name.as_bytes()) {
                *chosen = choose;
                any = true;
            }
        }
        if !any {
            selection.wrong.push(pattern.to_owned());
        }
    }
    selection
}

/// Whether a pattern matches a name.
fn matches(mut pattern: &[u8], mut name: &[u8]) -> bool {
    // Where to go on if it doesn't from here: what follows the last star, what is left to that star.
    let mut star = None;
    loop {
        match (pattern, name) {
            ([b'*', rest @ ..], _) => {
                star = Some((rest, name));
                pattern = rest;
            }
            ([], []) => return true,
            ([p, rest @ ..], [n, left @ ..]) if *p == b'?' || p == n => {
                pattern = rest;
                name = left;
            }
            _ => match star {
                Some((rest, [_, left @ ..])) => {
                    star = Some((rest, left));
                    pattern = rest;
                    name = left;
                }
                _ => return false,
            },
        }
    }
}

impl Selection {
    /// What is wrong with the list.
    pub(super) fn complaint(&self) -> Option<String> {
        let wrong: Vec<_> = self
            .wrong
            .iter()
            .map(|pattern| format!("'{}'", pattern.escape_default()))
            .collect();
        (!wrong.is_empty()).then(|| format!("No trace event matches {}", wrong.join(", ")))
    }

    /// Has lines written for the events, or no longer.
    pub(super) fn switch(&self, on: bool) {
        for (event, _) in self
            .chosen
            .iter()
            .enumerate()
            .filter(|(_, chosen)| **chosen)
        {
            listeners::set(event, LINES, on);
        }
    }
}

/// A list of a program's, all of which has to be right.
fn select_all(list: &CStr) -> Result<Selection, Error> {
    let selection = select(&list.to_string_lossy());
    match selection.complaint() {
        Some(complaint) => Err(Error::new(complaint)),
        None => Ok(selection),
    }
}

/// Has lines written for the events of a list, too.
pub fn enable(list: &CStr) -> Result<(), Error> {
    let selection = select_all(list)?;
    lines::set_default_file()?;
    selection.switch(true);
    Ok(())
}

/// Has no lines written any more for the events of a list.
pub fn disable(list: &CStr) -> Result<(), Error> {
    select_all(list)?.switch(false);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks_match() {
        let all = [
            ("qio_task_new", "qio_task_new", true),
            ("qio_task_new", "qio_task_ne", false),
            ("qio_task_ne", "qio_task_new", false),
            ("*", "", true),
            ("", "", true),
            ("?", "", false),
            ("qio_*_new", "qio_task_new", true),
            ("qio_*_new", "qio_task_new_fd", false),
            ("*_new*", "qio_task_new_fd", true),
            ("**new", "new", true),
            ("*ab", "aab", true),
            ("q?o_*a?k*", "qio_task_new", true),
            ("*x*", "qio_task_new", false),
        ];
        for (pattern, name, expected) in all {
            assert_eq!(
                matches(pattern.as_bytes(), name.as_bytes()),
                expected,
                "{pattern} {name}"
            );
        }
    }

    fn chosen(list: &str) -> Vec<&'static str> {
        let events = EVENTS.iter().zip(select(list).chosen);
        events
            .filter_map(|(event, chosen)| chosen.then_some(event.name))
            .collect()
    }

    #[test]
    fn patterns_add_and_take_away_in_their_order() {
        assert_eq!(
            chosen("qio_channel_file_*, qio_channel_null_new"),
            [
                "qio_channel_file_new_fd",
                "qio_channel_file_new_path",
                "qio_channel_null_new"
            ]
        );
        assert_eq!(
            chosen("qio_channel_file_*,-*_fd"),
            ["qio_channel_file_new_path"]
        );
        assert_eq!(
            chosen("*,-*,qio_channel_file_new_fd"),
            ["qio_channel_file_new_fd"]
        );
        assert_eq!(chosen("-qio_channel_*").len(), 0);
        let known = EVENTS.iter().filter(|event| event.known).count();
        assert_eq!(chosen("*").len(), known);
    }

    #[test]
    fn what_matches_nothing_is_wrong() {
        assert_eq!(select("qio_task_new,-*").complaint(), None);
        let complaint = select("qio_task_,*,-x\ny,").complaint().unwrap();
        assert_eq!(
            complaint,
            r"No trace event matches 'qio_task_', '-x\ny', ''"
        );
    }
}
