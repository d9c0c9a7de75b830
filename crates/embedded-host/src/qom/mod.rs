//! The object model: types, their classes, and the life of objects.
//!
//! Four rooms, each of which uses those above it and none below:
//!
//! | room | what |
//! |---|---|
//! | [`types`] | types by name, their classes and interfaces, casts |
//! | [`objects`] | making, counting and finalising objects; their properties: kept, found, added and removed |
//! | [`tree`] | the composition tree: children, containers, paths |
//! | [`values`] | values of properties, links, objects made of properties, the built-in types |
//!
//! # Threads
//!
//! Types and classes are never freed, so whoever has found one may keep it. A class is made under
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
    use std::path::Path;

    #[test]
    fn rooms_use_only_those_above() {
        let rooms = ["types", "objects", "tree", "values"];
        let qom = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/qom");
        for (i, room) in rooms.iter().enumerate() {
            for file in fs::read_dir(qom.join(room)).unwrap() {
                let file = file.unwrap().path();
                let text = fs::read_to_string(&file).unwrap();
                for below in &rooms[i + 1..] {
                    let door = format!("qom::{below}");
                    assert!(!text.contains(&door), "{} uses {door}", file.display());
                }
            }
        }
    }
}
