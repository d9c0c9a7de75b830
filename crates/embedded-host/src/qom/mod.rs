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
//! | [`builtin`] | the types that are always there |
//! | [`property`] | properties: kept, found, added and removed |
//! | [`accessors`] | how each kind of property reads and writes its value |
//! | [`value`] | values of properties, as texts and as themselves |
//! | [`link`] | properties that lead to other objects |
//! | [`tree`] | the composition tree: children and containers |
//! | [`path`] | names of objects in that tree |
//! | [`user_creatable`] | objects made of properties |
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

pub mod accessors;
pub mod builtin;
pub mod cast;
pub mod class;
pub mod instance;
pub mod interface;
pub mod link;
pub mod list;
pub mod path;
pub mod property;
pub mod shape;
pub mod table;
pub mod tree;
pub mod types;
pub mod user_creatable;
pub mod value;

mod class_lock;
