//! Plain values, as properties have them: read from a text or a value of the caller's, or noted
//! down for the caller.

use core::cell::RefCell;
use core::ffi::{CStr, c_int};
use std::ffi::CString;

use crate::error::{self, Error};
use abi::origin;

use super::words;

/// Where an input visitor takes a value from.
#[derive(Clone, Copy)]
pub(crate) enum Source<'a> {
    /// A text that becomes whatever is asked for (R-QOM-17).
    Word(&'a CStr),
    /// A text.
    Text(&'a CStr),
    /// Yes or no.
    Truth(bool),
    /// A number.
    Number(i128),
}

/// What an output visitor was shown.
#[derive(Clone)]
pub(crate) enum Shown {
    /// A text.
    Text(CString),
    /// Yes or no.
    Truth(bool),
    /// A number.
    Number(i128),
    /// A value of an enum, with its name.
    Choice(c_int, CString),
}

/// A place for what an output visitor is shown; the last value counts.
#[derive(Default)]
pub(crate) struct Sink(RefCell<Option<Shown>>);

impl Sink {
    /// Notes a value.
    pub(crate) fn put(&self, value: Shown) {
        self.0.replace(Some(value));
    }

    /// What was noted.
    pub(crate) fn take(&self) -> Option<Shown> {
        self.0.take()
    }
}

/// An integer type of C.
#[derive(Clone, Copy)]
pub(crate) struct IntegerType {
    /// Its name, for errors.
    pub(crate) name: &'static str,
    /// The least value.
    pub(crate) min: i128,
    /// The greatest value.
    pub(crate) max: i128,
    /// Whether texts may end with the letter of a power of 1024.
    pub(crate) is_size: bool,
}

/// The refusal of a value of the wrong kind.
pub(crate) fn wrong_kind(name: &str, expected: &str) -> Error {
    Error::new(format!(
        "Invalid parameter type for '{name}', expected: {expected}"
    ))
}

impl<'a> Source<'a> {
    /// The value as a text.
    pub(crate) fn text(self, name: &str) -> Result<&'a CStr, Error> {
        match self {
            Self::Word(text) | Self::Text(text) => Ok(text),
            Self::Truth(_) | Self::Number(_) => Err(wrong_kind(name, "string")),
        }
    }

    /// The value as yes or no.
    pub(crate) fn truth(self, name: &str) -> Result<bool, Error> {
        match self {
            Self::Word(word) => words::yes_or_no(word.to_bytes())
                .ok_or_else(|| Error::new(format!("Parameter '{name}' expects 'on' or 'off'"))),
            Self::Truth(value) => Ok(value),
            Self::Text(_) | Self::Number(_) => Err(wrong_kind(name, "boolean")),
        }
    }

    /// The value as a number of type `ty`.
    pub(crate) fn number(self, name: &str, ty: &IntegerType) -> Result<i128, Error> {
        let number = match self {
            Self::Word(word) if ty.is_size => words::size(word.to_bytes())
                .ok_or_else(|| Error::new(format!("Parameter '{name}' expects a size")))?,
            Self::Word(word) => words::integer(word.to_bytes())
                .ok_or_else(|| Error::new(format!("Parameter '{name}' expects a number")))?,
            Self::Number(number) => number,
            Self::Text(_) | Self::Truth(_) => return Err(wrong_kind(name, "integer")),
        };
        if (ty.min..=ty.max).contains(&number) {
            Ok(number)
        } else {
            Err(Error::new(format!(
                "Parameter '{name}' expects {} value, not {number}",
                ty.name
            )))
        }
    }

    /// The value as one of an enum's, by its name (R-QOM-17).
    pub(crate) fn choice<'n>(
        self,
        name: &str,
        names: impl Iterator<Item = &'n CStr> + Clone,
    ) -> Result<c_int, Error> {
        let text = self.text(name)?;
        words::position(text, names.clone()).ok_or_else(|| {
            let text = text.to_string_lossy();
            let error = Error::new(format!("Parameter '{name}' does not accept value '{text}'"));
            error::with_hint(error, &words::accepted(names), &origin!(c"visit_type_enum"))
        })
    }
}

