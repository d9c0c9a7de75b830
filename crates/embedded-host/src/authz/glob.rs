//! Patterns with `*` and `?` for whole names.
//!
//! Not GLib's: that steps over whole UTF-8 sequences, past the end of a name that a peer has cut in
//! the middle of one.

/// Whether `pattern` stands for all of `name`, where `*` is any text and `?` any one character
/// (R-TLS-90). If either is no UTF-8, bytes are characters.
pub(crate) fn matches(pattern: &[u8], name: &[u8]) -> bool {
    match (str::from_utf8(pattern), str::from_utf8(name)) {
        (Ok(pattern), Ok(name)) if !(pattern.is_ascii() && name.is_ascii()) => {
            match_characters(&characters(pattern), &characters(name))
        }
        _ => match_characters(&bytes(pattern), &bytes(name)),
    }
}

fn characters(text: &str) -> Vec<u32> {
    text.chars().map(u32::from).collect()
}

fn bytes(text: &[u8]) -> Vec<u32> {
    text.iter().copied().map(u32::from).collect()
}

fn match_characters(pattern: &[u32], name: &[u32]) -> bool {
    const ANY_TEXT: u32 = '*' as u32;
    const ANY_ONE: u32 = '?' as u32;
    let (mut p, mut n) = (0, 0);
    // After the latest star: where the pattern goes on, and what of the name the star doesn't have.
    let mut star = None;
    while n < name.len() {
        match pattern.get(p) {
            Some(&ANY_TEXT) => {
                p += 1;
                star = Some((p, n));
            }
            Some(&one) if one == ANY_ONE || one == name[n] => {
                p += 1;
                n += 1;
            }
            _ => match star {
                // Only the latest star needs to take more: an earlier one has all it needs.
                Some((after, taken)) => {
                    star = Some((after, taken + 1));
                    (p, n) = (after, taken + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&one| one == ANY_TEXT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_are_any_text() {
        for (pattern, name) in [
            ("", ""),
            ("*", ""),
            ("*", "any"),
            ("**", "any"),
            ("a*", "a"),
            ("*c", "abc"),
            ("a*c", "abbbc"),
            ("*b*", "abc"),
            ("a*b*c", "axbxbxc"),
            ("*ab", "aab"),
            ("C=UK,CN=qemu*", "C=UK,CN=qemu.org"),
        ] {
            assert!(matches(pattern.as_bytes(), name.as_bytes()), "{pattern}");
        }
        for (pattern, name) in [
            ("", "a"),
            ("a", ""),
            ("a*", "ba"),
            ("*c", "cb"),
            ("a*b*c", "axxc"),
            ("a", "A"),
            ("[a]", "a"),
        ] {
            assert!(!matches(pattern.as_bytes(), name.as_bytes()), "{pattern}");
        }
    }

    #[test]
    fn question_marks_are_one_character() {
        assert!(matches(b"a?c", b"abc"));
        assert!(!matches(b"a?c", b"ac"));
        assert!(!matches(b"a?c", b"abbc"));
        assert!(matches(b"?*", b"x"));
        assert!(!matches(b"?*", b""));
        assert!(matches("M?ller".as_bytes(), "Müller".as_bytes()));
        assert!(matches("*ü?".as_bytes(), "xüß".as_bytes()));
    }

    #[test]
    fn cut_characters_are_bytes() {
        assert!(matches(b"a?", b"a\xe2"));
        assert!(matches(b"*", b"\xe2"));
        assert!(!matches(b"a?b", b"a\xe2"));
        assert!(matches(b"a??", b"a\xc3\xff"));
    }

    #[test]
    fn many_stars_take_no_time() {
        let pattern = b"*a".repeat(200);
        let name = b"a".repeat(20_000);
        assert!(matches(&pattern, &name));
        assert!(!matches(&[&pattern[..], b"b"].concat(), &name));
    }
}
