//! `qapi/util.h`.

use core::ffi::{c_char, c_int};

use crate::capi::exports::exports;
use crate::error::{self, Error};
use crate::qapi::{names, words};
use abi::address::shown;
use abi::layout::QEnumLookup;
use abi::origin;
use platform::os::abort::misuse;

exports! { "qapi/util.h";
    fn qapi_enum_lookup(lookup: [*const QEnumLookup], val: (c_int)) -> *const c_char {
        let (array, size) = ((*lookup).array, (*lookup).size);
        match usize::try_from(val) {
            Ok(index) if val < size => *array.add(index),
            _ => misuse(FUNCTION, format_args!("@val is {val} of {size} values")),
        }
    }

    fn qapi_enum_parse(
        lookup: [*const QEnumLookup], buf: optional_text, def: (c_int),
    ) -> c_int, else (def) {
        buf.map_or(Ok(def), |wanted| {
            words::position(wanted, names::of(lookup)).ok_or_else(|| {
                let text = format!("invalid parameter value: {}", shown(Some(wanted)));
                let accepted = words::accepted(names::of(lookup));
                error::with_hint(Error::new(text), &accepted, &origin!(c"qapi_enum_parse"))
            })
        })
    }

    fn qapi_bool_parse(
        name: optional_text, value: text, obj: (*mut bool),
    ) -> bool, else (false) {
        match words::yes_or_no(value.to_bytes()) {
            Some(truth) => {
                *obj = truth;
                Ok(true)
            }
            None => {
                let name = shown(name);
                Err(Error::new(format!("Parameter '{name}' expects 'on' or 'off'")))
            }
        }
    }
}
