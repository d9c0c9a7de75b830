//! The object model: types, their classes, and the life of objects.
//!
//! | module | what |
//! |---|---|
//! | [`types`] | a registered type, and what it may be called |
//! | [`table`] | types by name; looking up takes no lock |
//! | [`shape`] | what a type inherits: sizes, and the hooks of all its ancestors |
//! | [`class`] | making a class at first use |
//! | [`interface`] | the interfaces of a class |
//! | [`cast`] | is-a questions and the cast caches |
//! | [`instance`] | making, counting and finalising objects |
//! | [`list`] | all classes of a kind |
//! | [`builtin`] | `object`, `interface`, `container` |
//!
//! # Threads
//!
//! Types and classes are never freed, so whoever has found one may keep it. A class is made under
//! one lock for all of them ([`class`]) and published with a release store; from then on every
//! reader goes by one acquire load. Any function may be called from any thread (R-QOM-24).
//!
//! # Properties
//!
//! There are none yet. `Object::properties` and `ObjectClass::properties` stay NULL until there is
//! one, which saves most objects a hash table. Properties will be released in
//! `instance::finalize` before the first `instance_finalize`, and a class starts with none of its
//! parent's: lookup goes along the parents (R-QOM-15).

pub mod builtin;
pub mod cast;
pub mod class;
pub mod instance;
pub mod interface;
pub mod list;
pub mod shape;
pub mod table;
pub mod types;

mod class_lock;
