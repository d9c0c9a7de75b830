//! The object model: types, their classes, and the life of objects.
//!
//! Four modules. Calls go down: each uses those below it, and none above.
//!
//! | module | what |
//! |---|---|
//! | [`values`] | values of properties, links, objects made of properties, the built-in types |
//! | [`tree`] | the composition tree: children, containers, paths |
//! | [`objects`] | making, counting and finalising objects; their properties: kept, found, added and removed |
//! | [`types`] | types by name, their classes and interfaces, casts |
//!
//! # Threads
//!
//! Types and classes are never freed, so a pointer to one stays good. A class is made under
//! one lock for all of them ([`class`]) and published with a release store; from then on every
//! reader goes by one acquire load. Any function may be called from any thread (R-QOM-24).
//!
//! # Properties
//!
//! `Object::properties` and `ObjectClass::properties` stay NULL until there is one, which saves most
//! objects a hash table. A class starts with none of its parent's: lookup goes along the parents
//! (R-QOM-15). All of this, unlike the rest, is for one thread at a time (R-QOM-24); but an object
//! may be finalised, with its properties, in any.
//!
//! The program's hooks and accessors may add and remove properties and objects, also those that
//! they are called for: no borrow of a property lasts while one runs, and a property that is being
//! removed stays until its hook returns.

pub(crate) mod objects;
pub(crate) mod tree;
pub(crate) mod types;
pub(crate) mod values;

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    /// All source files below `folder`.
    fn files(folder: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        paths
            .flat_map(|path| {
                if path.is_dir() {
                    files(&path)
                } else {
                    vec![path]
                }
            })
            .collect()
    }

    /// Whether `code` has a path to `module`, alone or in braces: `qom::tree`, `super::{a, tree}`.
    fn names(code: &str, module: &str) -> bool {
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let paths = ["qom::", "super::"].map(|base| code.split(base).skip(1));
        paths.into_iter().flatten().any(|path| {
            let is_group = path.starts_with('{');
            let end = path.find(|c| if is_group { c == ';' } else { !word(c) });
            let path = &path[..end.unwrap_or(path.len())];
            path.split(|c| !word(c)).any(|name| name == module)
        })
    }

    #[test]
    fn paths_are_found() {
        for code in [
            "use crate::qom::tree;",
            "use crate::qom::tree::path::Found;",
            "super::super::tree::add();",
            "use crate::qom::{objects, tree::path};",
            "use super::{\n    tree,\n};",
        ] {
            assert!(names(code, "tree"), "{code}");
        }
        for code in [
            "use crate::qom::trees;",
            "use super::objects; tree();",
            "tree::x()",
        ] {
            assert!(!names(code, "tree"), "{code}");
        }
    }

    #[test]
    fn modules_use_only_those_below() {
        let modules = ["values", "tree", "objects", "types"];
        let qom = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/qom");
        for (i, module) in modules.iter().enumerate() {
            let files = files(&qom.join(module));
            assert!(!files.is_empty(), "{module}");
            for file in files {
                let text = fs::read_to_string(&file).unwrap();
                let code: String = text
                    .lines()
                    .filter(|line| !line.trim_start().starts_with("//"))
                    .flat_map(|line| [line, "\n"])
                    .collect();
                for above in &modules[..i] {
                    assert!(!names(&code, above), "{} uses {above}", file.display());
                }
            }
        }
    }
}
