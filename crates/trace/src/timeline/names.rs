//! What functions are called.

use std::collections::HashMap;

use platform::os::code;

/// The names that were looked up.
#[derive(Default)]
pub(super) struct Names(HashMap<u64, Option<String>>);

impl Names {
    /// What the function at an address is called, or its file and how far in it; None for none of a file.
    pub(super) fn get(&mut self, address: u64) -> Option<&str> {
        let name = self.0.entry(address).or_insert_with(|| look_up(address));
        name.as_deref()
    }
}

fn look_up(address: u64) -> Option<String> {
    let place = code::place(usize::try_from(address).ok()?)?;
    let unnamed = || format!("{}+{:#x}", place.file_name(), place.offset);
    Some(place.function().unwrap_or_else(unnamed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn functions_have_names_and_data_has_a_place() {
        extern "C" fn called_back() {}
        static DATA: u64 = 7;
        let mut names = Names::default();
        let function = names.get(called_back as extern "C" fn() as usize as u64);
        assert!(function.unwrap().contains("called_back"));
        let data = names.get((&raw const DATA).addr() as u64).unwrap();
        assert!(data.contains("+0x"), "{data}");
        assert_eq!(names.get(0), None);
    }
}
