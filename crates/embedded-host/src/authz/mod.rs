//! Authorization: objects that tell who may do something (R-AUTHZ-1, R-AUTHZ-2).

pub(crate) mod glob;
pub(crate) mod list;
pub(crate) mod rules;

use core::ffi::CStr;

use crate::error::{Error, catch};
use crate::module;
use crate::qom::objects::instance::{self, ObjectRef};
use crate::qom::tree;
use crate::qom::types::cast;
use crate::qom::types::{self, Parent, TypeDescription};
use abi::layout::{Object, QAuthZ, QAuthZClass};
use platform::os::abort::misuse;

/// The type of all such objects.
pub(crate) const TYPE: &CStr = c"authz";

extern "C" fn register_types() {
    let ty = TypeDescription {
        instance_size: size_of::<QAuthZ>(),
        class_size: size_of::<QAuthZClass>(),
        is_abstract: true,
        ..TypeDescription::new(TYPE.to_owned(), Parent::Named(c"object".to_owned()))
    };
    // SAFETY: there are no hooks.
    unsafe { types::register(ty) };
    list::register_type();
}

extern "C" fn record() {
    // SAFETY: it may run at any time.
    unsafe { module::register(register_types, module::QOM) };
}

#[used]
#[unsafe(link_section = ".init_array")]
static CONSTRUCTOR: extern "C" fn() = record;

/// Whether `identity` may, says an authorization object; denied without an error if it has none.
///
/// # Safety
/// `obj` is a live object.
pub(crate) unsafe fn is_allowed(obj: *mut Object, identity: &CStr) -> (bool, Option<Error>) {
    const FUNCTION: &str = "qauthz_is_allowed";
    // SAFETY: as promised.
    let class = unsafe { instance::class_of(obj) };
    if !cast::is_a(class, TYPE) {
        misuse(FUNCTION, format_args!("object {obj:p} is no '{}'", "authz"));
    }
    // SAFETY: the class of such an object is a `QAuthZClass`.
    let method = unsafe { (*class.as_ptr().cast::<QAuthZClass>()).is_allowed };
    let Some(method) = method else {
        let ty = class.name().to_string_lossy();
        misuse(FUNCTION, format_args!("type '{ty}' has no is_allowed()"));
    };
    // SAFETY: the class's method gets an instance.
    let (allowed, error) =
        catch(|errp| unsafe { method(obj.cast::<QAuthZ>(), identity.as_ptr(), errp) });
    (allowed && error.is_none(), error)
}

/// Whether `identity` may, says the child `id` of `/objects` (R-TLS-89).
///
/// # Safety
/// No other thread changes the tree (R-QOM-24).
pub(crate) unsafe fn is_allowed_by_id(id: &CStr, identity: &CStr) -> (bool, Option<Error>) {
    let shown = id.to_string_lossy();
    // SAFETY: as promised; the container stays.
    let Some(obj) = (unsafe { tree::component(tree::objects(), id) }) else {
        let error = Error::new(format!("Cannot find QAuthZ object ID {shown}"));
        return (false, Some(error));
    };
    // SAFETY: live: it is in the tree.
    if !cast::is_a(unsafe { instance::class_of(obj) }, TYPE) {
        let error = Error::new(format!("Object with ID {shown} is not a QAuthZ object"));
        return (false, Some(error));
    }
    // The method may take it from the tree.
    // SAFETY: live, see above.
    let _held = unsafe { ObjectRef::new(obj) };
    // SAFETY: it is held.
    unsafe { is_allowed(obj, identity) }
}