impl Shown {
    /// The value as words; a text in quotes if it is for people.
    pub(crate) fn print(self, for_people: bool) -> CString {
        let number = |text: String| CString::new(text).unwrap_or_default();
        match self {
            Self::Text(text) | Self::Choice(_, text) if for_people => {
                let quoted = [b"\"", text.as_bytes(), b"\""].concat();
                CString::new(quoted).unwrap_or_default()
            }
            Self::Text(text) | Self::Choice(_, text) => text,
            Self::Truth(true) => c"true".to_owned(),
            Self::Truth(false) => c"false".to_owned(),
            Self::Number(value) => number(value.to_string()),
        }
    }

    /// The value as a text.
    pub(crate) fn text(self, name: &str) -> Result<CString, Error> {
        match self {
            Self::Text(text) | Self::Choice(_, text) => Ok(text),
            Self::Truth(_) | Self::Number(_) => Err(wrong_kind(name, "string")),
        }
    }

    /// The value as yes or no.
    pub(crate) fn truth(self, name: &str) -> Result<bool, Error> {
        match self {
            Self::Truth(value) => Ok(value),
            Self::Text(_) | Self::Number(_) | Self::Choice(..) => Err(wrong_kind(name, "boolean")),
        }
    }

    /// The value as a number.
    pub(crate) fn number<T: TryFrom<i128>>(self, name: &str, expected: &str) -> Result<T, Error> {
        match self {
            Self::Number(value) => T::try_from(value).map_err(|_| wrong_kind(name, expected)),
            Self::Text(_) | Self::Truth(_) | Self::Choice(..) => Err(wrong_kind(name, expected)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BYTE: IntegerType = IntegerType {
        name: "uint8_t",
        min: 0,
        max: 255,
        is_size: false,
    };

    fn message<T>(result: Result<T, Error>) -> String {
        result.err().unwrap().to_string()
    }

    #[test]
    fn a_word_becomes_what_is_asked_for() {
        assert_eq!(Source::Word(c"on").text("p").unwrap(), c"on");
        assert!(Source::Word(c"on").truth("p").unwrap());
        assert_eq!(Source::Word(c"0x10").number("p", &BYTE).unwrap(), 16);
        let names = [c"red", c"blue"];
        let choice = Source::Word(c"blue").choice("p", names.into_iter());
        assert_eq!(choice.unwrap(), 1);
    }

    #[test]
    fn words_that_mean_nothing_are_refused() {
        assert_eq!(
            message(Source::Word(c"1").truth("p")),
            "Parameter 'p' expects 'on' or 'off'"
        );
        assert_eq!(
            message(Source::Word(c"1k").number("p", &BYTE)),
            "Parameter 'p' expects a number"
        );
        assert_eq!(
            message(Source::Word(c"256").number("p", &BYTE)),
            "Parameter 'p' expects uint8_t value, not 256"
        );
        assert_eq!(
            message(Source::Word(c"green").choice("p", [c"red"].into_iter())),
            "Parameter 'p' does not accept value 'green'"
        );
    }

    #[test]
    fn values_stay_of_their_kind() {
        assert!(Source::Text(c"on").truth("p").is_err());
        assert!(Source::Text(c"1").number("p", &BYTE).is_err());
        assert!(Source::Truth(true).number("p", &BYTE).is_err());
        assert_eq!(
            message(Source::Number(1).text("p")),
            "Invalid parameter type for 'p', expected: string"
        );
        assert_eq!(Source::Number(7).number("p", &BYTE).unwrap(), 7);
    }

    #[test]
    fn texts_are_quoted_for_people() {
        let text = Shown::Text(c"a".to_owned());
        assert_eq!(text.clone().print(false), c"a".to_owned());
        assert_eq!(text.print(true), c"\"a\"".to_owned());
        assert_eq!(Shown::Number(-3).print(true), c"-3".to_owned());
        assert_eq!(Shown::Truth(true).print(false), c"true".to_owned());
    }
}
