//! The C face of the embedded host, one file per header and half.
//!
//! - [`required`] is what io/ itself needs: the symbols that a hosted build takes from the program. A test
//!   compares them with what `qio-host` imports.
//! - [`extras`] is the rest of the same headers, for programs that have no host of their own. Nothing in the
//!   project but C tests calls it. It may use `required`; never the other way round.
//!
//! The variadic functions of either half are in `c/`, which is divided in the same way.
//!
//! # Safety
//!
//! As for all functions of the library: pointers are what their header says, live for the call, and `errp` is
//! NULL, `&error_abort`, `&error_fatal` or points to an empty `Error *`.

mod arguments;
mod exports;

pub mod extras;
pub mod required;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;
    use std::{fs, io};

    /// The sources in a folder of this crate, or in the whole of another.
    fn sources(folder: &str, suffix: &str) -> io::Result<Vec<String>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let mut texts = Vec::new();
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.to_string_lossy().ends_with(suffix) {
                texts.push(fs::read_to_string(path)?);
            }
        }
        Ok(texts)
    }

    /// The words that follow `before`, up to a parenthesis.
    fn names(texts: &[String], before: &str) -> BTreeSet<String> {
        let names = texts.iter().flat_map(|text| text.split(before).skip(1));
        names
            .filter_map(|rest| Some(rest.split_once('(')?.0.to_owned()))
            .collect()
    }

    #[test]
    fn required_exports_what_io_imports_and_nothing_else() {
        let imports = [
            sources("../host/src", "/imports.rs").unwrap(),
            // What io/ imports of this host alone, for properties, is elsewhere.
            sources("../host/src/imports", "/tls.rs").unwrap(),
        ];
        let imports = names(&imports.concat(), "pub fn ");
        let mut exports = names(
            &sources("src/capi/required", ".rs").unwrap(),
            "extern \"C\" fn ",
        );
        exports.retain(|name| !name.is_empty());
        // Its variadic functions begin a line: `error_setg_internal(Error **errp, ...`.
        for text in sources("src/c/required", ".c").unwrap() {
            let lines = text
                .lines()
                .filter(|line| !line.starts_with([' ', '/', '}']));
            let name = |line: &str| Some(line.split_once('(')?.0.rsplit(' ').next()?.to_owned());
            exports.extend(
                lines
                    .filter_map(name)
                    .filter(|name| name != "G_GNUC_PRINTF"),
            );
        }
        assert_eq!(exports, imports);
        assert_eq!(imports.len(), 47);
    }

    #[test]
    fn required_does_not_use_extras() {
        for text in sources("src/capi/required", ".rs").unwrap() {
            assert!(!text.contains("extras"), "{text}");
        }
    }
}
