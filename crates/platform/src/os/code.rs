//! What the code at an address is called: its object file, and the symbol that the file's own table has.
//!
//! Not by `dladdr`: that waits for a thread that is loading a library, and knows no static functions.

use core::ffi::{CStr, c_int, c_void};
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use object::read::ReadCache;
use object::{Object as _, ObjectSymbol as _, SymbolKind};

/// Where an address is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// The object file.
    pub file: OsString,
    /// How far behind the address that the file was loaded at.
    pub offset: u64,
}

/// What is looked for, and found.
struct Search {
    address: u64,
    found: Option<Place>,
}

/// Where an address is; None if it is in no object file.
pub fn place(address: usize) -> Option<Place> {
    let mut search = Search {
        address: address as u64,
        found: None,
    };
    // SAFETY: `visit` gets the pointer to the search, which lives until the call returns.
    unsafe { libc::dl_iterate_phdr(Some(visit), (&raw mut search).cast::<c_void>()) };
    search.found
}

/// Looks at one loaded object; not 0 if it has the address.
unsafe extern "C" fn visit(
    info: *mut libc::dl_phdr_info,
    _size: usize,
    search: *mut c_void,
) -> c_int {
    // SAFETY: the pointer that `place` passed on, used by nobody else meanwhile.
    let search = unsafe { &mut *search.cast::<Search>() };
    // SAFETY: the loader's description of a loaded object, for this call.
    let info = unsafe { &*info };
    // SAFETY: so many headers are at this address.
    let headers =
        unsafe { core::slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum)) };
    let Some(offset) = search.address.checked_sub(info.dlpi_addr) else {
        return 0;
    };
    let has = |header: &libc::Elf64_Phdr| {
        header.p_type == libc::PT_LOAD
            && offset
                .checked_sub(header.p_vaddr)
                .is_some_and(|behind| behind < header.p_memsz)
    };
    if !headers.iter().any(has) {
        return 0;
    }
    // SAFETY: a C string, for this call.
    let name = unsafe { CStr::from_ptr(info.dlpi_name) }.to_bytes();
    // The program itself has no name.
    let file = if name.is_empty() {
        program()
    } else {
        OsStr::from_bytes(name).to_owned()
    };
    search.found = Some(Place { file, offset });
    1
}

/// The file that the process runs.
fn program() -> OsString {
    const SELF: &str = "/proc/self/exe";
    std::fs::read_link(SELF).map_or_else(|_| SELF.into(), Into::into)
}

impl Place {
    /// The name of the function, if the file is still there and its tables know it.
    pub fn function(&self) -> Option<String> {
        let cache = ReadCache::new(File::open(&self.file).ok()?);
        let file = object::File::parse(&cache).ok()?;
        let symbols = file.symbols().chain(file.dynamic_symbols());
        let mut found = None;
        for symbol in symbols.filter(|symbol| symbol.kind() == SymbolKind::Text) {
            let behind = self.offset.checked_sub(symbol.address());
            if symbol.is_definition() && behind.is_some_and(|behind| behind < symbol.size().max(1))
            {
                let name = symbol.name().ok()?.to_owned();
                // The first byte of it is what a function pointer has; others are within a part of one.
                if behind == Some(0) {
                    return Some(name);
                }
                found = Some(name);
            }
        }
        found
    }

    /// The last part of the file's name.
    pub fn file_name(&self) -> String {
        let path = Path::new(&self.file);
        let name = path.file_name().unwrap_or(path.as_os_str());
        name.to_string_lossy().into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn a_static_function_has_its_name() {
        #[inline(never)]
        fn of_nobody_else() {}
        let address = of_nobody_else as fn() as usize;
        let place = place(address).unwrap();
        assert!(place.function().unwrap().contains("of_nobody_else"));
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn a_function_of_a_library_has_its_name() {
        let place = place(libc::getenv as *const () as usize).unwrap();
        assert!(place.file_name().starts_with("libc"), "{place:?}");
        let name = place.function().unwrap();
        assert!(name.contains("getenv"), "{name}");
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn data_is_no_function_and_nothing_is_nowhere() {
        static DATA: u64 = 7;
        let place = place((&raw const DATA).addr()).unwrap();
        assert_eq!(place.function(), None);
        assert_eq!(super::place(1), None);
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn a_file_that_has_gone_has_no_names() {
        let place = Place {
            file: "/no/such/lib.so".into(),
            offset: 1,
        };
        assert_eq!(place.function(), None);
        assert_eq!(place.file_name(), "lib.so");
    }
}
