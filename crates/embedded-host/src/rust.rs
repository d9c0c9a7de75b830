//! What a Rust program asks of the host itself: objects that C programs make with `object_new_with_props`.

use core::ffi::CStr;

use crate::qom::objects::instance::ObjectRef;
use crate::qom::values::user_creatable;
use abi::layout::Object;

/// A reference on an object that was made of a type's name and properties.
pub struct UserObject(ObjectRef);

// SAFETY: objects have no thread affinity (R-QOM-10), and reference counts are atomic.
unsafe impl Send for UserObject {}
// SAFETY: as above; only the address is lent.
unsafe impl Sync for UserObject {}

impl UserObject {
    /// A new object of the type with those properties, completed; why not, as a text.
    pub fn create(type_name: &CStr, properties: &[(&CStr, &CStr)]) -> Result<Self, String> {
        user_creatable::created(type_name, properties)
            .map(Self)
            .map_err(|error| error.to_string())
    }

    /// The object, which lives as long as `self`.
    pub fn as_ptr(&self) -> *mut Object {
        self.0.as_ptr()
    }
}
