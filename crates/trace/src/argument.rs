//! Arguments of trace events, as Rust has them and as C gets them.

use core::ffi::{CStr, c_char, c_int, c_void};
use core::ptr;
use std::ffi::CString;

use super::timeline::{pack_number, pack_text};
use super::usdt::Word;
use host::error::Error;
use host::socket::AddressRef;
use platform::os::socket_name::SocketName;

/// The address that names an object in a trace; it is never followed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Id(usize);

impl<T> From<*const T> for Id {
    fn from(pointer: *const T) -> Self {
        Self(pointer.addr())
    }
}

impl<T> From<*mut T> for Id {
    fn from(pointer: *mut T) -> Self {
        Self(pointer.addr())
    }
}

impl From<AddressRef<'_>> for Id {
    fn from(address: AddressRef<'_>) -> Self {
        Self::from(address.as_ptr())
    }
}

/// What an event may have as an argument.
pub(super) trait Argument {
    /// The C type: `p` void *, `s` const char *, `i` int, `u` uint32_t, `z` size_t, `b` uint8_t.
    const KIND: u8;
    /// What C gets.
    type C: Word;
    /// What has to live meanwhile.
    type Held: Value;
    /// Made only for an event that somebody listens to.
    fn hold(self) -> Self::Held;
    /// What C gets of it.
    fn c(held: &Self::Held) -> Self::C;
}

/// What lines of text, and pictures of time, say of an argument.
pub(super) trait Value {
    /// Appends it to a line.
    fn put(&self, line: &mut Vec<u8>);

    /// Appends it to the bytes of a record.
    fn pack(&self, bytes: &mut Vec<u8>);
}

/// Appends digits, without the detour of `fmt`.
fn put_number(line: &mut Vec<u8>, mut number: u64, base: u64) {
    let mut digits = [0; 20];
    let mut first = digits.len();
    loop {
        first -= 1;
        digits[first] = b"0123456789abcdef"[usize::try_from(number % base).unwrap_or(0)];
        number /= base;
        if number == 0 {
            break;
        }
    }
    line.extend_from_slice(&digits[first..]);
}

impl Value for Id {
    fn put(&self, line: &mut Vec<u8>) {
        if self.0 == 0 {
            line.extend_from_slice(b"(nil)");
        } else {
            line.extend_from_slice(b"0x");
            put_number(line, self.0 as u64, 16);
        }
    }

    fn pack(&self, bytes: &mut Vec<u8>) {
        pack_number(bytes, self.0 as u64);
    }
}

impl Value for c_int {
    fn put(&self, line: &mut Vec<u8>) {
        if *self < 0 {
            line.push(b'-');
        }
        put_number(line, self.unsigned_abs().into(), 10);
    }

    fn pack(&self, bytes: &mut Vec<u8>) {
        pack_number(bytes, i64::from(*self).cast_unsigned());
    }
}

/// Numbers without a sign.
macro_rules! unsigned {
    ($($type:ty)*) => {
        $(impl Value for $type {
            fn put(&self, line: &mut Vec<u8>) {
                put_number(line, *self as u64, 10);
            }

            fn pack(&self, bytes: &mut Vec<u8>) {
                pack_number(bytes, *self as u64);
            }
        })*
    };
}

unsigned! { u32 usize u8 }

/// The most bytes of a text that a line has.
const TEXT_MAX: usize = 1024;

/// In quotes; what would end the line or the quotes, or isn't ASCII, as C would have it.
impl Value for &CStr {
    fn put(&self, line: &mut Vec<u8>) {
        let bytes = self.to_bytes();
        let (shown, rest) = bytes.split_at(bytes.len().min(TEXT_MAX));
        line.push(b'"');
        line.extend(shown.escape_ascii());
        line.push(b'"');
        if !rest.is_empty() {
            line.extend_from_slice(b"...");
        }
    }

    fn pack(&self, bytes: &mut Vec<u8>) {
        let text = self.to_bytes();
        pack_text(bytes, Some(&text[..text.len().min(TEXT_MAX)]));
    }
}

impl Value for CString {
    fn put(&self, line: &mut Vec<u8>) {
        self.as_c_str().put(line);
    }

    fn pack(&self, bytes: &mut Vec<u8>) {
        self.as_c_str().pack(bytes);
    }
}

impl<T: Value> Value for Option<T> {
    fn put(&self, line: &mut Vec<u8>) {
        match self {
            Some(text) => text.put(line),
            None => line.extend_from_slice(b"(null)"),
        }
    }

    fn pack(&self, bytes: &mut Vec<u8>) {
        match self {
            Some(text) => text.pack(bytes),
            None => pack_text(bytes, None),
        }
    }
}

impl Argument for Id {
    const KIND: u8 = b'p';
    type C = *mut c_void;
    type Held = Self;

    fn hold(self) -> Self {
        self
    }

    fn c(held: &Self) -> Self::C {
        ptr::without_provenance_mut(held.0)
    }
}

/// Numbers are the same on both sides.
macro_rules! numbers {
    ($($type:ty: $kind:literal)*) => {
        $(impl Argument for $type {
            const KIND: u8 = $kind;
            type C = Self;
            type Held = Self;

            fn hold(self) -> Self {
                self
            }

            fn c(held: &Self) -> Self {
                *held
            }
        })*
    };
}

numbers! { c_int: b'i' u32: b'u' usize: b'z' u8: b'b' }

impl<'a> Argument for Option<&'a CStr> {
    const KIND: u8 = b's';
    type C = *const c_char;
    type Held = Option<&'a CStr>;

    fn hold(self) -> Self::Held {
        self
    }

    fn c(held: &Self::Held) -> Self::C {
        held.map_or_else(ptr::null, CStr::as_ptr)
    }
}

impl<'a> Argument for &'a CStr {
    const KIND: u8 = b's';
    type C = *const c_char;
    type Held = &'a CStr;

    fn hold(self) -> Self::Held {
        self
    }

    fn c(held: &Self::Held) -> Self::C {
        held.as_ptr()
    }
}

impl Argument for Option<&str> {
    const KIND: u8 = b's';
    type C = *const c_char;
    type Held = Option<CString>;

    fn hold(self) -> Self::Held {
        self.map(up_to_nul)
    }

    fn c(held: &Self::Held) -> Self::C {
        held.as_ref().map_or_else(ptr::null, |text| text.as_ptr())
    }
}

impl Argument for &str {
    const KIND: u8 = b's';
    type C = *const c_char;
    type Held = CString;

    fn hold(self) -> Self::Held {
        up_to_nul(self)
    }

    fn c(held: &Self::Held) -> Self::C {
        held.as_ptr()
    }
}

/// Its message.
impl Argument for &Error {
    const KIND: u8 = b's';
    type C = *const c_char;
    type Held = CString;

    fn hold(self) -> Self::Held {
        up_to_nul(&self.to_string())
    }

    fn c(held: &Self::Held) -> Self::C {
        held.as_ptr()
    }
}

/// As an address and a port, or a path.
impl Argument for Option<&SocketName> {
    const KIND: u8 = b's';
    type C = *const c_char;
    type Held = Option<CString>;

    fn hold(self) -> Self::Held {
        self.map(|name| up_to_nul(&name.to_string()))
    }

    fn c(held: &Self::Held) -> Self::C {
        held.as_ref().map_or_else(ptr::null, |text| text.as_ptr())
    }
}

/// A peer may have sent any byte.
fn up_to_nul(text: &str) -> CString {
    let text = text.split('\0').next().unwrap_or_default();
    CString::new(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_end_at_their_first_nul() {
        assert_eq!("a\0b".hold().as_c_str(), c"a");
        assert_eq!("".hold().as_c_str(), c"");
        assert!(<Option<&str> as Argument>::c(&None).is_null());
        assert!(<Option<&CStr> as Argument>::c(&None).is_null());
    }

    #[test]
    fn values_are_as_printf_would_have_them() {
        let text = |value: &dyn Value| {
            let mut line = Vec::new();
            value.put(&mut line);
            String::from_utf8(line).unwrap()
        };
        assert_eq!(text(&Id(0)), "(nil)");
        assert_eq!(text(&Id(usize::MAX)), "0xffffffffffffffff");
        assert_eq!(text(&c_int::MIN), "-2147483648");
        assert_eq!(text(&0_u8), "0");
        assert_eq!(text(&u32::MAX), "4294967295");
        assert_eq!(text(&usize::MAX), "18446744073709551615");
        assert_eq!(text(&None::<CString>), "(null)");
        assert_eq!(text(&Some(c"a \"b\"\n\xff\\")), r#""a \"b\"\n\xff\\""#);
        let long = CString::new("x".repeat(TEXT_MAX + 1)).unwrap();
        assert_eq!(text(&long), format!("\"{}\"...", "x".repeat(TEXT_MAX)));
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn errors_are_their_messages() {
        let error = Error::new("no such thing");
        assert_eq!((&error).hold().as_c_str(), c"no such thing");
    }
}
